// ConferenceClient: a room as a page sees it. It owns the signaling, the connection to the media
// server or the mesh, what is sent and what is received, and keeps all of it going through dropped
// sockets, lost sessions and changes of topology. Pages listen to its events and read its fields.

import type { BackgroundState } from './background.js';
import type { BatteryState } from './battery.js';
import { Chat, type ChatMessage, kSdkKey, type Reaction } from './chat.js';
import { type DeviceChange, watchDevices } from './devices.js';
import { Emitter } from './emitter.js';
import { ParleyError, SignalingError } from './errors.js';
import { handsInOrder, kHandKey, type RaisedHand, sameHands } from './hands.js';
import { Link } from './link.js';
import { type CaptureChoice, type DeviceLoss, LocalMedia } from './local.js';
import { type Capture, type CaptureWish, capture } from './media.js';
import { Mesh } from './mesh.js';
import { browserPlatform, type Platform } from './platform.js';
import { Playback, type PlaybackState } from './playback.js';
import type {
  JoinedMessage,
  JoinMessage,
  Metadata,
  ParticipantQuality,
  PeerDescription,
  Rights,
  RoomMessage,
  SessionMessage,
  TopologyKind,
} from './protocol.js';
import { ServerPublisher } from './publisher.js';
import { type RemoteParticipant, type RemoteTrack, Roster } from './remote.js';
import { StatsSampler } from './sampler.js';
import { SignalingClient } from './signaling.js';
import type { LayerWish } from './simulcast.js';
import { SimulcastManager, type SimulcastOptions } from './simulcast-manager.js';
import { type Quality, qualityOf, StatsNormaliser, type StatsSample, worstLoss } from './stats.js';
import { Surroundings, type SurroundingsOptions } from './surroundings.js';
import { Views } from './views.js';

export type ConferenceState = 'idle' | 'joining' | 'joined' | 'reconnecting' | 'ended';

export interface Speaker {
  participant: string;
  /** 0 (silent) to 1 (loudest). */
  level: number;
}

export interface ConferenceEvents {
  state: ConferenceState;
  participantJoined: RemoteParticipant;
  participantLeft: RemoteParticipant;
  participantUpdated: RemoteParticipant;
  trackAdded: { participant: RemoteParticipant; track: RemoteTrack };
  /** Its media arrived or went, or it was muted, or another layer is sent. */
  trackUpdated: { participant: RemoteParticipant; track: RemoteTrack };
  trackRemoved: { participant: RemoteParticipant; track: RemoteTrack };
  /** The server sends nothing of it for now: `bandwidth` when the network here is too slow. */
  trackPaused: { participant: RemoteParticipant; track: RemoteTrack; reason: string };
  trackResumed: { participant: RemoteParticipant; track: RemoteTrack };
  /** Own camera, microphone or screen changed. */
  localChanged: undefined;
  activeSpeakers: Speaker[];
  quality: Quality;
  stats: StatsSample;
  topology: TopologyKind;
  /** A message that another participant sent with broadcast() or direct(). */
  message: { from: string; direct: boolean; body: Record<string, unknown> };
  /** Somebody wrote, this client included. */
  chat: ChatMessage;
  reaction: Reaction;
  /** Who has a hand raised, in order, this client included. */
  handsChanged: RaisedHand[];
  /** Own name or other metadata changed. */
  metadataChanged: Metadata;
  /** Devices were plugged in or pulled out. */
  devicesChanged: DeviceChange;
  /** A device in use went away; the call goes on with another one, or without. */
  deviceLost: DeviceLoss;
  /** Sound waits for the person to touch the page, or no longer does; of elements given to play(). */
  playback: PlaybackState;
  /** The page went to the background or came back. */
  background: BackgroundState;
  /** The battery is low, and the camera is sent smaller; or it charges again. */
  battery: BatteryState;
  /** Something failed that does not end the call. */
  error: ParleyError;
  /** The call is over; null when leave() ended it. */
  ended: { error: ParleyError | null };
}

/** What encrypts a client's media; `EndToEndEncryption` of `@parley/client/e2ee` does. */
export interface MediaEncryption {
  /** Once, by the client: its connections are to be made by the platform returned. */
  attach(client: ConferenceClient, platform: Platform): Platform;
}

