// One RTCPeerConnection to one peer (the media server, or another participant in a mesh), with the
// negotiation done once and right: "perfect negotiation" of the W3C specification's examples, with
// all steps in one queue so that no two descriptions are ever being applied at the same time.
//
// Toward the server this side is impolite: an offer that crosses ours is ignored, and the server
// makes it again. Between browsers the one that offered first gives way, since Chromium (seen in 156)
// never shows a remote picture again when a connection that began by answering rolls back its first
// offer: the section counts as new, is made anew, and its track is not.

import { Emitter } from './emitter.js';
import { ConnectionError } from './errors.js';
import { PathWatch } from './path-watch.js';
import type { Platform } from './platform.js';

export interface LinkOptions {
  platform: Platform;
  peerId: string;
  /** Gives way when offers cross. */
  polite: boolean;
  /** Once something is agreed, the side that offered first gives way instead; the other must know. */
  offererYields?: boolean | undefined;
  configuration: RTCConfiguration;
  sendDescription(description: RTCSessionDescriptionInit): void;
  sendCandidate(candidate: RTCIceCandidateInit): void;
}

export type LinkState = 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed';

export interface LinkEvents {
  state: LinkState;
  /** A section carries remote media now. */
  track: { mid: string; streamId: string; track: MediaStreamTrack; receiver: RTCRtpReceiver };
  /** A section stopped carrying remote media. */
  trackEnded: { mid: string };
  /** The other side opened a data channel. */
  dataChannel: RTCDataChannel;
  /** Descriptions were exchanged; the mids of new sections are known. */
  negotiated: undefined;
  error: ConnectionError;
}

/**
 * How long a link may stay interrupted before it asks for an ICE restart. Browsers call it
 * disconnected late enough; the moment is for connections that come back by themselves.
 */
const kRestartAfterMs = 500;
/** ICE restarts without success before the link counts as failed. */
const kMaxRestarts = 3;
/** Time for a restart to succeed. */
const kRestartPatienceMs = 5000;

export class Link extends Emitter<LinkEvents> {
  readonly pc: RTCPeerConnection;
  private state_: LinkState = 'connecting';
  private queue_: Promise<void> = Promise.resolve();
  private makingOffer_ = false;
  private ignoringOffer_ = false;
  /** Whether this side made the offer that was agreed on first; null until then. */
  private offeredFirst_: boolean | null = null;
  private started_ = false;
  private restarts_ = 0;
  private restartTimer_: unknown;
  private readonly live_ = new Map<string, MediaStreamTrack>();
  private readonly early_: RTCIceCandidateInit[] = [];
  private readonly watch_: PathWatch;
  private readonly stopNetworkWatch_: () => void;

