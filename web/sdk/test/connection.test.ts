// Two WebRTCConnections over a signaling of plain objects, and one over the fake server's room.

import { beforeEach, describe, expect, it } from 'vitest';
import type { CallPeer, CallSignal, CallSignalingListener } from '../src/call-signaling.js';
import { WebRTCConnection, type WebRTCConnectionConfig } from '../src/connection.js';
import { FakeDevices, FakePlatform, FakeTrack, fakeStream, settle } from './fakes.js';

class Wire {
  listener: CallSignalingListener | null = null;
  sent: CallSignal[] = [];
  closed = false;
  async start(listener: CallSignalingListener): Promise<void> {
    this.listener = listener;
  }
  send(signal: CallSignal): void {
    this.sent.push(signal);
  }
  close(): void {
    this.closed = true;
  }
  types(): string[] {
    return this.sent.map((s) => s.type);
  }
  of<T extends CallSignal['type']>(type: T) {
    return this.sent.filter((s): s is Extract<CallSignal, { type: T }> => s.type === type);
  }
}

let platform: FakePlatform;
let devices: FakeDevices;
let wire: Wire;
let call: WebRTCConnection;
let states: string[];

const kPeer: CallPeer = { id: 'bob', polite: false, initiator: true, iceServers: [] };

async function start(config: WebRTCConnectionConfig = {}) {
  call = new WebRTCConnection({ platform, signaling: wire, ...config });
  call.on('state', (state) => states.push(state));
  const captured = await call.initialize();
  await settle();
  return captured;
}

async function meet(peer: Partial<CallPeer> = {}) {
  wire.listener!.peer({ ...kPeer, ...peer });
  await settle();
}

async function hear(signal: CallSignal) {
  wire.listener!.signal(signal);
  await settle();
}

const answer = () => hear({ type: 'answer', sdp: { type: 'answer', sdp: 'a' } });

async function connect() {
  await start();
  await meet();
  await answer();
  platform.connection.become('connected');
}

const sendersOf = (kind: string) =>
  platform.connection.transceivers.filter((t) => t.kind === kind).map((t) => t.sender.track);

beforeEach(() => {
  platform = new FakePlatform();
  devices = new FakeDevices();
  platform.mediaDevices = devices.asDevices;
  wire = new Wire();
  states = [];
});

