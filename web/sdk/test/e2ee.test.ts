import { beforeEach, describe, expect, it } from 'vitest';
import { codecOf } from '../src/e2ee/clear.js';
import { FrameCryptor } from '../src/e2ee/cryptor.js';
import { addEscapes, findSlice, removeEscapes } from '../src/e2ee/h264.js';
import { KeyExchange } from '../src/e2ee/key-exchange.js';
import type { Octets } from '../src/e2ee/octets.js';
import { decodeHeader, encodeHeader, FrameKey } from '../src/e2ee/sframe.js';

function octets(hex: string): Octets {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

describe('SFrame', () => {
  // RFC 9605 Appendix C.1.
  it.each([
    [0, 0, '00'],
    [0, 1, '01'],
    [0, 0xff, '08ff'],
    [0, 0x100, '090100'],
    [0, 0xffff, '09ffff'],
    [0, 0x10000, '0a010000'],
    [1, 0, '10'],
    [0xff, 0, '80ff'],
    [0xff, 0xff, '88ffff'],
    [0x100, 0x100, '9901000100'],
    [0xffff, 1, '91ffff'],
    [0x123, 0x4567, '9901234567'],
  ])('writes key %i, counter %i as %s, and reads it', (kid, counter, wire) => {
    expect(hex(encodeHeader(kid, counter))).toBe(wire);
    expect(decodeHeader(octets(wire))).toEqual({ kid, counter, length: wire.length / 2 });
  });

  it.each(['', '80', '99012345', '8807', '090001', '9000ff', 'f0ffffffffffffffff'])(
    'reads no header in %s',
    (wire) => expect(decodeHeader(octets(wire))).toBeNull(),
  );

  // RFC 9605 Appendix C.3, AES_128_GCM_SHA256_128.
  it('encrypts the frame of the RFC as the RFC does', async () => {
    const key = await FrameKey.derive(0x123, octets('000102030405060708090a0b0c0d0e0f'));
    const metadata = octets('4945544620534672616d65205747');
    const plain = octets('64726166742d696574662d736672616d652d656e63');
    const sealed = await key.encrypt(0x4567, metadata, plain);
    expect(hex(sealed)).toBe(
      '9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb',
    );
    expect(await key.decrypt(decodeHeader(sealed)!, metadata, sealed)).toEqual(plain);
  });
});

describe('escapes of H.264', () => {
  it.each(['', '00', '0000', '000000', '00000001', '000003', '00000300000300', 'ff0000', '80'])(
    'let no start code through and come off again: %s',
    (content) => {
      for (const before of ['65', '6500', '650000']) {
        const escaped = addEscapes(octets(content), octets(before));
        expect(hex(octets(before)) + hex(escaped)).not.toMatch(/^(..)*00000[012]/);
        expect(hex(removeEscapes(escaped, octets(before))!)).toBe(content);
      }
    },
  );

  it('are refused where they do not end as they were closed', () => {
    expect(removeEscapes(octets('0102'), octets('65'))).toBeNull();
    expect(removeEscapes(octets(''), octets('65'))).toBeNull();
  });

  it('begin in the first slice, whatever stands before', () => {
    const frame = octets('0000000167420015000000016842000001658884210a0b0c');
    expect(findSlice(frame)).toEqual({ start: 17, end: 21 });
    expect(findSlice(octets('00000001674200'))).toBeNull();
    expect(findSlice(octets('000001658884'))).toBeNull();
  });
});

describe('frames', () => {
  const kBase = new Uint8Array(32).fill(7);
  let ada: FrameCryptor;
  let bob: FrameCryptor;

  beforeEach(async () => {
    ada = new FrameCryptor();
    bob = new FrameCryptor();
    await ada.useKey(0x1234, kBase);
    await bob.addKey('ada', 0x1234, kBase);
  });

  const vp8Key = octets('10020 09d012a8002e0010102030405060708'.replace(' ', ''));
  const vp8Delta = octets('310102030405060708');
  const h264 = octets('000000016742001500000001684200000165888421000001000000');

  it.each([
    ['opus', octets('fc0102030405060708'), 1],
    ['vp8', vp8Key, 10],
    ['vp8', vp8Delta, 3],
    ['vp9', octets('a20102030405'), 0],
    ['h264', h264, 21],
  ] as const)(
    'of %s keep what others read, hide the rest, and come back',
    async (codec, frame, clear) => {
      const sealed = await ada.encrypt(frame, codec);
      expect(hex(sealed!.subarray(0, clear))).toBe(hex(frame.subarray(0, clear)));
      expect(hex(sealed!)).not.toContain(hex(frame.subarray(clear)));
      expect(hex((await bob.decrypt(sealed!, codec))!)).toBe(hex(frame));
    },
  );

  it.each([0, 2, 3, 8, 12, 25])('with octet %i changed do not pass', async (at) => {
    const sealed = await ada.encrypt(vp8Delta, 'vp8');
    // The last bit of the first octet says that more stays clear: that fails as well.
    sealed![at]! ^= 1;
    expect(await bob.decrypt(sealed!, 'vp8')).toBeNull();
    expect(bob.stats.decrypted).toBe(0);
    expect(bob.stats.refused + bob.stats.unknownKey).toBe(1);
  });

  it('do not leave without a key, nor in a codec that cannot be encrypted', async () => {
    expect(await new FrameCryptor().encrypt(vp8Delta, 'vp8')).toBeNull();
    expect(await ada.encrypt(vp8Delta, codecOf('video/AV1'))).toBeNull();
    expect(ada.stats).toMatchObject({ encrypted: 0, unsent: 1 });
  });

  it('that were never encrypted do not pass', async () => {
    expect(await bob.decrypt(vp8Key, 'vp8')).toBeNull();
    expect(await bob.decrypt(octets(''), 'opus')).toBeNull();
  });

  it('never use a nonce twice', async () => {
    const [one, two] = await Promise.all([
      ada.encrypt(vp8Delta, 'vp8'),
      ada.encrypt(vp8Delta, 'vp8'),
    ]);
    expect(decodeHeader(one!.subarray(3))?.counter).toBe(0);
    expect(decodeHeader(two!.subarray(3))?.counter).toBe(1);
  });

  it('of an old key pass for a while, and those of who left do not', async () => {
    const late = await ada.encrypt(vp8Delta, 'vp8');
    await bob.addKey('ada', 0x1235, new Uint8Array(32).fill(8));
    expect(await bob.decrypt(late!, 'vp8')).not.toBeNull();
    await bob.addKey('ada', 0x1236, new Uint8Array(32).fill(9));
    await bob.addKey('ada', 0x1237, new Uint8Array(32).fill(10));
    expect(await bob.decrypt(late!, 'vp8')).toBeNull();
    bob.forget('ada');
    await ada.useKey(0x1237, new Uint8Array(32).fill(10));
    expect(await bob.decrypt((await ada.encrypt(vp8Delta, 'vp8'))!, 'vp8')).toBeNull();
  });

  it('cannot be made in the name of a key that is somebody else’s', async () => {
    await expect(bob.addKey('eve', 0x1234, new Uint8Array(32))).rejects.toThrow(/somebody else/);
  });
});

/** Participants in a room whose server hands messages on, and timers that run when told to. */
class Room {
  readonly people = new Map<
    string,
    { exchange: KeyExchange; cryptor: FrameCryptor; log: string[] }
  >();
  readonly lines: { from: string; to: string; body: Record<string, unknown> }[] = [];
  private timers_ = new Map<number, () => void>();
  private timer_ = 0;

  enter(id: string, passphrase?: string) {
    const cryptor = new FrameCryptor();
    const log: string[] = [];
    const exchange = new KeyExchange({
      store: cryptor,
      passphrase,
      send: (to, body) => {
        this.lines.push({ from: id, to, body });
        this.people.get(to)?.exchange.handle(id, body.encryption);
      },
      setTimer: (callback) => {
        this.timer_ += 1;
        this.timers_.set(this.timer_, callback);
        return this.timer_;
      },
      clearTimer: (timer) => void this.timers_.delete(timer as number),
    });
    exchange.on('secured', (who) => log.push(`secured ${who}`));
    exchange.on('refused', ({ participant, reason }) =>
      log.push(`refused ${participant} ${reason}`),
    );
    exchange.enter(id);
    this.people.set(id, { exchange, cryptor, log });
    for (const other of this.people.keys()) {
      if (other === id) continue;
      this.people.get(other)!.exchange.joined(id);
      exchange.joined(other);
    }
    return this.people.get(id)!;
  }

  leave(id: string) {
    const gone = this.people.get(id)!;
    this.people.delete(id);
    for (const { exchange } of this.people.values()) exchange.left(id);
    return gone;
  }

  /** Until nobody has anything left to do. */
  async settle() {
    for (let quiet = 0; quiet < 3; ) {
      const lines = this.lines.length;
      for (const { exchange } of this.people.values()) await exchange.settled();
      const due = [...this.timers_.values()];
      this.timers_.clear();
      for (const run of due) run();
      for (const { exchange } of this.people.values()) await exchange.settled();
      quiet = due.length === 0 && lines === this.lines.length ? quiet + 1 : 0;
    }
  }
}

describe('key exchange', () => {
  const frame = octets('310102030405060708');

  async function hears(room: Room, from: string, to: FrameCryptor): Promise<boolean> {
    const sealed = await room.people.get(from)!.cryptor.encrypt(frame, 'vp8');
    return (await to.decrypt(sealed!, 'vp8')) !== null;
  }

  it('lets everybody decrypt everybody, and nobody whom they have not met', async () => {
    const room = new Room();
    const ids = ['ada', 'bob', 'cai'];
    for (const id of ids) {
      room.enter(id);
      await room.settle();
    }
    for (const from of ids) {
      for (const to of ids) {
        if (from === to) continue;
        expect(await hears(room, from, room.people.get(to)!.cryptor)).toBe(true);
      }
      expect(await hears(room, from, new FrameCryptor())).toBe(false);
    }
    expect(room.people.get('ada')!.log.sort()).toEqual(['secured bob', 'secured cai']);
    expect(room.people.get('ada')!.exchange.checkOf('bob')).toMatch(/^(\d{5} ?){6}$/);
    expect(room.people.get('ada')!.exchange.checkOf('bob')).toBe(
      room.people.get('bob')!.exchange.checkOf('ada'),
    );
  });

  it('keeps what was sent before from who joins, and what is sent after from who left', async () => {
    const room = new Room();
    const { cryptor } = room.enter('ada');
    room.enter('bob');
    await room.settle();
    const before = await cryptor.encrypt(frame, 'vp8');
    const cai = room.enter('cai');
    await room.settle();
    expect(await cai.cryptor.decrypt(before!, 'vp8')).toBeNull();
    expect(await hears(room, 'ada', cai.cryptor)).toBe(true);

    room.leave('cai');
    await room.settle();
    // cai keeps all that it ever had, and still hears whatever passes the server.
    expect(await hears(room, 'ada', cai.cryptor)).toBe(false);
    expect(await hears(room, 'bob', cai.cryptor)).toBe(false);
    expect(await hears(room, 'ada', room.people.get('bob')!.cryptor)).toBe(true);
  });

  it('goes on without who never answers', async () => {
    const room = new Room();
    const { exchange, cryptor } = room.enter('ada');
    exchange.joined('mute');
    await room.settle();
    room.enter('bob');
    await room.settle();
    expect(await hears(room, 'ada', room.people.get('bob')!.cryptor)).toBe(true);
    expect(cryptor.stats.unsent).toBe(0);
  });

  it('shows no key to who passes the messages on', async () => {
    const room = new Room();
    room.enter('ada');
    room.enter('bob');
    await room.settle();
    const said = room.lines.map(({ body }) => body.encryption as Record<string, unknown>);
    const kinds = new Set(said.flatMap((fact) => Object.keys(fact)));
    expect([...kinds].sort()).toEqual(['have', 'hello', 'key']);
  });

  it('tells who has another passphrase', async () => {
    const room = new Room();
    const ada = room.enter('ada', 'one word');
    const bob = room.enter('bob', 'another');
    await room.settle();
    expect(ada.log).toEqual([expect.stringMatching(/^refused bob .*passphrases differ/)]);
    expect(await hears(room, 'ada', bob.cryptor)).toBe(false);
  });

  it('refuses a second key of one participant, and nonsense', async () => {
    const room = new Room();
    const ada = room.enter('ada');
    room.enter('bob');
    await room.settle();
    const check = ada.exchange.checkOf('bob');
    ada.exchange.handle('bob', { hello: 'AAAA' });
    ada.exchange.handle('eve', { hello: 'AAAA' });
    ada.exchange.handle('bob', { key: { kid: 99, sealed: '!' } });
    ada.exchange.handle('bob', { have: 1e300, key: 7, hello: null });
    ada.exchange.handle('bob', null);
    await room.settle();
    expect(ada.log.slice(1).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'refused bob',
      'refused eve',
      'refused bob',
    ]);
    expect(ada.exchange.checkOf('bob')).toBe(check);
    expect(await hears(room, 'bob', ada.cryptor)).toBe(true);
  });
});
