// A data channel of a peer connection, with back-pressure, that outlives the connection: after a full
// reconnection a new RTCDataChannel takes the old one's place, and what waited is sent over it. What
// the browser had taken but not yet sent is lost with the old connection.

import { decodeData, type EncodedData } from './data-codec.js';
import { type DataLimits, DataPipe, type DataState } from './data-pipe.js';
import { DataError } from './errors.js';

export interface DataChannelOptions {
  /** Deliver in order; the default. */
  ordered?: boolean;
  /** Milliseconds after which a message is given up; not together with `maxRetransmits`. */
  maxPacketLifeTime?: number | null;
  /** How often a lost message is sent again at most. */
  maxRetransmits?: number | null;
  /** A name for what is spoken on the channel. */
  protocol?: string;
  /** Both sides make the channel themselves, with the same `id`. */
  negotiated?: boolean;
  id?: number | null;
}

/** The browser's own buffer is kept between these: full enough to send, small enough to react. */
const kHighWaterBytes = 1 << 20;
const kLowWaterBytes = 256 << 10;
/** Where a browser does not say what the other side takes (RFC 8841 §6.1). */
const kDefaultMessageBytes = 65_536;
const kQueuedBytes = 16 << 20;
const kQueuedMessages = 10_000;

/** null means "not set" to people, but the browser wants it left out. */
export function channelInit(options: DataChannelOptions): RTCDataChannelInit {
  const entries = Object.entries(options).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(entries);
}

export class DataChannel extends DataPipe {
  private channel_: RTCDataChannel | null = null;
  private state_: DataState = 'connecting';

  constructor(
    readonly label: string,
    readonly options: DataChannelOptions,
    private readonly maxMessageBytes_: () => number | undefined,
    private readonly connectionLost_: () => boolean = () => false,
  ) {
    super();
  }

  get state(): DataState {
    return this.state_;
  }

  get limits(): DataLimits {
    return {
      maxMessageBytes: this.maxMessageBytes_() ?? kDefaultMessageBytes,
      maxQueuedBytes: kQueuedBytes,
      maxQueuedMessages: kQueuedMessages,
    };
  }

  /** What the browser holds and has not sent yet. */
  get bufferedAmount(): number {
    return this.channel_?.bufferedAmount ?? 0;
  }

  /** The browser's channel, for what is not offered here. */
  get channel(): RTCDataChannel | null {
    return this.channel_;
  }

  /** @internal */
  attach(channel: RTCDataChannel): void {
    this.detach();
    this.channel_ = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = kLowWaterBytes;
    channel.onopen = () => this.opened_();
    channel.onmessage = ({ data }) => this.emit('message', decodeData(data));
    channel.onbufferedamountlow = () => this.flush_();
    // With its connection a channel is not over: the next connection brings a new one. Chromium may
    // tell of the end of the association by the error alone before it changes any state.
    let aborted = false;
    channel.onclose = () => (aborted || this.connectionLost_() ? this.detach() : this.closed_());
    channel.onerror = (event) => {
      aborted ||= (event as RTCErrorEvent).error?.errorDetail === 'sctp-failure';
      this.failed_(event);
    };
    if (channel.readyState === 'open') this.opened_();
  }

  /** The connection is gone, a new one will come. @internal */
  detach(): void {
    const channel = this.channel_;
    this.channel_ = null;
    if (!channel) return;
    channel.onopen = null;
    channel.onmessage = null;
    channel.onbufferedamountlow = null;
    channel.onclose = null;
    channel.onerror = null;
    channel.close();
    if (this.state_ === 'open') this.state_ = 'connecting';
  }

  close(): void {
    if (this.state_ === 'closed') return;
    this.detach();
    this.closed_();
    this.clearListeners();
  }

  protected ready_(): boolean {
    return (this.channel_?.bufferedAmount ?? 0) < kHighWaterBytes;
  }

  protected put_(data: EncodedData): boolean {
    try {
      if ('text' in data) this.channel_?.send(data.text);
      else this.channel_?.send(data.octets as ArrayBuffer);
      return true;
    } catch (thrown) {
      // The browser's buffer is full (OperationError): bufferedamountlow follows.
      if ((thrown as { name?: unknown })?.name === 'OperationError') return false;
      throw thrown;
    }
  }

  private opened_(): void {
    if (this.state_ === 'open') return;
    this.state_ = 'open';
    this.emit('open', undefined);
    this.flush_();
  }

  private closed_(): void {
    if (this.state_ === 'closed') return;
    this.state_ = 'closed';
    this.channel_ = null;
    this.drop_();
    this.emit('closed', undefined);
  }

  private failed_(event: Event): void {
    const cause = (event as RTCErrorEvent).error;
    // The other side closing its connection comes as an error too, followed by close.
    if ((cause as { sctpCauseCode?: number | null } | undefined)?.sctpCauseCode === kUserAbort)
      return;
    this.emit(
      'error',
      new DataError(
        'channel_failed',
        `The data channel "${this.label}" failed.`,
        'It is opened again when the connection is; otherwise connect anew.',
        { cause },
      ),
    );
  }
}

/** RFC 9260 §3.3.10.12: User-Initiated Abort. */
const kUserAbort = 12;
