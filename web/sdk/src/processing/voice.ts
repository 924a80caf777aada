// What the worklet does to each quantum: noise suppression, then the gate. Apart from the worklet's
// own class, so that it can be tested without a browser.

import { FrameAdapter } from './frames.js';
import { NoiseGate } from './gate.js';
import { kNoiseGate, type NoiseGateOptions } from './options.js';
import { kRnnoiseDelay, kRnnoiseFrame, Rnnoise, type RnnoiseChannel } from './rnnoise.js';

export interface VoiceSettings {
  noiseGate: NoiseGateOptions | null;
  noiseSuppression: boolean;
}

export type ToVoice =
  | { type: 'settings'; settings: VoiceSettings }
  | { type: 'program'; program: ArrayBuffer };

export type FromVoice =
  | { type: 'report'; report: VoiceReport }
  | { type: 'failed'; reason: string };

export interface VoiceReport {
  /** Decibels (RMS) where the gate listens; null for digital silence. */
  levelDb: number | null;
  gateOpen: boolean;
  suppressing: boolean;
  /** 0 to 1: RNNoise's idea of how much this is speech. */
  voice: number | null;
  delaySamples: number;
}

interface Suppressor {
  adapter: FrameAdapter;
  channel: RnnoiseChannel;
}

export class VoiceChain {
  private readonly gate_: NoiseGate;
  private settings_: VoiceSettings = { noiseGate: null, noiseSuppression: false };
  private rnnoise_: Rnnoise | null = null;
  private suppressors_: Suppressor[] = [];

  constructor(sampleRate: number) {
    this.gate_ = new NoiseGate(sampleRate, kNoiseGate);
  }

  configure(settings: VoiceSettings): void {
    if (settings.noiseGate) this.gate_.configure(settings.noiseGate);
    if (!settings.noiseSuppression) this.dropSuppressors_();
    this.settings_ = settings;
  }

  load(program: BufferSource): void {
    this.dropSuppressors_();
    this.rnnoise_ = new Rnnoise(program);
  }

  /** In place. */
  process(channels: Float32Array[]): void {
    if (this.suppressing_) this.suppress_(channels);
    if (this.settings_.noiseGate) this.gate_.process(channels);
  }

  report(): VoiceReport {
    const level = this.gate_.levelDb;
    const first = this.suppressors_[0];
    const suppression = first ? first.adapter.delaySamples + kRnnoiseDelay : 0;
    const gate = this.settings_.noiseGate ? this.gate_.delaySamples : 0;
    return {
      levelDb: this.settings_.noiseGate && Number.isFinite(level) ? level : null,
      gateOpen: this.settings_.noiseGate ? this.gate_.open : true,
      suppressing: first !== undefined,
      voice: first ? first.channel.voice : null,
      delaySamples: suppression + gate,
    };
  }

  private get suppressing_(): boolean {
    return this.settings_.noiseSuppression && this.rnnoise_ !== null;
  }

  private suppress_(channels: Float32Array[]): void {
    for (const [index, block] of channels.entries()) {
      let suppressor = this.suppressors_[index];
      if (!suppressor) {
        const channel = this.rnnoise_!.createChannel();
        suppressor = { adapter: new FrameAdapter(kRnnoiseFrame), channel };
        this.suppressors_[index] = suppressor;
      }
      const { adapter, channel } = suppressor;
      adapter.process(block, (frame) => channel.process(frame));
    }
  }

  private dropSuppressors_(): void {
    for (const { channel } of this.suppressors_) channel.destroy();
    this.suppressors_ = [];
  }
}
