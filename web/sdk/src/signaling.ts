// The WebSocket to the server: typed messages, a session that outlives its socket. When the socket
// drops, a new one is opened after a growing, jittered delay, the session is resumed, and what
// either side missed is said again (docs/signaling.md, "Resume"). What a room means is not known
// here.

import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { SignalingError } from './errors.js';
import type { Platform, SocketLike } from './platform.js';
import {
  type ClientMessage,
  CloseCode,
  type ErrorMessage,
  type JoinedMessage,
  type JoinMessage,
  parseServerMessage,
  type RoomMessage,
  type SessionMessage,
  type WelcomeMessage,
} from './protocol.js';

export type SignalingState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

export interface SignalingEvents {
  state: SignalingState;
  /** A message of the joined room. */
  message: RoomMessage;
  /** The dropped session goes on. */
  resumed: undefined;
  /** The session could not go on (too long away, or the server is new): join again. */
  sessionLost: undefined;
  error: SignalingError;
  /** The conversation is over and will not be taken up again. */
  closed: SignalingError | null;
}

export interface SignalingOptions {
  url: string;
  platform: Platform;
  token?: string | undefined;
  topology?: string | undefined;
}

/** Heartbeat where the server names none. */
const kHeartbeatMs = 5000;
/** Silence after which the socket counts as dead: two heartbeats. */
const kSilenceHeartbeats = 2;
/** Time for a socket to open and the server to greet. */
const kGreetingMs = 8000;
const kJoinMs = 15_000;
/** Own messages kept until the server has them; beyond, the oldest go and a full join follows. */
const kMaxUnconfirmed = 500;

const kFinalCodes: Record<number, [code: string, message: string, remedy: string]> = {
  [CloseCode.removed]: [
    'removed',
    'A moderator removed you from the room.',
    'Ask the moderator before you join again.',
  ],
  [CloseCode.roomClosed]: [
    'room_closed',
    'A moderator closed the room.',
    'Join another room, or this one later.',
  ],
  [CloseCode.replaced]: [
    'replaced',
    'This session was taken over by another connection.',
    'Continue there, or join again here.',
  ],
  [CloseCode.policy]: [
    'refused',
    'The server closed the connection because too much was sent.',
    'Reload the page and try again.',
  ],
};

/** Closed by a moderator, whose words came before. The close reason itself is a code for programs. */
const kModeratedCodes: ReadonlySet<number> = new Set([CloseCode.removed, CloseCode.roomClosed]);

interface PendingJoin {
  resolve(message: JoinedMessage): void;
  reject(error: SignalingError): void;
  timer: unknown;
}

export class SignalingClient extends Emitter<SignalingEvents> {
  private state_: SignalingState = 'idle';
  private socket_: SocketLike | null = null;
  private welcome_: WelcomeMessage | null = null;
  private greeting_: { resolve(w: WelcomeMessage): void; reject(e: SignalingError): void } | null =
    null;
  private pendingJoin_: PendingJoin | null = null;
  private resumeToken_: string | null = null;
  private resumable_ = false;
  private resuming_ = false;
  private everOpened_ = false;
  private everJoined_ = false;
  private lastSeqIn_ = 0;
  private lastSeqOut_ = 0;
  private unconfirmed_: { seq: number; text: string }[] = [];
  private overflowed_ = false;
  private lastHeardAt_ = 0;
  /** What a moderator gave as the reason just before the socket closes. */
  private parting_: string | undefined;
  private heartbeatTimer_: unknown;
  private retryTimer_: unknown;
  private greetingTimer_: unknown;
  private readonly backoff_: Backoff;
  private stopNetworkWatch_: () => void = () => {};

  constructor(private readonly options_: SignalingOptions) {
    super();
    this.backoff_ = new Backoff({ firstMs: 250, limitMs: 8000 }, () => options_.platform.random());
  }

  get state(): SignalingState {
    return this.state_;
  }

  get welcome(): WelcomeMessage | null {
    return this.welcome_;
  }

  /** Opens the socket and waits for the server's greeting. */
  connect(): Promise<WelcomeMessage> {
    this.stopNetworkWatch_ = this.options_.platform.onNetworkChange(() => this.retryNow_());
    return new Promise((resolve, reject) => {
      this.greeting_ = { resolve, reject };
      this.open_();
    });
  }

  join(message: JoinMessage): Promise<JoinedMessage> {
    this.settleJoin_(
      null,
      new SignalingError('join_superseded', 'Another join followed.', 'Wait for the newer one.'),
    );
    this.forgetSession_();
    return new Promise((resolve, reject) => {
      const timer = this.options_.platform.setTimer(() => {
        this.settleJoin_(
          null,
          new SignalingError(
            'join_timeout',
            'The server did not answer the join.',
            'Check the connection and try again.',
          ),
        );
      }, kJoinMs);
      this.pendingJoin_ = { resolve, reject, timer };
      this.transmit_(message);
    });
  }

