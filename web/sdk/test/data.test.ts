import { beforeEach, describe, expect, it } from 'vitest';
import { channelInit, DataChannel } from '../src/data-channel.js';
import { type DataValue, decodeData, encodeData, sizeOf } from '../src/data-codec.js';
import {
  DataRelay,
  kRelayBurst,
  kRelayMessageBytes,
  RelayBudget,
  relayedData,
} from '../src/data-relay.js';
import type { DataError } from '../src/errors.js';
import type { SessionMessage } from '../src/protocol.js';
import { FakeDataChannel, FakePlatform, settle } from './fakes.js';

const octets = (...bytes: number[]) => new Uint8Array(bytes).buffer;

describe('data messages', () => {
  const through = (value: DataValue) => {
    const encoded = encodeData(value);
    return decodeData('text' in encoded ? encoded.text : (encoded.octets as ArrayBuffer));
  };

  it('come out as they went in', () => {
    for (const text of ['', 'hello', '7', 'null', '"x"', '{"a":1}', ' [1]', '{oops', 'ж😀']) {
      expect(through(text)).toEqual({ kind: 'text', value: text });
    }
    const wrapped = [{ parley: { text: 'x' } }, { parley: { json: 1 } }];
    for (const json of [{}, [], { a: [1, null] }, { parley: 1 }, ...wrapped]) {
      expect(through(json)).toEqual({ kind: 'json', value: json });
    }
    expect(through(octets(1, 2))).toEqual({ kind: 'binary', value: octets(1, 2) });
  });

  it('are plain text and plain JSON on the wire, as any peer sends them', () => {
    expect(encodeData('hello')).toEqual({ text: 'hello' });
    expect(encodeData({ a: 1 })).toEqual({ text: '{"a":1}' });
    expect(decodeData('{"a":1}')).toEqual({ kind: 'json', value: { a: 1 } });
    expect(decodeData('{"a":')).toEqual({ kind: 'text', value: '{"a":' });
  });

  it('are measured in octets', () => {
    for (const text of ['abc', 'éж', '漢', '😀', 'a😀é漢']) {
      expect(sizeOf({ text })).toBe(new TextEncoder().encode(text).length);
    }
    expect(sizeOf({ octets: new Uint8Array(octets(1, 2, 3), 1) })).toBe(2);
  });
});

describe('a data channel', () => {
  let raw: FakeDataChannel;
  let channel: DataChannel;
  const megabyte = 'x'.repeat(1 << 20);

  beforeEach(() => {
    raw = new FakeDataChannel('data');
    channel = new DataChannel('data', {}, () => 4 << 20);
    channel.attach(raw.asChannel);
  });

  it('leaves unset options out', () => {
    expect(
      channelInit({ ordered: false, maxRetransmits: 0, maxPacketLifeTime: null, id: null }),
    ).toEqual({ ordered: false, maxRetransmits: 0 });
  });

  it('holds messages until it opens, then sends them in order', async () => {
    const sent: string[] = [];
    void channel.send('a').then(() => sent.push('a'));
    void channel.send('b').then(() => sent.push('b'));
    expect(channel.trySend('c')).toBe(false);
    await settle();
    expect(sent).toEqual([]);
    raw.open();
    await settle();
    expect(raw.sent).toEqual(['a', 'b']);
    expect(sent).toEqual(['a', 'b']);
    expect(raw.binaryType).toBe('arraybuffer');
  });

  it('waits while the browser holds enough, and goes on when that is sent', async () => {
    raw.open();
    let drained = 0;
    channel.on('drain', () => {
      drained += 1;
    });
    await channel.send(megabyte);
    const late = channel.send('late');
    expect(channel.trySend('no')).toBe(false);
    await settle();
    expect(raw.sent).toHaveLength(1);
    expect(channel.queuedBytes).toBe(4);
    raw.transmit();
    await late;
    expect(raw.sent[1]).toBe('late');
    expect(drained).toBe(1);
    expect(channel.trySend('yes')).toBe(true);
  });

  it('treats a full buffer of the browser as waiting', async () => {
    raw.open();
    raw.full = true;
    const sent = channel.send('x');
    raw.full = false;
    raw.transmit();
    await sent;
    expect(raw.sent).toEqual(['x']);
  });

  it('bounds what waits, and each message', async () => {
    const waiting = Array.from({ length: 16 }, () => channel.send(megabyte));
    await expect(channel.send('x')).rejects.toMatchObject({ code: 'buffer_full' });
    await expect(channel.send('x'.repeat((4 << 20) + 1))).rejects.toMatchObject({
      code: 'message_too_large',
    });
    expect(() => channel.trySend('x'.repeat((4 << 20) + 1))).toThrow(/octets/);
    channel.close();
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'channel_closed' });
    await expect(channel.send('x')).rejects.toMatchObject({ code: 'channel_closed' });
  });

  it('tells text, JSON and octets apart', () => {
    raw.open();
    const seen: unknown[] = [];
    channel.on('message', (m) => seen.push(m));
    raw.receive('hi');
    raw.receive('{"a":1}');
    raw.receive(octets(7));
    expect(seen).toEqual([
      { kind: 'text', value: 'hi' },
      { kind: 'json', value: { a: 1 } },
      { kind: 'binary', value: octets(7) },
    ]);
  });

  it('goes on over a new channel after a reconnection', async () => {
    raw.open();
    channel.detach();
    expect(channel.state).toBe('connecting');
    const waiting = channel.send('after');
    const next = new FakeDataChannel('data');
    channel.attach(next.asChannel);
    next.open();
    await waiting;
    expect(next.sent).toEqual(['after']);
    expect(raw.readyState).toBe('closed');
    raw.receive('from the grave');
  });

  it('says when it fails, but not when the other side just closes', () => {
    const errors: DataError[] = [];
    let closed = 0;
    channel.on('error', (e) => errors.push(e));
    channel.on('closed', () => {
      closed += 1;
    });
    raw.open();
    raw.fail(null);
    raw.close();
    raw.onclose?.();
    expect(errors.map((e) => e.code)).toEqual(['channel_failed']);
    expect(closed).toBe(1);
  });

  it('outlives its association, also where the browser tells of its end by an error first', () => {
    const told: string[] = [];
    channel.on('error', (e) => told.push(e.code));
    channel.on('closed', () => told.push('closed'));
    raw.open();
    raw.fail(12);
    raw.close();
    raw.onclose?.();
    expect(told).toEqual([]);
    expect(channel.state).toBe('connecting');
  });
});

