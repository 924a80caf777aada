// A browser made of plain objects: a clock that tests turn, sockets and peer connections that
// record what was asked of them.

import type { BatteryLike, Page } from '../src/page.js';
import type { Platform, Refusal, SocketLike, ViewSize } from '../src/platform.js';

/** Where the fake wall clock starts. */
export const kEpoch = 1_700_000_000_000;

/** A page that tests hide, touch and turn. */
export class FakePage implements Page {
  hidden = false;
  cell: FakeBattery | null = null;
  private readonly callbacks_ = new Map<string, Set<() => void>>();

  onVisibilityChange = (callback: () => void) => this.on_('visibility', callback);
  onGesture = (callback: () => void) => this.on_('gesture', callback);
  onTurn = (callback: () => void) => this.on_('turn', callback);
  async battery(): Promise<BatteryLike | null> {
    return this.cell;
  }

  hide(hidden = true): void {
    this.hidden = hidden;
    this.happen_('visibility');
  }
  async touch(): Promise<void> {
    this.happen_('gesture');
    await settle();
  }
  turn(): void {
    this.happen_('turn');
  }
  /** Who listens to the page still. */
  get listeners(): number {
    return [...this.callbacks_.values()].reduce((sum, { size }) => sum + size, 0);
  }

  private on_(what: string, callback: () => void): () => void {
    const own = () => callback();
    const set = this.callbacks_.get(what) ?? new Set();
    this.callbacks_.set(what, set.add(own));
    return () => set.delete(own);
  }
  private happen_(what: string): void {
    for (const callback of [...(this.callbacks_.get(what) ?? [])]) callback();
  }
}

export class FakeBattery extends EventTarget {
  constructor(
    public level: number,
    public charging = false,
  ) {
    super();
  }
  become(level: number, charging = false): void {
    Object.assign(this, { level, charging });
    this.dispatchEvent(new Event('levelchange'));
  }
}

/** An <audio> or <video> of a page that may or may not play. */
export class FakeElement {
  srcObject: unknown = {};
  playing = false;
  asked = 0;
  refusal: string | null = 'NotAllowedError';

  get asElement(): HTMLMediaElement {
    return this as unknown as HTMLMediaElement;
  }
  async play(): Promise<void> {
    this.asked += 1;
    if (this.refusal) throw Object.assign(new Error('no'), { name: this.refusal });
    this.playing = true;
  }
}

interface Timer {
  at: number;
  callback: () => void;
}

export class FakePlatform implements Platform {
  time = 0;
  sockets: FakeSocket[] = [];
  connections: FakePeerConnection[] = [];
  mediaDevices: MediaDevices | undefined = undefined;
  secure = true;
  readonly page = new FakePage();
  refusal: Refusal | null = null;
  /** Whether the browser has scalability modes. */
  scalability = true;
  private readonly timers_ = new Set<Timer>();
  private readonly watched_ = new Map<Element, (size: ViewSize) => void>();
  private readonly networkChanged_ = new Set<() => void>();
  codecs: Record<'audio' | 'video', string[]> = {
    audio: ['audio/opus', 'audio/red'],
    video: ['video/VP8', 'video/rtx', 'video/VP9'],
  };

  createSocket(url: string): SocketLike {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  }
  async explainRefusal(): Promise<Refusal | null> {
    return this.refusal;
  }
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection {
    const connection = new FakePeerConnection(configuration);
    connection.scalability = this.scalability;
    this.connections.push(connection);
    return connection as unknown as RTCPeerConnection;
  }
  createStream(tracks: MediaStreamTrack[]): MediaStream {
    return fakeStream(tracks as unknown as FakeTrack[]);
  }
  codecCapabilities(kind: 'audio' | 'video'): RTCRtpCodec[] {
    return this.codecs[kind].map((mimeType) => ({ mimeType, clockRate: 90_000 }));
  }
  now(): number {
    return this.time;
  }
  clock(): number {
    return kEpoch + this.time;
  }
  random(): number {
    return 0.5;
  }
  setTimer(callback: () => void, milliseconds: number): unknown {
    const timer = { at: this.time + milliseconds, callback };
    this.timers_.add(timer);
    return timer;
  }
  clearTimer(timer: unknown): void {
    this.timers_.delete(timer as Timer);
  }
  onNetworkChange(callback: () => void): () => void {
    const own = () => callback();
    this.networkChanged_.add(own);
    return () => this.networkChanged_.delete(own);
  }

