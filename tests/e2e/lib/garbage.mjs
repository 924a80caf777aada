// Somebody who sends nonsense to every door of the server.

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { requireFromWeb } from './modules.mjs';

const kPatienceMs = 5000;

function settled(promise) {
  const late = new Promise((done) => setTimeout(done, kPatienceMs));
  return Promise.race([promise.catch(() => {}), late]);
}

async function openSocket(server) {
  const { WebSocket } = requireFromWeb('ws');
  const socket = new WebSocket(server.signalUrl, { rejectUnauthorized: false });
  socket.on('error', () => {});
  await settled(once(socket, 'open'));
  return socket;
}

/** Texts that are no messages, messages that are wrong, in the wrong order, and to the wrong ones. */
function badTexts(room) {
  const sdp = (type, text) => ({ type, to: 'sfu', sdp: { type, sdp: text } });
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  const before = [
    '',
    '{',
    'null',
    '[]',
    '"join"',
    '{"type":7}',
    '{"type":"no-such-type"}',
    '{"type":"offer"}',
    JSON.stringify(sdp('offer', 'v=0')),
    '{"type":"resume","token":"forged-forged-forged-forged","lastSeq":9007199254740993}',
    '{"type":"join"}',
    '{"type":"join","room":""}',
    '{"type":"join","room":"../../etc"}',
    `{"type":"join","room":"${'x'.repeat(5000)}"}`,
    `{"type":"broadcast","x":${deep}}`,
  ];
  const within = [
    { type: 'join', room, metadata: { name: 'Pest' } },
    { type: 'join', room, metadata: 'not an object' },
    sdp('answer', 'v=0\r\n'),
    sdp('offer', 'garbage'),
    sdp('offer', `v=0\r\n${'a=x\r\n'.repeat(20_000)}`),
    sdp('offer', 'v=0\r\no=- 1 1 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'),
    { type: 'offer', to: 'nobody', sdp: { type: 'offer', sdp: 'v=0' } },
    { type: 'offer', to: 'sfu', sdp: 'text' },
    { type: 'ice-candidate', to: 'sfu', candidate: { candidate: 'candidate:x y z' } },
    { type: 'ice-candidate', to: 'sfu', candidate: 7 },
    { type: 'describe-track', mid: '99', source: 'telepathy' },
    { type: 'describe-track', mid: 'nope', muted: true },
    { type: 'layer-wish', track: 'nobody.0', layer: 'high' },
    { type: 'layer-wish', track: 'nobody.0', layer: 'enormous' },
    { type: 'video-limit', count: -1 },
    { type: 'direct', to: 'nobody', text: 'hello' },
    { type: 'remove-participant', clientId: 'everybody' },
    { type: 'close-room', reason: 'because' },
    { type: 'mesh-failed' },
    { type: 'leave' },
  ].map((m) => JSON.stringify(m));
  return [before, within];
}

export async function pesterSignaling(server, room) {
  const [before, within] = badTexts(room);
  for (const texts of [before, within]) {
    // Some texts close the socket, so each kind starts on a new one where needed.
    let socket = await openSocket(server);
    for (const text of texts) {
      if (socket.readyState !== socket.OPEN) socket = await openSocket(server);
      if (socket.readyState === socket.OPEN) socket.send(text);
    }
    // A pong means that all before it was read.
    if (socket.readyState === socket.OPEN) {
      const read = once(socket, 'pong');
      socket.ping();
      await settled(read);
    }
    socket.terminate();
  }
  await pesterFrames(server);
  await pesterHttp(server);
}

async function pesterFrames(server) {
  const binary = await openSocket(server);
  if (binary.readyState === binary.OPEN) binary.send(randomBytes(3000));
  const huge = await openSocket(server);
  if (huge.readyState === huge.OPEN) huge.send('x'.repeat(3 << 20));
  const flood = await openSocket(server);
  for (let i = 0; i < 2000 && flood.readyState === flood.OPEN; i += 1)
    flood.send('{"type":"ping"}');
  await new Promise((done) => setTimeout(done, 300));
  for (const socket of [binary, huge, flood]) socket.terminate();
}

/** Bytes on the web port that are no HTTP, and half a request. */
async function pesterHttp(server) {
  const openings = [
    randomBytes(2000),
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nX: '),
    Buffer.from(`GET /${'a'.repeat(60_000)} HTTP/1.1\r\n\r\n`),
    Buffer.from('POST /signal HTTP/9.9\r\nContent-Length: -1\r\n\r\n'),
    // Framed as media over TCP (RFC 4571), with nonsense within.
    Buffer.concat([Buffer.from([0x00, 0x30, 0x00, 0x01]), randomBytes(46)]),
    Buffer.concat([Buffer.from([0xff, 0xff]), randomBytes(500)]),
  ];
  const sockets = openings.map((bytes) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    return socket;
  });
  await new Promise((done) => setTimeout(done, 500));
  for (const socket of sockets) socket.destroy();
}

/** Datagrams of every first byte (RFC 7983), cut, random, and almost right. */
function badDatagrams() {
  const datagrams = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(1500, 0xff)];
  for (let first = 0; first < 256; first += 1) {
    for (const size of [1, 4, 12, 20, 100, 1200]) {
      const bytes = randomBytes(size);
      bytes[0] = first;
      datagrams.push(bytes);
    }
  }
  const cookie = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
  for (let i = 0; i < 200; i += 1) {
    // A binding request with a user name that nobody gave out.
    const name = Buffer.from(`forged${i}:x`.padEnd(12, 'y').slice(0, 12));
    const attribute = Buffer.concat([Buffer.from([0x00, 0x06, 0x00, name.length]), name]);
    const header = Buffer.from([0x00, 0x01, 0x00, attribute.length]);
    datagrams.push(Buffer.concat([header, cookie, randomBytes(12), attribute]));
    // DTLS: a handshake record whose lengths lie.
    const record = Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, i, 0xff, 0xff]);
    datagrams.push(Buffer.concat([record, randomBytes(64)]));
    // RTP and RTCP with wrong counts and lengths.
    datagrams.push(Buffer.concat([Buffer.from([0x9f, 96]), randomBytes(60)]));
    datagrams.push(
      Buffer.concat([Buffer.from([0x9f, 200 + (i % 8), 0xff, 0xff]), randomBytes(60)]),
    );
  }
  return datagrams;
}

export async function pesterMedia(addresses) {
  const datagrams = badDatagrams();
  for (const [address, port] of addresses) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    for (const [index, bytes] of datagrams.entries()) {
      socket.send(bytes, port, address, () => {});
      // A breath now and then, so that the socket's buffer does not drop most of it.
      if (index % 50 === 0) await new Promise((done) => setTimeout(done, 2));
    }
    await new Promise((done) => setTimeout(done, 50));
    socket.close();
  }
}
