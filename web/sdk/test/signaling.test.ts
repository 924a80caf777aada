import { beforeEach, describe, expect, it } from 'vitest';
import type { SignalingError } from '../src/errors.js';
import { SignalingClient } from '../src/signaling.js';
import { FakePlatform, settle } from './fakes.js';

const welcome = {
  type: 'welcome',
  clientId: 'me',
  resumeToken: 'first-token',
  iceServers: [],
  protocol: 1,
  heartbeatMs: 5000,
};
const joined = {
  type: 'joined',
  room: 'r',
  clientId: 'me',
  peers: [{ id: 'sfu', metadata: {} }],
  resumable: true,
  seq: 1,
};

let platform: FakePlatform;
let client: SignalingClient;

beforeEach(() => {
  platform = new FakePlatform();
  client = new SignalingClient({ url: 'ws://server/signal', platform, token: 't&1' });
});

async function connect() {
  const greeted = client.connect();
  platform.socket.open();
  platform.socket.receive(welcome);
  await greeted;
}

async function join() {
  await connect();
  const entered = client.join({ type: 'join', room: 'r' });
  platform.socket.receive(joined);
  return entered;
}

async function reopen() {
  await platform.advance(1000);
  platform.socket.open();
  platform.socket.receive({ ...welcome, clientId: 'other', resumeToken: 'void' });
}

describe('connecting', () => {
  it('puts the token into the address and resolves with the greeting', async () => {
    await connect();
    expect(new URL(platform.socket.url).searchParams.get('token')).toBe('t&1');
    expect(client.state).toBe('open');
  });

  it('fails with a remedy when the server is not there', async () => {
    const greeted = client.connect();
    platform.socket.drop();
    await expect(greeted).rejects.toMatchObject({ code: 'unreachable' });
    expect(platform.sockets).toHaveLength(1);
    expect(platform.timerCount).toBe(0);
  });

  it('tells why the server refused the socket', async () => {
    platform.refusal = { status: 401, code: 'bad_token', message: 'No.', remedy: 'Ask.' };
    const greeted = client.connect();
    platform.socket.drop();
    await expect(greeted).rejects.toMatchObject({ code: 'bad_token', remedy: 'Ask.' });
  });

  it('ends instead of knocking for ever when a token expires while away', async () => {
    await join();
    const ends: (SignalingError | null)[] = [];
    client.on('closed', (error) => ends.push(error));
    platform.refusal = { status: 401, code: 'token_expired', message: '', remedy: '' };
    platform.socket.drop();
    await platform.advance(1000);
    platform.socket.drop();
    await settle();
    expect(ends[0]?.code).toBe('token_expired');
  });

  it('gives up on a server that opens the socket and says nothing', async () => {
    const greeted = client.connect();
    platform.socket.open();
    const outcome = expect(greeted).rejects.toMatchObject({ code: 'unreachable' });
    await platform.advance(8000);
    await outcome;
  });

  it('passes on why a join was refused', async () => {
    await connect();
    const entered = client.join({ type: 'join', room: 'r' });
    platform.socket.receive({
      type: 'error',
      code: 'room_full',
      message: 'The room is full.',
      cause: 'limit',
      remedy: 'Wait.',
      inReplyTo: 'join',
    });
    await expect(entered).rejects.toMatchObject({ code: 'room_full', remedy: 'Wait.' });
  });

  it('ignores what is not a message', async () => {
    await join();
    platform.socket.onmessage?.({ data: '{"type":' });
    platform.socket.onmessage?.({ data: '[1]' });
    platform.socket.onmessage?.({ data: new ArrayBuffer(3) });
    platform.socket.receive({ type: 'of-a-newer-server' });
    expect(client.state).toBe('open');
  });
});

