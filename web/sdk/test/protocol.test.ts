// The types of protocol.ts against schema/: samples written in those types must pass the schemas,
// and every schema must have a type here.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import {
  type ClientMessage,
  type ParticipantDescription,
  parseServerMessage,
  type ServerMessage,
  type TrackDescription,
} from '../src/protocol.js';

const root = fileURLToPath(new URL('../../../schema/', import.meta.url));
const load = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const namesIn = (folder: string) =>
  readdirSync(join(root, folder)).map((name) => name.replace('.json', ''));

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('room-name', true);
ajv.addSchema(load('common.json'));
for (const folder of ['client', 'server']) {
  for (const name of namesIn(folder)) ajv.addSchema(load(`${folder}/${name}.json`));
}

function problems(folder: string, message: { type: string }): string {
  const check = ajv.getSchema(`${folder}/${message.type}.json`);
  if (!check) return `no schema ${folder}/${message.type}.json`;
  return check(message) ? '' : ajv.errorsText(check.errors);
}

const clientSamples: ClientMessage[] = [
  {
    type: 'join',
    room: 'r',
    metadata: { name: 'Ada' },
    topology: 'auto',
    capabilities: { topology: ['mesh', 'sfu'], resume: true },
  },
  { type: 'leave' },
  { type: 'offer', to: 'sfu', sdp: { type: 'offer', sdp: 'v=0' } },
  { type: 'answer', to: 'sfu', sdp: { type: 'answer', sdp: 'v=0' } },
  { type: 'ice-candidate', to: 'a', candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 } },
  { type: 'describe-track', mid: '0', source: 'screen-audio', muted: false },
  { type: 'layer-wish', track: 'a.1', layer: 'medium' },
  { type: 'layer-wish', track: 'a.1', layer: 'auto', width: 640, height: 360, priority: 80 },
  { type: 'video-limit', count: 4 },
  { type: 'video-limit' },
  { type: 'set-metadata', metadata: {} },
  { type: 'mesh-connected' },
  { type: 'mesh-failed', reason: 'no path' },
  { type: 'mute-participant', clientId: 'a', track: 'a.0', muted: true },
  { type: 'remove-participant', clientId: 'a', reason: 'noise' },
  { type: 'close-room' },
  { type: 'broadcast', text: 'hello' },
  { type: 'direct', to: 'a', parley: { sections: [] } },
  { type: 'ping', timestamp: 1, lastSeq: 0 },
  { type: 'resume', token: 't', lastSeq: 3 },
];

const track: TrackDescription = {
  id: 'a.1',
  participant: 'a',
  mid: '1',
  kind: 'video',
  source: 'camera',
  codec: 'VP8',
  muted: false,
  forceMuted: false,
  simulcast: true,
};
const participant: ParticipantDescription = {
  id: 'a',
  metadata: {},
  name: 'Ada',
  identity: 'ada',
  connection: 'connected',
  quality: 'good',
  tracks: [track],
};

const serverSamples: ServerMessage[] = [
  {
    type: 'welcome',
    clientId: 'a',
    resumeToken: 'a-token-of-22-characters',
    resumeWindowMs: 30_000,
    iceServers: [{ urls: ['stun:s'] }],
    protocol: 1,
    heartbeatMs: 5000,
    messageBytes: 1,
  },
  {
    type: 'joined',
    room: 'r',
    clientId: 'a',
    peers: [{ id: 'sfu', metadata: {} }],
    topology: 'sfu',
    participants: [participant],
    rights: { publish: true, subscribe: true, admin: false },
    iceServers: [],
    metadata: {},
    resumable: true,
    seq: 1,
  },
  {
    type: 'resumed',
    clientId: 'a',
    resumeToken: 'a-token-of-22-characters',
    room: 'r',
    lastSeq: 0,
    missed: 0,
    iceServers: [],
  },
  { type: 'error', message: 'm', code: 'bad_json', cause: 'c', remedy: 'r', inReplyTo: 'join' },
  { type: 'pong', timestamp: 1 },
  { type: 'offer', from: 'sfu', sdp: { type: 'offer', sdp: 'v' }, tracks: [] },
  {
    type: 'answer',
    from: 'sfu',
    sdp: { type: 'answer', sdp: 'v' },
    tracks: [{ mid: '2', participant: 'a', track: 'a.1' }],
  },
  { type: 'ice-candidate', from: 'a', candidate: null },
  { type: 'peer-joined', clientId: 'a', metadata: {} },
  { type: 'peer-left', clientId: 'a' },
  { type: 'participant-joined', participant },
  { type: 'participant-changed', participant },
  { type: 'participant-left', clientId: 'a', reason: 'left' },
  { type: 'track-published', track },
  { type: 'track-changed', track },
  { type: 'track-unpublished', track: 'a.1', participant: 'a' },
  { type: 'active-speakers', speakers: [{ id: 'a', level: 0.5 }] },
  {
    type: 'connection-quality',
    participants: [{ id: 'a', quality: 'fair', rttMs: 20, lossUp: 0, lossDown: 0.1 }],
  },
  {
    type: 'subscription-layers',
    subscriptions: [
      { track: 'a.1', wanted: 'auto', sent: 'high', reason: 'r' },
      { track: 'a.2', wanted: 'auto', sent: '', reason: 'bandwidth', paused: true },
      { track: 'a.3', wanted: 'auto', sent: 'single', reason: 'estimate', spatial: 1, temporal: 0 },
    ],
  },
  {
    type: 'subscription-status',
    track: 'a.1',
    status: 'paused',
    codec: 'VP8',
    reason: 'bandwidth',
  },
  {
    type: 'track-layers',
    track: 'a.1',
    mid: '1',
    layers: [
      { rid: 'low', active: true },
      { rid: 'high', active: false },
    ],
  },
  { type: 'subscription-status', track: 'a.1', status: 'codec_unsupported', codec: 'H264' },
  { type: 'media-state', state: 'connected', reason: '' },
  {
    type: 'topology',
    topology: 'sfu',
    peers: [{ id: 'sfu', metadata: {} }],
    reason: 'third-participant',
  },
  { type: 'removed', reason: 'r' },
  { type: 'room-closed', reason: 'r' },
  { type: 'server-shutdown', reason: 'r', deadlineMs: 1 },
  { type: 'broadcast', from: 'a', text: 'hello' },
  { type: 'direct', from: 'a', text: 'hello' },
];

describe('messages of the client', () => {
  it.each(clientSamples.map((m) => [m.type, m] as const))('%s passes its schema', (_type, m) => {
    expect(problems('client', m)).toBe('');
  });
  it('has every type of the schema folder', () => {
    expect(new Set(clientSamples.map((m) => m.type))).toEqual(new Set(namesIn('client')));
  });
});

describe('messages of the server', () => {
  it.each(serverSamples.map((m) => [m.type, m] as const))('%s passes its schema', (_type, m) => {
    expect(problems('server', m)).toBe('');
    expect(parseServerMessage(JSON.stringify(m))).toEqual(m);
  });
  it('has every type of the schema folder', () => {
    expect(new Set(serverSamples.map((m) => m.type))).toEqual(new Set(namesIn('server')));
  });
  it('tells a broken message from a good one', () => {
    expect(problems('server', { type: 'joined' })).not.toBe('');
  });
});
