import { beforeEach, describe, expect, it } from 'vitest';
import { ConferenceClient } from '../src/conference.js';
import type { ParleyError } from '../src/errors.js';
import {
  type AnyMessage,
  FakeDevices,
  FakePlatform,
  type FakeSocket,
  FakeTrack,
  fakeStream,
  settle,
} from './fakes.js';

let platform: FakePlatform;
let client: ConferenceClient;
let camera: FakeTrack;
let microphone: FakeTrack;

beforeEach(() => {
  platform = new FakePlatform();
  client = new ConferenceClient({ url: 'ws://server/signal', platform });
  camera = new FakeTrack('video');
  microphone = new FakeTrack('audio');
});

const ada = (tracks: AnyMessage[] = []) => ({
  id: 'ada',
  metadata: { name: 'Ada' },
  connection: 'connected',
  tracks,
});
const trackOf = (participant: string, mid: string, kind: string, source: string) =>
  ({
    id: `${participant}.${mid}`,
    participant,
    mid,
    kind,
    source,
    codec: kind === 'video' ? 'VP8' : 'opus',
    muted: false,
    forceMuted: false,
    simulcast: false,
  }) as unknown as AnyMessage;
const adaCamera = trackOf('ada', '1', 'video', 'camera');

async function greet(socket: FakeSocket) {
  socket.open();
  socket.receive({
    type: 'welcome',
    clientId: 'me',
    resumeToken: 'token',
    iceServers: [{ urls: ['stun:s'] }],
    protocol: 1,
    heartbeatMs: 5000,
  });
  await settle();
}

async function enter(more: Record<string, unknown> = {}) {
  const stream = fakeStream([camera, microphone]);
  const entered = client.join('room', { name: 'Me', stream });
  await greet(platform.socket);
  platform.socket.receive({
    type: 'joined',
    room: 'room',
    clientId: 'me',
    topology: 'sfu',
    peers: [{ id: 'sfu', metadata: {} }],
    participants: [],
    resumable: true,
    seq: 1,
    ...more,
  });
  await entered;
  await settle();
}

async function answer(tracks: unknown[] = [], from = 'sfu') {
  platform.socket.receive({ type: 'answer', from, sdp: { type: 'answer', sdp: 'a' }, tracks });
  await settle();
}

async function offerFromServer(tracks: unknown[], onRemote: () => void) {
  platform.connection.onRemote = onRemote;
  platform.socket.receive({
    type: 'offer',
    from: 'sfu',
    sdp: { type: 'offer', sdp: 'o' },
    tracks,
  });
  await settle();
  platform.connection.onRemote = null;
}

