// Data messages over the signaling, for rooms whose media goes through the server, which has no data
// channels. Meant for small things now and then: a message may have 48 KiB, and 20 of them (100 in a
// burst) or 128 KiB (512 KiB in a burst) leave in a second, so that the server's limits of a
// connection are never reached and the call's own messages are never held up. Always ordered and
// reliable.

import { kSdkKey } from './chat.js';
import {
  type DecodedData,
  decodeData,
  type EncodedData,
  fromBase64,
  sizeOf,
  toBase64,
} from './data-codec.js';
import { type DataLimits, DataPipe, type DataState } from './data-pipe.js';
import type { Platform } from './platform.js';
import type { SessionMessage } from './protocol.js';

/** Octets of one message; as Base64 in JSON it stays below 64 KiB. */
export const kRelayMessageBytes = 48 << 10;
export const kRelayPerSecond = 20;
export const kRelayBurst = 100;
/** Octets, as they are in JSON. */
export const kRelayBytesPerSecond = 128 << 10;
export const kRelayBurstBytes = 512 << 10;
const kQueuedBytes = 1 << 20;
const kQueuedMessages = 200;
/** Characters of a channel's name. */
export const kMaxLabel = 64;

export interface RelayOptions {
  platform: Platform;
  label: string;
  /** Whom messages go to; undefined: everybody. */
  to?: string | undefined;
  send(message: SessionMessage): void;
  /** What all relays of a connection may send together. */
  budget: RelayBudget;
}

/** Messages that may leave now: they are earned with time, up to a burst. */
export class RelayBudget {
  private tokens_ = kRelayBurst;
  /** Below zero: what is owed for the last message. */
  private bytes_ = kRelayBurstBytes;
  private filledAt_: number;

  constructor(private readonly platform_: Platform) {
    this.filledAt_ = platform_.now();
  }

  get ready(): boolean {
    const now = this.platform_.now();
    const seconds = (now - this.filledAt_) / 1000;
    this.tokens_ = Math.min(kRelayBurst, this.tokens_ + seconds * kRelayPerSecond);
    this.bytes_ = Math.min(kRelayBurstBytes, this.bytes_ + seconds * kRelayBytesPerSecond);
    this.filledAt_ = now;
    return this.tokens_ >= 1 && this.bytes_ > 0;
  }

  take(bytes: number): void {
    this.tokens_ -= 1;
    this.bytes_ -= bytes;
  }
}

export class DataRelay extends DataPipe {
  readonly limits: DataLimits = {
    maxMessageBytes: kRelayMessageBytes,
    maxQueuedBytes: kQueuedBytes,
    maxQueuedMessages: kQueuedMessages,
  };
  readonly label: string;
  private state_: DataState = 'open';
  private timer_: unknown = null;

  constructor(private readonly options_: RelayOptions) {
    super();
    this.label = options_.label;
  }

  get state(): DataState {
    return this.state_;
  }

  close(): void {
    if (this.state_ === 'closed') return;
    this.state_ = 'closed';
    this.options_.platform.clearTimer(this.timer_);
    this.drop_();
    this.emit('closed', undefined);
    this.clearListeners();
  }

  protected ready_(): boolean {
    return this.options_.budget.ready;
  }

  protected put_(data: EncodedData): boolean {
    const body = 'text' in data ? { text: data.text } : { binary: toBase64(data.octets) };
    this.options_.budget.take(Math.max(JSON.stringify(body).length, sizeOf(data)));
    const fact = { [kSdkKey]: { data: { label: this.label, ...body } } };
    const { to } = this.options_;
    if (to === undefined) this.options_.send({ type: 'broadcast', ...fact });
    else this.options_.send({ type: 'direct', to, ...fact });
    return true;
  }

  protected override blocked_(): void {
    if (this.timer_ !== null || this.state_ === 'closed') return;
    this.timer_ = this.options_.platform.setTimer(() => {
      this.timer_ = null;
      this.flush_();
      if (this.isBlocked_) this.blocked_();
    }, 1000 / kRelayPerSecond);
  }
}

/** Reads the SDK's part of a broadcast or direct message; null when it is no data message. */
export function relayedData(fact: unknown): { label: string; data: DecodedData } | null {
  const body = isObject(fact) ? fact.data : null;
  if (!isObject(body) || typeof body.label !== 'string' || body.label.length > kMaxLabel)
    return null;
  const { label, text, binary } = body;
  if (typeof text === 'string') return { label, data: decodeData(text) };
  const octets = typeof binary === 'string' ? fromBase64(binary) : null;
  return octets ? { label, data: { kind: 'binary', value: octets } } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
