// How the two ends of a WebRTCConnection hear of each other: an interface that pages may implement
// over anything that carries small objects in order, and one over a room of a Parley server.

import { Backoff } from './backoff.js';
import { kSdkKey } from './chat.js';
import { isLasting, type ParleyError, SignalingError } from './errors.js';
import type { Platform } from './platform.js';
import type { JoinedMessage, JoinMessage, PeerDescription, RoomMessage } from './protocol.js';
import { SignalingClient } from './signaling.js';

/** What of its own media a side sends at present. */
export interface MediaState {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
}

export type CallSignal =
  | { type: 'offer' | 'answer'; sdp: RTCSessionDescriptionInit }
  | { type: 'ice-candidate'; candidate: RTCIceCandidateInit | null }
  /** What the sender says from here on belongs to its connection of this number. */
  | { type: 'generation'; generation: number }
  | ({ type: 'media' } & MediaState);

export interface CallPeer {
  /** The same for as long as the other page lives, also when it came back from a lost session. */
  id: string;
  /** Who yields when offers cross; the two sides must differ. */
  polite: boolean;
  /**
   * Where the other side is this SDK too: once something is agreed, the one that offered first
   * yields. Chromium keeps its picture then (see `Link`).
   */
  offererYields?: boolean;
  /** Who speaks first; where both would, politeness decides. */
  initiator: boolean;
  iceServers: RTCIceServer[];
}

export interface CallSignalingListener {
  /** The other side is there, or there again. */
  peer(peer: CallPeer): void;
  peerLeft(): void;
  signal(signal: CallSignal): void;
  /** Whether signals get through at present; those of meanwhile are not lost. */
  reachable(reachable: boolean): void;
  /** It is over and will not come back. */
  failed(error: ParleyError): void;
}

export interface CallSignaling {
  /** Resolves when signals can be sent; the other side may come later. */
  start(listener: CallSignalingListener): Promise<void>;
  send(signal: CallSignal): void;
  close(): void;
}

export interface RoomSignalingOptions {
  /** The server's signaling address; by default `/signal` of the server that the page came from. */
  url?: string | undefined;
  room: string;
  token?: string | undefined;
  name?: string | undefined;
  platform: Platform;
}

/** After a lost session the other side has this long to come back before it counts as gone. */
const kReturnMs = 30_000;
const kRejoin = { firstMs: 500, limitMs: 5000 };

interface Peer {
  clientId: string;
  call: string;
}

/** A room of two in mesh topology. */
export class RoomSignaling implements CallSignaling {
  private readonly signaling_: SignalingClient;
  private readonly call_: string;
  private readonly backoff_: Backoff;
  private listener_: CallSignalingListener | null = null;
  private peer_: Peer | null = null;
  private iceServers_: RTCIceServer[] = [];
  private rejoinTimer_: unknown;
  private returnTimer_: unknown;

  constructor(private readonly options_: RoomSignalingOptions) {
    const { platform, token } = options_;
    this.call_ = randomId(platform);
    this.backoff_ = new Backoff(kRejoin, () => platform.random());
    const url = options_.url ?? defaultSignalUrl();
    this.signaling_ = new SignalingClient({ url, platform, token, topology: 'mesh' });
    this.signaling_.on('message', (message) => this.heard_(message));
    this.signaling_.on('resumed', () => this.listener_?.reachable(true));
    this.signaling_.on('sessionLost', () => void this.rejoin_());
    this.signaling_.on('state', (state) => {
      if (state === 'waiting') this.listener_?.reachable(false);
    });
    this.signaling_.on('closed', (error) => {
      if (error && this.listener_) this.fail_(error);
    });
  }