describe('joining an SFU room', () => {
  it('offers camera in three layers and microphone, described beforehand', async () => {
    await enter();
    const sent = platform.socket.sent.map((m) => m.type);
    expect(sent).toEqual(['join', 'describe-track', 'describe-track', 'offer']);
    expect(platform.socket.sentOf('describe-track').map((m) => [m.mid, m.source])).toEqual([
      ['0', 'microphone'],
      ['1', 'camera'],
    ]);
    const video = platform.connection.transceivers[1]!;
    expect(video.init.sendEncodings?.map((e) => [e.rid, e.scaleResolutionDownBy])).toEqual([
      ['low', 4],
      ['medium', 2],
      ['high', 1],
    ]);
    expect(video.direction).toBe('sendonly');
    expect(platform.connections).toHaveLength(1);
  });

  it('has its offer ready before the server answers, and says nothing before it is in', async () => {
    const entered = client.join('room', { stream: fakeStream([camera, microphone]) });
    await settle();
    expect(platform.connection.signalingState).toBe('have-local-offer');
    await greet(platform.socket);
    expect(platform.socket.sent.map((m) => m.type)).toEqual(['join']);
    await client.leave();
    await expect(entered).rejects.toThrow();
  });

  it('makes the connection anew when the server names a relay', async () => {
    const iceServers = [{ urls: ['turn:t'], username: 'u', credential: 'c' }];
    await enter({ iceServers });
    expect(platform.connections).toHaveLength(2);
    expect(platform.connections[0]?.signalingState).toBe('closed');
    expect(platform.connection.configuration.iceServers).toEqual(iceServers);
    expect(platform.socket.sentOf('offer')).toHaveLength(1);
  });

  it('announces mesh, topology messages and resume', async () => {
    await enter();
    expect(platform.socket.sentOf('join')[0]).toMatchObject({
      metadata: { name: 'Me' },
      capabilities: { topology: ['mesh', 'sfu'], resume: true },
    });
  });

  it('has a section to offer even without any device', async () => {
    const entered = client.join('room', { stream: null });
    await greet(platform.socket);
    platform.socket.receive({
      type: 'joined',
      room: 'room',
      clientId: 'me',
      peers: [{ id: 'sfu', metadata: {} }],
      seq: 1,
    });
    await entered;
    await settle();
    expect(platform.connection.transceivers.map((t) => t.kind)).toEqual(['audio']);
    expect(platform.socket.sentOf('describe-track')[0]).toMatchObject({ muted: true });
    expect(platform.socket.sentOf('offer')).toHaveLength(1);
  });

  it('can be tried again after a refusal', async () => {
    const entered = client.join('room', { stream: null });
    const refused = expect(entered).rejects.toMatchObject({ code: 'token_required' });
    await greet(platform.socket);
    platform.socket.refuse('token_required', 'join');
    await refused;
    expect(client.state).toBe('idle');
    await enter();
    expect(client.state).toBe('joined');
  });
});

describe('the others', () => {
  it('joins arriving media to the announced track by the mapping', async () => {
    await enter({ participants: [ada([adaCamera])] });
    await answer();
    expect(client.participants.get('ada')?.name).toBe('Ada');
    const media = new FakeTrack('video');
    await offerFromServer([{ mid: '5', participant: 'ada', track: 'ada.1' }], () =>
      platform.connection.receiveTrack('5', media, 'ada'),
    );
    expect(client.participants.get('ada')?.track('camera')?.mediaTrack).toBe(media);
    expect(client.trackByMid('5')?.track.id).toBe('ada.1');
  });

  it('joins them too when the announcement comes after the media', async () => {
    await enter({ participants: [ada()] });
    await answer();
    const media = new FakeTrack('video');
    await offerFromServer([{ mid: '5', participant: 'ada', track: 'ada.1' }], () =>
      platform.connection.receiveTrack('5', media, 'ada'),
    );
    platform.socket.receive({ type: 'track-published', track: adaCamera });
    expect(client.participants.get('ada')?.track('camera')?.mediaTrack).toBe(media);
  });

  it('does not take the mapping of an offer that it ignores', async () => {
    await enter({ participants: [ada([adaCamera])] });
    await offerFromServer([{ mid: '9', participant: 'ada', track: 'ada.1' }], () => {});
    expect(client.trackByMid('9')).toBeUndefined();
  });

  it('come, change and go', async () => {
    await enter();
    const events: string[] = [];
    client.on('participantJoined', (p) => events.push(`joined ${p.name}`));
    client.on('participantUpdated', (p) => events.push(`updated ${p.reconnecting}`));
    client.on('trackAdded', ({ track }) => events.push(`track ${track.source}`));
    client.on('trackRemoved', ({ track }) => events.push(`gone ${track.source}`));
    client.on('participantLeft', (p) => events.push(`left ${p.id}`));
    const socket = platform.socket;
    socket.receive({ type: 'participant-joined', participant: ada([adaCamera]) });
    socket.receive({
      type: 'participant-changed',
      participant: { ...ada([adaCamera]), connection: 'reconnecting' },
    });
    socket.receive({ type: 'participant-left', clientId: 'ada', reason: 'left' });
    expect(events).toEqual([
      'joined Ada',
      'track camera',
      'updated true',
      'gone camera',
      'left ada',
    ]);
  });

  it('never shows oneself as somebody else', async () => {
    const me = { id: 'me', metadata: {}, connection: 'connected', tracks: [] };
    await enter({ participants: [me, ada()] });
    platform.socket.receive({
      type: 'track-published',
      track: trackOf('me', '1', 'video', 'camera'),
    });
    expect([...client.participants.keys()]).toEqual(['ada']);
  });

  it('may be simple clients that do not say what they send', async () => {
    const tracks = [
      trackOf('ada', '0', 'video', 'unknown'),
      trackOf('ada', '1', 'audio', 'unknown'),
    ];
    await enter({ participants: [ada(tracks)] });
    expect(client.participants.get('ada')?.track('camera')?.id).toBe('ada.0');
    expect(client.participants.get('ada')?.track('microphone')?.id).toBe('ada.1');
  });

  it('speak, and have a quality; ours is told apart', async () => {
    await enter({ participants: [ada()] });
    platform.socket.receive({ type: 'active-speakers', speakers: [{ id: 'ada', level: 0.7 }] });
    platform.socket.receive({
      type: 'connection-quality',
      participants: [
        { id: 'ada', quality: 'fair' },
        { id: 'me', quality: 'good' },
      ],
    });
    expect(client.activeSpeakers).toEqual([{ participant: 'ada', level: 0.7 }]);
    expect(client.participants.get('ada')?.quality).toBe('fair');
    expect(client.quality).toBe('good');
  });

  it('are asked for a layer, and tell when none can be decoded', async () => {
    await enter({ participants: [ada([adaCamera])] });
    client.setLayer('ada.1', 'low');
    expect(platform.socket.sent.at(-1)).toMatchObject({
      type: 'layer-wish',
      track: 'ada.1',
      layer: 'low',
    });
    platform.socket.receive({
      type: 'subscription-status',
      track: 'ada.1',
      status: 'codec_unsupported',
      codec: 'H264',
    });
    expect(client.participants.get('ada')?.track('camera')?.supported).toBe(false);
  });
});