describe('a call of two', () => {
  it('captures, waits, offers to who is there and connects', async () => {
    const captured = await start();
    expect(captured.step).toBe('wished');
    expect(platform.connections).toHaveLength(0);
    await meet();
    expect(wire.types()).toEqual(['media', 'offer']);
    expect(sendersOf('audio')).toHaveLength(1);
    expect(sendersOf('video')[0]).toBe(call.cameraTrack);
    await answer();
    platform.connection.become('connected');
    expect(states).toEqual(['starting', 'waiting', 'connecting', 'connected']);
  });

  it('tells why there is less than was asked for', async () => {
    devices.denied.add('video');
    const captured = await start();
    expect(captured.step).toBe('audio_only');
    expect(captured.attempts.map((a) => [a.step, a.error.code])).toContainEqual([
      'wished',
      'permission_denied',
    ]);
    await meet();
    // The other side may have a picture all the same.
    expect(sendersOf('video')).toEqual([null]);
  });

  it('closes a camera that opens only after the end', async () => {
    call = new WebRTCConnection({ platform, signaling: wire });
    const starting = call.initialize();
    call.disconnect();
    await expect(starting).rejects.toThrow();
    await settle();
    expect(devices.opened.length).toBeGreaterThan(0);
    expect(devices.opened.every((t) => t.stopped)).toBe(true);
  });

  it('answers with media of its own', async () => {
    await start();
    await meet({ initiator: false });
    expect(wire.of('offer')).toHaveLength(0);
    await hear({ type: 'offer', sdp: { type: 'offer', sdp: 'o' } });
    expect(wire.of('answer')).toHaveLength(1);
    expect(sendersOf('video')[0]).toBe(call.cameraTrack);
  });

  it('moves tracks of early transceivers into sections of the offer', async () => {
    await start({ capture: false });
    await meet({ initiator: false });
    const pc = platform.connection;
    const track = new FakeTrack('video');
    const early = pc.addTransceiver(track, { direction: 'sendonly' });
    pc.onRemote = () => {
      pc.addTransceiver('video', { direction: 'recvonly' }).mid = '0';
      pc.onRemote = null;
    };
    await hear({ type: 'offer', sdp: { type: 'offer', sdp: 'o' } });
    const offered = pc.transceivers[1]!;
    expect([offered.sender.track, offered.direction]).toEqual([track, 'sendrecv']);
    expect([early.sender.track, early.direction]).toEqual([null, 'stopped']);
  });

  it('keeps one remote stream, through reconnections too', async () => {
    await connect();
    const streams: MediaStream[] = [];
    call.on('remoteStream', (s) => streams.push(s));
    const first = new FakeTrack('video');
    platform.connection.receiveTrack('1', first, 's');
    first.stop();
    call.reconnect();
    const second = new FakeTrack('video');
    platform.connection.receiveTrack('1', second, 's');
    expect(streams[1]).toBe(streams[0]);
    expect(call.remoteStream?.getTracks()).toEqual([second]);
  });

  it('says what is muted, and hears it', async () => {
    await connect();
    await call.toggleAudio(false);
    await call.toggleVideo(false);
    expect(wire.of('media').at(-1)).toEqual({
      type: 'media',
      microphone: false,
      camera: false,
      screen: false,
    });
    expect(call.cameraTrack).toBeNull();
    expect(devices.opened.find((t) => t.kind === 'video')?.stopped).toBe(true);
    await hear({ type: 'media', microphone: true, camera: false, screen: true });
    expect(call.remoteMedia).toEqual({ microphone: true, camera: false, screen: true });
  });

  it('shows the screen in the camera’s place and returns', async () => {
    await connect();
    const camera = call.cameraTrack;
    await call.shareScreen();
    expect(sendersOf('video')).toEqual([call.screenTrack]);
    expect(camera?.readyState).toBe('live');
    const offers = wire.of('offer').length;
    (call.screenTrack as unknown as FakeTrack).end();
    await settle();
    expect(sendersOf('video')).toEqual([camera]);
    expect(wire.of('offer')).toHaveLength(offers);
  });

  it('switches the camera without a negotiation', async () => {
    await connect();
    const before = call.cameraTrack;
    await call.switchCamera();
    expect(sendersOf('video')).toEqual([call.cameraTrack]);
    expect(call.cameraTrack).not.toBe(before);
    expect(before?.readyState).toBe('ended');
  });

  it('releases everything', async () => {
    await connect();
    const ended: unknown[] = [];
    call.on('closed', ({ error }) => ended.push(error));
    call.disconnect();
    expect(devices.opened.every((t) => t.stopped)).toBe(true);
    expect(platform.connection.connectionState).toBe('closed');
    expect(wire.closed).toBe(true);
    expect(ended).toEqual([null]);
    expect(platform.timerCount).toBe(0);
    expect(() => call.createDataChannel('late')).toThrow('closed');
  });
});

describe('codecs and bandwidth', () => {
  it('orders codecs by the browser’s call, and bounds senders by parameters', async () => {
    await start({ codecs: { video: 'vp9' }, bandwidth: { video: 400_000 } });
    await meet();
    await answer();
    const video = platform.connection.transceivers.find((t) => t.kind === 'video')!;
    expect(video.preferred).toEqual(['video/VP9', 'video/VP8', 'video/rtx']);
    expect(video.sender.encodings[0]?.maxBitrate).toBe(400_000);
    await call.setBandwidth('video', undefined);
    expect(video.sender.encodings[0]).not.toHaveProperty('maxBitrate');
    call.preferCodec('video', 'VP8');
    await settle();
    expect(video.preferred[0]).toBe('video/VP8');
    expect(wire.of('offer')).toHaveLength(2);
  });
});

