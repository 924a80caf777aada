// WebRTCConnection: a call between two, straight from browser to browser. It captures, negotiates,
// watches its own quality and keeps going: through changed networks by restarting ICE, through dead
// connections by making new ones, through lost signaling sessions by coming back to the room. Pages
// listen to its events.

import { adoptSections } from './adopt-sections.js';
import { Backoff } from './backoff.js';
import { CallChannels } from './call-channels.js';
import { closedError, limitError, noChannel, unreachable } from './call-errors.js';
import { CallPublisher } from './call-publisher.js';
import { askForBoth, choiceOf, configurationOf } from './call-setup.js';
import {
  type CallPeer,
  type CallSignal,
  type CallSignaling,
  type MediaState,
  RoomSignaling,
} from './call-signaling.js';
import { callStats } from './call-stats.js';
import type { CallState, WebRTCConnectionConfig, WebRTCConnectionEvents } from './call-types.js';
import { CodecPreferences, type MediaKind } from './codecs.js';
import type { DataChannel, DataChannelOptions } from './data-channel.js';
import type { DataValue } from './data-codec.js';
import { type DeviceChange, watchDevices } from './devices.js';
import { Emitter } from './emitter.js';
import { ParleyError } from './errors.js';
import { Generations } from './generations.js';
import { Link } from './link.js';
import { LocalMedia } from './local.js';
import { type Capture, capture } from './media.js';
import { browserPlatform, type Platform } from './platform.js';
import { Playback } from './playback.js';
import { StatsSampler } from './sampler.js';
import { judgeQuality, type QualityJudgement, type StatsSample } from './stats.js';

export type { CallState, WebRTCConnectionConfig, WebRTCConnectionEvents } from './call-types.js';

/** Time for a new connection to connect before the next is made. */
const kConnectMs = 15_000;
const kReconnect = { firstMs: 300, limitMs: 8000 };
/** New connections in a row without success before the call counts as failed. */
const kMaxReconnects = 10;
/** Of the default channel, which both sides make themselves: far from ids that browsers give. */
const kDefaultChannelId = 100;

export class WebRTCConnection extends Emitter<WebRTCConnectionEvents> {
  private readonly platform_: Platform;
  private readonly codecs_: CodecPreferences;
  private readonly channels_: CallChannels;
  private readonly sampler_: StatsSampler;
  private readonly backoff_: Backoff;
  private readonly playback_: Playback;
  private state_: CallState = 'new';
  private local_: LocalMedia | null = null;
  private signaling_: CallSignaling | null = null;
  private link_: Link | null = null;
  private publisher_: CallPublisher | null = null;
  private peer_: CallPeer | null = null;
  private readonly generations_ = new Generations();
  private remote_: MediaStream | null = null;
  private reconnectTimer_: unknown;
  private stopDevices_: () => void = () => {};
  private told_ = '';

  /** How the capture went: what step of the fallback chain worked, and why those before did not. */
  captured: Capture | null = null;
  /** The default data channel; null when the configuration has none. */
  readonly dataChannel: DataChannel | null = null;
  quality: QualityJudgement | undefined;
  remoteMedia: MediaState | undefined;

  constructor(private readonly config_: WebRTCConnectionConfig = {}) {
    super();
    this.platform_ = config_.platform ?? browserPlatform();
    this.backoff_ = new Backoff(kReconnect, () => this.platform_.random());
    this.codecs_ = new CodecPreferences(this.platform_);
    this.codecs_.stereo = config_.stereo ?? false;
    for (const kind of ['audio', 'video'] as const) {
      if (config_.codecs?.[kind]) this.codecs_.prefer(kind, config_.codecs[kind]);
      if (config_.bandwidth?.[kind]) this.codecs_.limit(kind, config_.bandwidth[kind]);
    }
    this.channels_ = new CallChannels((channel) => this.emit('dataChannel', channel));
    if (config_.dataChannel !== false) this.dataChannel = this.defaultChannel_(config_.dataChannel);
    this.playback_ = new Playback(this.platform_.page, (state) => this.emit('playback', state));
    this.sampler_ = new StatsSampler(
      this.platform_,
      () => (this.link_ ? [this.link_.pc] : []),
      (sample) => this.sampled_(sample),
    );
  }

