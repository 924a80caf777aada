// Octet strings, as cryptography wants them.

export type Octets = Uint8Array<ArrayBuffer>;

export function concat(...parts: readonly Uint8Array[]): Octets {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Big-endian, in so many octets. */
export function bigEndian(value: number, length: number): Octets {
  const octets = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i -= 1) {
    octets[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return octets;
}

export function utf8(text: string): Octets {
  return new TextEncoder().encode(text) as Octets;
}