  /** Says something within the session; while the socket is away it waits for the resume. */
  send(message: SessionMessage): void {
    if (!this.resumable_) {
      this.transmit_(message);
      return;
    }
    this.lastSeqOut_ += 1;
    const text = JSON.stringify({ ...message, seq: this.lastSeqOut_ });
    this.unconfirmed_.push({ seq: this.lastSeqOut_, text });
    if (this.unconfirmed_.length > kMaxUnconfirmed) {
      this.unconfirmed_.shift();
      this.overflowed_ = this.state_ !== 'open';
    }
    if (this.state_ === 'open' && !this.resuming_) this.socket_?.send(text);
  }

  /** Leaves for good. */
  close(): void {
    if (this.state_ === 'closed') return;
    if (this.state_ === 'open') this.transmit_({ type: 'leave' });
    this.finish_(null);
  }

  // ---- the socket ----------------------------------------------------------------------------

  private open_(): void {
    const { platform } = this.options_;
    this.setState_('connecting');
    let socket: SocketLike;
    try {
      socket = platform.createSocket(this.address_());
    } catch (cause) {
      this.finish_(
        new SignalingError(
          'bad_address',
          'The server address is not valid.',
          'Check the address.',
          { cause },
        ),
      );
      return;
    }
    this.socket_ = socket;
    this.everOpened_ = false;
    socket.onopen = () => {
      this.everOpened_ = true;
      if (this.resumable_ && this.resumeToken_) {
        this.resuming_ = true;
        this.transmit_({ type: 'resume', token: this.resumeToken_, lastSeq: this.lastSeqIn_ });
      }
    };
    socket.onmessage = ({ data }) => this.receive_(data);
    socket.onerror = () => {};
    socket.onclose = ({ code }) => {
      if (this.socket_ === socket) this.dropped_(code);
    };
    platform.clearTimer(this.greetingTimer_);
    this.greetingTimer_ = platform.setTimer(() => this.abandon_(), kGreetingMs);
  }

  private address_(): string {
    const address = new URL(this.options_.url);
    if (this.options_.token) address.searchParams.set('token', this.options_.token);
    if (this.options_.topology) address.searchParams.set('topology', this.options_.topology);
    return address.href;
  }

  /** Gives the present socket up; onclose may come late or never on a dead network. */
  private abandon_(): void {
    const socket = this.socket_;
    if (!socket) return;
    this.socket_ = null;
    silence(socket);
    // Not 1000: that would mean leaving. 3000 to 4999 is the range that applications may use.
    socket.close(kAbandonedCode, 'no answer');
    this.dropped_(kAbandonedCode);
  }

  private dropped_(code: number): void {
    const { platform } = this.options_;
    this.socket_ = null;
    this.resuming_ = false;
    platform.clearTimer(this.heartbeatTimer_);
    platform.clearTimer(this.greetingTimer_);
    if (this.state_ === 'closed') return;
    const final = kFinalCodes[code];
    if (final) {
      const reason = kModeratedCodes.has(code) ? this.parting_ : undefined;
      this.finish_(new SignalingError(...final, { reason }));
      return;
    }
    if (!this.everOpened_) {
      void this.askWhy_();
    } else if (this.greeting_ || (this.pendingJoin_ && !this.everJoined_)) {
      this.finish_(unreachable());
    } else {
      // Who was in a room comes back to it, also when the way back is cut once more.
      this.settleJoin_(null, unreachable());
      this.retryLater_();
    }
  }

  /** The socket did not even open: refused for a reason that will last, or nobody is there. */
  private async askWhy_(): Promise<void> {
    const refusal = await this.options_.platform.explainRefusal(this.address_());
    if (this.state_ === 'closed') return;
    const lasting = refusal !== null && kLastingStatus.has(refusal.status);
    if (refusal && (lasting || this.greeting_)) {
      this.finish_(new SignalingError(refusal.code, refusal.message, refusal.remedy));
    } else if (this.greeting_) {
      this.finish_(unreachable());
    } else {
      this.retryLater_();
    }
  }

  private retryLater_(): void {
    this.setState_('waiting');
    const wait = this.backoff_.next();
    this.retryTimer_ = this.options_.platform.setTimer(() => this.open_(), wait);
  }

  private retryNow_(): void {
    if (this.state_ === 'waiting') {
      this.options_.platform.clearTimer(this.retryTimer_);
      this.open_();
    } else if (this.state_ === 'open') {
      this.ping_();
    }
  }

  // ---- messages ------------------------------------------------------------------------------

  private receive_(data: unknown): void {
    this.lastHeardAt_ = this.options_.platform.now();
    const message = parseServerMessage(data);
    if (!message) return;
    if (typeof message.seq === 'number') {
      if (message.seq <= this.lastSeqIn_) return;
      this.lastSeqIn_ = message.seq;
    }
    switch (message.type) {
      case 'welcome':
        this.greeted_(message);
        return;
      case 'joined':
        this.joined_(message);
        return;
      case 'resumed':
        this.resumeToken_ = message.resumeToken;
        this.resumed_(message.lastSeq);
        return;
      case 'error':
        this.refused_(message);
        return;
      case 'pong':
        return;
      case 'removed':
      case 'room-closed':
        this.parting_ = wordsIn(message.reason);
        this.emit('message', message);
        return;
      default:
        this.emit('message', message);
    }
  }

