// SFrame (RFC 9605): the header, the key schedule and the encryption of one frame, with cipher suite
// AES_128_GCM_SHA256_128.

import { bigEndian, concat, type Octets, utf8 } from './octets.js';

/** AES_128_GCM_SHA256_128 (RFC 9605 §8.1). */
const kCipherSuite = 4;
const kKeyLength = 16;
const kNonceLength = 12;
export const kTagLength = 16;
/** Numbers beyond are no exact ones here; the eight octets that the RFC allows hold more. */
const kMost = Number.MAX_SAFE_INTEGER;

export interface Header {
  kid: number;
  counter: number;
  /** In octets. */
  length: number;
}

/** §4.3: values up to 7 stand in the first octet, larger ones in as few octets as hold them. */
export function encodeHeader(kid: number, counter: number): Octets {
  const [kidField, kidOctets] = field(kid);
  const [counterField, counterOctets] = field(counter);
  return concat(Uint8Array.of((kidField << 4) | counterField), kidOctets, counterOctets);
}

/** Null for what is no header, or not the shortest one. */
export function decodeHeader(octets: Uint8Array): Header | null {
  const config = octets[0];
  if (config === undefined) return null;
  let at = 1;
  const read = (bits: number): number | null => {
    if (!(bits & 8)) return bits;
    const length = (bits & 7) + 1;
    if (at + length > octets.length || octets[at] === 0) return null;
    let value = 0;
    for (let i = 0; i < length; i += 1) value = value * 256 + octets[at + i]!;
    at += length;
    return value > 7 && value <= kMost ? value : null;
  };
  const kid = read(config >> 4);
  const counter = kid === null ? null : read(config & 15);
  if (kid === null || counter === null) return null;
  return { kid, counter, length: at };
}

function field(value: number): [bits: number, octets: Octets] {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} fits no header`);
  if (value <= 7) return [value, new Uint8Array()];
  let length = 1;
  while (value >= 256 ** length) length += 1;
  return [8 | (length - 1), bigEndian(value, length)];
}

export class FrameKey {
  private constructor(
    readonly kid: number,
    private readonly key_: CryptoKey,
    private readonly salt_: Octets,
  ) {}

  /** §4.4.2; the base key's length is free. */
  static async derive(kid: number, baseKey: Octets): Promise<FrameKey> {
    const secret = await crypto.subtle.importKey('raw', baseKey, 'HKDF', false, ['deriveBits']);
    const suffix = concat(bigEndian(kid, 8), bigEndian(kCipherSuite, 2));
    const expand = (label: string, length: number) =>
      crypto.subtle.deriveBits(
        {
          name: 'HKDF',
          hash: 'SHA-256',
          salt: new Uint8Array(),
          info: concat(utf8(label), suffix),
        },
        secret,
        length * 8,
      );
    const raw = await expand('SFrame 1.0 Secret key ', kKeyLength);
    const salt = new Uint8Array(await expand('SFrame 1.0 Secret salt ', kNonceLength));
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return new FrameKey(kid, key, salt);
  }

  /** Header and ciphertext; `metadata` is authenticated with them. */
  async encrypt(counter: number, metadata: Uint8Array, plain: Octets): Promise<Octets> {
    const header = encodeHeader(this.kid, counter);
    const sealed = await crypto.subtle.encrypt(
      this.parameters_(counter, concat(header, metadata)),
      this.key_,
      plain,
    );
    return concat(header, new Uint8Array(sealed));
  }

  /** Throws when anything was changed. */
  async decrypt(header: Header, metadata: Uint8Array, sealed: Octets): Promise<Octets> {
    const aad = concat(sealed.subarray(0, header.length), metadata);
    const plain = await crypto.subtle.decrypt(
      this.parameters_(header.counter, aad),
      this.key_,
      sealed.subarray(header.length),
    );
    return new Uint8Array(plain);
  }

  private parameters_(counter: number, additionalData: Octets): AesGcmParams {
    const iv = bigEndian(counter, kNonceLength);
    for (let i = 0; i < kNonceLength; i += 1) iv[i]! ^= this.salt_[i]!;
    return { name: 'AES-GCM', iv, additionalData, tagLength: kTagLength * 8 };
  }
}