export interface ConferenceOptions extends SurroundingsOptions {
  /** The server's signaling address; by default `/signal` of the server that the page came from. */
  url?: string;
  /** Wanted when this is the room's first join: `sfu`, `mesh` or `auto`. */
  topology?: string | undefined;
  /** How the camera is sent through the server. */
  video?: SimulcastOptions;
  platform?: Platform;
  /** Media that only the participants can decode. */
  encryption?: MediaEncryption | null | undefined;
}

export interface JoinOptions {
  name?: string;
  token?: string | undefined;
  metadata?: Record<string, unknown>;
  /** What to capture; `false` captures nothing. Ignored when `stream` is given. */
  capture?: CaptureWish | false;
  /** A stream that the page captured itself; from now on it is the client's to stop. */
  stream?: MediaStream | null;
  cameraOn?: boolean;
  microphoneOn?: boolean;
  /** Layer wanted of every video until setLayer says otherwise. */
  layer?: LayerWish | undefined;
}

/** The connection to the media server, with what it wants said. */
interface SfuConnection {
  link: Link;
  publisher: ServerPublisher;
  held: SessionMessage[];
  send(message: SessionMessage): void;
}

/** After a move to the SFU a mesh is closed at the latest then (the server relays no longer). */
const kMeshLingerMs = 10_000;
const kMovePollMs = 200;
const kRejoinDelayMs = 2000;
const kSfu = 'sfu';

export class ConferenceClient extends Emitter<ConferenceEvents> {
  private readonly platform_: Platform;
  private readonly roster_: Roster;
  private readonly sampler_: StatsSampler;
  private readonly views_: Views;
  private readonly chat_: Chat;
  private readonly playback_: Playback;
  private readonly surroundings_: Surroundings;
  private hands_: RaisedHand[] = [];
  private stopDevices_: () => void = () => {};
  private state_: ConferenceState = 'idle';
  private signaling_: SignalingClient | null = null;
  private local_: LocalMedia | null = null;
  private link_: Link | null = null;
  private publisher_: ServerPublisher | null = null;
  private prepared_: SfuConnection | null = null;
  private mesh_: Mesh | null = null;
  private meshTimer_: unknown;
  private moveTimer_: unknown;
  private rejoinTimer_: unknown;
  private joinMessage_: JoinMessage | null = null;
  private iceServers_: RTCIceServer[] = [];
  private defaultLayer_: LayerWish = 'auto';
  private reportedMesh_ = false;

