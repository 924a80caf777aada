// How two participants agree on a key that nobody between them has: ECDH with P-256, HKDF, and a
// passphrase where the room has one. With it they hand each other the keys of their frames.

import { fromBase64, toBase64 } from '../data-codec.js';
import { concat, type Octets, utf8 } from './octets.js';

const kCurve = { name: 'ECDH', namedCurve: 'P-256' } as const;
const kNonceLength = 12;
/** What PBKDF2 costs who tries passphrases; some 100 ms, once. */
const kIterations = 200_000;

export class Identity {
  private constructor(
    private readonly privateKey_: CryptoKey,
    readonly publicKey: Octets,
    private readonly room_: Octets,
  ) {}

  /** Lasts as long as the page. */
  static async create(passphrase: string | undefined): Promise<Identity> {
    const pair = await crypto.subtle.generateKey(kCurve, false, ['deriveBits']);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return new Identity(pair.privateKey, publicKey, await stretch(passphrase));
  }

  async channelTo(publicKey: Octets): Promise<SecureChannel> {
    const theirs = await crypto.subtle.importKey('raw', publicKey, kCurve, false, []);
    const shared = await crypto.subtle.deriveBits(
      { name: 'ECDH', public: theirs },
      this.privateKey_,
      256,
    );
    const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const pair = inOrder(this.publicKey, publicKey);
    const key = await crypto.subtle.deriveKey(
      {
        name: 'HKDF',
        hash: 'SHA-256',
        salt: this.room_,
        info: concat(utf8('Parley frame keys 1 '), ...pair),
      },
      secret,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    );
    const digest = await crypto.subtle.digest('SHA-256', concat(utf8('Parley check 1 '), ...pair));
    return new SecureChannel(key, checkNumber(new Uint8Array(digest)));
  }
}

export class SecureChannel {
  constructor(
    private readonly key_: CryptoKey,
    /** Alike for both when nobody stands between them: to be compared by voice. */
    readonly check: string,
  ) {}

  /** `context` names sender, receiver and purpose: what is sealed for one opens for no other. */
  async seal(plain: Octets, context: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(kNonceLength));
    const sealed = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv, additionalData: utf8(context) },
      this.key_,
      plain,
    );
    return toBase64(concat(iv, new Uint8Array(sealed)));
  }

  /** Throws when another made it, or when passphrases differ. */
  async open(sealed: string, context: string): Promise<Octets> {
    const octets = octetsOf(sealed);
    if (!octets || octets.length <= kNonceLength) throw new Error('no sealed key');
    const plain = await crypto.subtle.decrypt(
      {
        name: 'AES-GCM',
        iv: octets.subarray(0, kNonceLength),
        additionalData: utf8(context),
      },
      this.key_,
      octets.subarray(kNonceLength),
    );
    return new Uint8Array(plain);
  }
}

export function octetsOf(base64: string): Octets | null {
  const value = fromBase64(base64);
  return value === null ? null : new Uint8Array(value);
}

async function stretch(passphrase: string | undefined): Promise<Octets> {
  if (!passphrase) return new Uint8Array(32);
  const key = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, [
    'deriveBits',
  ]);
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt: utf8('Parley room 1'), iterations: kIterations },
    key,
    256,
  );
  return new Uint8Array(bits);
}

function inOrder(a: Octets, b: Octets): [Octets, Octets] {
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] !== b[i]) return a[i]! < (b[i] ?? 0) ? [a, b] : [b, a];
  }
  return [a, b];
}

/** Six groups of five digits. */
function checkNumber(digest: Uint8Array): string {
  const groups: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    let value = 0;
    for (const octet of digest.subarray(i * 5, i * 5 + 5)) value = value * 256 + octet;
    groups.push(String(value % 100_000).padStart(5, '0'));
  }
  return groups.join(' ');
}
