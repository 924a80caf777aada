// Puts every sender and receiver of a connection under encryption, before a frame can pass.

import type { ToWorker, Way } from './worker-messages.js';

type End = (RTCRtpSender | RTCRtpReceiver) & {
  createEncodedStreams?(): { readable: ReadableStream; writable: WritableStream };
};

export type TransformKind = 'script' | 'streams';

export function transformKind(): TransformKind | null {
  if ('RTCRtpScriptTransform' in globalThis) return 'script';
  const sender = globalThis.RTCRtpSender?.prototype;
  return sender && 'createEncodedStreams' in sender ? 'streams' : null;
}

export class EncryptedConnections {
  private readonly done_ = new WeakSet<object>();

  constructor(
    private readonly worker_: Worker,
    private readonly kind_: TransformKind,
  ) {}

  make(
    configuration: RTCConfiguration,
    create: (configuration: RTCConfiguration) => RTCPeerConnection,
  ): RTCPeerConnection {
    const streams = { encodedInsertableStreams: true } as RTCConfiguration;
    const pc = create(this.kind_ === 'streams' ? { ...configuration, ...streams } : configuration);
    const addTrack = pc.addTrack.bind(pc);
    const addTransceiver = pc.addTransceiver.bind(pc);
    pc.addTrack = (...what) => {
      const sender = addTrack(...what);
      this.cover_(pc);
      return sender;
    };
    pc.addTransceiver = (...what) => {
      const transceiver = addTransceiver(...what);
      this.cover_(pc);
      return transceiver;
    };
    // An offer that arrived made sections of its own; they are covered before it is answered.
    pc.addEventListener('signalingstatechange', () => this.cover_(pc));
    pc.addEventListener('track', () => this.cover_(pc));
    return pc;
  }

  private cover_(pc: RTCPeerConnection): void {
    for (const transceiver of pc.getTransceivers()) {
      if (this.done_.has(transceiver)) continue;
      this.done_.add(transceiver);
      const kind = transceiver.receiver.track.kind === 'audio' ? 'audio' : 'video';
      preferEncryptable(transceiver, kind);
      this.transform_(transceiver.sender, { side: 'send', kind });
      this.transform_(transceiver.receiver, { side: 'receive', kind });
    }
  }

  private transform_(end: End, way: Way): void {
    if (this.kind_ === 'script') {
      end.transform = new RTCRtpScriptTransform(this.worker_, way);
      return;
    }
    const { readable, writable } = end.createEncodedStreams!();
    const message: ToWorker = { type: 'streams', readable, writable, way };
    this.worker_.postMessage(message, [readable, writable]);
  }
}

/**
 * Redundant audio and AV1 are put together, or taken apart, from the octets of frames: by the
 * browser after encryption, or by the server. Neither is offered.
 */
const kUnfit = ['audio/red', 'video/av1'];

function preferEncryptable(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): void {
  const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const fit = codecs.filter(({ mimeType }) => !kUnfit.includes(mimeType.toLowerCase()));
  if (fit.length > 0 && fit.length < codecs.length) transceiver.setCodecPreferences(fit);
}