  clientId: string | null = null;
  name = '';
  topology: TopologyKind = 'sfu';
  rights: Rights = { publish: true, subscribe: true, admin: false };
  activeSpeakers: Speaker[] = [];
  quality: Quality | undefined;
  /** The figures behind the quality, where the server has told them. */
  qualityDetail: ParticipantQuality | undefined;
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
          this.checkHands_();
        },
        participantLeft: (p) => {
          this.emit('participantLeft', p);
          this.checkHands_();
        },
        participantUpdated: (p) => {
          this.emit('participantUpdated', p);
          this.checkHands_();
        },
        trackAdded: (participant, track) => this.trackAdded_(participant, track),
        trackUpdated: (participant, track) => this.emit('trackUpdated', { participant, track }),
        trackRemoved: (participant, track) => this.emit('trackRemoved', { participant, track }),
      },
      () => this.clientId,
    );
    this.views_ = new Views(this.platform_, (trackId) => this.sendWish_(trackId));
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
        this.sendAllWishes_();
        this.emit('background', state);
      },
      battery: (state) => {
        void this.simulcast.spare(state.saving);
        this.emit('battery', state);
      },
      turned: () => void this.simulcast.refit(),
    });
    this.sampler_ = new StatsSampler(
      this.platform_,
      () => this.links_().map((l) => l.pc),
      (sample) => this.sampled_(sample),
    );
  }

  get state(): ConferenceState {
    return this.state_;
  }
  get participants(): ReadonlyMap<string, RemoteParticipant> {
    return this.roster_.participants;
  }
  /** Own metadata as the others see it: the name, a raised hand, and what the page added. */
  get metadata(): Readonly<Metadata> {
    return this.joinMessage_?.metadata ?? {};
  }
  /** What was written since the join, oldest first; the newest 500. */
  get chatMessages(): readonly ChatMessage[] {
    return this.chat_.messages;
  }
  /** Raised hands, this client's included; who waits longest stands first. */
  get hands(): readonly RaisedHand[] {
    return this.hands_;
  }
  get handRaised(): boolean {
    return this.hands_.some((hand) => hand.participant === this.clientId);
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
    return this.links_().map((l) => l.pc);
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
    this.name = options.name ?? '';
    this.defaultLayer_ = options.layer ?? 'auto';
    this.joinMessage_ = {
      type: 'join',
      room,
      metadata: { ...options.metadata, name: this.name },
      capabilities: { topology: ['mesh', 'sfu'], resume: true },
    };
    const signaling = this.makeSignaling_(options.token);
    this.signaling_ = signaling;
    try {
      // All of these take time: the socket, the devices, the first offer.
      const greeted = signaling.connect();
      const stream = await Promise.race([this.capture_(options), failure(greeted)]);
      this.local_ = this.makeLocal_(options);
      this.local_.adopt(stream, {
        camera: options.cameraOn ?? true,
        microphone: options.microphoneOn ?? true,
      });
      const meshLikely = this.options_.topology === 'mesh' || this.options_.topology === 'auto';
      if (!meshLikely) this.prepareSfu_();
      await greeted;
      this.entered_(await signaling.join(this.joinMessage_));
    } catch (error) {
      this.release_();
      this.setState_('idle');
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
    await this.local_?.setMicrophone(on);
  }

  async setCamera(on: boolean): Promise<void> {
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
    await this.local_?.startScreen(stream);
  }

  async stopScreenShare(): Promise<void> {
    this.local_?.stopScreen();
  }

  // ---- others --------------------------------------------------------------------------------

  /** Which simulcast layer of a video the server should send. */
  setLayer(trackId: string, wish: LayerWish): void {
    const found = this.roster_.find(trackId);
    if (found?.track.kind !== 'video') return;
    found.track.wish = wish;
    this.sendWish_(trackId);
    this.emit('trackUpdated', found);
  }

  /** How important a video is when the network cannot carry all: 0 to 100, larger is more. */
  setPriority(trackId: string, priority: number): void {
    const found = this.roster_.find(trackId);
    if (found?.track.kind !== 'video') return;
    found.track.priority = Math.round(Math.min(100, Math.max(0, priority)));
    this.sendWish_(trackId);
  }

  /**
   * Tells the server how large the element that shows a video is, now and whenever it changes, so
   * that no more pixels are sent than are seen. Until the returned function is called.
   */
  observeView(trackId: string, element: Element): () => void {
    return this.views_.observe(trackId, element);
  }

  private sendWish_(trackId: string): void {
    const track = this.roster_.find(trackId)?.track;
    if (this.topology !== 'sfu' || track?.kind !== 'video') return;
    this.signaling_?.send({
      type: 'layer-wish',
      track: trackId,
      layer: this.surroundings_.unseen ? 'off' : track.wish,
      ...this.views_.sizeOf(trackId),
      ...(track.priority === undefined ? {} : { priority: track.priority }),
    });
  }

  private sendAllWishes_(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const id of participant.tracks.keys()) this.sendWish_(id);
    }
  }

  // A new place in the room knows nothing of what was wished for in the old one.
  private repeatWishes_(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const track of participant.tracks.values()) {
        const plain = track.wish === 'auto' && track.priority === undefined;
        const said = !plain || this.views_.sizeOf(track.id) || this.surroundings_.unseen;
        if (said) this.sendWish_(track.id);
      }
    }
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
    const joined = this.joinMessage_!;
    const merged = { ...joined.metadata, ...changes };
    const kept = Object.entries(merged).filter(([, value]) => value !== undefined);
    joined.metadata = Object.fromEntries(kept);
    const { name } = joined.metadata;
    this.name = typeof name === 'string' ? name : '';
    this.signaling_?.send({ type: 'set-metadata', metadata: joined.metadata });
    this.emit('metadataChanged', joined.metadata);
    this.checkHands_();
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

  private needRoom_(): void {
    if (this.state_ === 'joined' || this.state_ === 'reconnecting') return;
    throw new ParleyError('not_joined', 'This client is in no room.', 'Join a room first.');
  }

  private checkHands_(): void {
    const self = this.clientId === null ? [] : [{ id: this.clientId, metadata: this.metadata }];
    const hands = handsInOrder([...this.roster_.participants.values(), ...self]);
    if (sameHands(hands, this.hands_)) return;
    this.hands_ = hands;
    this.emit('handsChanged', hands);
  }

  // ---- set-up --------------------------------------------------------------------------------

  private makeSignaling_(token: string | undefined): SignalingClient {
    const signaling = new SignalingClient({
      url: this.options_.url ?? defaultUrl(),
      platform: this.platform_,
      token,
      topology: this.options_.topology,
    });
    signaling.on('message', (message) => this.heard_(message));
    signaling.on('error', (error) => {
      // The server lost this client's media before the browser noticed.
      if (error.code === 'media_failed') this.link_?.restartIce();
      else this.emit('error', error);
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
    const choice: CaptureChoice = {};
    const wish = options.capture || {};
    if (typeof wish.audio === 'object') choice.audio = wish.audio;
    if (typeof wish.video === 'object') choice.video = wish.video;
    // A page's own stream tells which devices to open again.
    for (const track of options.stream?.getTracks() ?? []) {
      const constraints = track.getConstraints();
      if (track.kind === 'audio') choice.audio = constraints;
      else choice.video = constraints;
    }
    return new LocalMedia(
      this.platform_,
      choice,
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
    if (options.capture === false) return null;
    const wish = { ...(options.capture ?? {}) };
    if (options.cameraOn === false) wish.video = false;
    this.captured = await capture(this.platform_, wish);
    return this.captured.stream;
  }

  private entered_(message: JoinedMessage): void {
    this.clientId = message.clientId;
    this.topology = message.topology ?? (isSfu(message.peers) ? 'sfu' : 'mesh');
    this.rights = message.rights ?? this.rights;
    const welcome = this.signaling_?.welcome?.iceServers ?? [];
    this.iceServers_ = message.iceServers ?? welcome;
    this.reportedMesh_ = false;
    this.roster_.replaceAll(message.participants ?? peersAsParticipants(message.peers));
    this.checkHands_();
    if (this.topology === 'sfu') {
      this.enterSfu_();
      this.repeatWishes_();
    } else {
      this.discard_(this.prepared_);
      this.prepared_ = null;
      this.openMesh_(message.peers);
    }
  }

  private openSfu_(): void {
    this.useSfu_(this.makeSfu_(this.iceServers_));
  }

  // Making an offer takes a browser some 100 ms, as long as reaching the server: so the connection
  // that most rooms need is made meanwhile. What it says is held back until the room is entered.
  private prepareSfu_(): void {
    this.prepared_ = this.makeSfu_([]);
    this.prepared_.link.start(true);
  }

  private enterSfu_(): void {
    const prepared = this.prepared_;
    this.prepared_ = null;
    // A relay counts only when it is known before the first offer. STUN servers do not matter: the
    // media server learns addresses by itself.
    if (prepared && !hasRelay(this.iceServers_)) {
      this.useSfu_(prepared);
    } else {
      this.discard_(prepared);
      this.openSfu_();
    }
  }

  private makeSfu_(iceServers: RTCIceServer[]): SfuConnection {
    const local = this.local_!;
    const held: SessionMessage[] = [];
    const connection: { send: (message: SessionMessage) => void } = {
      send: (message) => held.push(message),
    };
    const link = new Link({
      platform: this.platform_,
      peerId: kSfu,
      polite: false,
      configuration: { iceServers },
      sendDescription: ({ type, sdp = '' }) => {
        if (type === 'offer') connection.send({ type, to: kSfu, sdp: { type, sdp } });
        if (type === 'answer') connection.send({ type, to: kSfu, sdp: { type, sdp } });
      },
      sendCandidate: (candidate) => connection.send({ type: 'ice-candidate', to: kSfu, candidate }),
    });
    const publisher = new ServerPublisher(link, this.simulcast, (section) =>
      connection.send({ type: 'describe-track', ...section }),
    );
    link.beforeSend = () => {
      for (const publication of local.publications.values()) publisher.describe(publication);
    };
    link.on('track', ({ mid, track }) => {
      track.addEventListener('unmute', () => this.sfuMediaFlows_());
      this.roster_.mediaArrived(mid, track);
    });
    link.on('trackEnded', ({ mid }) => this.roster_.mediaEnded(mid));
    link.on('error', (error) => this.emit('error', error));
    link.on('state', (state) => {
      if (state === 'failed') void this.rejoin_();
    });
    for (const publication of local.publications.values()) publisher.add(publication);
    local.publishers.add(publisher);
    return Object.assign(connection, { link, publisher, held });
  }

  private useSfu_(connection: SfuConnection): void {
    this.link_ = connection.link;
    this.publisher_ = connection.publisher;
    connection.send = (message) => this.signaling_?.send(message);
    for (const message of connection.held.splice(0)) connection.send(message);
    if (!connection.link.started) connection.link.start(true);
  }

  private discard_(connection: SfuConnection | null): void {
    if (!connection) return;
    this.local_?.publishers.delete(connection.publisher);
    connection.publisher.close();
    connection.link.close();
  }

  private openMesh_(peers: PeerDescription[]): void {
    this.mesh_ = new Mesh({
      platform: this.platform_,
      configuration: { iceServers: this.iceServers_ },
      selfId: this.clientId!,
      local: this.local_!,
      roster: this.roster_,
      send: (message) => this.signaling_?.send(message),
      onStateChange: () => this.reportMesh_(),
      onFailed: (peerId) =>
        this.signaling_?.send({ type: 'mesh-failed', reason: `no connection to ${peerId}` }),
    });
    for (const peer of peers) this.mesh_.connect(peer.id, true);
  }

  // ---- messages ------------------------------------------------------------------------------

  private heard_(message: RoomMessage): void {
    if ('from' in message && message.from !== kSfu && this.mesh_?.handle(message)) return;
    switch (message.type) {
      case 'offer':
      case 'answer': {
        const tracks = message.tracks;
        void this.link_?.handleDescription(message.sdp, () => {
          if (tracks) this.roster_.setMapping(tracks);
        });
        return;
      }
      case 'peer-joined':
        this.mesh_?.connect(message.clientId, false);
        this.addPeer_(message.clientId, message.metadata);
        return;
      case 'peer-left':
        this.mesh_?.drop(message.clientId);
        if (this.topology === 'mesh') this.roster_.removeParticipant(message.clientId);
        return;
      case 'participant-joined':
      case 'participant-changed':
        this.roster_.putParticipant(message.participant);
        return;
      case 'participant-left':
        this.mesh_?.drop(message.clientId);
        this.roster_.removeParticipant(message.clientId);
        return;
      case 'track-published':
      case 'track-changed':
        this.roster_.putTrack(message.track);
        this.checkForceMute_(message.track);
        return;
      case 'track-unpublished':
        this.roster_.removeTrack(message.track);
        return;
      case 'topology':
        this.moveTo_(message.topology, message.peers);
        return;
      default:
        this.heardStatus_(message);
    }
  }

  private heardStatus_(message: RoomMessage): void {
    switch (message.type) {
      case 'active-speakers':
        this.activeSpeakers = message.speakers.map(({ id, level }) => ({ participant: id, level }));
        this.emit('activeSpeakers', this.activeSpeakers);
        return;
      case 'connection-quality':
        for (const entry of message.participants) this.heardQuality_(entry);
        return;
      case 'subscription-layers':
        for (const { track, sent, reason, spatial, temporal } of message.subscriptions) {
          const found = this.roster_.find(track);
          if (!found) continue;
          found.track.layer = {
            sent,
            reason,
            ...(spatial === undefined ? {} : { spatial }),
            ...(temporal === undefined ? {} : { temporal }),
          };
          this.emit('trackUpdated', found);
        }
        return;
      case 'subscription-status':
        this.roster_.setSupported(message.track, message.status !== 'codec_unsupported');
        this.heardPause_(message.track, message.status === 'paused' ? message.reason : undefined);
        return;
      case 'track-layers':
        this.publisher_?.setLayers(message.mid, message.layers);
        return;
      case 'broadcast':
      case 'direct': {
        const { type, from, [kSdkKey]: fact, seq: _seq, ...body } = message;
        this.chat_.hear(from, type === 'direct', fact);
        if (fact !== undefined && Object.keys(body).length === 0) return;
        this.emit('message', { from, direct: type === 'direct', body });
        return;
      }
      case 'server-shutdown':
        this.emit(
          'error',
          new SignalingError(
            'server_shutdown',
            'The server is being stopped.',
            'You will be reconnected when it is back.',
            { cause: message.reason },
          ),
        );
        return;
      default:
        return; // removed and room-closed speak by their close codes; the rest is not needed
    }
  }

  private heardPause_(trackId: string, reason: string | undefined): void {
    const found = this.roster_.find(trackId);
    if (!found || found.track.paused === (reason ?? null)) return;
    found.track.paused = reason ?? null;
    if (reason === undefined) this.emit('trackResumed', found);
    else this.emit('trackPaused', { ...found, reason });
    this.emit('trackUpdated', found);
  }

  private heardQuality_(detail: ParticipantQuality): void {
    const { id, quality } = detail;
    if (id === this.clientId) {
      this.qualityDetail = detail;
      this.setQuality_(quality);
      return;
    }
    const participant = this.roster_.participants.get(id);
    if (!participant) return;
    participant.qualityDetail = detail;
    if (participant.quality === quality) return;
    participant.quality = quality;
    this.emit('participantUpdated', participant);
  }

  private addPeer_(id: string, metadata: Record<string, unknown>): void {
    if (this.roster_.participants.has(id)) return;
    this.roster_.putParticipant({ id, metadata, connection: 'connected', tracks: [] });
  }

  private trackAdded_(participant: RemoteParticipant, track: RemoteTrack): void {
    this.emit('trackAdded', { participant, track });
    if (this.defaultLayer_ !== 'auto' && track.kind === 'video' && track.source === 'camera') {
      this.setLayer(track.id, this.defaultLayer_);
    } else if (this.surroundings_.unseen) {
      this.sendWish_(track.id);
    }
  }

  private checkForceMute_(track: {
    participant: string;
    source: string;
    forceMuted: boolean;
  }): void {
    const mine = track.participant === this.clientId && track.source === 'microphone';
    if (mine && track.forceMuted && this.microphoneOn) void this.setMicrophone(false);
  }

  // ---- mesh to SFU ---------------------------------------------------------------------------

  // The new connection is opened first; the old ones stay until media flows over the new one at
  // both ends, so that nobody sees a gap.
  private moveTo_(topology: TopologyKind, peers: PeerDescription[]): void {
    if (topology !== 'sfu' || !isSfu(peers) || this.topology === 'sfu') return;
    this.topology = 'sfu';
    this.openSfu_();
    this.meshTimer_ = this.platform_.setTimer(() => this.closeMesh_(), kMeshLingerMs);
    this.watchMove_();
    this.emit('topology', 'sfu');
  }

  private sfuMediaFlows_(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const track of participant.tracks.values()) {
        if (track.live) this.emit('trackUpdated', { participant, track });
      }
    }
  }

  private watchMove_(): void {
    this.moveTimer_ = this.platform_.setTimer(async () => {
      const link = this.link_;
      if (!this.mesh_ || !link) return;
      const arrived = await arrivedTracks(link.pc);
      if (!this.mesh_ || this.link_ !== link) return;
      if (this.everythingArrived_(arrived)) {
        this.mesh_.announceMoved();
        if (this.mesh_.links.length === 0) this.closeMesh_();
      }
      this.watchMove_();
    }, kMovePollMs);
  }

  /** Whether each source that the mesh brings is decoded from the server as well. */
  private everythingArrived_(arrived: Set<string>): boolean {
    for (const participant of this.roster_.participants.values()) {
      const tracks = [...participant.tracks.values()];
      for (const old of tracks.filter((t) => t.id.startsWith('mesh:') && t.live && !t.muted)) {
        const heir = tracks.find((t) => t.source === old.source && t.id !== old.id);
        if (!heir?.mediaTrack || !arrived.has(heir.mediaTrack.id)) return false;
      }
    }
    return true;
  }

  private closeMesh_(): void {
    this.platform_.clearTimer(this.meshTimer_);
    this.platform_.clearTimer(this.moveTimer_);
    this.mesh_?.close();
    this.mesh_ = null;
  }

  private reportMesh_(): void {
    if (!this.reportedMesh_ && this.topology === 'mesh' && this.mesh_?.allConnected) {
      this.reportedMesh_ = true;
      this.signaling_?.send({ type: 'mesh-connected' });
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
    try {
      const message = await this.signaling_.join(this.joinMessage_);
      this.closeLinks_();
      this.entered_(message);
      this.setState_('joined');
    } catch (error) {
      if (this.hasEnded_()) return;
      if (error instanceof SignalingError && kLasting.has(error.code)) {
        this.end_(error);
        return;
      }
      this.rejoinTimer_ = this.platform_.setTimer(() => void this.rejoin_(), kRejoinDelayMs);
    }
  }

  private hasEnded_(): boolean {
    return this.state_ === 'ended';
  }

  private closeLinks_(): void {
    this.discard_(this.prepared_);
    this.prepared_ = null;
    this.closeMesh_();
    if (this.publisher_) this.local_?.publishers.delete(this.publisher_);
    this.publisher_?.close();
    this.publisher_ = null;
    this.link_?.close();
    this.link_ = null;
    this.roster_.dropMedia();
  }

  private end_(error: ParleyError | null): void {
    this.release_();
    this.setState_('ended');
    this.emit('ended', { error });
  }

  private release_(): void {
    this.sampler_.stop();
    this.stopDevices_();
    this.surroundings_.stop();
    this.playback_.close();
    void this.simulcast.spare(false);
    this.platform_.clearTimer(this.rejoinTimer_);
    const signaling = this.signaling_;
    this.signaling_ = null;
    signaling?.close();
    this.closeLinks_();
    this.local_?.stop();
    this.local_ = null;
    this.roster_.replaceAll([]);
    this.views_.clear();
    this.activeSpeakers = [];
    this.hands_ = [];
  }

  // ---- figures -------------------------------------------------------------------------------

  private links_(): Link[] {
    return [...(this.mesh_?.links ?? []), ...(this.link_ ? [this.link_] : [])];
  }

  private sampled_(sample: StatsSample): void {
    this.emit('stats', sample);
    // In a mesh there is no server to judge the connection.
    if (this.topology === 'mesh') {
      this.setQuality_(qualityOf(sample.transport.roundTripMs, worstLoss(sample)));
    }
  }

  private setQuality_(quality: Quality): void {
    if (this.quality === quality) return;
    this.quality = quality;
    this.emit('quality', quality);
  }

  private setState_(state: ConferenceState): void {
    if (this.state_ === state) return;
    this.state_ = state;
    this.emit('state', state);
  }
}

/** Refusals of a join that no waiting cures. */
const kLasting = new Set([
  'token_required',
  'token_expired',
  'token_wrong_room',
  'forbidden',
  'invalid_message',
  'topology_unsupported',
]);

/**
 * The tracks whose media can be shown without a pause. A browser may unmute a track before its
 * first picture is decoded, so the statistics are asked.
 */
async function arrivedTracks(connection: RTCPeerConnection): Promise<Set<string>> {
  const { inbound } = new StatsNormaliser().normalise(await connection.getStats());
  const arrived = inbound.filter((s) =>
    s.kind === 'video' ? (s.framesDecoded ?? 0) > 0 : s.packetsReceived > 0,
  );
  return new Set(arrived.map((s) => s.trackIdentifier ?? ''));
}

function hasRelay(servers: RTCIceServer[]): boolean {
  return servers.flatMap((s) => s.urls).some((url) => /^turns?:/.test(url));
}

/** Never resolves; rejects when the promise does. */
function failure(promise: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    promise.catch(reject);
  });
}

function defaultUrl(): string {
  const address = new URL('/signal', globalThis.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

function isSfu(peers: PeerDescription[]): boolean {
  return peers.length === 1 && peers[0]?.id === kSfu;
}

function peersAsParticipants(peers: PeerDescription[]) {
  return peers
    .filter((p) => p.id !== kSfu)
    .map(({ id, metadata }) => ({ id, metadata, connection: 'connected' as const, tracks: [] }));
}