  get state(): CallState {
    return this.state_;
  }
  get microphoneOn(): boolean {
    return this.local_?.isOn('microphone') ?? false;
  }
  get cameraOn(): boolean {
    return this.local_?.isOn('camera') ?? false;
  }
  get microphoneTrack(): MediaStreamTrack | null {
    return this.local_?.track('microphone') ?? null;
  }
  get cameraTrack(): MediaStreamTrack | null {
    return this.local_?.track('camera') ?? null;
  }
  get screenTrack(): MediaStreamTrack | null {
    return this.local_?.track('screen') ?? null;
  }
  /** The other's media; null until the first of it is announced. */
  get remoteStream(): MediaStream | null {
    return this.remote_;
  }
  /** The browser's present connection, for what is not offered here; it changes on reconnection. */
  get pc(): RTCPeerConnection | null {
    return this.link_?.pc ?? null;
  }
  get statsHistory(): readonly StatsSample[] {
    return this.sampler_.history;
  }

  // ---- beginning and end ---------------------------------------------------------------------

  /** Captures, opens the signaling and connects as soon as the other side is there. */
  async initialize(): Promise<Capture> {
    if (this.state !== 'new') {
      throw new ParleyError('already_started', 'This connection is in use.', 'Make a new one.');
    }
    this.setState_('starting');
    try {
      this.captured = await this.getUserMedia();
      if (this.isClosed_()) throw closedError();
      this.local_ = this.makeLocal_(this.captured.stream);
      await this.startSignaling_();
    } catch (error) {
      this.finish_('closed', null);
      // The end may have come while the devices opened.
      this.stopCaptured_();
      throw error;
    }
    if (this.isClosed_()) throw closedError();
    if (this.is_('starting')) this.setState_('waiting');
    this.sampler_.start();
    this.stopDevices_ = watchDevices(this.platform_, (change) => this.devicesChanged_(change));
    return this.captured;
  }

  /** Camera and microphone, or what there is of them, with the reason for what there is not. */
  async getUserMedia(): Promise<Capture> {
    const { stream, capture: wish } = this.config_;
    if (stream !== undefined) return { stream, step: stream ? 'wished' : 'none', attempts: [] };
    if (wish === false) return { stream: null, step: 'none', attempts: [] };
    return capture(this.platform_, wish ?? {});
  }

  /** Ends the call and releases everything. */
  disconnect(): void {
    this.finish_('closed', null);
  }

  // ---- own media -----------------------------------------------------------------------------

  /** Returns whether the microphone is on now. */
  async toggleAudio(on = !this.microphoneOn): Promise<boolean> {
    await this.local_?.setMicrophone(on);
    return this.microphoneOn;
  }

  /** Off releases the camera. Returns whether it is on now. */
  async toggleVideo(on = !this.cameraOn): Promise<boolean> {
    await this.local_?.setCamera(on);
    return this.cameraOn;
  }

  /** The camera on the other side of a phone (or the named one); on a desk the next camera. */
  async switchCamera(facing?: 'user' | 'environment'): Promise<void> {
    await this.local_?.switchCamera(facing);
  }

  /** Continues with another camera or microphone; empty for the system's default. */
  async setDevice(kind: MediaKind, deviceId: string): Promise<void> {
    await this.local_?.setDevice(kind, deviceId);
  }

  /** Shows the screen in the camera's place, until it ends. */
  async shareScreen(stream?: MediaStream): Promise<void> {
    await this.local_?.startScreen(stream);
  }

  /** Back to the camera. */
  stopScreenShare(): void {
    this.local_?.stopScreen();
  }

  /**
   * Plays an element that shows the other's media; what the browser refuses to play before the
   * person has touched the page plays with the first touch. Whether it plays now.
   */
  play(element: HTMLMediaElement): Promise<boolean> {
    return this.playback_.play(element);
  }

  // ---- codecs and bandwidth ------------------------------------------------------------------

