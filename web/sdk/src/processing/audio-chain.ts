// A microphone's way through the audio graph, in a context of its own.

import { AudioGraph, type AudioGraphEvents } from './audio-graph.js';
import type { AudioSettings } from './options.js';
import { kRnnoiseRate } from './rnnoise.js';

export class AudioChain {
  static async create(
    track: MediaStreamTrack,
    settings: AudioSettings,
    assets: URL,
    events: AudioGraphEvents,
  ): Promise<AudioChain> {
    const { context, source } = openContext(track);
    try {
      const destination = context.createMediaStreamDestination();
      const graph = await AudioGraph.create(context, { source, destination }, assets, events);
      await graph.configure(settings);
      // A page without a gesture yet gets a suspended context; the first gesture starts it.
      if (context.state !== 'running') resumeWhenAllowed(context);
      return new AudioChain(context, source, graph, destination.stream.getAudioTracks()[0]!);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  private constructor(
    private readonly context_: AudioContext,
    private readonly source_: AudioNode,
    private readonly graph_: AudioGraph,
    readonly output: MediaStreamTrack,
  ) {}

  configure(settings: AudioSettings): Promise<void> {
    return this.graph_.configure(settings);
  }

  async close(): Promise<void> {
    this.source_.disconnect();
    // Not the output's own stop, which stands for the device's.
    MediaStreamTrack.prototype.stop.call(this.output);
    if (this.context_.state !== 'closed') await this.context_.close();
  }
}

function openContext(track: MediaStreamTrack) {
  const stream = new MediaStream([track]);
  // Some browsers refuse a source of another rate than the context's: then take the device's.
  for (const options of [{ sampleRate: kRnnoiseRate }, {}]) {
    const context = new AudioContext({ latencyHint: 'interactive', ...options });
    try {
      return { context, source: context.createMediaStreamSource(stream) };
    } catch (error) {
      void context.close();
      if (!('sampleRate' in options)) throw error;
    }
  }
  throw new Error('unreachable');
}

function resumeWhenAllowed(context: AudioContext): void {
  const gestures = ['pointerup', 'keydown', 'touchend'];
  const resume = () => {
    if (context.state === 'suspended') void context.resume();
  };
  const stop = () => {
    if (context.state === 'suspended') return;
    for (const name of gestures) globalThis.removeEventListener?.(name, resume, true);
    context.removeEventListener('statechange', stop);
  };
  for (const name of gestures) globalThis.addEventListener?.(name, resume, true);
  context.addEventListener('statechange', stop);
  void context.resume();
}