describe('videos of others', () => {
  const wishes = () => platform.socket.sentOf('layer-wish');

  it('are wished for with their view and priority', async () => {
    await enter({ participants: [ada([adaCamera])] });
    const element = {} as Element;
    const stop = client.observeView('ada.1', element);
    platform.resize(element, 640, 360);
    expect(wishes().at(-1)).toMatchObject({ layer: 'auto', width: 640, height: 360 });
    expect(wishes().at(-1)).not.toHaveProperty('priority');
    client.setPriority('ada.1', 90);
    client.setLayer('ada.1', 'medium');
    expect(wishes().at(-1)).toMatchObject({
      track: 'ada.1',
      layer: 'medium',
      width: 640,
      height: 360,
      priority: 90,
    });
    stop();
    await platform.advance(300);
    expect(wishes().at(-1)).not.toHaveProperty('width');
  });

  it('are paused and resumed by the server', async () => {
    await enter({ participants: [ada([adaCamera])] });
    const seen: string[] = [];
    client.on('trackPaused', ({ track, reason }) => seen.push(`paused ${track.id} ${reason}`));
    client.on('trackResumed', ({ track }) => seen.push(`resumed ${track.id}`));
    const status = (state: string, reason?: string) =>
      platform.socket.receive({
        type: 'subscription-status',
        track: 'ada.1',
        status: state,
        codec: 'VP8',
        ...(reason ? { reason } : {}),
      });
    status('active');
    status('paused', 'bandwidth');
    const track = client.participants.get('ada')?.track('camera');
    expect(track?.paused).toBe('bandwidth');
    expect(track?.supported).toBe(true);
    status('active');
    expect(track?.paused).toBe(null);
    expect(seen).toEqual(['paused ada.1 bandwidth', 'resumed ada.1']);
  });
});