describe('data channels', () => {
  it('has one by default, on which what waited is sent once it opens', async () => {
    await connect();
    const sent = call.sendDataChannelMessage({ hello: 1 });
    const [channel] = platform.connection.channels;
    expect(channel?.init).toEqual({ negotiated: true, id: 100 });
    channel?.open();
    await sent;
    expect(channel?.sent).toEqual(['{"hello":1}']);
    const heard: unknown[] = [];
    call.on('message', ({ value }) => heard.push(value));
    channel?.receive('{"a":[2]}');
    expect(heard).toEqual([{ a: [2] }]);
  });

  it('carries every option, and outlives its connection', async () => {
    await connect();
    const options = {
      ordered: false,
      maxRetransmits: 2,
      protocol: 'game',
      maxPacketLifeTime: null,
    };
    const channel = call.createDataChannel('moves', options);
    const init = { ordered: false, maxRetransmits: 2, protocol: 'game' };
    const native = platform.connection.channels[1]!;
    expect(native.init).toEqual(init);
    native.open();
    // The other side's connection died: the browser closes the channel with it.
    platform.connection.sctp!.state = 'closed';
    native.onclose?.();
    expect(channel.state).toBe('connecting');
    const sent = channel.send('later');
    call.reconnect();
    const again = platform.connection.channels[1]!;
    expect([again.label, again.init]).toEqual(['moves', init]);
    again.open();
    await sent;
    expect(again.sent).toEqual(['later']);
  });

  it('tells of channels that the other side opens', async () => {
    await connect();
    const labels: string[] = [];
    call.on('dataChannel', (channel) => labels.push(channel.label));
    const native = call.pc!.createDataChannel('files');
    platform.connection.ondatachannel?.({ channel: native });
    expect(labels).toEqual(['files']);
  });
});

describe('coming back', () => {
  it('restarts ICE first, then makes a new connection that the other side is told of', async () => {
    await connect();
    const [first] = platform.connections;
    first!.become('failed');
    expect(first!.restarts).toBe(1);
    await platform.advance(30_000);
    expect(platform.connections.length).toBeGreaterThan(1);
    expect(states).toContain('reconnecting');
    expect(wire.of('generation')[0]).toEqual({ type: 'generation', generation: 1 });
  });

  it('follows the other side to a new connection, and ignores what was said of the old one', async () => {
    await connect();
    await hear({ type: 'generation', generation: 3 });
    expect(platform.connections).toHaveLength(2);
    expect(wire.of('generation')).toEqual([{ type: 'generation', generation: 3 }]);
    await hear({ type: 'offer', sdp: { type: 'offer', sdp: 'new' } });
    expect(platform.connection.remoteDescription?.sdp).toBe('new');
    // Both give up at once: what the other said before it noticed does not count.
    call.reconnect();
    await settle();
    await hear({ type: 'answer', sdp: { type: 'answer', sdp: 'old' } });
    expect(platform.connection.remoteDescription).toBeNull();
    await hear({ type: 'generation', generation: 4 });
    await answer();
    expect(platform.connection.remoteDescription?.sdp).toBe('a');
  });

  it('waits when the other side leaves, and starts anew with the next', async () => {
    await connect();
    wire.listener!.peerLeft();
    expect(call.state).toBe('waiting');
    expect(platform.connection.connectionState).toBe('closed');
    await meet({ id: 'cai' });
    expect(call.state).toBe('connecting');
    expect(platform.connections).toHaveLength(2);
  });

  it('keeps a live connection when only the signaling was lost', async () => {
    await connect();
    await meet({ initiator: true });
    expect(platform.connections).toHaveLength(1);
  });

  it('gives up in the end, with a reason', async () => {
    await start();
    const ended: (string | undefined)[] = [];
    call.on('closed', ({ error }) => ended.push(error?.code));
    await meet();
    await platform.advance(600_000);
    expect(ended).toEqual(['connection_failed']);
    expect(call.state).toBe('failed');
    expect(platform.timerCount).toBe(0);
  });
});

