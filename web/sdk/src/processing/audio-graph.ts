// The audio graph: high-pass, worklet (noise suppression, gate), compressor, gain. The gate stands
// before the compressor, whose make-up gain would lift noise over any threshold.

import type { AudioSettings } from './options.js';
import { reasonOf } from './reason.js';
import { kRnnoiseRate } from './rnnoise.js';
import type { FromVoice, ToVoice, VoiceReport } from './voice.js';

export interface AudioStats extends VoiceReport {
  sampleRate: number;
  /** Of the whole graph, without what the browser buffers around it. */
  delayMs: number;
}

export interface AudioGraphEvents {
  report(stats: AudioStats): void;
  /** Noise suppression cannot be had; sound goes on without. */
  failed(reason: string): void;
}

/** Chromium's compressor looks ahead by so much; others do the same or less. */
const kCompressorDelayMs = 6;
/** Seconds of a parameter's way to a new value, so that no click is heard. */
const kSmooth = 0.015;

export class AudioGraph {
  private readonly highPass_: BiquadFilterNode;
  private readonly voice_: AudioWorkletNode;
  private readonly compressor_: DynamicsCompressorNode;
  private readonly gain_: GainNode;
  private program_: Promise<void> | null = null;
  private wiring_ = '';

  static async create(
    context: BaseAudioContext,
    ends: { source: AudioNode; destination: AudioNode },
    assets: URL,
    events: AudioGraphEvents,
  ): Promise<AudioGraph> {
    await context.audioWorklet.addModule(new URL('voice-worklet.js', assets).href);
    return new AudioGraph(context, ends.source, ends.destination, assets, events);
  }

  private constructor(
    private readonly context_: BaseAudioContext,
    private readonly source_: AudioNode,
    private readonly destination_: AudioNode,
    private readonly assets_: URL,
    private readonly events_: AudioGraphEvents,
  ) {
    this.highPass_ = context_.createBiquadFilter();
    this.highPass_.type = 'highpass';
    this.voice_ = new AudioWorkletNode(context_, 'parley-voice');
    this.voice_.port.onmessage = ({ data }: MessageEvent<FromVoice>) => this.heard_(data);
    this.compressor_ = context_.createDynamicsCompressor();
    this.gain_ = context_.createGain();
  }

  async configure(settings: AudioSettings): Promise<void> {
    const { highPass, compressor, noiseGate, noiseSuppression } = settings;
    const now = this.context_.currentTime;
    if (highPass) this.highPass_.frequency.setTargetAtTime(highPass.frequency, now, kSmooth);
    if (compressor) {
      for (const name of ['threshold', 'knee', 'ratio', 'attack', 'release'] as const) {
        this.compressor_[name].value = compressor[name];
      }
    }
    this.gain_.gain.setTargetAtTime(settings.gain, now, kSmooth);
    this.wire_(settings);
    if (noiseSuppression) await this.loadProgram_();
    this.say_({ type: 'settings', settings: { noiseGate, noiseSuppression } });
  }

  // What is switched off is not in the graph, so that it costs and delays nothing.
  private wire_({ highPass, compressor, noiseGate, noiseSuppression }: AudioSettings): void {
    const nodes: AudioNode[] = [this.source_];
    if (highPass) nodes.push(this.highPass_);
    if (noiseGate || noiseSuppression) nodes.push(this.voice_);
    if (compressor) nodes.push(this.compressor_);
    nodes.push(this.gain_, this.destination_);
    const wiring = nodes.map((n) => n.constructor.name).join();
    if (wiring === this.wiring_) return;
    this.wiring_ = wiring;
    const all = [this.source_, this.highPass_, this.voice_, this.compressor_, this.gain_];
    for (const node of all) node.disconnect();
    for (const [index, node] of nodes.slice(1).entries()) nodes[index]!.connect(node);
  }

  private loadProgram_(): Promise<void> {
    this.program_ ??= this.fetchProgram_().catch((error: unknown) => {
      this.program_ = null; // the next wish tries again
      this.events_.failed(`Noise suppression cannot be loaded: ${reasonOf(error)}`);
    });
    return this.program_;
  }

  private async fetchProgram_(): Promise<void> {
    if (this.context_.sampleRate !== kRnnoiseRate) {
      throw new Error(`it needs ${kRnnoiseRate} Hz, this device gives ${this.context_.sampleRate}`);
    }
    const name = simdSupported() ? 'rnnoise_simd.wasm' : 'rnnoise.wasm';
    const response = await fetch(new URL(name, this.assets_));
    if (!response.ok) throw new Error(`${name}: status ${response.status}`);
    const program = await response.arrayBuffer();
    this.say_({ type: 'program', program }, [program]);
  }

  private say_(message: ToVoice, transfer: Transferable[] = []): void {
    this.voice_.port.postMessage(message, transfer);
  }

  private heard_(message: FromVoice): void {
    if (message.type === 'failed') {
      this.events_.failed(`Noise suppression does not run: ${message.reason}`);
      return;
    }
    const { report } = message;
    const { sampleRate } = this.context_;
    const compressing = this.wiring_.includes(this.compressor_.constructor.name);
    const delayMs =
      (report.delaySamples / sampleRate) * 1000 + (compressing ? kCompressorDelayMs : 0);
    this.events_.report({ ...report, sampleRate, delayMs });
  }
}

// The smallest module with a vector instruction in it (i32x4.splat of a constant).
const kSimdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17,
  11,
];

function simdSupported(): boolean {
  return WebAssembly.validate(new Uint8Array(kSimdProbe));
}
