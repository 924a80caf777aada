// The audio worklet's program: built into one file that is loaded on demand.

import { type FromVoice, type ToVoice, VoiceChain } from './voice.js';

// The worklet's own globals (Web Audio API §1.32), which the DOM's types leave out.
declare const sampleRate: number;
declare const currentFrame: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, type: typeof AudioWorkletProcessor): void;

const kReportSeconds = 0.1;
/** Microphones have two channels at most. */
const kMaxChannels = 2;

class VoiceProcessor extends AudioWorkletProcessor {
  private readonly chain_ = new VoiceChain(sampleRate);
  private reportAt_ = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToVoice>) => {
      if (data.type === 'settings') this.chain_.configure(data.settings);
      else this.load_(data.program);
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0] ?? [];
    const input = inputs[0] ?? [];
    // Without input the chain still runs out what it holds.
    for (const [index, channel] of output.entries()) {
      const from = input[Math.min(index, input.length - 1)];
      if (from) channel.set(from);
    }
    this.chain_.process(output.slice(0, kMaxChannels));
    if (currentFrame >= this.reportAt_) {
      this.reportAt_ = currentFrame + kReportSeconds * sampleRate;
      this.say_({ type: 'report', report: this.chain_.report() });
    }
    return true;
  }

  private load_(program: ArrayBuffer): void {
    try {
      this.chain_.load(program);
    } catch (error) {
      this.say_({ type: 'failed', reason: String(error) });
    }
  }

  private say_(message: FromVoice): void {
    this.port.postMessage(message);
  }
}

registerProcessor('parley-voice', VoiceProcessor);
