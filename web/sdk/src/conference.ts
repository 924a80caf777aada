// ConferenceClient: a room as a page sees it. It owns the signaling, the connection to the media
// server or the mesh, what is sent and what is received, and keeps all of it going through dropped
// sockets, lost sessions and changes of topology. Pages listen to its events and read its fields.

import { Chat, type ChatMessage } from './chat.js';
import type {
  ConferenceEvents,
  ConferenceOptions,
  ConferenceState,
  JoinOptions,
  Speaker,
} from './conference-types.js';
import { Connections, isSfu } from './connections.js';
import { type DeviceChange, watchDevices } from './devices.js';
import { Emitter } from './emitter.js';
import { isLasting, ParleyError } from './errors.js';
import { kHandKey, type RaisedHand } from './hands.js';
import {
  choiceOf,
  defaultUrl,
  failure,
  givenUp,
  peersAsParticipants,
  stopWhenOpen,
  wishOf,
} from './joining.js';
import { LocalMedia } from './local.js';
import { type Capture, capture } from './media.js';
import { OwnMetadata } from './own-metadata.js';
import { browserPlatform, type Platform } from './platform.js';
import { Playback } from './playback.js';
import type {
  JoinedMessage,
  JoinMessage,
  Metadata,
  ParticipantQuality,
  Rights,
  TopologyKind,
} from './protocol.js';
import { type RemoteParticipant, type RemoteTrack, Roster } from './remote.js';
import type { RoomChannel, RoomChannelOptions } from './room-channel.js';
import { RoomData } from './room-data.js';
import { RoomMessages } from './room-messages.js';
import { RoomStatus } from './room-status.js';
import { StatsSampler } from './sampler.js';
import { SignalingClient } from './signaling.js';
import type { LayerWish } from './simulcast.js';
import { SimulcastManager } from './simulcast-manager.js';
import { type Quality, qualityOf, type StatsSample, worstLoss } from './stats.js';
import { Surroundings } from './surroundings.js';
import { Wishes } from './wishes.js';

export type {
  ConferenceEvents,
  ConferenceOptions,
  ConferenceState,
  JoinOptions,
  MediaEncryption,
  Speaker,
} from './conference-types.js';

const kRejoinDelayMs = 2000;

export class ConferenceClient extends Emitter<ConferenceEvents> {
  private readonly platform_: Platform;
  private readonly roster_: Roster;
  private readonly connections_: Connections;
  private readonly sampler_: StatsSampler;
  private readonly wishes_: Wishes;
  private readonly chat_: Chat;
  private readonly data_: RoomData;
  private readonly messages_: RoomMessages;
  private readonly status_: RoomStatus;
  private readonly playback_: Playback;
  private readonly surroundings_: Surroundings;
  private readonly own_: OwnMetadata;
  private stopDevices_: () => void = () => {};
  private state_: ConferenceState = 'idle';
  private signaling_: SignalingClient | null = null;
  private local_: LocalMedia | null = null;
  private rejoinTimer_: unknown;
  private rejoining_ = false;
  private joinMessage_: JoinMessage | null = null;

  clientId: string | null = null;
  rights: Rights = { publish: true, subscribe: true, admin: false };
  /** How the capture of join() went, when join() captured. */
  captured: Capture | null = null;
  /** In which layers the camera is sent; `simulcast.adjustQuality` changes it during a call. */
  readonly simulcast: SimulcastManager;

