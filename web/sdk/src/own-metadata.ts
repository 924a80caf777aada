// What the others know of this participant: its name, a raised hand, and what the page added; with
// everybody's raised hands, this participant's included.

import { handsInOrder, type RaisedHand, sameHands } from './hands.js';
import type { Platform } from './platform.js';
import type { Metadata, SessionMessage } from './protocol.js';
import type { Roster } from './remote.js';

const kSayAgainMs = 2000;

export interface OwnMetadataListener {
  self(): string | null;
  send(message: SessionMessage): void;
  changed(metadata: Metadata): void;
  handsChanged(hands: RaisedHand[]): void;
}

export class OwnMetadata {
  metadata: Metadata = {};
  hands: RaisedHand[] = [];

  private timer_: unknown = null;

  constructor(
    private readonly roster_: Roster,
    private readonly platform_: Pick<Platform, 'setTimer' | 'clearTimer'>,
    private readonly listener_: OwnMetadataListener,
  ) {}

  get name(): string {
    const { name } = this.metadata;
    return typeof name === 'string' ? name : '';
  }

  get handRaised(): boolean {
    return this.hands.some((hand) => hand.participant === this.listener_.self());
  }

  /** To be said with the join. */
  begin(metadata: Metadata): void {
    this.metadata = metadata;
  }

  /** A key that is `undefined` is removed. */
  change(changes: Metadata): void {
    const merged = { ...this.metadata, ...changes };
    const kept = Object.entries(merged).filter(([, value]) => value !== undefined);
    this.metadata = Object.fromEntries(kept);
    this.say_();
    this.listener_.changed(this.metadata);
    this.checkHands();
  }

  /** The server had no room for it: the others are to know all the same, a little later. */
  sayAgain(): void {
    if (this.timer_ !== null) return;
    this.timer_ = this.platform_.setTimer(() => this.say_(), kSayAgainMs);
  }

  /** Somebody came, went, or changed. */
  checkHands(): void {
    const id = this.listener_.self();
    const self = id === null ? [] : [{ id, metadata: this.metadata }];
    const hands = handsInOrder([...this.roster_.participants.values(), ...self]);
    if (sameHands(hands, this.hands)) return;
    this.hands = hands;
    this.listener_.handsChanged(hands);
  }

  clear(): void {
    this.hands = [];
    this.forgetTimer_();
  }

  private say_(): void {
    this.forgetTimer_();
    this.listener_.send({ type: 'set-metadata', metadata: this.metadata });
  }

  private forgetTimer_(): void {
    if (this.timer_ !== null) this.platform_.clearTimer(this.timer_);
    this.timer_ = null;
  }
}