  /** From the next negotiation on, which this starts; `undefined` for the browser's own order. */
  preferCodec(kind: MediaKind, codec: string | undefined): void {
    this.codecs_.prefer(kind, codec);
    if (this.link_?.started) void this.link_.offer();
  }

  /** Bits a second that may be sent at most; `undefined` lifts the bound. */
  async setBandwidth(kind: MediaKind, bitsPerSecond: number | undefined): Promise<void> {
    this.codecs_.limit(kind, bitsPerSecond);
    if (this.link_) await this.codecs_.apply(this.link_.pc);
  }

  // ---- data ----------------------------------------------------------------------------------

  createDataChannel(label: string, options: DataChannelOptions = {}): DataChannel {
    if (this.isClosed_()) throw closedError();
    return this.channels_.create(label, options);
  }

  /** Text, JSON or octets on the default channel; resolves when the browser has taken it. */
  async sendDataChannelMessage(value: DataValue): Promise<void> {
    if (!this.dataChannel) {
      throw noChannel();
    }
    await this.dataChannel.send(value);
  }

  // ---- signaling by hand ---------------------------------------------------------------------

  /** Speaks first: for pages that carry `signal` events themselves. */
  createOffer(): Promise<void> {
    const link = this.link_ ?? this.open_(true);
    return link.started ? link.offer() : Promise.resolve(link.start(true));
  }

  handleOffer(sdp: RTCSessionDescriptionInit): void {
    this.handleSignal({ type: 'offer', sdp });
  }

  handleAnswer(sdp: RTCSessionDescriptionInit): void {
    this.handleSignal({ type: 'answer', sdp });
  }

  handleIceCandidate(candidate: RTCIceCandidateInit | null): void {
    this.handleSignal({ type: 'ice-candidate', candidate });
  }

  /** What the other side's `signal` events said. */
  handleSignal(signal: CallSignal): void {
    if (this.isClosed_() || this.state_ === 'new') return;
    switch (signal.type) {
      case 'generation':
        this.heardGeneration_(signal.generation);
        return;
      case 'media': {
        const { microphone, camera, screen } = signal;
        this.remoteMedia = { microphone, camera, screen };
        this.emit('remoteMedia', this.remoteMedia);
        return;
      }
      default:
        // Of a connection that the other side has given up: its successor is announced.
        if (!this.generations_.agree) return;
        this.heard_(signal);
    }
  }

  /** Gives the present connection up and makes a new one. */
  reconnect(): void {
    if (!this.link_ || this.isClosed_()) return;
    this.renew_();
  }

  // ---- inside: set-up ------------------------------------------------------------------------

  private defaultChannel_(options: DataChannelOptions = {}): DataChannel {
    const channel = this.channels_.create('data', {
      negotiated: true,
      id: kDefaultChannelId,
      ...options,
    });
    channel.on('open', () => this.emit('dataChannelOpen', undefined));
    channel.on('message', (message) => this.emit('message', message));
    channel.on('error', (error) => this.emit('error', error));
    return channel;
  }

  private makeLocal_(stream: MediaStream | null): LocalMedia {
    const local = new LocalMedia(
      this.platform_,
      choiceOf(this.config_),
      () => {
        this.tellMedia_();
        this.emit('localChanged', undefined);
      },
      (loss) => this.emit('deviceLost', loss),
    );
    local.adopt(stream, { camera: true, microphone: true });
    return local;
  }

  private async startSignaling_(): Promise<void> {
    const { signaling, room, url, token, name } = this.config_;
    const platform = this.platform_;
    if (signaling) this.signaling_ = signaling;
    else if (room !== undefined) {
      this.signaling_ = new RoomSignaling({ url, room, token, name, platform });
    } else {
      const polite = this.config_.polite ?? false;
      this.peer_ = { id: 'peer', polite, initiator: false, iceServers: [] };
      return;
    }
    await this.signaling_.start({
      peer: (peer) => this.peerCame_(peer),
      peerLeft: () => this.peerLeft_(),
      signal: (signal) => this.handleSignal(signal),
      reachable: (reachable) => this.emit('reachable', reachable),
      failed: (error) => this.finish_('failed', error),
    });
  }

  // ---- inside: the other side ----------------------------------------------------------------