  constructor(private readonly options_: ConferenceOptions = {}) {
    super();
    const platform = options_.platform ?? browserPlatform();
    this.platform_ = options_.encryption?.attach(this, platform) ?? platform;
    this.simulcast = new SimulcastManager(this.platform_, options_.video);
    this.roster_ = new Roster(
      {
        participantJoined: (p) => {
          this.emit('participantJoined', p);
          this.own_.checkHands();
        },
        participantLeft: (p) => {
          this.emit('participantLeft', p);
          this.own_.checkHands();
        },
        participantUpdated: (p) => {
          this.emit('participantUpdated', p);
          this.own_.checkHands();
        },
        trackAdded: (participant, track) => this.trackAdded_(participant, track),
        trackUpdated: (participant, track) => this.emit('trackUpdated', { participant, track }),
        trackRemoved: (participant, track) => this.emit('trackRemoved', { participant, track }),
      },
      () => this.clientId,
    );
    this.own_ = new OwnMetadata(this.roster_, this.platform_, {
      self: () => this.clientId,
      send: (message) => this.signaling_?.send(message),
      changed: (metadata) => {
        if (this.joinMessage_) this.joinMessage_.metadata = metadata;
        this.emit('metadataChanged', metadata);
      },
      handsChanged: (hands) => this.emit('handsChanged', hands),
    });
    this.wishes_ = new Wishes(this.platform_, this.roster_, {
      send: (message) => {
        if (this.topology === 'sfu') this.signaling_?.send(message);
      },
      unseen: () => this.surroundings_.unseen,
      changed: (found) => this.emit('trackUpdated', found),
    });
    this.status_ = new RoomStatus(
      this.roster_,
      () => this.clientId,
      (event, payload) => this.emit(event, payload),
    );
    this.chat_ = new Chat({
      send: (message) => this.signaling_?.send(message),
      clock: () => this.platform_.clock(),
      self: () => ({ id: this.clientId ?? '', name: this.name }),
      nameOf: (id) => this.roster_.participants.get(id)?.name ?? '',
      chat: (message) => this.emit('chat', message),
      reaction: (reaction) => this.emit('reaction', reaction),
    });
    this.playback_ = new Playback(this.platform_.page, (state) => this.emit('playback', state));
    this.surroundings_ = new Surroundings(this.platform_, options_, {
      background: (state) => {
        this.wishes_.sayAll();
        this.emit('background', state);
      },
      battery: (state) => {
        void this.simulcast.spare(state.saving);
        this.emit('battery', state);
      },
      turned: () => void this.simulcast.refit(),
    });
    this.data_ = new RoomData({
      platform: this.platform_,
      send: (message) => this.signaling_?.send(message),
      topology: () => this.topology,
      isHere: (id) => this.roster_.participants.has(id),
      heard: (message) => this.emit('data', message),
    });
    this.connections_ = new Connections(this.platform_, this.roster_, this.simulcast, this.data_, {
      send: (message) => {
        // The server refuses what describes media that may not be sent.
        if (message.type === 'describe-track' && !this.rights.publish) return;
        this.signaling_?.send(message);
      },
      mediaFlows: () => this.serverMediaFlows_(),
      failed: () => void this.rejoin_(),
      error: (error) => this.emit('error', error),
    });
    this.messages_ = new RoomMessages({
      connections: this.connections_,
      roster: this.roster_,
      status: this.status_,
      chat: this.chat_,
      data: this.data_,
      self: () => this.clientId,
      local: () => this.local_,
      tell: (event, payload) => this.emit(event, payload),
    });
    this.sampler_ = new StatsSampler(
      this.platform_,
      () => this.connections_.links.map((l) => l.pc),
      (sample) => this.sampled_(sample),
    );
  }

  get state(): ConferenceState {
    return this.state_;
  }
  get topology(): TopologyKind {
    return this.connections_.topology;
  }
  get participants(): ReadonlyMap<string, RemoteParticipant> {
    return this.roster_.participants;
  }
  get name(): string {
    return this.own_.name;
  }
  /** Own metadata as the others see it: the name, a raised hand, and what the page added. */
  get metadata(): Readonly<Metadata> {
    return this.own_.metadata;
  }
  /** What was written since the join, oldest first; the newest 500. */
  get chatMessages(): readonly ChatMessage[] {
    return this.chat_.messages;
  }
  /** Raised hands, this client's included; who waits longest stands first. */
  get hands(): readonly RaisedHand[] {
    return this.own_.hands;
  }
  get handRaised(): boolean {
    return this.own_.handRaised;
  }
  get activeSpeakers(): Speaker[] {
    return this.status_.activeSpeakers;
  }
  get quality(): Quality | undefined {
    return this.status_.quality;
  }
  /** The figures behind the quality, where the server has told them. */
  get qualityDetail(): ParticipantQuality | undefined {
    return this.status_.qualityDetail;
  }
  /** Whether a moderator muted the own microphone: until that is lifted nobody hears it. */
  get forceMuted(): boolean {
    return this.status_.forceMuted;
  }
  get microphoneOn(): boolean {
    return this.local_?.isOn('microphone') ?? false;
  }
  get cameraOn(): boolean {
    return this.local_?.isOn('camera') ?? false;
  }
  get cameraTrack(): MediaStreamTrack | null {
    return this.local_?.track('camera') ?? null;
  }
  get microphoneTrack(): MediaStreamTrack | null {
    return this.local_?.track('microphone') ?? null;
  }
  get screenTrack(): MediaStreamTrack | null {
    return this.local_?.track('screen') ?? null;
  }
  /** The newest statistics, and up to two minutes of them. */
  get stats(): StatsSample | null {
    return this.sampler_.history.at(-1) ?? null;
  }
  get statsHistory(): readonly StatsSample[] {
    return this.sampler_.history;
  }
  /** The browser's connections, newest last: for tests and special uses. */
  get peerConnections(): RTCPeerConnection[] {
    return this.connections_.links.map((l) => l.pc);
  }

