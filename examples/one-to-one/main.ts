// A call between two: camera, microphone, mute, camera switch, text, quality with its reason.

import { WebRTCConnection } from '@parley/client';
import { element, explain, room, server, show, userName } from '../common.js';

const call = new WebRTCConnection({ room, name: userName, ...(server ? { url: server } : {}) });
const local = element<HTMLVideoElement>('local');
const remote = element<HTMLVideoElement>('remote');

function showOwn(): void {
  const tracks = [call.cameraTrack].filter((track) => track !== null);
  local.srcObject = new MediaStream(tracks);
  element('microphone').textContent = call.microphoneOn ? 'Mute' : 'Unmute';
  element('camera').textContent = call.cameraOn ? 'Camera off' : 'Camera on';
}

function write(author: string, text: string): void {
  const line = document.createElement('li');
  line.textContent = `${author}: ${text}`;
  element('messages').append(line);
}

call.on('localChanged', showOwn);
call.on('remoteStream', (stream) => {
  if (remote.srcObject !== stream) remote.srcObject = stream;
});
call.on('state', (state) => show(state === 'waiting' ? 'Waiting for the other side' : state));
call.on('quality', ({ quality, reason }) =>
  show(reason === 'none' ? `connected, ${quality}` : `connected, ${quality} (${reason})`),
);
call.on('message', ({ kind, value }) => {
  if (kind === 'text') write('They', value);
});
call.on('deviceLost', ({ label, replacement }) =>
  show(replacement ? `${label} is gone, now ${replacement}` : `${label} is gone`),
);
call.on('error', explain);
call.on('closed', ({ error }) => (error ? explain(error) : show('The call is over.')));

element('microphone').onclick = () => void call.toggleAudio();
element('camera').onclick = () => void call.toggleVideo().catch(explain);
element('switch').onclick = () => void call.switchCamera().catch(explain);
element('hang-up').onclick = () => call.disconnect();
element<HTMLFormElement>('chat').onsubmit = (event) => {
  event.preventDefault();
  const input = element<HTMLInputElement>('text');
  const text = input.value;
  input.value = '';
  call.sendDataChannelMessage(text).then(() => write('You', text), explain);
};
window.addEventListener('pagehide', () => call.disconnect());

call.initialize().then(({ step, attempts }) => {
  showOwn();
  if (step !== 'wished' && attempts[0]) explain(attempts[0].error);
}, explain);

// For tests and curious people in the console.
Object.assign(globalThis, { call });
