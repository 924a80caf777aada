// A processing chain: microphone and camera go through a MediaProcessor, and its tracks into the call.

import { browserPlatform, capture, WebRTCConnection } from '@parley/client';
import { type Background, MediaProcessor } from '@parley/client/processing';
import { element, explain, server, show, userName } from '../common.js';

const room = new URLSearchParams(location.search).get('room');
// All examples share one folder of what is loaded on demand.
const processor = new MediaProcessor({ assets: new URL('../media/', location.href) });
const background = element<HTMLSelectElement>('background');
const brightness = element<HTMLInputElement>('brightness');
const noise = element<HTMLInputElement>('noise');

async function start(): Promise<void> {
  const { stream: devices, attempts } = await capture(browserPlatform(), {});
  if (attempts[0]) explain(attempts[0].error);
  if (!devices) return;
  element<HTMLVideoElement>('before').srcObject = devices;

  const stream = new MediaStream();
  for (const track of devices.getTracks()) {
    const processed =
      track.kind === 'audio' ? processor.processAudio(track) : processor.processVideo(track);
    // What cannot be processed here is sent as it is.
    stream.addTrack(await processed.catch(() => track));
  }
  element<HTMLVideoElement>('after').srcObject = stream;
  if (room) await call(room, stream);
}

async function call(room: string, stream: MediaStream): Promise<void> {
  const connection = new WebRTCConnection({
    room,
    name: userName,
    stream, // from here on the connection's: hanging up stops the devices
    ...(server ? { url: server } : {}),
  });
  const remote = element<HTMLVideoElement>('remote');
  connection.on('remoteStream', (theirs) => {
    if (remote.srcObject !== theirs) remote.srcObject = theirs;
    remote.hidden = false;
  });
  connection.on('state', show);
  connection.on('error', explain);
  window.addEventListener('pagehide', () => connection.disconnect());
  Object.assign(globalThis, { call: connection });
  await connection.initialize();
}

/** A picture drawn here, so that the example needs no file. */
async function wall(): Promise<ImageBitmap> {
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser gives no canvas to draw on.');
  const sky = context.createLinearGradient(0, 0, 0, 360);
  sky.addColorStop(0, '#23395d');
  sky.addColorStop(1, '#c8d7e8');
  context.fillStyle = sky;
  context.fillRect(0, 0, 640, 360);
  return createImageBitmap(canvas);
}

async function chosen(): Promise<Background> {
  if (background.value === 'blur') return { blur: 12 };
  return background.value === 'image' ? { image: await wall() } : null;
}

async function update(): Promise<void> {
  await processor.update({
    audio: { noiseSuppression: noise.checked },
    video: { background: await chosen(), brightness: Number(brightness.value) },
  });
}

background.onchange = () => void update().catch(explain);
brightness.oninput = () => void update().catch(explain);
noise.onchange = () => void update().catch(explain);
processor.on('failed', ({ kind, reason }) => show(`${kind} goes on unprocessed: ${reason}`));
processor.on('stepped', ({ level, reason }) => show(`level ${level}: ${reason}`));

setInterval(() => {
  const { audio, video } = processor.stats();
  const level = audio?.levelDb?.toFixed(0) ?? '-';
  const sound = audio ? `sound ${level} dB, ${audio.delayMs.toFixed(0)} ms later` : '';
  const picture = video ? `picture ${video.costMs.toFixed(1)} ms a frame (${video.renderer})` : '';
  element('figures').textContent = [sound, picture].filter(Boolean).join('; ');
}, 500);

start().catch(explain);
Object.assign(globalThis, { processor });