  /** The track that a section of the connection to the server carries. */
  trackByMid(mid: string | undefined) {
    return mid === undefined ? undefined : this.roster_.findByMid(mid);
  }

  // ---- joining and leaving -------------------------------------------------------------------

  /** Resolves when the room is entered; media follows by events. */
  async join(room: string, options: JoinOptions = {}): Promise<void> {
    if (this.state_ !== 'idle' && this.state_ !== 'ended') {
      throw new ParleyError('already_joined', 'This client is in a room.', 'Leave it first.');
    }
    this.setState_('joining');
    this.own_.begin({ ...options.metadata, name: options.name ?? '' });
    this.wishes_.layer = options.layer ?? 'auto';
    this.joinMessage_ = {
      type: 'join',
      room,
      metadata: this.own_.metadata,
      capabilities: { topology: ['mesh', 'sfu'], resume: true },
    };
    const signaling = this.makeSignaling_(options.token);
    this.signaling_ = signaling;
    const capturing = this.capture_(options);
    try {
      // All of these take time: the socket, the devices, the first offer.
      const greeted = signaling.connect();
      const stream = await Promise.race([capturing, failure(greeted)]);
      if (this.signaling_ !== signaling) throw givenUp();
      this.local_ = this.makeLocal_(options);
      this.local_.adopt(stream, {
        camera: options.cameraOn ?? true,
        microphone: options.microphoneOn ?? true,
      });
      const meshLikely = this.options_.topology === 'mesh' || this.options_.topology === 'auto';
      if (!meshLikely) this.connections_.prepare(this.local_);
      await greeted;
      this.entered_(await signaling.join(this.joinMessage_));
    } catch (error) {
      // A camera may open after all of this is over.
      if (!options.stream) stopWhenOpen(capturing);
      // Who left meanwhile has released everything, and may be joining anew.
      if (this.signaling_ === signaling) {
        this.release_(options.stream);
        this.setState_('idle');
      }
      throw error;
    }
    this.setState_('joined');
    this.sampler_.start();
    this.stopDevices_ = watchDevices(this.platform_, (change) => this.devicesChanged_(change));
    this.surroundings_.start();
  }

  async leave(): Promise<void> {
    if (this.state_ === 'idle' || this.state_ === 'ended') return;
    this.end_(null);
  }

  // ---- own media -----------------------------------------------------------------------------

