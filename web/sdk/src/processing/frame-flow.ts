// Camera pictures in, processed pictures out: by MediaStreamTrackProcessor and its counterpart where
// a page has them, else by a video element and a canvas that is captured.

import type { Picture } from './renderer.js';

/** What became of a picture: drawn on this canvas, to go on as it is, or not to be shown at all. */
export type Drawn = HTMLCanvasElement | 'unchanged' | 'nothing';

/** Draws a picture on the canvas that is the outgoing one. Never throws. */
export type Draw = (picture: Picture) => Promise<Drawn>;

export interface FrameFlow {
  readonly kind: 'frames' | 'element';
  readonly output: MediaStreamTrack;
  stop(): void;
}

interface TrackProcessor {
  readable: ReadableStream<VideoFrame>;
}
interface TrackGenerator extends MediaStreamTrack {
  writable: WritableStream<VideoFrame>;
}
interface Globals {
  MediaStreamTrackProcessor?: new (init: {
    track: MediaStreamTrack;
    maxBufferSize?: number;
  }) => TrackProcessor;
  MediaStreamTrackGenerator?: new (init: { kind: 'video' }) => TrackGenerator;
}

export async function openFlow(
  track: MediaStreamTrack,
  canvas: HTMLCanvasElement,
  draw: Draw,
): Promise<FrameFlow> {
  const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } =
    globalThis as Globals;
  if (Processor && Generator) {
    const { readable } = new Processor({ track, maxBufferSize: 1 });
    return frameFlow(readable, new Generator({ kind: 'video' }), draw);
  }
  return elementFlow(track, canvas, draw);
}

// One picture at a time: those that arrive meanwhile are dropped by the processor's buffer of one.
function frameFlow(
  readable: ReadableStream<VideoFrame>,
  generator: TrackGenerator,
  draw: Draw,
): FrameFlow {
  const reader = readable.getReader();
  const writer = generator.writable.getWriter();
  let stopped = false;
  const run = async () => {
    while (!stopped) {
      const { value: frame, done } = await reader.read();
      if (done) break;
      try {
        const drawn = await draw(frame);
        if (stopped) break;
        if (drawn === 'nothing') continue;
        const timing = { timestamp: frame.timestamp, duration: frame.duration ?? undefined };
        await writer.write(drawn === 'unchanged' ? frame.clone() : new VideoFrame(drawn, timing));
      } finally {
        frame.close();
      }
    }
  };
  // A stopped output refuses pictures; that is an end, not a failure.
  void run()
    .catch((error) => {
      if (!stopped && generator.readyState === 'live') console.error('parley: processing', error);
    })
    .finally(() => void reader.cancel().catch(() => {}));
  const stop = () => {
    stopped = true;
    void reader.cancel().catch(() => {});
    void writer.close().catch(() => {});
  };
  return { kind: 'frames', output: generator, stop };
}

/** Browsers give no picture callbacks to hidden pages; the timer keeps a call going there. */
const kPatienceMs = 250;

async function elementFlow(
  track: MediaStreamTrack,
  canvas: HTMLCanvasElement,
  draw: Draw,
): Promise<FrameFlow> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  const output = canvas.captureStream().getVideoTracks()[0];
  if (!output) throw new Error('This browser cannot capture a canvas');
  let stopped = false;
  const next = () => {
    if (stopped) return;
    let called = false;
    const once = () => {
      if (called || stopped) return;
      called = true;
      clearTimeout(timer);
      void step();
    };
    const timer = setTimeout(once, 'requestVideoFrameCallback' in video ? kPatienceMs : 33);
    video.requestVideoFrameCallback?.(once);
  };
  const step = async () => {
    try {
      if (video.videoWidth > 0) await draw(video);
    } finally {
      next();
    }
  };
  next();
  const stop = () => {
    stopped = true;
    video.pause();
    video.srcObject = null;
  };
  return { kind: 'element', output, stop };
}