describe('data over the signaling', () => {
  let platform: FakePlatform;
  let sent: SessionMessage[];
  let budget: RelayBudget;
  const make = (to?: string) =>
    new DataRelay({ platform, label: 'data', to, send: (m) => sent.push(m), budget });

  beforeEach(() => {
    platform = new FakePlatform();
    budget = new RelayBudget(platform);
    sent = [];
  });

  it('carries text, JSON and octets to all or to one', async () => {
    await make().send({ a: 1 });
    await make('ada').send(octets(0, 255));
    expect(sent).toEqual([
      { type: 'broadcast', parley: { data: { label: 'data', text: '{"a":1}' } } },
      { type: 'direct', to: 'ada', parley: { data: { label: 'data', binary: 'AP8=' } } },
    ]);
    const read = sent.map((m) => relayedData((m as Record<string, unknown>).parley));
    expect(read).toEqual([
      { label: 'data', data: { kind: 'json', value: { a: 1 } } },
      { label: 'data', data: { kind: 'binary', value: octets(0, 255) } },
    ]);
  });

  it('keeps below the rate that the server allows', async () => {
    const relay = make();
    let drained = 0;
    relay.on('drain', () => {
      drained += 1;
    });
    for (let i = 0; i < kRelayBurst; i += 1) await relay.send(`${i}`);
    expect(relay.trySend('no')).toBe(false);
    expect(make().trySend('nor another one')).toBe(false);
    const waiting = Array.from({ length: 10 }, (_, i) => relay.send(`late ${i}`));
    await platform.advance(400);
    expect(sent).toHaveLength(kRelayBurst + 8);
    await platform.advance(200);
    await Promise.all(waiting);
    expect(drained).toBe(1);
    relay.close();
    expect(platform.timerCount).toBe(0);
  });

  it('keeps below the octets that the server passes on', async () => {
    const relay = make();
    const large = new ArrayBuffer(kRelayMessageBytes);
    let taken = 0;
    while (taken < 100 && relay.trySend(large)) taken += 1;
    expect(taken).toBe(8); // 64 KiB each as Base64
    await platform.advance(1000);
    expect(relay.trySend(large)).toBe(true);
    relay.close();
  });

  it('says what it cannot carry', async () => {
    const relay = make();
    await expect(relay.send(new ArrayBuffer(kRelayMessageBytes + 1))).rejects.toMatchObject({
      code: 'message_too_large',
    });
    for (let i = 0; i < kRelayBurst; i += 1) await relay.send('x');
    for (let i = 0; i < 200; i += 1) relay.send('x').catch(() => {});
    await expect(relay.send('x')).rejects.toMatchObject({ code: 'buffer_full' });
    relay.close();
    await settle();
  });

  it('ignores nonsense of others', () => {
    const long = 'x'.repeat(65);
    for (const data of [null, 7, {}, { label: 7, text: '' }, { label: long, text: '' }]) {
      expect(relayedData({ data })).toBeNull();
    }
    expect(relayedData({ data: { label: 'a', binary: '*' } })).toBeNull();
    expect(relayedData(null)).toBeNull();
  });
});
