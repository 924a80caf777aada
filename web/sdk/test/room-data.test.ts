import { describe, expect, it } from 'vitest';
import { kRelayBurst } from '../src/data-relay.js';
import type { RoomDataMessage } from '../src/index.js';
import { FakeDataChannel, settle } from './fakes.js';
import { FakeRoom, person } from './room.js';

const mesh = (...ids: string[]) => ({
  topology: 'mesh',
  peers: ids.map((id) => ({ id, metadata: {} })),
  participants: ids.map((id) => person(id)),
});
const toSfu = { type: 'topology', topology: 'sfu', peers: [{ id: 'sfu', metadata: {} }] };

describe('data in a room of the media server', () => {
  it('goes over the signaling, to all or to one, and is heard by name', async () => {
    const room = new FakeRoom();
    await room.enter({ participants: [person('ada')] });
    const all = room.client.createDataChannel('game');
    const one = room.client.createDataChannel('game', { to: 'ada' });
    await all.send({ x: 1 });
    await one.send('psst');
    expect(room.socket.sent.slice(-2)).toMatchObject([
      { type: 'broadcast', parley: { data: { label: 'game', text: '{"x":1}' } } },
      { type: 'direct', to: 'ada', parley: { data: { label: 'game', text: 'psst' } } },
    ]);

    const heard: RoomDataMessage[] = [];
    const messages: unknown[] = [];
    const own: unknown[] = [];
    room.client.on('data', (m) => heard.push(m));
    room.client.on('message', (m) => messages.push(m));
    all.on('message', (m) => own.push(m));
    const data = { label: 'game', binary: 'AQI=' };
    await room.receive({ type: 'broadcast', from: 'ada', parley: { data } });
    await room.receive({ type: 'broadcast', from: 'ada', parley: { data: { label: 7 } } });
    const value = new Uint8Array([1, 2]).buffer;
    expect(heard).toEqual([{ kind: 'binary', value, from: 'ada', label: 'game' }]);
    expect(own).toEqual([{ kind: 'binary', value, from: 'ada' }]);
    expect(messages).toEqual([]);
  });

  it('shares what the server allows among all channels, and ends with the room', async () => {
    const room = new FakeRoom();
    await room.enter();
    const [first, second] = ['a', 'b'].map((label) => room.client.createDataChannel(label));
    for (let i = 0; i < kRelayBurst; i += 1) await first?.send('x');
    let drained = 0;
    second?.on('drain', () => {
      drained += 1;
    });
    expect(second?.trySend('y')).toBe(false);
    await room.platform.advance(200);
    expect(drained).toBe(1);
    expect(second?.trySend('y')).toBe(true);
    await room.client.leave();
    expect(second?.state).toBe('closed');
    await expect(second?.send('z')).rejects.toMatchObject({ code: 'channel_closed' });
    expect(room.platform.timerCount).toBe(0);
    expect(() => room.client.createDataChannel('c')).toThrow(/no room/);
  });

  it('refuses options that no browser takes', async () => {
    const room = new FakeRoom();
    await room.enter();
    const make = (label: string, options = {}) => room.client.createDataChannel(label, options);
    expect(() => make('x'.repeat(65))).toThrow(/65 characters/);
    expect(() => make('x', { maxRetransmits: 1, maxPacketLifeTime: 9 })).toThrow(/not by both/);
  });
});

describe('data in a mesh', () => {
  it('goes over a data channel to each, with the options asked for, and comes back', async () => {
    const room = new FakeRoom({ topology: 'mesh' });
    await room.enter(mesh('ada', 'bob'));
    const options = { ordered: false, maxRetransmits: 0, protocol: 'p' };
    const game = room.client.createDataChannel('game', options);
    const alone = room.client.createDataChannel('alone', { to: 'bob' });
    const [toAda, toBob] = room.platform.connections.map((c) => c.channels);
    expect(toAda?.map((c) => c.label)).toEqual(['game']);
    expect(toBob?.map((c) => c.label)).toEqual(['game', 'alone']);
    expect(toBob?.[0]?.init).toEqual(options);
    expect(toBob?.[1]?.init).toEqual({});

    const sent = game.send('hello');
    for (const channel of [...(toAda ?? []), ...(toBob ?? [])]) channel.open();
    await sent;
    expect([toAda?.[0]?.sent, toBob?.[0]?.sent]).toEqual([['hello'], ['hello']]);
    await alone.send('psst');
    expect(toBob?.[1]?.sent).toEqual(['psst']);
    expect(room.socket.sentOf('broadcast')).toEqual([]);

    // Another SDK opens a channel of its own of that name.
    const heard: unknown[] = [];
    game.on('message', (m) => heard.push(m));
    const theirs = new FakeDataChannel('game');
    room.platform.connections[0]?.ondatachannel?.({ channel: theirs.asChannel });
    theirs.receive('hi');
    expect(heard).toEqual([{ kind: 'text', value: 'hi', from: 'ada' }]);
  });

  it('is as fast as the slowest, reaches who comes later, and forgets who leaves', async () => {
    const room = new FakeRoom({ topology: 'mesh' });
    await room.enter(mesh('ada'));
    const channel = room.client.createDataChannel('game');
    const ada = room.platform.connections[0]?.channels[0];
    ada?.open();
    await room.receive({ type: 'peer-joined', clientId: 'bob', metadata: {} });
    const bob = room.platform.connections[1]?.channels[0];
    bob?.open();
    await channel.send('x'.repeat(1 << 18));
    for (let i = 0; i < 3; i += 1) await channel.send('x'.repeat(1 << 18));
    ada?.transmit();
    let drained = 0;
    channel.on('drain', () => {
      drained += 1;
    });
    expect(channel.trySend('no')).toBe(false); // Bob's is full
    expect(ada?.sent).toHaveLength(4);
    const waiting = channel.send('late');
    bob?.transmit();
    await waiting;
    expect(drained).toBe(1);

    for (let i = 0; i < 4; i += 1) await channel.send('x'.repeat(1 << 18)).catch(() => {});
    ada?.transmit();
    const stuck = channel.send('to whom is left');
    await room.receive({ type: 'peer-left', clientId: 'bob' });
    await stuck;
    expect(ada?.sent.at(-1)).toBe('to whom is left');
  });

  it('says when the browser refuses the options, and goes on', async () => {
    const room = new FakeRoom({ topology: 'mesh' });
    await room.enter(mesh());
    const channel = room.client.createDataChannel('game', { negotiated: true });
    const errors: string[] = [];
    channel.on('error', (e) => errors.push(e.code));
    await room.receive({ type: 'peer-joined', clientId: 'ada', metadata: {} });
    expect(errors).toEqual(['channel_refused']);
    expect(room.client.participants.size).toBe(1);
  });

  it('goes on over the signaling when the room moves to the server', async () => {
    const room = new FakeRoom({ topology: 'auto' });
    await room.enter(mesh('ada'));
    const channel = room.client.createDataChannel('game');
    const waiting = channel.send('before'); // Ada's channel never opens
    await room.receive(toSfu);
    await channel.send('after');
    expect(room.socket.sentOf('broadcast')).toMatchObject([
      { parley: { data: { text: 'after' } } },
    ]);
    for (let i = 0; i < 3; i += 1) {
      await room.platform.advance(4000);
      await room.receive({ type: 'pong' });
    }
    await waiting;
    expect(room.socket.sentOf('direct').at(-1)).toMatchObject({
      to: 'ada',
      parley: { data: { label: 'game', text: 'before' } },
    });
    await settle();
    expect(channel.state).toBe('open');
  });
});