  private greeted_(message: WelcomeMessage): void {
    this.welcome_ = message;
    if (this.resuming_) return; // void: the resume decides
    this.resumeToken_ = message.resumeToken;
    this.opened_();
    this.greeting_?.resolve(message);
    if (!this.greeting_) this.emit('sessionLost', undefined);
    this.greeting_ = null;
  }

  private joined_(message: JoinedMessage): void {
    if (!this.pendingJoin_) {
      // A server that moves a room sends a fresh `joined` to clients without topology messages;
      // this one announces that it understands them.
      return;
    }
    this.resumable_ = message.resumable === true;
    this.everJoined_ = true;
    this.parting_ = undefined;
    this.settleJoin_(message, null);
  }

  private resumed_(confirmed: number): void {
    this.resuming_ = false;
    this.unconfirmed_ = this.unconfirmed_.filter((m) => m.seq > confirmed);
    const first = this.unconfirmed_[0];
    if (this.overflowed_ && first && first.seq > confirmed + 1) {
      this.lose_();
      return;
    }
    this.opened_();
    for (const { text } of this.unconfirmed_) this.socket_?.send(text);
    this.emit('resumed', undefined);
  }

  private refused_(message: ErrorMessage): void {
    const error = new SignalingError(message.code, message.message, message.remedy, {
      cause: message.cause,
      regarding: message.inReplyTo,
    });
    if (this.resuming_ && (message.code === 'resume_failed' || message.code === 'resume_gap')) {
      this.lose_();
    } else if (this.pendingJoin_ && message.inReplyTo === 'join') {
      this.settleJoin_(null, error);
    } else if (this.greeting_) {
      this.finish_(error);
    } else {
      this.emit('error', error);
    }
  }

  private lose_(): void {
    this.resuming_ = false;
    this.resumeToken_ = this.welcome_?.resumeToken ?? null;
    this.forgetSession_();
    this.opened_();
    this.emit('sessionLost', undefined);
  }

  private forgetSession_(): void {
    this.resumable_ = false;
    this.overflowed_ = false;
    this.unconfirmed_ = [];
    this.lastSeqIn_ = 0;
    this.lastSeqOut_ = 0;
  }

  private opened_(): void {
    this.options_.platform.clearTimer(this.greetingTimer_);
    this.backoff_.reset();
    this.setState_('open');
    this.armHeartbeat_();
  }

  private armHeartbeat_(): void {
    const { platform } = this.options_;
    const interval = this.welcome_?.heartbeatMs ?? kHeartbeatMs;
    platform.clearTimer(this.heartbeatTimer_);
    this.heartbeatTimer_ = platform.setTimer(() => {
      if (platform.now() - this.lastHeardAt_ > interval * kSilenceHeartbeats) {
        this.abandon_();
        return;
      }
      this.ping_();
      this.armHeartbeat_();
    }, interval);
  }

  private ping_(): void {
    this.transmit_({
      type: 'ping',
      timestamp: Math.round(this.options_.platform.now()),
      lastSeq: this.lastSeqIn_,
    });
  }

  private transmit_(message: ClientMessage): void {
    this.socket_?.send(JSON.stringify(message));
  }

  private settleJoin_(message: JoinedMessage | null, error: SignalingError | null): void {
    const pending = this.pendingJoin_;
    if (!pending) return;
    this.pendingJoin_ = null;
    this.options_.platform.clearTimer(pending.timer);
    if (message) pending.resolve(message);
    else if (error) pending.reject(error);
  }

  private finish_(error: SignalingError | null): void {
    const { platform } = this.options_;
    const socket = this.socket_;
    this.socket_ = null;
    this.stopNetworkWatch_();
    for (const timer of [this.heartbeatTimer_, this.retryTimer_, this.greetingTimer_]) {
      platform.clearTimer(timer);
    }
    if (socket) {
      silence(socket);
      socket.close(CloseCode.normal);
    }
    this.setState_('closed');
    const reason =
      error ??
      new SignalingError('closed', 'The connection was closed.', 'Join again when you are ready.');
    this.greeting_?.reject(reason);
    this.greeting_ = null;
    this.settleJoin_(null, reason);
    this.emit('closed', error);
  }

  private setState_(state: SignalingState): void {
    if (this.state_ === state) return;
    this.state_ = state;
    this.emit('state', state);
  }
}

const kAbandonedCode = 3001;

/** Refusals that no waiting cures: no, a wrong or an expired token; a site that may not connect. */
const kLastingStatus = new Set([401, 403]);

function unreachable(): SignalingError {
  return new SignalingError(
    'unreachable',
    'The server could not be reached.',
    'Check the network and that the server is running, then try again.',
  );
}

function silence(socket: SocketLike): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onerror = null;
  socket.onclose = null;
}

/** Of a moderator, where there are some. */
function wordsIn(reason: unknown): string | undefined {
  return (typeof reason === 'string' && reason.trim()) || undefined;
}