  private peerCame_(peer: CallPeer): void {
    const again = this.peer_?.id === peer.id;
    this.peer_ = peer;
    if (again && this.link_) {
      // Only its signaling was lost. What was being said meanwhile may be lost with it.
      this.tellMedia_(true);
      if (this.link_.state !== 'connected' && peer.initiator) this.renew_();
      return;
    }
    this.closeLink_();
    this.generations_.reset();
    this.backoff_.reset();
    this.open_(peer.initiator);
    this.tellMedia_(true);
    this.setState_('connecting');
  }

  private peerLeft_(): void {
    if (this.isClosed_()) return;
    this.peer_ = null;
    this.closeLink_();
    this.channels_.peerLeft();
    for (const track of this.remote_?.getTracks() ?? []) this.remote_?.removeTrack(track);
    this.remoteMedia = undefined;
    this.setState_('waiting');
  }

  private heardGeneration_(generation: number): void {
    const heard = this.generations_.hear(generation);
    if (heard === 'same') for (const signal of this.generations_.release()) this.heard_(signal);
    else if (heard === 'newer') this.replaceLink_(false);
  }

  private heard_(signal: CallSignal): void {
    if (!this.link_) {
      if (this.peer_ && signal.type === 'offer') this.open_(false);
      else {
        this.generations_.hold(signal);
        return;
      }
    }
    if (signal.type === 'offer' || signal.type === 'answer') {
      void this.link_?.handleDescription(signal.sdp);
      for (const early of this.generations_.release()) this.heard_(early);
    } else if (signal.type === 'ice-candidate' && signal.candidate) {
      void this.link_?.handleCandidate(signal.candidate);
    }
  }

  private say_(signal: CallSignal): void {
    if (this.signaling_) this.signaling_.send(signal);
    else this.emit('signal', signal);
  }

  private tellMedia_(always = false): void {
    if (!this.peer_ || !this.local_) return;
    const state: MediaState = {
      microphone: this.local_.isOn('microphone'),
      camera: this.local_.isOn('camera'),
      screen: this.local_.isOn('screen'),
    };
    const told = JSON.stringify(state);
    if (!always && told === this.told_) return;
    this.told_ = told;
    this.say_({ type: 'media', ...state });
  }

  // ---- inside: the connection ----------------------------------------------------------------

  private open_(offer: boolean): Link {
    const peer = this.peer_;
    if (!peer || !this.local_) throw closedError();
    const link = new Link({
      platform: this.platform_,
      peerId: peer.id,
      polite: peer.polite,
      offererYields: peer.offererYields,
      configuration: configurationOf(this.config_, peer),
      sendDescription: ({ type, sdp = '' }) => {
        if (type === 'offer' || type === 'answer') this.say_({ type, sdp: { type, sdp } });
      },
      sendCandidate: (candidate) => this.say_({ type: 'ice-candidate', candidate }),
    });
    this.link_ = link;
    const publisher = new CallPublisher(link.pc, () => this.tellMedia_());
    this.publisher_ = publisher;
    this.channels_.attach(link.pc);
    for (const publication of this.local_.publications.values()) publisher.add(publication);
    this.local_.publishers.add(publisher);
    this.tie_(link);
    if (offer) {
      askForBoth(link.pc);
      link.start(true);
    }
    return link;
  }

  private tie_(link: Link): void {
    const { pc } = link;
    link.beforeAnswer = () => {
      adoptSections(pc);
    };
    link.beforeDescribe = () => this.codecs_.order(pc);
    link.editLocal = (sdp) => this.codecs_.editLocal(pc, sdp);
    link.editRemote = (sdp) => this.codecs_.editRemote(pc, sdp);
    link.on('track', ({ track }) => this.remoteTrack_(track));
    link.on('dataChannel', (channel) => this.channels_.accept(channel));
    link.on('error', (error) => this.emit('error', error));
    link.on('negotiated', () => {
      this.codecs_.apply(pc).catch((cause) => this.emit('error', limitError(cause)));
    });
    link.on('state', (state) => {
      if (state === 'connected') this.connected_();
      else if (state === 'interrupted') this.setState_('interrupted');
      else if (state === 'failed') this.reconnectLater_();
    });
    this.watchConnect_(link);
  }

