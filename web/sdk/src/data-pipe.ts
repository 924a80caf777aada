// Sending messages with back-pressure, whatever carries them: a data channel or the signaling. What
// cannot be sent now waits in a bounded queue; `send` resolves when its message has been handed on.

import {
  type DataValue,
  type DecodedData,
  type EncodedData,
  encodeData,
  sizeOf,
} from './data-codec.js';
import { Emitter } from './emitter.js';
import { DataError } from './errors.js';

export type DataState = 'connecting' | 'open' | 'closed';

export interface DataLimits {
  /** Octets that one message may have. */
  maxMessageBytes: number;
  /** Octets and messages that may wait here; beyond, `send` rejects with `buffer_full`. */
  maxQueuedBytes: number;
  maxQueuedMessages: number;
}

export interface DataEvents {
  open: undefined;
  message: DecodedData;
  /** There is room again after `trySend` returned false. */
  drain: undefined;
  error: DataError;
  closed: undefined;
}

interface Waiting {
  data: EncodedData;
  bytes: number;
  resolve(): void;
  reject(error: DataError): void;
}

export abstract class DataPipe extends Emitter<DataEvents> {
  private readonly waiting_: Waiting[] = [];
  private waitingBytes_ = 0;
  private refused_ = false;

  abstract readonly label: string;
  abstract readonly state: DataState;
  abstract readonly limits: DataLimits;

  /** Octets that wait here; a data channel's own buffer comes on top. */
  get queuedBytes(): number {
    return this.waitingBytes_;
  }

  /** Text, JSON (any other object) or octets. Waits for its turn, and until the pipe is open. */
  send(value: DataValue): Promise<void> {
    let data: EncodedData;
    let bytes: number;
    try {
      [data, bytes] = this.encode_(value);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.state === 'closed') return Promise.reject(closedError(this.label));
    if (this.waiting_.length === 0 && this.hand_(data)) return Promise.resolve();
    const { maxQueuedBytes, maxQueuedMessages } = this.limits;
    const full = this.waiting_.length >= maxQueuedMessages;
    if (full || this.waitingBytes_ + bytes > maxQueuedBytes) {
      return Promise.reject(
        new DataError(
          'buffer_full',
          `Too much is waiting to be sent on "${this.label}".`,
          'Await each send before the next, or send less.',
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.waiting_.push({ data, bytes, resolve, reject });
      this.waitingBytes_ += bytes;
      this.blocked_?.();
    });
  }

  /** Sends now, or returns false: then wait for `drain`. */
  trySend(value: DataValue): boolean {
    const [data] = this.encode_(value);
    const sent = this.waiting_.length === 0 && this.hand_(data);
    if (!sent) this.awaitDrain();
    return sent;
  }

  /** Whether a message would be handed on now. */
  get writable(): boolean {
    return this.state === 'open' && this.waiting_.length === 0 && this.ready_();
  }

  /** As if `trySend` had returned false. @internal */
  awaitDrain(): void {
    if (this.state === 'closed') return;
    this.refused_ = true;
    this.blocked_?.();
  }

  abstract close(): void;

  /** Whether the carrier takes a message now. */
  protected abstract ready_(): boolean;
  /** Gives the carrier a message; false when it turns out to be full. */
  protected abstract put_(data: EncodedData): boolean;
  /** Called when something has to wait, for carriers that must arm a timer. */
  protected blocked_?(): void;

  /** To be called whenever the carrier may have room again. */
  protected flush_(): void {
    for (;;) {
      const next = this.waiting_[0];
      if (!next) break;
      if (!this.hand_(next.data)) return;
      this.waiting_.shift();
      this.waitingBytes_ -= next.bytes;
      next.resolve();
    }
    if (this.refused_ && this.state === 'open' && this.ready_()) {
      this.refused_ = false;
      this.emit('drain', undefined);
    }
  }

  protected get isBlocked_(): boolean {
    return this.waiting_.length > 0 || this.refused_;
  }

  /** Nothing more will be sent. */
  protected drop_(): void {
    for (const { reject } of this.waiting_.splice(0)) reject(closedError(this.label));
    this.waitingBytes_ = 0;
    this.refused_ = false;
  }

  private hand_(data: EncodedData): boolean {
    return this.state === 'open' && this.ready_() && this.put_(data);
  }

  private encode_(value: DataValue): [EncodedData, number] {
    const data = encodeData(value);
    const bytes = sizeOf(data);
    const { maxMessageBytes } = this.limits;
    if (bytes > maxMessageBytes) {
      throw new DataError(
        'message_too_large',
        `The message has ${bytes} octets; "${this.label}" takes ${maxMessageBytes}.`,
        'Split it into smaller messages.',
      );
    }
    return [data, bytes];
  }
}

/** @internal */
export function closedError(label: string): DataError {
  return new DataError(
    'channel_closed',
    `"${label}" is closed.`,
    'Open it again, or connect anew.',
  );
}