describe('layers that nobody watches', () => {
  const layers = (low: boolean, medium: boolean, high: boolean) =>
    platform.socket.receive({
      type: 'track-layers',
      track: 'me.1',
      mid: '1',
      layers: [
        { rid: 'low', active: low },
        { rid: 'medium', active: medium },
        { rid: 'high', active: high },
      ],
    });
  const sender = () => platform.connection.transceivers[1]!.sender;
  const active = () => sender().encodings.map((e) => e.active);

  it('are not sent until somebody does', async () => {
    await enter();
    layers(true, false, false);
    await settle();
    expect(active()).toEqual([true, false, false]);
    layers(false, false, false);
    layers(false, true, true);
    await settle();
    expect(active()).toEqual([false, true, true]);
    expect(sender().set).toBe(2);
    layers(false, true, true);
    await settle();
    expect(sender().set).toBe(2);
  });

  it('may be of a section that is gone', async () => {
    await enter();
    platform.socket.receive({
      type: 'track-layers',
      track: 'me.9',
      mid: '9',
      layers: [{ rid: '', active: false }],
    });
    await settle();
    expect(active()).toEqual([true, true, true]);
  });

  it('are on again when a section is used anew', async () => {
    await enter();
    const share = () => client.startScreenShare(fakeStream([new FakeTrack('video')], 'screen'));
    await share();
    await settle();
    const screen = platform.connection.transceivers[2]!;
    screen.mid = '2';
    platform.socket.receive({
      type: 'track-layers',
      track: 'me.2',
      mid: '2',
      layers: [{ rid: '', active: false }],
    });
    await settle();
    expect(screen.sender.encodings[0]?.active).toBe(false);
    await client.stopScreenShare();
    await share();
    await settle();
    expect(platform.connection.transceivers).toHaveLength(3);
    expect(screen.sender.encodings[0]?.active).toBe(true);
  });
});

describe('own media', () => {
  it('mutes the microphone and says so', async () => {
    await enter();
    await client.setMicrophone(false);
    expect(microphone.enabled).toBe(false);
    expect(platform.socket.sent.at(-1)).toMatchObject({
      type: 'describe-track',
      mid: '0',
      source: 'microphone',
      muted: true,
    });
    await client.setMicrophone(true);
    expect(client.microphoneOn).toBe(true);
    expect(platform.socket.sent.at(-1)).toMatchObject({ muted: false });
  });

  it('releases the camera when it is switched off', async () => {
    await enter();
    await client.setCamera(false);
    expect(camera.stopped).toBe(true);
    expect(platform.connection.transceivers[1]?.sender.track).toBeNull();
    expect(client.cameraOn).toBe(false);
  });

  it('shares a screen with its sound and reuses the sections the next time', async () => {
    await enter();
    await answer();
    const screen = () => fakeStream([new FakeTrack('video'), new FakeTrack('audio')], 'screen');
    await client.startScreenShare(screen());
    await settle();
    expect(platform.socket.sentOf('describe-track').map((m) => m.source)).toEqual([
      'microphone',
      'camera',
      'screen',
      'screen-audio',
    ]);
    await answer();
    await client.stopScreenShare();
    expect(platform.connection.transceivers[2]?.direction).toBe('inactive');
    await client.startScreenShare(screen());
    expect(platform.connection.transceivers).toHaveLength(4);
    expect(platform.connection.transceivers[2]?.direction).toBe('sendonly');
  });

  it('obeys a moderator who mutes', async () => {
    await enter();
    const mine = { ...trackOf('me', '0', 'audio', 'microphone'), forceMuted: true };
    platform.socket.receive({ type: 'track-changed', track: mine });
    await settle();
    expect(client.microphoneOn).toBe(false);
  });

  it('tells when a mute by a moderator begins and when it is lifted', async () => {
    await enter();
    const told: boolean[] = [];
    client.on('forceMuted', (muted) => told.push(muted));
    const say = (track: AnyMessage, forceMuted: boolean) =>
      platform.socket.receive({ type: 'track-changed', track: { ...track, forceMuted } });
    const mine = trackOf('me', '0', 'audio', 'microphone');
    say(trackOf('ada', '0', 'audio', 'microphone'), true);
    say(trackOf('me', '1', 'audio', 'screen-audio'), true);
    expect(client.forceMuted).toBe(false);
    say(mine, true);
    say({ ...mine, muted: true }, true);
    expect(client.forceMuted).toBe(true);
    say(mine, false);
    expect(client.forceMuted).toBe(false);
    expect(told).toEqual([true, false]);
  });
});

