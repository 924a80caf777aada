// The worker through which all encoded frames of a page pass: built into one file.

import { type Codec, codecOf } from './clear.js';
import { FrameCryptor } from './cryptor.js';
import type { FromWorker, ToWorker, Way } from './worker-messages.js';

interface EncodedFrame {
  data: ArrayBuffer;
  getMetadata(): { mimeType?: string };
}
interface Transformer {
  readable: ReadableStream<EncodedFrame>;
  writable: WritableStream<EncodedFrame>;
  options: Way;
  generateKeyFrame?(): Promise<unknown>;
}
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
const cryptor = new FrameCryptor();
const outgoing = new Set<Transformer>();
const kReportMs = 500;

/** Told once: what fails for one frame may fail for each. */
let failed = false;
function fail(error: unknown): void {
  if (failed) return;
  failed = true;
  scope.postMessage({ type: 'failed', reason: String(error) });
}

function pass(
  readable: ReadableStream<EncodedFrame>,
  writable: WritableStream<EncodedFrame>,
  { side, kind }: Way,
): Promise<void> {
  // Browsers that do not tell the codec send what they send by default.
  const fallback: Codec = kind === 'audio' ? 'opus' : 'vp8';
  const transform = new TransformStream<EncodedFrame, EncodedFrame>({
    async transform(frame, controller) {
      const { mimeType } = frame.getMetadata();
      const codec = mimeType === undefined ? fallback : codecOf(mimeType);
      const octets = new Uint8Array(frame.data);
      let changed: Uint8Array<ArrayBuffer> | null = null;
      try {
        changed =
          side === 'send'
            ? await cryptor.encrypt(octets, codec)
            : await cryptor.decrypt(octets, codec);
      } catch (error) {
        // One frame that the browser could not work on ends no stream.
        fail(error);
      }
      if (!changed) return;
      frame.data = changed.buffer;
      controller.enqueue(frame);
    },
  });
  return readable.pipeThrough(transform).pipeTo(writable);
}

scope.onrtctransform = ({ transformer }) => {
  const { readable, writable, options } = transformer;
  if (options.side === 'send' && options.kind === 'video') outgoing.add(transformer);
  // Ends when its section does.
  void pass(readable, writable, options)
    .catch(() => {})
    .finally(() => outgoing.delete(transformer));
};

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'streams':
      void pass(message.readable, message.writable, message.way).catch(() => {});
      return;
    case 'useKey':
      await cryptor.useKey(message.kid, message.baseKey);
      // Who has this key and none of those before needs a picture to begin with.
      for (const transformer of outgoing) transformer.generateKeyFrame?.().catch(() => {});
      return;
    case 'addKey':
      await cryptor.addKey(message.sender, message.kid, message.baseKey);
      return;
    case 'forget':
      cryptor.forget(message.sender);
  }
}

// One after the other: a key that is taken into use was derived before the next one is.
let queue: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }) => {
  queue = queue
    .then(() => handle(data))
    .then(
      () => {
        if ('ticket' in data) scope.postMessage({ type: 'done', ticket: data.ticket });
      },
      (error: unknown) => {
        if ('ticket' in data) {
          scope.postMessage({ type: 'done', ticket: data.ticket, error: String(error) });
        } else {
          scope.postMessage({ type: 'failed', reason: String(error) });
        }
      },
    );
};

setInterval(() => scope.postMessage({ type: 'stats', stats: { ...cryptor.stats } }), kReportMs);