  onResize(element: Element, callback: (size: ViewSize) => void): () => void {
    this.watched_.set(element, callback);
    return () => this.watched_.delete(element);
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
  get connection(): FakePeerConnection {
    return this.connections.at(-1)!;
  }
  get timerCount(): number {
    return this.timers_.size;
  }
  get watchedElements(): number {
    return this.watched_.size;
  }
  resize(element: Element, width: number, height: number): void {
    this.watched_.get(element)?.({ width, height });
  }
  networkChange(): void {
    for (const callback of [...this.networkChanged_]) callback();
  }

  /** Turns the clock, running what falls due in order. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const next = [...this.timers_].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.timers_.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
    await settle();
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every type
export type AnyMessage = { type: string } & Record<string, any>;

export class FakeSocket implements SocketLike {
  readyState = 0;
  sent: AnyMessage[] = [];
  closedWith: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(readonly url: string) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(code = 1000): void {
    this.closedWith = code;
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  receive(message: AnyMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  /** The server's error, by its code. */
  refuse(code: string, inReplyTo: string): void {
    this.receive({ type: 'error', code, message: '', cause: '', remedy: '', inReplyTo });
  }
  drop(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
  sentOf(type: string): AnyMessage[] {
    return this.sent.filter((m) => m.type === type);
  }
}

export class FakeTrack extends EventTarget {
  enabled = true;
  muted = true;
  readyState: 'live' | 'ended' = 'live';
  contentHint = '';
  stopped = false;
  label = '';
  settings: MediaTrackSettings;
  constraints: MediaTrackConstraints = {};
  constructor(
    readonly kind: 'audio' | 'video',
    readonly id = `${kind}-${Math.random()}`,
  ) {
    super();
    this.settings = kind === 'video' ? { width: 1280, height: 720 } : {};
  }
  getSettings() {
    return this.settings;
  }
  getConstraints() {
    return this.constraints;
  }
  /** The device went away: what a browser does then. */
  end(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
  stop(): void {
    this.stopped = true;
    this.readyState = 'ended';
  }
  /** The first packet arrived. */
  flow(): void {
    this.muted = false;
    this.dispatchEvent(new Event('unmute'));
  }
}

type FakeDevice = { kind: MediaDeviceKind; deviceId: string; label: string };

/** Cameras and microphones that can be plugged in, pulled out and denied. */
export class FakeDevices extends EventTarget {
  /** Constraints of each getUserMedia. */
  asked: MediaStreamConstraints[] = [];
  opened: FakeTrack[] = [];
  denied = new Set<'audio' | 'video'>();
  screens: DisplayMediaStreamOptions[] = [];
  shown: FakeTrack[] = [];
  list: FakeDevice[] = [
    { kind: 'audioinput', deviceId: 'mic1', label: 'Desk microphone' },
    { kind: 'audioinput', deviceId: 'mic2', label: 'Headset' },
    { kind: 'videoinput', deviceId: 'cam1', label: 'Front camera' },
    { kind: 'videoinput', deviceId: 'cam2', label: 'Back camera' },
    { kind: 'audiooutput', deviceId: 'out1', label: 'Speakers' },
  ];

  get asDevices(): MediaDevices {
    return this as unknown as MediaDevices;
  }
  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.list.map((d) => ({ groupId: d.deviceId, ...d })) as MediaDeviceInfo[];
  }
  async getUserMedia(wish: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(wish);
    const tracks = (['audio', 'video'] as const).flatMap((kind) =>
      wish[kind] ? [this.open_(kind, wish[kind])] : [],
    );
    this.opened.push(...tracks);
    return fakeStream(tracks);
  }
  async getDisplayMedia(options: DisplayMediaStreamOptions): Promise<MediaStream> {
    this.screens.push(options);
    const track = new FakeTrack('video');
    track.label = 'Screen';
    this.shown.push(track);
    return fakeStream([track], 'screen');
  }
  /** Takes a device away; its tracks end unless `quietly`. */
  pull(deviceId: string, { quietly = false } = {}): void {
    this.list = this.list.filter((d) => d.deviceId !== deviceId);
    for (const track of this.opened) {
      const live = track.readyState === 'live' && track.settings.deviceId === deviceId;
      if (live && !quietly) track.end();
    }
    this.dispatchEvent(new Event('devicechange'));
  }
  plug(device: FakeDevice): void {
    this.list.push(device);
    this.dispatchEvent(new Event('devicechange'));
  }

  private open_(kind: 'audio' | 'video', wish: boolean | MediaTrackConstraints): FakeTrack {
    if (this.denied.has(kind)) throw Object.assign(new Error('no'), { name: 'NotAllowedError' });
    const wanted = typeof wish === 'object' ? wish : {};
    const exact = (wanted.deviceId as { exact?: string } | undefined)?.exact;
    const facing = JSON.stringify(wanted.facingMode ?? '');
    const fits = (d: FakeDevice) =>
      d.kind === `${kind}input` &&
      (!exact || d.deviceId === exact) &&
      (!facing.includes('environment') || d.label.includes('Back'));
    const device = this.list.find(fits);
    if (!device) {
      const none = !this.list.some((d) => d.kind === `${kind}input`);
      const name = none ? 'NotFoundError' : 'OverconstrainedError';
      throw Object.assign(new Error(name), { name });
    }
    const track = new FakeTrack(kind);
    track.label = device.label;
    track.constraints = wanted;
    track.settings = { ...track.settings, deviceId: device.deviceId };
    return track;
  }
}

export function fakeStream(tracks: FakeTrack[], id = 'stream'): MediaStream {
  return {
    id,
    getTracks: () => [...tracks],
    addTrack: (track: FakeTrack) => tracks.push(track),
    removeTrack: (track: FakeTrack) => tracks.splice(tracks.indexOf(track), 1),
    getAudioTracks: () => tracks.filter((t) => t.kind === 'audio'),
    getVideoTracks: () => tracks.filter((t) => t.kind === 'video'),
  } as unknown as MediaStream;
}

export class FakeSender {
  constructor(public track: FakeTrack | null) {}
  encodings: RTCRtpEncodingParameters[] = [];
  /** How often parameters were set. */
  set = 0;
  /** What getStats tells of the path in use. */
  path: Record<string, unknown> | null = null;
  private transaction_ = 0;

  async replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
  }
  setStreams(): void {}
  async getStats() {
    const pair = { id: 'pair', type: 'candidate-pair', ...this.path };
    const transport = { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' };
    const stats = this.path ? [pair, transport] : [];
    return new Map(stats.map((s) => [s.id, s]));
  }
  getParameters() {
    this.transaction_ += 1;
    return {
      transactionId: String(this.transaction_),
      encodings: this.encodings.map((e) => ({ ...e })),
    };
  }
  async setParameters(parameters: {
    transactionId: string;
    encodings: RTCRtpEncodingParameters[];
  }): Promise<void> {
    await Promise.resolve();
    if (parameters.transactionId !== String(this.transaction_)) throw new Error('stale');
    this.encodings = parameters.encodings;
    this.set += 1;
  }
}

export class FakeTransceiver {
  mid: string | null = null;
  currentDirection: RTCRtpTransceiverDirection | null = null;
  sender: FakeSender;
  receiver: { track: FakeTrack };
  preferred: string[] = [];
  constructor(
    track: FakeTrack | null,
    readonly kind: 'audio' | 'video',
    public direction: RTCRtpTransceiverDirection,
    readonly init: RTCRtpTransceiverInit = {},
  ) {
    this.sender = new FakeSender(track);
    this.sender.encodings = (init.sendEncodings ?? [{}]).map((e) => ({ active: true, ...e }));
    this.receiver = { track: new FakeTrack(kind) };
  }
  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.preferred = codecs.map((c) => c.mimeType);
  }
  stop(): void {
    this.direction = 'stopped';
  }
}

export class FakeDataChannel {
  readyState: RTCDataChannelState = 'connecting';
  binaryType = 'blob';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** As if the browser's own buffer were full. */
  full = false;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;