describe('a token without the right to publish', () => {
  const listener = { rights: { publish: false, subscribe: true, admin: false } };

  it('closes the devices, sends nothing and asks for nothing that is refused', async () => {
    await enter(listener);
    expect(camera.stopped && microphone.stopped).toBe(true);
    expect([client.cameraOn, client.microphoneOn]).toEqual([false, false]);
    expect(platform.connection.transceivers.map((t) => t.sender.track)).toEqual([null, null]);
    expect(platform.socket.sent.map((m) => m.type)).toEqual(['join', 'offer']);
  });

  it('says so instead of opening a device', async () => {
    await enter(listener);
    const refused = { code: 'publish_not_allowed' };
    await expect(client.setMicrophone(true)).rejects.toMatchObject(refused);
    await expect(client.setCamera(true)).rejects.toMatchObject(refused);
    await expect(client.startScreenShare()).rejects.toMatchObject(refused);
    await client.setCamera(false);
    await client.setMicrophone(false);
    expect(platform.socket.sentOf('describe-track')).toEqual([]);
  });
});

describe('coming back', () => {
  it('keeps the connection when the session is resumed', async () => {
    await enter({ participants: [ada()] });
    await answer();
    platform.socket.drop();
    expect(client.state).toBe('reconnecting');
    await platform.advance(1000);
    platform.socket.open();
    platform.socket.receive({ type: 'resumed', clientId: 'me', resumeToken: 'n', lastSeq: 3 });
    expect(client.state).toBe('joined');
    expect(platform.connections).toHaveLength(1);
    expect(client.participants.size).toBe(1);
  });

  it('says its metadata again where the server had no room for it', async () => {
    await enter();
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    client.setHandRaised(true);
    const refused = { code: 'rate_limited', message: 'm', cause: 'c', remedy: 'r' };
    for (let i = 0; i < 3; i++) {
      platform.socket.receive({ type: 'error', ...refused, inReplyTo: 'set-metadata' });
    }
    expect(platform.socket.sentOf('set-metadata')).toHaveLength(1);
    await platform.advance(2000);
    const said = platform.socket.sentOf('set-metadata');
    expect(said).toHaveLength(2);
    expect(said[1]?.metadata).toEqual(said[0]?.metadata);
    expect(errors).toEqual([]);
  });

  it('joins anew when the keys of the connection serve for no more', async () => {
    await enter({ participants: [ada()] });
    await answer();
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    const used = { code: 'media_keys_used_up', message: 'm', cause: 'c', remedy: 'r' };
    platform.socket.receive({ type: 'error', ...used });
    expect(client.state).toBe('reconnecting');
    expect(platform.socket.sentOf('join')).toHaveLength(2);
    platform.socket.receive({
      type: 'joined',
      room: 'room',
      clientId: 'me',
      peers: [{ id: 'sfu', metadata: {} }],
      participants: [ada()],
      forceMuted: true,
      resumable: true,
      seq: 1,
    });
    await settle();
    expect(client.state).toBe('joined');
    expect(client.forceMuted, 'a moderator muted it before').toBe(true);
    expect(platform.connections).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it('joins anew with the same devices when the session is lost', async () => {
    await enter({ participants: [ada()] });
    await answer();
    const mine = trackOf('me', '0', 'audio', 'microphone');
    platform.socket.receive({ type: 'track-changed', track: { ...mine, forceMuted: true } });
    expect(client.forceMuted).toBe(true);
    const told: boolean[] = [];
    client.on('forceMuted', (muted) => told.push(muted));
    platform.socket.drop();
    await platform.advance(1000);
    await greet(platform.socket);
    platform.socket.refuse('resume_failed', 'resume');
    await settle();
    expect(platform.socket.sentOf('join')).toHaveLength(1);
    platform.socket.receive({
      type: 'joined',
      room: 'room',
      clientId: 'me2',
      peers: [{ id: 'sfu', metadata: {} }],
      participants: [ada()],
      resumable: true,
      seq: 1,
    });
    await settle();
    expect(client.state).toBe('joined');
    expect(client.forceMuted).toBe(false);
    expect(told, 'nobody has lifted it').toEqual([]);
    expect(platform.connections).toHaveLength(2);
    expect(platform.connections[0]?.signalingState).toBe('closed');
    expect(platform.connection.transceivers.map((t) => t.sender.track)).toEqual([
      microphone,
      camera,
    ]);
    expect(camera.stopped).toBe(false);
  });

  it('ends with the reason when a moderator removes us, releasing the devices', async () => {
    await enter();
    const ends: (ParleyError | null)[] = [];
    client.on('ended', ({ error }) => ends.push(error));
    platform.socket.drop(4002);
    expect(ends[0]?.code).toBe('removed');
    expect(camera.stopped && microphone.stopped).toBe(true);
    expect(platform.connection.signalingState).toBe('closed');
    await platform.advance(60_000);
    expect(platform.timerCount).toBe(0);
  });

  it('closes a camera that opens only after the join was given up', async () => {
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const devices = new FakeDevices();
    (platform as { mediaDevices: unknown }).mediaDevices = devices;
    const real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => {
      await held;
      return real(wish);
    };
    const joining = client.join('room', { name: 'Me' });
    await client.leave();
    await expect(joining).rejects.toThrow();
    open();
    await settle();
    expect(devices.opened.length).toBeGreaterThan(0);
    expect(devices.opened.every((t) => t.stopped)).toBe(true);
  });

  it('leaves the stream to the page that it could not take along', async () => {
    const joining = client.join('room', { stream: fakeStream([camera, microphone]) });
    await greet(platform.socket);
    platform.socket.refuse('room_full', 'join');
    await expect(joining).rejects.toMatchObject({ code: 'room_full' });
    expect(camera.stopped || microphone.stopped).toBe(false);
    expect(client.state).toBe('idle');
  });

  it('may be joined anew at once when a join was given up', async () => {
    const first = client.join('room', { stream: fakeStream([new FakeTrack('video')]) });
    const failed = expect(first).rejects.toThrow();
    await client.leave();
    await enter();
    await failed;
    expect(client.state).toBe('joined');
    expect(camera.stopped).toBe(false);
  });

  it('takes one new place when two reasons ask for one', async () => {
    await enter({ participants: [ada()] });
    await answer();
    platform.connection.become('connected');
    platform.socket.drop();
    await platform.advance(1000);
    await greet(platform.socket);
    platform.socket.refuse('resume_failed', 'resume');
    await settle();
    platform.connection.become('failed');
    for (let i = 0; i < 8; i += 1) {
      await platform.advance(1000);
      platform.socket.receive({ type: 'pong' });
    }
    expect(platform.socket.sentOf('join')).toHaveLength(1);
  });

  it('leaves nothing running after leave', async () => {
    await enter();
    await client.leave();
    expect(platform.socket.sentOf('leave')).toHaveLength(1);
    expect(camera.stopped).toBe(true);
    expect(platform.timerCount).toBe(0);
    expect(client.state).toBe('ended');
  });
});

describe('a mesh', () => {
  beforeEach(() => {
    client = new ConferenceClient({ url: 'ws://server/signal', platform, topology: 'auto' });
  });
  const mesh = { topology: 'mesh', peers: [{ id: 'ada', metadata: {} }], participants: [ada()] };

  it('is offered to those already there, and reported when connected', async () => {
    await enter(mesh);
    expect(platform.socket.sentOf('offer')[0]).toMatchObject({ to: 'ada' });
    await answer([], 'ada');
    platform.connection.become('connected');
    expect(platform.socket.sent.at(-1)).toMatchObject({ type: 'mesh-connected' });
  });

  it('waits for the offer of a newcomer and sends from the answering side', async () => {
    await enter({ topology: 'mesh', peers: [], participants: [] });
    platform.socket.receive({ type: 'peer-joined', clientId: 'bob', metadata: {} });
    await settle();
    expect(platform.socket.sentOf('offer')).toHaveLength(0);
    platform.socket.receive({ type: 'offer', from: 'bob', sdp: { type: 'offer', sdp: 'o' } });
    await settle();
    expect(platform.connection.transceivers.map((t) => t.sender.track)).toEqual([
      microphone,
      camera,
    ]);
    expect(platform.socket.sentOf('answer')[0]).toMatchObject({ to: 'bob' });
  });

  it('learns from the peer what its sections carry', async () => {
    await enter(mesh);
    await answer([], 'ada');
    platform.connection.receiveTrack('2', new FakeTrack('video'), 's');
    platform.socket.receive({
      type: 'direct',
      from: 'ada',
      parley: { sections: [{ mid: '2', source: 'screen', muted: false }] },
    });
    expect(client.participants.get('ada')?.track('screen')).toBeDefined();
  });

  it('moves to the SFU without closing the old connection before media flows', async () => {
    await enter(mesh);
    await answer([], 'ada');
    const old = platform.connection;
    const before = new FakeTrack('video');
    old.receiveTrack('1', before, 's');
    before.flow();
    platform.socket.receive({
      type: 'topology',
      topology: 'sfu',
      peers: [{ id: 'sfu', metadata: {} }],
    });
    await settle();
    expect(platform.connections).toHaveLength(2);
    await answer();
    platform.socket.receive({ type: 'track-published', track: adaCamera });
    const after = new FakeTrack('video');
    await offerFromServer([{ mid: '5', participant: 'ada', track: 'ada.1' }], () =>
      platform.connection.receiveTrack('5', after, 'ada'),
    );
    const shown = () => client.participants.get('ada')?.track('camera')?.mediaTrack;
    expect(shown()).toBe(before);
    after.flow();
    platform.socket.receive({ type: 'direct', from: 'ada', parley: { moved: true } });
    await platform.advance(400);
    expect(old.signalingState).not.toBe('closed'); // packets, but no picture yet
    platform.connection.stats = [
      {
        id: 'in',
        type: 'inbound-rtp',
        kind: 'video',
        trackIdentifier: after.id,
        framesDecoded: 1,
        timestamp: 1,
      },
    ];
    await platform.advance(400);
    expect(platform.socket.sentOf('direct').at(-1)?.parley).toEqual({ moved: true });
    expect(old.signalingState).toBe('closed');
    expect(shown()).toBe(after);
  });

  it('keeps the mesh until the data that the browser took for it is sent', async () => {
    await enter(mesh);
    const old = platform.connection;
    const channel = client.createDataChannel('game');
    old.channels[0]?.open();
    await channel.send('the last word');
    platform.socket.receive({
      type: 'topology',
      topology: 'sfu',
      peers: [{ id: 'sfu', metadata: {} }],
    });
    await settle();
    await answer();
    platform.socket.receive({ type: 'direct', from: 'ada', parley: { moved: true } });
    await platform.advance(1000);
    expect(old.signalingState).not.toBe('closed');
    old.channels[0]?.transmit();
    await platform.advance(400);
    expect(old.signalingState).toBe('closed');
  });

  it('closes the mesh at the latest when the server stops relaying', async () => {
    await enter(mesh);
    const old = platform.connection;
    platform.socket.receive({
      type: 'topology',
      topology: 'sfu',
      peers: [{ id: 'sfu', metadata: {} }],
    });
    for (let i = 0; i < 3; i += 1) {
      await platform.advance(4000);
      platform.socket.receive({ type: 'pong' });
    }
    expect(old.signalingState).toBe('closed');
  });
});

describe('messages', () => {
  it('go to everybody or to one, and arrive as events', async () => {
    await enter();
    client.broadcast({ text: 'hi', type: 'mine' });
    expect(platform.socket.sent.at(-1)).toMatchObject({ type: 'broadcast', text: 'hi' });
    const heard: unknown[] = [];
    client.on('message', (m) => heard.push(m));
    platform.socket.receive({ type: 'direct', from: 'ada', text: 'psst' });
    expect(heard).toMatchObject([{ from: 'ada', direct: true, body: { text: 'psst' } }]);
  });
});