describe('a dropped socket', () => {
  it('is resumed with the token and the last number seen', async () => {
    await join();
    platform.socket.receive({ type: 'track-unpublished', track: 'a.0', participant: 'a', seq: 4 });
    let resumed = 0;
    client.on('resumed', () => {
      resumed += 1;
    });
    platform.socket.drop();
    expect(client.state).toBe('waiting');
    await reopen();
    expect(platform.socket.sent[0]).toEqual({ type: 'resume', token: 'first-token', lastSeq: 4 });
    platform.socket.receive({
      type: 'resumed',
      clientId: 'me',
      resumeToken: 'second-token',
      lastSeq: 0,
    });
    expect(resumed).toBe(1);
    expect(client.state).toBe('open');

    platform.socket.drop();
    await reopen();
    expect(platform.socket.sent[0]).toMatchObject({ token: 'second-token' });
  });

  it('is opened again when it drops while a room is entered anew', async () => {
    await join();
    let lost = 0;
    client.on('sessionLost', () => {
      lost += 1;
    });
    platform.socket.drop();
    await reopen();
    platform.socket.refuse('resume_failed', 'resume');
    expect(lost).toBe(1);
    const again = expect(client.join({ type: 'join', room: 'r' })).rejects.toMatchObject({
      code: 'unreachable',
    });
    platform.socket.drop();
    await again;
    expect(client.state).toBe('waiting');
    await reopen();
    expect(lost).toBe(2);
    const entered = client.join({ type: 'join', room: 'r' });
    platform.socket.receive(joined);
    expect((await entered).clientId).toBe('me');
  });

  it('settles a join that another follows', async () => {
    await connect();
    const first = expect(client.join({ type: 'join', room: 'r' })).rejects.toMatchObject({
      code: 'join_superseded',
    });
    const second = client.join({ type: 'join', room: 's' });
    platform.socket.receive({ ...joined, room: 's' });
    await first;
    expect((await second).room).toBe('s');
  });

  it('says again what the server has not got, and only that', async () => {
    await join();
    client.send({ type: 'describe-track', mid: '0', muted: true });
    client.send({ type: 'describe-track', mid: '0', muted: false });
    platform.socket.drop();
    client.send({ type: 'layer-wish', track: 'a.1', layer: 'low' });
    await reopen();
    platform.socket.receive({ type: 'resumed', clientId: 'me', resumeToken: 'x', lastSeq: 1 });
    expect(platform.socket.sent.slice(1).map((m) => [m.type, m.seq])).toEqual([
      ['describe-track', 2],
      ['layer-wish', 3],
    ]);
  });

  it('hears a repeated message once', async () => {
    await join();
    const heard: number[] = [];
    client.on('message', (m) => heard.push((m as unknown as { seq: number }).seq));
    platform.socket.receive({ type: 'active-speakers', speakers: [], seq: 2 });
    platform.socket.receive({ type: 'active-speakers', speakers: [], seq: 2 });
    expect(heard).toEqual([2]);
  });

  it.each(['resume_failed', 'resume_gap'])('asks for a full join after %s', async (code) => {
    await join();
    let lost = 0;
    client.on('sessionLost', () => {
      lost += 1;
    });
    platform.socket.drop();
    await reopen();
    platform.socket.receive({
      type: 'error',
      code,
      message: '',
      cause: '',
      remedy: '',
      inReplyTo: 'resume',
    });
    expect(lost).toBe(1);
    const again = client.join({ type: 'join', room: 'r' });
    platform.socket.receive({ ...joined, clientId: 'other' });
    await expect(again).resolves.toMatchObject({ clientId: 'other' });
    client.send({ type: 'mesh-connected' });
    expect(platform.socket.sent.at(-1)).toMatchObject({ seq: 1 });
  });

  it('waits longer after each failure and comes at once when the network is back', async () => {
    await join();
    platform.socket.drop();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const before = platform.time;
      const sockets = platform.sockets.length;
      while (platform.sockets.length === sockets) await platform.advance(10);
      waits.push(platform.time - before);
      platform.socket.drop();
    }
    expect(waits[0]).toBeLessThan(300);
    expect(waits.at(-1)).toBeGreaterThan(3000);
    expect(waits.at(-1)).toBeLessThanOrEqual(8000);
    await settle();
    const sockets = platform.sockets.length;
    platform.networkChange();
    expect(platform.sockets).toHaveLength(sockets + 1);
  });

  it('is noticed by silence, though the socket still seems open', async () => {
    await join();
    await platform.advance(5000);
    expect(platform.socket.sentOf('ping')).toHaveLength(1);
    const dead = platform.socket;
    await platform.advance(10_300);
    expect(dead.closedWith).toBe(3001);
    expect(platform.sockets.length).toBeGreaterThan(1);
  });

  it('stays open while the server answers', async () => {
    await join();
    for (let i = 0; i < 10; i += 1) {
      await platform.advance(5000);
      platform.socket.receive({ type: 'pong' });
    }
    expect(platform.sockets).toHaveLength(1);
    expect(platform.socket.sentOf('ping').at(-1)).toMatchObject({ lastSeq: 1 });
  });
});

