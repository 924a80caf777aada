// A shared screen in the camera's place, and back: nothing is negotiated for it.

import { screenShareSupported, WebRTCConnection } from '@parley/client';
import { element, explain, room, server, show, userName } from '../common.js';

const call = new WebRTCConnection({ room, name: userName, ...(server ? { url: server } : {}) });
const share = element<HTMLButtonElement>('share');
const stop = element<HTMLButtonElement>('stop');

call.on('localChanged', () => {
  const shown = call.screenTrack ?? call.cameraTrack;
  element<HTMLVideoElement>('local').srcObject = shown ? new MediaStream([shown]) : null;
  share.disabled = call.screenTrack !== null || !screenShareSupported();
  stop.disabled = call.screenTrack === null;
});
call.on('remoteStream', (stream) => {
  element<HTMLVideoElement>('remote').srcObject = stream;
});
call.on('remoteMedia', ({ screen }) => show(screen ? 'They share their screen.' : 'connected'));
call.on('state', (state) => show(state === 'waiting' ? 'Waiting for the other side' : state));
call.on('error', explain);

share.onclick = () => void call.shareScreen().catch(explain);
// The browser has a button of its own for this, too.
stop.onclick = () => call.stopScreenShare();
window.addEventListener('pagehide', () => call.disconnect());

call.initialize().catch(explain);
Object.assign(globalThis, { call });
