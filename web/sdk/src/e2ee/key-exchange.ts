// Who has whose key: each participant has a key of its own for what it sends, hands it to everybody
// in the room, and takes a new one whenever somebody comes or goes. Messages are told apart from all
// others by the key `encryption`:
//   {hello: public key}              to everybody met, answered with one's own
//   {key: {kid, sealed}}             one's own key, sealed for the receiver
//   {have: kid}                      it arrived

import { toBase64 } from '../data-codec.js';
import { Emitter } from '../emitter.js';
import { Identity, octetsOf, type SecureChannel } from './handshake.js';
import type { Octets } from './octets.js';

export interface KeyStore {
  useKey(kid: number, baseKey: Octets): Promise<void>;
  addKey(sender: string, kid: number, baseKey: Octets): Promise<void>;
  forget(sender: string): void;
}

export interface ExchangeOptions {
  store: KeyStore;
  passphrase?: string | undefined;
  send(to: string, body: Record<string, unknown>): void;
  setTimer(callback: () => void, milliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  random?(octets: Octets): Octets;
}

export interface ExchangeEvents {
  /** A participant has our key, and we have theirs. */
  secured: string;
  /** A participant's key cannot be read: another passphrase, or somebody stands between. */
  refused: { participant: string; reason: string };
  /** Frames leave with a new key. */
  rotated: { kid: number };
}

interface Member {
  publicKey: string | null;
  channel: SecureChannel | null;
  greeted: boolean;
  /** The newest of our keys that they told to have. */
  has: number | null;
  theirs: boolean;
  told: boolean;
}

const kKeyLength = 32;
/** Comings and goings within this time cost one new key. */
const kGatherMs = 100;
/** Who has not told to have the new key by then misses frames: nobody can hold up the others. */
const kPatienceMs = 1000;
const kMaxMembers = 1000;
/** Generations of a key's name; the rest of it is the participant's own. */
const kGenerations = 256;

export class KeyExchange extends Emitter<ExchangeEvents> {
  private readonly identity_: Promise<Identity>;
  private readonly members_ = new Map<string, Member>();
  private self_ = '';
  private name_ = 0;
  private generation_ = 0;
  private used_ = -1;
  private pending_: { kid: number; baseKey: Octets } | null = null;
  private gatherTimer_: unknown = null;
  private patienceTimer_: unknown = null;
  private queue_: Promise<void> = Promise.resolve();
  private closed_ = false;

  constructor(private readonly options_: ExchangeOptions) {
    super();
    this.identity_ = Identity.create(options_.passphrase);
  }

  /** The room is entered under this id, anew if it was before. */
  enter(self: string): void {
    if (self === this.self_) return;
    for (const id of this.members_.keys()) this.options_.store.forget(id);
    this.members_.clear();
    this.self_ = self;
    const [a, b, c, d] = this.random_(4);
    // Never below eight, and not so small that two are alike.
    this.name_ = ((a! * 256 + b!) * 256 + c!) * 256 + d! + 1;
    this.rotateSoon_();
  }

  joined(id: string): void {
    const member = this.member_(id);
    if (member && !member.greeted) this.greet_(id, member);
  }

  left(id: string): void {
    if (!this.members_.delete(id)) return;
    this.options_.store.forget(id);
    this.rotateSoon_();
    this.activateWhenHad_();
  }

  /** The digits to compare with a participant; null while nothing was agreed. */
  checkOf(id: string): string | null {
    return this.members_.get(id)?.channel?.check ?? null;
  }

  get secured(): string[] {
    return [...this.members_].filter(([, m]) => m.theirs && m.has !== null).map(([id]) => id);
  }

  /** What a participant said; what is no message of ours is left alone. */
  handle(from: string, body: unknown): void {
    if (typeof body !== 'object' || body === null || from === this.self_) return;
    const { hello, key, have } = body as Record<string, unknown>;
    if (typeof hello === 'string') this.enqueue_(() => this.greeted_(from, hello));
    if (typeof key === 'object' && key !== null) {
      const { kid, sealed } = key as Record<string, unknown>;
      if (typeof kid !== 'number' || typeof sealed !== 'string') return;
      this.enqueue_(() => this.keyArrived_(from, kid, sealed));
    }
    if (typeof have === 'number') this.enqueue_(() => this.hasKey_(from, have));
  }

  /** Resolves when everything heard so far is dealt with. */
  settled(): Promise<void> {
    return this.queue_;
  }

  close(): void {
    this.closed_ = true;
    this.options_.clearTimer(this.gatherTimer_);
    this.options_.clearTimer(this.patienceTimer_);
    this.clearListeners();
  }