  // A connection that never comes about raises no event in some browsers.
  private watchConnect_(link: Link): void {
    this.platform_.clearTimer(this.reconnectTimer_);
    this.reconnectTimer_ = this.platform_.setTimer(() => {
      if (this.link_ !== link || link.state === 'connected') return;
      // Before the offer there is nothing to connect; people who carry signals by hand need longer.
      const begun = link.started && (this.signaling_ || link.pc.remoteDescription);
      if (begun) this.reconnectLater_();
      else this.watchConnect_(link);
    }, kConnectMs);
  }

  private connected_(): void {
    this.platform_.clearTimer(this.reconnectTimer_);
    this.backoff_.reset();
    this.setState_('connected');
  }

  private remoteTrack_(track: MediaStreamTrack): void {
    const stream = this.remote_ ?? this.platform_.createStream([]);
    this.remote_ = stream;
    // After a reconnection the new tracks take the place of the old ones in the same stream.
    for (const old of stream.getTracks()) {
      if (old.kind === track.kind && old.readyState === 'ended') stream.removeTrack(old);
    }
    if (!stream.getTracks().includes(track)) stream.addTrack(track);
    this.emit('remoteStream', stream);
  }

  // ---- inside: coming back -------------------------------------------------------------------

  private reconnectLater_(): void {
    if (this.isClosed_() || !this.peer_) return;
    this.platform_.clearTimer(this.reconnectTimer_);
    if (this.backoff_.attempts >= kMaxReconnects) {
      this.finish_('failed', unreachable());
      return;
    }
    this.setState_('reconnecting');
    this.reconnectTimer_ = this.platform_.setTimer(() => this.renew_(), this.backoff_.next());
  }

  private renew_(): void {
    if (!this.peer_) return;
    this.generations_.next();
    this.replaceLink_(true);
  }

  private replaceLink_(offer: boolean): void {
    this.setState_('reconnecting');
    this.closeLink_();
    this.say_({ type: 'generation', generation: this.generations_.own });
    this.open_(offer);
    this.tellMedia_(true);
  }

  private closeLink_(): void {
    this.platform_.clearTimer(this.reconnectTimer_);
    this.generations_.release();
    if (this.publisher_) this.local_?.publishers.delete(this.publisher_);
    this.publisher_ = null;
    // Before its channels: each closed by itself would count as closed by the page on the other side.
    this.link_?.close();
    this.channels_.detach();
    this.link_ = null;
  }

  private finish_(state: 'closed' | 'failed', error: ParleyError | null): void {
    if (this.isClosed_()) return;
    this.closeLink_();
    this.channels_.close();
    this.sampler_.stop();
    this.stopDevices_();
    this.playback_.close();
    this.signaling_?.close();
    this.signaling_ = null;
    this.local_?.stop();
    this.local_ = null;
    this.stopCaptured_();
    this.remote_ = null;
    this.peer_ = null;
    this.setState_(state);
    this.emit('closed', { error });
    this.clearListeners();
  }

  private stopCaptured_(): void {
    for (const track of this.captured?.stream?.getTracks() ?? []) track.stop();
  }

  private is_(state: CallState): boolean {
    return this.state_ === state;
  }

  private isClosed_(): boolean {
    return this.state_ === 'closed' || this.state_ === 'failed';
  }

  // ---- inside: figures -----------------------------------------------------------------------

  private devicesChanged_(change: DeviceChange): void {
    const { cameras, microphones } = change.devices;
    this.local_?.devicesRemoved(change.removed, [...cameras, ...microphones]);
    this.emit('devicesChanged', change);
  }

  private sampled_(sample: StatsSample): void {
    this.emit('stats', callStats(sample));
    if (this.state_ !== 'connected') return;
    const judged = judgeQuality(sample);
    const changed = judged.quality !== this.quality?.quality;
    this.quality = judged;
    if (changed) this.emit('quality', judged);
  }

  private setState_(state: CallState): void {
    if (this.state_ === state || this.isClosed_()) return;
    this.state_ = state;
    this.emit('state', state);
  }
}
