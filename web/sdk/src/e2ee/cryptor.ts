// Encrypts the frames of one page and decrypts those of the others. Keys come from outside; without
// the right one nothing passes, in either direction.

import { type Codec, clearOf } from './clear.js';
import { addEscapes, removeEscapes } from './h264.js';
import { concat, type Octets } from './octets.js';
import { decodeHeader, FrameKey, kTagLength } from './sframe.js';

/** Newest keys kept of each sender: late frames of the last one still count. */
const kKeysOfSender = 3;
const kMaxSenders = 1000;

export interface CryptorStats {
  encrypted: number;
  decrypted: number;
  /** Dropped, since no key was there yet. */
  unsent: number;
  /** Dropped, since their key is unknown here. */
  unknownKey: number;
  /** Dropped, since they were changed on the way, or never were encrypted. */
  refused: number;
}

export class FrameCryptor {
  readonly stats: CryptorStats = {
    encrypted: 0,
    decrypted: 0,
    unsent: 0,
    unknownKey: 0,
    refused: 0,
  };
  private own_: FrameKey | null = null;
  private counter_ = 0;
  /** Senders with their keys, oldest first. */
  private readonly keys_ = new Map<string, FrameKey[]>();

  /** From now on frames leave encrypted with this key. */
  async useKey(kid: number, baseKey: Octets): Promise<void> {
    const key = await FrameKey.derive(kid, baseKey);
    this.own_ = key;
    this.counter_ = 0; // of each key: no nonce comes twice
  }

  async addKey(sender: string, kid: number, baseKey: Octets): Promise<void> {
    const owner = this.ownerOf_(kid);
    // A key's name says whose it is: nobody can take that of somebody else.
    if (owner !== null && owner !== sender) throw new Error('this key belongs to somebody else');
    const key = await FrameKey.derive(kid, baseKey);
    if (!this.keys_.has(sender) && this.keys_.size >= kMaxSenders) throw new Error('too many keys');
    const others = (this.keys_.get(sender) ?? []).filter((k) => k.kid !== kid);
    this.keys_.set(sender, [...others, key].slice(-kKeysOfSender));
  }

  /** Who left sends nothing any more. */
  forget(sender: string): void {
    this.keys_.delete(sender);
  }

  /** Null: it must not be sent. */
  async encrypt(frame: Octets, codec: Codec | null): Promise<Octets | null> {
    const clear = codec && clearOf(codec, frame);
    const key = this.own_;
    if (!key || !clear) {
      this.stats.unsent += 1;
      return null;
    }
    const counter = this.counter_;
    this.counter_ += 1;
    const head = frame.subarray(0, clear.length);
    const metadata = head.subarray(clear.authenticatedFrom);
    const sealed = await key.encrypt(counter, metadata, frame.subarray(clear.length));
    this.stats.encrypted += 1;
    return concat(head, clear.escape ? addEscapes(sealed, head) : sealed);
  }

  /** Null: it must not be decoded. */
  async decrypt(frame: Octets, codec: Codec | null): Promise<Octets | null> {
    const clear = codec && clearOf(codec, frame);
    if (!clear) return this.refuse_();
    const head = frame.subarray(0, clear.length);
    const rest = frame.subarray(clear.length);
    const sealed = clear.escape ? removeEscapes(rest, head) : rest;
    const header = sealed && decodeHeader(sealed);
    if (!header || sealed.length < header.length + kTagLength) return this.refuse_();
    const key = this.find_(header.kid);
    if (!key) {
      this.stats.unknownKey += 1;
      return null;
    }
    try {
      const metadata = head.subarray(clear.authenticatedFrom);
      const plain = await key.decrypt(header, metadata, sealed);
      this.stats.decrypted += 1;
      return concat(head, plain);
    } catch {
      return this.refuse_();
    }
  }

  private refuse_(): null {
    this.stats.refused += 1;
    return null;
  }

  private find_(kid: number): FrameKey | null {
    for (const keys of this.keys_.values()) {
      const found = keys.find((key) => key.kid === kid);
      if (found) return found;
    }
    return null;
  }

  private ownerOf_(kid: number): string | null {
    for (const [sender, keys] of this.keys_) {
      if (keys.some((key) => key.kid === kid)) return sender;
    }
    return null;
  }
}
