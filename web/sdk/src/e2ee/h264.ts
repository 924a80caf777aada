// What encryption needs to know of H.264's byte stream (Annex B): where the first slice begins, and
// that no start code may appear within it.

/** Octets of a slice that stay clear: its NAL header, and where its header names the parameter set. */
const kClearOfSlice = 4;

/** The first coded slice: from its NAL header to where encryption begins. */
export function findSlice(frame: Uint8Array): { start: number; end: number } | null {
  for (let i = 0; i + 3 < frame.length; i += 1) {
    if (frame[i] !== 0 || frame[i + 1] !== 0 || frame[i + 2] !== 1) continue;
    const start = i + 3;
    const type = frame[start]! & 31;
    if (type !== 1 && type !== 5) continue;
    const end = start + kClearOfSlice;
    return end <= frame.length ? { start, end } : null;
  }
  return null;
}

/**
 * Emulation prevention (ISO/IEC 14496-10 §7.4.1.1): a 3 after two zeros before anything up to 3.
 * `before`: what stands in front. A last octet that is never zero closes the slice.
 */
export function addEscapes(octets: Uint8Array, before: Uint8Array): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  let zeros = zerosAtEnd(before);
  for (const octet of octets) {
    if (zeros >= 2 && octet <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(octet);
    zeros = octet === 0 ? zeros + 1 : 0;
  }
  if (zeros >= 2) out.push(3); // never before what closes, but it costs nothing to be exact
  out.push(kClosing);
  return Uint8Array.from(out);
}

/** Null when it does not end as it was closed. */
export function removeEscapes(
  octets: Uint8Array,
  before: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end -= 1; // trailing zeros belong to no NAL unit
  if (octets[end - 1] !== kClosing) return null;
  end -= 1;
  const out = new Uint8Array(end);
  let length = 0;
  let zeros = zerosAtEnd(before);
  for (let i = 0; i < end; i += 1) {
    const octet = octets[i]!;
    if (zeros >= 2 && octet === 3) {
      zeros = 0;
      continue;
    }
    out[length] = octet;
    length += 1;
    zeros = octet === 0 ? zeros + 1 : 0;
  }
  return out.slice(0, length);
}

/** As the bit that ends a NAL unit's payload. */
const kClosing = 0x80;

function zerosAtEnd(octets: Uint8Array): number {
  let count = 0;
  while (count < 2 && octets[octets.length - 1 - count] === 0) count += 1;
  return count;
}
