// Simulcast encodings: three layers named high, medium and low, with bitrates fitted to what the
// camera really delivers.
//
// The smallest stands first. libwebrtc takes the last encoding for the largest: it fills up to the
// sum of the targets of all others with padding, so that the other order costs some 2 Mbit/s of
// uplink for nothing (measured in Chromium 156 at 1280x720).

export type Layer = 'high' | 'medium' | 'low';
export type LayerWish = Layer | 'auto' | 'off';

export interface VideoLimits {
  /** Bits a second that the whole picture size may take at most. */
  maxBitrate?: number;
  maxFramerate?: number;
}

// Bits per pixel and second that VP8 needs for a good picture of a talking person; smaller pictures
// need more for each pixel (the exponent), as the published bitrate ladders of conferencing show.
const kReferencePixels = 1280 * 720;
const kReferenceBitrate = 1_700_000;
const kExponent = 0.75;

export function bitrateFor(width: number, height: number): number {
  const pixels = Math.max(1, width * height);
  return Math.round(kReferenceBitrate * (pixels / kReferencePixels) ** kExponent);
}

/** The encodings of a camera of this size, the smallest first. */
export function cameraEncodings(
  width: number,
  height: number,
  limits: VideoLimits = {},
): RTCRtpEncodingParameters[] {
  const top = Math.min(limits.maxBitrate ?? Number.POSITIVE_INFINITY, bitrateFor(width, height));
  const share = top / bitrateFor(width, height);
  const layer = (rid: Layer, scale: number): RTCRtpEncodingParameters => ({
    rid,
    active: true,
    scaleResolutionDownBy: scale,
    maxBitrate: Math.round(share * bitrateFor(width / scale, height / scale)),
    ...(limits.maxFramerate ? { maxFramerate: limits.maxFramerate } : {}),
  });
  return [layer('low', 4), layer('medium', 2), layer('high', 1)];
}

/** A screen is sent once, sharp: text must stay readable, motion may suffer. */
export function screenEncodings(): RTCRtpEncodingParameters[] {
  return [{ maxBitrate: 2_500_000, maxFramerate: 15 }];
}