  private member_(id: string): Member | null {
    if (id === this.self_) return null;
    let member = this.members_.get(id);
    if (!member && this.members_.size < kMaxMembers) {
      member = {
        publicKey: null,
        channel: null,
        greeted: false,
        has: null,
        theirs: false,
        told: false,
      };
      this.members_.set(id, member);
    }
    return member ?? null;
  }

  private greet_(id: string, member: Member): void {
    member.greeted = true;
    this.enqueue_(async () => {
      const { publicKey } = await this.identity_;
      this.say_(id, { hello: toBase64(publicKey) });
    });
  }

  private async greeted_(from: string, hello: string): Promise<void> {
    const member = this.member_(from);
    if (!member) return;
    if (member.publicKey !== null) {
      // One participant has one key for as long as it is here.
      if (member.publicKey !== hello) this.refuse_(from, 'it came with another key');
      return;
    }
    const publicKey = octetsOf(hello);
    try {
      if (!publicKey) throw new Error('no key');
      member.channel = await (await this.identity_).channelTo(publicKey);
    } catch {
      this.refuse_(from, 'what it said is no key');
      return;
    }
    member.publicKey = hello;
    if (!member.greeted) this.greet_(from, member);
    this.rotateSoon_();
  }

  private async keyArrived_(from: string, kid: number, sealed: string): Promise<void> {
    const member = this.members_.get(from);
    if (!member?.channel) return;
    let baseKey: Octets;
    try {
      baseKey = await member.channel.open(sealed, contextOf(from, this.self_, kid));
      if (baseKey.length !== kKeyLength) throw new Error('of another length');
      await this.options_.store.addKey(from, kid, baseKey);
    } catch {
      this.refuse_(from, 'its key cannot be read: the passphrases differ, or somebody is between');
      return;
    }
    member.theirs = true;
    this.say_(from, { have: kid });
    this.tellSecured_(from, member);
  }

  private async hasKey_(from: string, kid: number): Promise<void> {
    const member = this.members_.get(from);
    if (!member || kid !== this.pending_?.kid) return;
    member.has = kid;
    this.tellSecured_(from, member);
    await this.activateWhenHad_();
  }

  private rotateSoon_(): void {
    if (this.closed_ || this.gatherTimer_ !== null) return;
    this.gatherTimer_ = this.options_.setTimer(() => {
      this.gatherTimer_ = null;
      this.enqueue_(() => this.rotate_());
    }, kGatherMs);
  }

  // Handed out first, used once everybody has it.
  private async rotate_(): Promise<void> {
    this.generation_ = (this.generation_ + 1) % kGenerations;
    const kid = this.name_ * kGenerations + this.generation_;
    const baseKey = this.random_(kKeyLength);
    this.pending_ = { kid, baseKey };
    for (const [id, { channel }] of this.members_) {
      if (!channel) continue;
      const sealed = await channel.seal(baseKey, contextOf(this.self_, id, kid));
      this.say_(id, { key: { kid, sealed } });
    }
    this.options_.clearTimer(this.patienceTimer_);
    this.patienceTimer_ = this.options_.setTimer(() => {
      this.enqueue_(() => this.activate_(kid));
    }, kPatienceMs);
    await this.activateWhenHad_();
  }

  private async activateWhenHad_(): Promise<void> {
    const kid = this.pending_?.kid;
    if (kid === undefined) return;
    for (const { channel, has } of this.members_.values()) if (channel && has !== kid) return;
    await this.activate_(kid);
  }

  private async activate_(kid: number): Promise<void> {
    if (this.pending_?.kid !== kid || this.used_ === kid) return;
    this.used_ = kid;
    await this.options_.store.useKey(kid, this.pending_.baseKey);
    this.emit('rotated', { kid });
  }

  private tellSecured_(id: string, member: Member): void {
    if (member.told || !member.theirs || member.has === null) return;
    member.told = true;
    this.emit('secured', id);
  }

  private refuse_(participant: string, reason: string): void {
    this.emit('refused', { participant, reason });
  }

  private say_(to: string, encryption: Record<string, unknown>): void {
    if (!this.closed_) this.options_.send(to, { encryption });
  }

  private random_(length: number): Octets {
    const octets = new Uint8Array(length);
    return this.options_.random?.(octets) ?? crypto.getRandomValues(octets);
  }

  // In order: a key is opened with the greeting that came before it.
  private enqueue_(step: () => Promise<void>): void {
    this.queue_ = this.queue_
      .then(() => (this.closed_ ? undefined : step()))
      .catch((error) => console.error('parley: encryption', error));
  }
}

function contextOf(from: string, to: string, kid: number): string {
  return `${from} ${to} ${kid}`;
}
