// A file over a data channel: what it is, then its octets in pieces, each sent when the browser has
// room for it. The receiver puts them together and checks the size.

import { type DataChannel, WebRTCConnection } from '@parley/client';
import { element, explain, room, server, show } from '../common.js';

/** Every browser takes messages of this size. */
const kPieceBytes = 64 << 10;

interface FileHeader {
  name: string;
  size: number;
  type: string;
}

const call = new WebRTCConnection({
  room,
  ...(server ? { url: server } : {}),
  capture: false,
  dataChannel: false,
});
const progress = element<HTMLProgressElement>('progress');

async function send(file: File): Promise<void> {
  const channel = call.createDataChannel(`file ${crypto.randomUUID()}`, { protocol: 'file' });
  const header: FileHeader = { name: file.name, size: file.size, type: file.type };
  await channel.send(header);
  for (let at = 0; at < file.size; at += kPieceBytes) {
    // Waits while too much is on its way: the file is never in memory as a whole.
    await channel.send(await file.slice(at, at + kPieceBytes).arrayBuffer());
    progress.value = at / file.size;
  }
  // The receiver closes the channel when it has everything.
  await new Promise<void>((done) => channel.on('closed', () => done()));
  progress.value = 1;
  show(`${file.name} was sent.`);
}

function receive(channel: DataChannel): void {
  let header: FileHeader | null = null;
  let received = 0;
  const pieces: ArrayBuffer[] = [];
  const check = () => {
    if (!header || received < header.size) return;
    list(new File(pieces, header.name, { type: header.type }));
    channel.close();
  };
  channel.on('message', (message) => {
    if (message.kind === 'json') header = message.value as FileHeader;
    if (message.kind === 'binary') {
      pieces.push(message.value);
      received += message.value.byteLength;
      progress.value = header ? received / header.size : 0;
    }
    check();
  });
}

const files: File[] = [];

function list(file: File): void {
  files.push(file);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.textContent = `${file.name} (${file.size} octets)`;
  const line = document.createElement('li');
  line.append(link);
  element('received').append(line);
  show(`${file.name} arrived.`);
}

const input = element<HTMLInputElement>('file');
input.onchange = () => {
  const file = input.files?.[0];
  if (file) send(file).catch(explain);
};
call.on('state', (state) => {
  input.disabled = state !== 'connected';
  show(state === 'connected' ? 'Choose a file.' : state);
});
call.on('dataChannel', (channel) => {
  if (channel.options.protocol === 'file') receive(channel);
});
call.on('error', explain);
window.addEventListener('pagehide', () => call.disconnect());

call.initialize().catch(explain);
// For tests and curious people in the console.
Object.assign(globalThis, { call, files, sendFile: send });
