// Which octets of a frame stay readable: what packetisers, depacketisers and the forwarding server
// read of a codec, and no more. They are authenticated, but for H.264's parameter sets, which
// browsers rewrite on the way.

import { findSlice } from './h264.js';

export interface Clear {
  /** Octets at the beginning that stay as they are. */
  length: number;
  /** Where the authenticated ones of them begin. */
  authenticatedFrom: number;
  /** Whether what follows must not look like a start code. */
  escape: boolean;
}

export type Codec = 'opus' | 'vp8' | 'vp9' | 'h264';

/** Null: no codec that can be encrypted. */
export function codecOf(mimeType: string | undefined): Codec | null {
  const name = mimeType?.split('/')[1]?.toLowerCase();
  return name === 'opus' || name === 'vp8' || name === 'vp9' || name === 'h264' ? name : null;
}

/** Null for a frame that cannot be one of this codec. */
export function clearOf(codec: Codec, frame: Uint8Array): Clear | null {
  switch (codec) {
    case 'opus': // the configuration (RFC 6716 §3.1)
      return frame.length < 1 ? null : from(1);
    case 'vp8': // the frame header (RFC 6386 §9.1), of a key frame the size as well
      if (frame.length < 3) return null;
      return from((frame[0]! & 1) === 0 ? 10 : 3, frame);
    case 'vp9': // everything that others need is in the payload descriptor (RFC 9628 §4.2)
      return from(0);
    case 'h264': {
      const slice = findSlice(frame);
      return slice && { length: slice.end, authenticatedFrom: slice.start, escape: true };
    }
  }
}

function from(length: number, frame?: Uint8Array): Clear | null {
  if (frame && frame.length < length) return null;
  return { length, authenticatedFrom: 0, escape: false };
}