describe('the end', () => {
  it.each([
    [4002, 'removed'],
    [4003, 'room_closed'],
    [4000, 'replaced'],
    [1008, 'refused'],
  ])('close code %i ends the conversation as %s', async (code, name) => {
    await join();
    const ends: (SignalingError | null)[] = [];
    client.on('closed', (error) => ends.push(error));
    platform.socket.drop(code, '');
    expect(ends[0]?.code).toBe(name);
    await platform.advance(60_000);
    expect(platform.sockets).toHaveLength(1);
    expect(platform.timerCount).toBe(0);
  });

  it.each([
    ['removed', 4002],
    ['room-closed', 4003],
  ])('%s says what happened, and the words of the moderator beside it', async (type, code) => {
    await join();
    const ends: (SignalingError | null)[] = [];
    client.on('closed', (error) => ends.push(error));
    platform.socket.receive({ type, reason: ' The hour is over. ', seq: 2 });
    platform.socket.drop(code, type);
    expect(ends[0]?.message).toMatch(/^A moderator /);
    expect(ends[0]?.reason).toBe('The hour is over.');
  });

  it.each(['', ' ', undefined, 7])(
    'the reason %j is none that a moderator gave',
    async (reason) => {
      await join();
      const ends: (SignalingError | null)[] = [];
      client.on('closed', (error) => ends.push(error));
      platform.socket.receive({ type: 'removed', reason, seq: 2 });
      platform.socket.drop(4002, 'removed');
      expect(ends[0]?.message).toBe('A moderator removed you from the room.');
      expect(ends[0]?.reason).toBeUndefined();
    },
  );

  it('of another kind has no words of a moderator', async () => {
    await join();
    const ends: (SignalingError | null)[] = [];
    client.on('closed', (error) => ends.push(error));
    platform.socket.receive({ type: 'removed', reason: 'The hour is over.', seq: 2 });
    platform.socket.drop(4000, '');
    expect(ends[0]?.reason).toBeUndefined();
  });

  it.each([
    [4002, 'removed', 'A moderator removed you from the room.'],
    [4003, 'room-closed', 'A moderator closed the room.'],
    [4000, 'resumed on another socket', 'This session was taken over by another connection.'],
    [1008, 'rate_limited', 'The server closed the connection because too much was sent.'],
  ])('close code %i never shows its reason "%s" to people', async (code, reason, text) => {
    await join();
    const ends: (SignalingError | null)[] = [];
    client.on('closed', (error) => ends.push(error));
    platform.socket.receive({ type: 'removed', reason: ' ', seq: 2 });
    platform.socket.drop(code, reason);
    expect(ends[0]?.message).toBe(text);
  });

  it('says leave, closes with 1000 and leaves no timer behind', async () => {
    await join();
    client.close();
    await settle();
    expect(platform.socket.sent.at(-1)).toEqual({ type: 'leave' });
    expect(platform.socket.closedWith).toBe(1000);
    expect(platform.timerCount).toBe(0);
  });
});