  constructor(
    readonly label: string,
    readonly init: RTCDataChannelInit = {},
  ) {}

  get asChannel(): RTCDataChannel {
    return this as unknown as RTCDataChannel;
  }
  get protocol(): string {
    return this.init.protocol ?? '';
  }
  send(data: string | ArrayBuffer): void {
    if (this.full) throw Object.assign(new Error('full'), { name: 'OperationError' });
    this.sent.push(data);
    this.bufferedAmount += typeof data === 'string' ? data.length : data.byteLength;
  }
  close(): void {
    this.readyState = 'closed';
  }

  open(): void {
    this.readyState = 'open';
    this.onopen?.();
  }
  /** The network took everything. */
  transmit(): void {
    this.bufferedAmount = 0;
    this.onbufferedamountlow?.();
  }
  receive(data: unknown): void {
    this.onmessage?.({ data });
  }
  fail(sctpCauseCode: number | null): void {
    const errorDetail = sctpCauseCode === null ? 'data-channel-failure' : 'sctp-failure';
    this.onerror?.({ error: { sctpCauseCode, errorDetail } });
  }
}

export class FakePeerConnection {
  scalability = true;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  transceivers: FakeTransceiver[] = [];
  candidates: RTCIceCandidateInit[] = [];
  restarts = 0;
  channels: FakeDataChannel[] = [];
  sctp: { maxMessageSize: number; state: string } | null = {
    maxMessageSize: 262_144,
    state: 'open',
  };
  stats: { id: string; type: string; [key: string]: unknown }[] = [];
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  ondatachannel: ((event: { channel: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  private offers_ = 0;

  constructor(readonly configuration: RTCConfiguration) {}

  getTransceivers() {
    return this.transceivers;
  }
  getSenders() {
    return this.transceivers.map((t) => t.sender);
  }
  createDataChannel(label: string, init: RTCDataChannelInit = {}) {
    // WebRTC §6.1: a negotiated channel has an id.
    if (init.negotiated && init.id === undefined) throw new TypeError('negotiated without id');
    const channel = new FakeDataChannel(label, init);
    this.channels.push(channel);
    return channel;
  }
  addTransceiver(trackOrKind: FakeTrack | 'audio' | 'video', init: RTCRtpTransceiverInit = {}) {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind;
    const made = new FakeTransceiver(track, kind, init.direction ?? 'sendrecv', init);
    if (!this.scalability) {
      for (const encoding of made.sender.encodings)
        delete (encoding as { scalabilityMode?: string }).scalabilityMode;
    }
    this.transceivers.push(made);
    queueMicrotask(() => this.onnegotiationneeded?.());
    return made;
  }
  addTrack(track: FakeTrack) {
    return this.addTransceiver(track).sender;
  }
  removeTrack(sender: FakeSender) {
    sender.track = null;
  }
  async createOffer() {
    this.offers_ += 1;
    return { type: 'offer' as const, sdp: `offer ${this.offers_}` };
  }
  async createAnswer() {
    return { type: 'answer' as const, sdp: 'answer' };
  }
  async setLocalDescription(description: RTCSessionDescriptionInit) {
    this.transceivers.forEach((t, index) => {
      t.mid ??= String(index);
    });
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
  }
  async setRemoteDescription(description: RTCSessionDescriptionInit) {
    if (description.sdp === 'broken') throw new Error('cannot parse');
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    this.onRemote?.(description);
  }
  async addIceCandidate(candidate: RTCIceCandidateInit) {
    this.candidates.push(candidate);
  }
  restartIce() {
    this.restarts += 1;
  }
  async getStats() {
    return new Map(this.stats.map((s) => [s.id, s]));
  }
  close() {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
  }

  /** What a remote description brings is the test's to say. */
  onRemote: ((description: RTCSessionDescriptionInit) => void) | null = null;

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  /** A remote section with media appears. */
  receiveTrack(mid: string, track: FakeTrack, streamId: string): void {
    const transceiver = new FakeTransceiver(null, track.kind, 'recvonly');
    transceiver.mid = mid;
    transceiver.currentDirection = 'recvonly';
    transceiver.receiver = { track };
    this.transceivers.push(transceiver);
    this.ontrack?.({
      transceiver,
      track,
      receiver: transceiver.receiver,
      streams: [{ id: streamId }],
    });
  }
}