describe('quality and statistics', () => {
  it('is judged once a second, with the reason', async () => {
    await connect();
    const judged: string[] = [];
    call.on('quality', ({ quality, reason }) => judged.push(`${quality} ${reason}`));
    const pair = { id: 'p', type: 'candidate-pair', nominated: true, state: 'succeeded' };
    platform.connection.stats = [{ ...pair, timestamp: 1, currentRoundTripTime: 0.2 }];
    await platform.advance(2000);
    platform.connection.stats = [{ ...pair, timestamp: 2, currentRoundTripTime: 0.01 }];
    await platform.advance(1000);
    expect(judged).toEqual(['fair round_trip', 'excellent none']);
  });
});

describe('by hand', () => {
  it('lets pages carry the signals', async () => {
    const stream = fakeStream([new FakeTrack('audio')]);
    call = new WebRTCConnection({ platform, stream });
    const signals: CallSignal[] = [];
    call.on('signal', (signal) => signals.push(signal));
    await call.initialize();
    await call.createOffer();
    await settle();
    expect(signals.map((s) => s.type)).toContain('offer');
    call.handleAnswer({ type: 'answer', sdp: 'a' });
    await settle();
    expect(platform.connection.remoteDescription?.type).toBe('answer');
  });
});

describe('over a room of a server', () => {
  const joined = (peers: unknown[], more = {}) => ({
    type: 'joined',
    room: 'r',
    clientId: 'me',
    topology: 'mesh',
    peers,
    resumable: true,
    seq: 1,
    ...more,
  });
  const greet = async () => {
    platform.socket.open();
    platform.socket.receive({
      type: 'welcome',
      clientId: 'me',
      resumeToken: 't',
      iceServers: [{ urls: ['stun:s'] }],
      protocol: 1,
    });
    await settle();
  };
  const enter = async (peers: unknown[]) => {
    call = new WebRTCConnection({ platform, room: 'r', url: 'ws://server/signal', name: 'Me' });
    const started = call.initialize();
    await settle();
    await greet();
    platform.socket.receive(joined(peers));
    await started;
    await settle();
  };
  const bob = { id: 'b1', metadata: { name: 'Bob', call: 'bob' } };

  it('offers to who is there, with the server’s ICE servers', async () => {
    await enter([bob]);
    expect(platform.socket.url).toContain('topology=mesh');
    expect(platform.socket.sentOf('offer')[0]?.to).toBe('b1');
    expect(platform.connection.configuration.iceServers).toEqual([{ urls: ['stun:s'] }]);
    expect(platform.socket.sentOf('direct')[0]?.parley.call.type).toBe('media');
  });

  it('refuses to be the third, and rooms of the media server', async () => {
    await expect(enter([bob, { id: 'c', metadata: {} }])).rejects.toMatchObject({
      code: 'call_full',
    });
    await expect(enter([{ id: 'sfu', metadata: {} }])).rejects.toMatchObject({
      code: 'not_for_two',
    });
  });

  it('finds the other again after both lost their sessions, and keeps the connection', async () => {
    await enter([bob]);
    platform.connection.become('connected');
    platform.socket.drop();
    await platform.advance(1000);
    platform.socket.open();
    platform.socket.receive({
      type: 'welcome',
      clientId: 'x',
      resumeToken: 'n',
      iceServers: [],
      protocol: 1,
    });
    platform.socket.receive({
      type: 'error',
      code: 'resume_failed',
      message: '',
      cause: '',
      remedy: '',
    });
    await settle();
    platform.socket.receive(joined([]));
    await settle();
    platform.socket.receive({
      type: 'peer-joined',
      clientId: 'b2',
      metadata: bob.metadata,
      seq: 2,
    });
    await settle();
    expect(platform.connections).toHaveLength(1);
    await call.toggleAudio(false);
    expect(platform.socket.sentOf('direct').at(-1)?.to).toBe('b2');
  });
});