  constructor(private readonly options_: LinkOptions) {
    super();
    this.pc = options_.platform.createPeerConnection({
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
      ...options_.configuration,
    });
    this.pc.onnegotiationneeded = () => {
      if (this.started_) void this.offer();
    };
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate) options_.sendCandidate(candidate.toJSON());
    };
    this.pc.ontrack = (event) => this.remoteTrack_(event);
    this.pc.ondatachannel = ({ channel }) => this.emit('dataChannel', channel);
    this.pc.onconnectionstatechange = () => this.connectionChanged_(this.pc.connectionState);
    this.watch_ = new PathWatch(options_.platform, this.pc, () => this.restartIce());
    // Another network has other addresses: those of the old one lead nowhere.
    this.stopNetworkWatch_ = options_.platform.onNetworkChange(() => {
      if (this.state_ === 'connected' || this.state_ === 'interrupted') this.restartIce();
    });
  }

  get peerId(): string {
    return this.options_.peerId;
  }

  get state(): LinkState {
    return this.state_;
  }

  get started(): boolean {
    return this.started_;
  }

  /** From now on changes are negotiated; with `offer`, this side speaks first. */
  start(offer: boolean): void {
    this.started_ = true;
    if (offer) void this.offer();
  }

  offer(options: RTCOfferOptions = {}): Promise<void> {
    return this.enqueue_(async () => {
      // While one offer is out, the browser raises negotiationneeded again after its answer.
      if (this.pc.signalingState !== 'stable') return;
      this.makingOffer_ = true;
      try {
        this.beforeDescribe?.();
        await this.pc.setLocalDescription(this.edited_(await this.pc.createOffer(options)));
        this.beforeSend?.();
        this.sendLocal_();
      } finally {
        this.makingOffer_ = false;
      }
    });
  }

  /** `accepted` runs just before the description is applied, and not at all for one ignored. */
  handleDescription(
    description: RTCSessionDescriptionInit,
    accepted: () => void = () => {},
  ): Promise<void> {
    return this.enqueue_(async () => {
      if (description.type === 'answer' && this.pc.signalingState !== 'have-local-offer') return;
      if (description.type === 'offer') {
        const collision = this.makingOffer_ || this.pc.signalingState !== 'stable';
        this.ignoringOffer_ = collision && !this.yields_();
        if (this.ignoringOffer_) return;
      }
      accepted();
      const { type, sdp = '' } = description;
      await this.pc.setRemoteDescription({ type, sdp: this.editRemote?.(sdp) ?? sdp });
      await this.addEarlyCandidates_();
      if (description.type === 'offer') {
        await this.beforeAnswer?.();
        this.beforeDescribe?.();
        await this.pc.setLocalDescription(this.edited_(await this.pc.createAnswer()));
        this.beforeSend?.();
        this.sendLocal_();
      }
      this.offeredFirst_ ??= type === 'answer';
      this.reconcileTracks_();
      this.started_ = true;
      this.emit('negotiated', undefined);
    });
  }

  /** Runs between a remote offer and our answer: the moment to add our own tracks in a mesh. */
  beforeAnswer: (() => Promise<void> | void) | null = null;

  /** Runs before an offer or answer is made: the moment to order codecs. */
  beforeDescribe: (() => void) | null = null;

  /** Changes descriptions, where the browser has no call for what is wanted. */
  editLocal: ((sdp: string) => string) | null = null;
  editRemote: ((sdp: string) => string) | null = null;

  /** Runs before each description goes out, when the sections have their mids. */
  beforeSend: (() => void) | null = null;

  handleCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    return this.enqueue_(async () => {
      if (!this.pc.remoteDescription) {
        if (this.early_.length < kMaxEarlyCandidates) this.early_.push(candidate);
        return;
      }
      try {
        await this.pc.addIceCandidate(candidate);
      } catch (error) {
        // Candidates of an offer that was ignored do not fit; anything else is worth knowing, but
        // one bad candidate never ends a connection.
        if (!this.ignoringOffer_) console.debug('parley: candidate refused', error);
      }
    });
  }

  restartIce(): void {
    if (this.state_ === 'closed') return;
    this.pc.restartIce();
    if (this.started_) void this.offer();
  }

  close(): void {
    if (this.state_ === 'closed') return;
    this.options_.platform.clearTimer(this.restartTimer_);
    this.pc.onnegotiationneeded = null;
    this.pc.onicecandidate = null;
    this.pc.ontrack = null;
    this.pc.ondatachannel = null;
    this.pc.onconnectionstatechange = null;
    this.watch_.stop();
    this.stopNetworkWatch_();
    this.pc.close();
    this.setState_('closed');
    this.clearListeners();
  }

  private yields_(): boolean {
    const { polite, offererYields } = this.options_;
    return offererYields && this.offeredFirst_ !== null ? this.offeredFirst_ : polite;
  }

  private edited_({ type, sdp = '' }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
    return { type, sdp: this.editLocal?.(sdp) ?? sdp };
  }

  private sendLocal_(): void {
    const local = this.pc.localDescription;
    if (local) this.options_.sendDescription({ type: local.type, sdp: local.sdp });
  }

  private async addEarlyCandidates_(): Promise<void> {
    for (const candidate of this.early_.splice(0)) {
      await this.pc.addIceCandidate(candidate).catch(() => {});
    }
  }

  private enqueue_(step: () => Promise<void>): Promise<void> {
    const run = this.queue_.then(async () => {
      if (this.state_ === 'closed') return;
      try {
        await step();
      } catch (cause) {
        if (this.pc.signalingState === 'closed') return;
        this.emit(
          'error',
          new ConnectionError(
            'negotiation_failed',
            `The session with ${this.peerId} could not be agreed.`,
            'Leave and join again; if it happens again, report it with the console log.',
            { cause },
          ),
        );
      }
    });
    this.queue_ = run;
    return run;
  }

  private remoteTrack_(event: RTCTrackEvent): void {
    const mid = event.transceiver.mid;
    if (mid === null) return;
    this.live_.set(mid, event.track);
    const streamId = event.streams[0]?.id ?? '';
    this.emit('track', { mid, streamId, track: event.track, receiver: event.receiver });
  }

  // A section that was parked (inactive) raises no event of its own that all browsers agree on.
  private reconcileTracks_(): void {
    const receiving = new Set<string>();
    for (const transceiver of this.pc.getTransceivers()) {
      const direction = transceiver.currentDirection;
      if (transceiver.mid && (direction === 'recvonly' || direction === 'sendrecv')) {
        receiving.add(transceiver.mid);
      }
    }
    for (const mid of [...this.live_.keys()]) {
      if (receiving.has(mid)) continue;
      this.live_.delete(mid);
      this.emit('trackEnded', { mid });
    }
  }

  private connectionChanged_(state: RTCPeerConnectionState): void {
    const { platform } = this.options_;
    if (state === 'connected') {
      platform.clearTimer(this.restartTimer_);
      this.restarts_ = 0;
      this.watch_.start();
      this.setState_('connected');
    } else if (state === 'disconnected') {
      this.setState_('interrupted');
      this.armRestart_(kRestartAfterMs);
    } else if (state === 'failed') {
      this.setState_('interrupted');
      this.restartOrFail_();
    }
  }

  private armRestart_(delay: number): void {
    this.options_.platform.clearTimer(this.restartTimer_);
    this.restartTimer_ = this.options_.platform.setTimer(() => {
      if (this.state_ === 'interrupted') this.restartOrFail_();
    }, delay);
  }

  private restartOrFail_(): void {
    if (this.restarts_ >= kMaxRestarts) {
      this.setState_('failed');
      return;
    }
    this.restarts_ += 1;
    this.restartIce();
    this.armRestart_(kRestartPatienceMs);
  }

  private setState_(state: LinkState): void {
    if (this.state_ === state) return;
    this.state_ = state;
    this.emit('state', state);
  }
}

/** Candidates that arrive before their description; more than a peer ever has. */
const kMaxEarlyCandidates = 64;
