// Which codec is preferred, how much a stream may take, and stereo: by the browser's own calls first,
// and by editing the session description only where there is no call for it.

import type { Platform } from './platform.js';
import { limitInSdp, preferInSdp, stereoInSdp } from './sdp-edits.js';

export type MediaKind = 'audio' | 'video';

export interface CodecWishes {
  /** Names as in media types, without the kind: `opus`, `VP9`. */
  audio?: string | undefined;
  video?: string | undefined;
}

/** Bits a second that may be sent at most. */
export interface BandwidthWishes {
  audio?: number | undefined;
  video?: number | undefined;
}

const kKinds: readonly MediaKind[] = ['audio', 'video'];

/** What a connection wants of its codecs, and the edits of descriptions that are left to do. */
export class CodecPreferences {
  stereo = false;
  private readonly codecs_: CodecWishes = {};
  private readonly bandwidth_: BandwidthWishes = {};

  constructor(private readonly platform_: Platform) {}

  prefer(kind: MediaKind, codec: string | undefined): void {
    this.codecs_[kind] = codec;
  }

  limit(kind: MediaKind, bitsPerSecond: number | undefined): void {
    this.bandwidth_[kind] = bitsPerSecond;
  }

  /** Before a description is made: the order of codecs of each section. */
  order(connection: RTCPeerConnection): void {
    for (const kind of kKinds) {
      const wanted = this.codecs_[kind];
      if (!wanted) continue;
      const ordered = preferredFirst(this.platform_.codecCapabilities(kind), wanted);
      for (const transceiver of connection.getTransceivers()) {
        if (transceiver.receiver.track.kind !== kind) continue;
        if (transceiver.direction === 'stopped' || !canOrder(transceiver)) continue;
        transceiver.setCodecPreferences(ordered);
      }
    }
  }

  /** The most that each sender may send; again whenever a section was agreed. */
  async apply(connection: RTCPeerConnection): Promise<void> {
    for (const transceiver of connection.getTransceivers()) {
      const { sender } = transceiver;
      const kind = transceiver.receiver.track.kind as MediaKind;
      const limit = this.bandwidth_[kind];
      if (!(kind in this.bandwidth_) || !canSetParameters(sender)) continue;
      const parameters = sender.getParameters();
      // Older browsers list no encodings before the first negotiation.
      if (!parameters.encodings?.length) continue;
      if (parameters.encodings.every((e) => e.maxBitrate === limit)) continue;
      for (const encoding of parameters.encodings) {
        if (limit === undefined) delete encoding.maxBitrate;
        else encoding.maxBitrate = limit;
      }
      await sender.setParameters(parameters);
    }
  }

  /** Of our own descriptions. */
  editLocal(connection: RTCPeerConnection, sdp: string): string {
    let edited = sdp;
    for (const kind of kKinds) {
      const wanted = this.codecs_[kind];
      const first = connection.getTransceivers().find((t) => t.receiver.track.kind === kind);
      if (wanted && first && !canOrder(first)) edited = preferInSdp(edited, kind, wanted);
    }
    // There is no call for stereo: it is a parameter of the format (RFC 7587 §6.1).
    return this.stereo ? stereoInSdp(edited) : edited;
  }

  /** Of the other's descriptions: `b=` there bounds what is sent here. */
  editRemote(connection: RTCPeerConnection, sdp: string): string {
    let edited = sdp;
    for (const kind of kKinds) {
      const limit = this.bandwidth_[kind];
      const sender = connection.getSenders().find((s) => s.track?.kind === kind);
      if (limit && sender && !canSetParameters(sender)) edited = limitInSdp(edited, kind, limit);
    }
    return edited;
  }
}

/** The wanted codec before all others, which keep their order: none is lost. */
export function preferredFirst<T extends { mimeType: string }>(codecs: T[], wanted: string): T[] {
  const name = wanted.toLowerCase();
  const isWanted = (codec: T) => codec.mimeType.toLowerCase().split('/')[1] === name;
  return [...codecs.filter(isWanted), ...codecs.filter((c) => !isWanted(c))];
}

function canOrder(transceiver: RTCRtpTransceiver): boolean {
  return typeof transceiver.setCodecPreferences === 'function';
}

function canSetParameters(sender: RTCRtpSender): boolean {
  return typeof sender.setParameters === 'function';
}