  async start(listener: CallSignalingListener): Promise<void> {
    await this.signaling_.connect();
    const joined = await this.signaling_.join(this.joinMessage_());
    this.listener_ = listener;
    try {
      this.entered_(joined);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  send(signal: CallSignal): void {
    const to = this.peer_?.clientId;
    if (to === undefined) return;
    if (signal.type === 'offer' || signal.type === 'answer') {
      const { type } = signal;
      const sdp = signal.sdp.sdp ?? '';
      if (type === 'offer') this.signaling_.send({ type, to, sdp: { type, sdp } });
      else this.signaling_.send({ type, to, sdp: { type, sdp } });
    } else if (signal.type === 'ice-candidate') {
      this.signaling_.send({ ...signal, to });
    } else {
      this.signaling_.send({ type: 'direct', to, [kSdkKey]: { call: signal } });
    }
  }

  close(): void {
    this.listener_ = null;
    this.options_.platform.clearTimer(this.rejoinTimer_);
    this.options_.platform.clearTimer(this.returnTimer_);
    this.signaling_.close();
  }

  private joinMessage_(): JoinMessage {
    return {
      type: 'join',
      room: this.options_.room,
      metadata: { name: this.options_.name ?? '', call: this.call_ },
      capabilities: { topology: ['mesh'], resume: true },
    };
  }

  private entered_(joined: JoinedMessage): void {
    this.iceServers_ = joined.iceServers ?? this.signaling_.welcome?.iceServers ?? [];
    if (joined.peers.some((p) => p.id === 'sfu')) throw notForTwo();
    const before = this.peer_;
    const again = joined.peers.find((p) => callOf(p) === before?.call);
    if (!again && joined.peers.length > 1) throw roomFull();
    const peer = again ?? joined.peers[0];
    if (peer) this.adopt_(peer, true);
    else if (before) this.awaitReturn_();
  }

  private adopt_(description: PeerDescription, initiator: boolean): void {
    this.options_.platform.clearTimer(this.returnTimer_);
    const peer = { clientId: description.id, call: callOf(description) };
    if (this.peer_ && this.peer_.call !== peer.call) this.listener_?.peerLeft();
    this.peer_ = peer;
    this.listener_?.peer({
      id: peer.call,
      polite: this.call_ < peer.call,
      offererYields: true,
      initiator,
      iceServers: this.iceServers_,
    });
  }

  private awaitReturn_(): void {
    const { platform } = this.options_;
    platform.clearTimer(this.returnTimer_);
    this.returnTimer_ = platform.setTimer(() => this.left_(), kReturnMs);
  }

  private left_(): void {
    this.options_.platform.clearTimer(this.returnTimer_);
    this.peer_ = null;
    this.listener_?.peerLeft();
  }

  private heard_(message: RoomMessage): void {
    switch (message.type) {
      case 'peer-joined': {
        const description = { id: message.clientId, metadata: message.metadata };
        // A third finds the room taken; ours may come back under another id.
        if (!this.peer_ || this.peer_.call === callOf(description)) this.adopt_(description, false);
        return;
      }
      case 'peer-left':
        if (message.clientId === this.peer_?.clientId) this.left_();
        return;
      case 'offer':
      case 'answer':
        if (message.from !== this.peer_?.clientId) return;
        this.listener_?.signal({ type: message.type, sdp: message.sdp });
        return;
      case 'ice-candidate':
        if (message.from !== this.peer_?.clientId) return;
        this.listener_?.signal({ type: 'ice-candidate', candidate: message.candidate });
        return;
      case 'direct': {
        const signal = callSignal(message[kSdkKey]);
        if (signal && message.from === this.peer_?.clientId) this.listener_?.signal(signal);
        return;
      }
      default:
        return;
    }
  }

  private async rejoin_(): Promise<void> {
    if (!this.listener_) return;
    this.listener_.reachable(false);
    this.options_.platform.clearTimer(this.rejoinTimer_);
    if (this.signaling_.state !== 'open') return; // sessionLost comes again with the socket
    try {
      const joined = await this.signaling_.join(this.joinMessage_());
      if (!this.listener_) return;
      this.backoff_.reset();
      this.entered_(joined);
      this.listener_?.reachable(true);
    } catch (error) {
      if (!this.listener_) return;
      if (isLasting(error)) {
        this.fail_(error);
        return;
      }
      const { platform } = this.options_;
      this.rejoinTimer_ = platform.setTimer(() => void this.rejoin_(), this.backoff_.next());
    }
  }

  private fail_(error: ParleyError): void {
    const listener = this.listener_;
    this.close();
    listener?.failed(error);
  }
}

export function defaultSignalUrl(): string {
  const address = new URL('/signal', globalThis.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

function notForTwo(): SignalingError {
  return new SignalingError(
    'not_for_two',
    'Media of this room goes through the server.',
    'Use ConferenceClient here, or another room for a direct call.',
  );
}

function roomFull(): SignalingError {
  return new SignalingError(
    'call_full',
    'Two people are in this call already.',
    'Use another room, or ConferenceClient for more than two.',
  );
}

function callOf({ id, metadata }: PeerDescription): string {
  // Clients made otherwise carry no such name; their id serves until they rejoin.
  return typeof metadata.call === 'string' ? metadata.call : id;
}

function randomId(platform: Platform): string {
  const part = () => Math.floor(platform.random() * 2 ** 32).toString(36);
  return `${part()}${part()}${part()}`;
}

function callSignal(fact: unknown): CallSignal | null {
  const signal = isObject(fact) ? fact.call : null;
  if (!isObject(signal)) return null;
  if (signal.type === 'generation') {
    const { generation } = signal;
    const sane = Number.isSafeInteger(generation) && (generation as number) >= 0;
    return sane ? { type: 'generation', generation: generation as number } : null;
  }
  if (signal.type === 'media') {
    const on = (key: keyof MediaState) => signal[key] === true;
    return {
      type: 'media',
      microphone: on('microphone'),
      camera: on('camera'),
      screen: on('screen'),
    };
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