  async setMicrophone(on: boolean): Promise<void> {
    if (on) this.needPublish_();
    await this.local_?.setMicrophone(on);
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) this.needPublish_();
    await this.local_?.setCamera(on);
  }

  /** Continues with another camera or microphone; empty for the system's default. */
  async setDevice(kind: 'audio' | 'video', deviceId: string): Promise<void> {
    await this.local_?.setDevice(kind, deviceId);
  }

  /** The camera on the other side of a phone (or the named one); on a desk the next camera. */
  async switchCamera(facing?: 'user' | 'environment'): Promise<void> {
    await this.local_?.switchCamera(facing);
  }

  /** Asks the person what to share, unless a stream is given. */
  async startScreenShare(stream?: MediaStream): Promise<void> {
    this.needPublish_();
    await this.local_?.startScreen(stream);
  }

  async stopScreenShare(): Promise<void> {
    this.local_?.stopScreen();
  }

  // ---- others --------------------------------------------------------------------------------

  /** Which simulcast layer of a video the server should send. */
  setLayer(trackId: string, wish: LayerWish): void {
    this.wishes_.setLayer(trackId, wish);
  }

  /** How important a video is when the network cannot carry all: 0 to 100, larger is more. */
  setPriority(trackId: string, priority: number): void {
    this.wishes_.setPriority(trackId, priority);
  }

  /**
   * Tells the server how large the element that shows a video is, now and whenever it changes, so
   * that no more pixels are sent than are seen. Until the returned function is called.
   */
  observeView(trackId: string, element: Element): () => void {
    return this.wishes_.observe(trackId, element);
  }

  /**
   * Plays an element that shows somebody's track. Where the browser refuses sound before the person
   * has touched the page, it plays with the first touch; the event `playback` tells. Whether it
   * plays now.
   */
  play(element: HTMLMediaElement): Promise<boolean> {
    return this.playback_.play(element);
  }

  /** To everybody else in the room. */
  broadcast(body: Record<string, unknown>): void {
    this.signaling_?.send({ ...body, type: 'broadcast' });
  }

  direct(participantId: string, body: Record<string, unknown>): void {
    this.signaling_?.send({ ...body, type: 'direct', to: participantId });
  }

  /**
   * A channel to everybody who makes one of the same name or listens to `data`: over data channels in a
   * mesh, over the signaling in a room of the media server. It lasts until it is closed or the room
   * is left, whatever becomes of the connections.
   */
  createDataChannel(label: string, options: RoomChannelOptions = {}): RoomChannel {
    this.needRoom_();
    return this.data_.create(label, options);
  }

  // ---- chat, hands, names --------------------------------------------------------------------

  /** Writes to everybody, or to one participant only; returns the message as it is kept. */
  sendChat(text: string, options: { to?: string } = {}): ChatMessage {
    this.needRoom_();
    return this.chat_.say(text, options.to);
  }

  /** Waves to everybody: mostly one emoji. */
  sendReaction(reaction: string): void {
    this.needRoom_();
    this.chat_.react(reaction);
  }

  /** Raised hands are seen by those who join later too. */
  setHandRaised(raised: boolean): void {
    if (raised === this.handRaised) return;
    this.setMetadata({ [kHandKey]: raised ? this.platform_.clock() : undefined });
  }

  setName(name: string): void {
    this.setMetadata({ name });
  }

  /** Changes some of the own metadata; a key that is `undefined` is removed. */
  setMetadata(changes: Metadata): void {
    this.needRoom_();
    this.own_.change(changes);
  }

  // ---- moderation ----------------------------------------------------------------------------

  /** Silences somebody for all, or lifts that; needs the admin right and a room with the SFU. */
  muteParticipant(participantId: string, muted = true): void {
    this.needRoom_();
    this.signaling_?.send({ type: 'mute-participant', clientId: participantId, muted });
  }

  /** Needs the admin right. */
  removeParticipant(participantId: string, reason = ''): void {
    this.needRoom_();
    this.signaling_?.send({ type: 'remove-participant', clientId: participantId, reason });
  }

  /** Ends the call for all, this client too, who read the reason. Needs the admin right. */
  closeRoom(reason = ''): void {
    this.needRoom_();
    this.signaling_?.send({ type: 'close-room', reason });
  }

  private needRoom_(): void {
    if (this.state_ === 'joined' || this.state_ === 'reconnecting') return;
    throw new ParleyError('not_joined', 'This client is in no room.', 'Join a room first.');
  }

  private needPublish_(): void {
    if (this.rights.publish) return;
    throw new ParleyError(
      'publish_not_allowed',
      'Your invitation does not allow camera, microphone and screen.',
      'Ask for a token with the right to publish.',
    );
  }

  // ---- set-up --------------------------------------------------------------------------------

  private makeSignaling_(token: string | undefined): SignalingClient {
    const signaling = new SignalingClient({
      url: this.options_.url ?? defaultUrl(),
      platform: this.platform_,
      token,
      topology: this.options_.topology,
    });
    signaling.on('message', (message) => this.messages_.hear(message));
    signaling.on('error', (error) => {
      // The server lost this client's media before the browser noticed.
      if (error.code === 'media_failed') this.connections_.server?.link.restartIce();
      // Only a new connection brings what is missing.
      else if (error.code === 'media_keys_used_up') void this.rejoin_();
      else if (error.code === 'rate_limited' && error.regarding === 'set-metadata') {
        this.own_.sayAgain();
      } else this.emit('error', error);
    });
    signaling.on('sessionLost', () => void this.rejoin_());
    signaling.on('resumed', () => this.resumed_());
    signaling.on('state', (state) => {
      if (state === 'waiting' && this.state_ === 'joined') this.setState_('reconnecting');
    });
    signaling.on('closed', (error) => {
      if (this.state_ === 'joined' || this.state_ === 'reconnecting') this.end_(error);
    });
    return signaling;
  }

  private makeLocal_(options: JoinOptions): LocalMedia {
    return new LocalMedia(
      this.platform_,
      choiceOf(options),
      () => this.emit('localChanged', undefined),
      (loss) => this.emit('deviceLost', loss),
    );
  }

  private devicesChanged_(change: DeviceChange): void {
    const { cameras, microphones } = change.devices;
    this.local_?.devicesRemoved(change.removed, [...cameras, ...microphones]);
    this.emit('devicesChanged', change);
  }

  private async capture_(options: JoinOptions): Promise<MediaStream | null> {
    if (options.stream !== undefined) return options.stream;
    const wish = wishOf(options);
    if (!wish) return null;
    this.captured = await capture(this.platform_, wish);
    return this.captured.stream;
  }

  private entered_(message: JoinedMessage): void {
    this.status_.forceMuted = message.forceMuted ?? false; // of this place: nobody has lifted another
    this.clientId = message.clientId;
    this.rights = message.rights ?? this.rights;
    if (!this.rights.publish) void this.local_?.withhold();
    const topology = message.topology ?? (isSfu(message.peers) ? 'sfu' : 'mesh');
    const iceServers = message.iceServers ?? this.signaling_?.welcome?.iceServers ?? [];
    this.connections_.topology = topology;
    this.roster_.replaceAll(message.participants ?? peersAsParticipants(message.peers));
    this.own_.checkHands();
    const { clientId: selfId, peers } = message;
    this.connections_.enter({ selfId, topology, iceServers, peers }, this.local_!);
    if (topology === 'sfu') this.wishes_.repeat();
  }

  // ---- media of others -----------------------------------------------------------------------

  private trackAdded_(participant: RemoteParticipant, track: RemoteTrack): void {
    this.emit('trackAdded', { participant, track });
    this.wishes_.begin(track);
  }

  private serverMediaFlows_(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const track of participant.tracks.values()) {
        if (track.live) this.emit('trackUpdated', { participant, track });
      }
    }
  }

  // ---- coming back ---------------------------------------------------------------------------

  private resumed_(): void {
    if (this.state_ === 'reconnecting') this.setState_('joined');
  }

  // Not a resume: a new place in the room, with the same devices. What was shown stays on screen
  // until the new connection brings its own.
  private async rejoin_(): Promise<void> {
    if (!this.signaling_ || !this.joinMessage_) return;
    if (this.state_ !== 'joined' && this.state_ !== 'reconnecting') return;
    this.setState_('reconnecting');
    this.platform_.clearTimer(this.rejoinTimer_);
    if (this.signaling_.state !== 'open') return; // sessionLost comes again with the socket
    if (this.rejoining_) return; // lost media and a lost session ask for the same
    this.rejoining_ = true;
    try {
      const message = await this.signaling_.join(this.joinMessage_);
      this.connections_.close();
      this.entered_(message);
      this.setState_('joined');
    } catch (error) {
      if (this.hasEnded_()) return;
      if (isLasting(error)) {
        this.end_(error);
        return;
      }
      this.rejoinTimer_ = this.platform_.setTimer(() => void this.rejoin_(), kRejoinDelayMs);
    } finally {
      this.rejoining_ = false;
    }
  }

  private hasEnded_(): boolean {
    return this.state_ === 'ended';
  }

  private end_(error: ParleyError | null): void {
    this.release_();
    this.setState_('ended');
    this.emit('ended', { error });
  }

  private release_(keep: MediaStream | null = null): void {
    this.sampler_.stop();
    this.stopDevices_();
    this.surroundings_.stop();
    this.playback_.close();
    void this.simulcast.spare(false);
    this.platform_.clearTimer(this.rejoinTimer_);
    const signaling = this.signaling_;
    this.signaling_ = null;
    signaling?.close();
    this.data_.close();
    this.connections_.close();
    this.local_?.stop(keep);
    this.local_ = null;
    this.roster_.replaceAll([]);
    this.wishes_.clear();
    this.status_.clear();
    this.own_.clear();
  }

  // ---- figures -------------------------------------------------------------------------------

  private sampled_(sample: StatsSample): void {
    this.emit('stats', sample);
    // In a mesh there is no server to judge the connection.
    if (this.topology === 'mesh') {
      this.status_.setQuality(qualityOf(sample.transport.roundTripMs, worstLoss(sample)));
    }
  }

  private setState_(state: ConferenceState): void {
    if (this.state_ === state) return;
    this.state_ = state;
    this.emit('state', state);
  }
}
