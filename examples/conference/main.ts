// A conference: everybody in the room in a tile, the speaker's marked, media through the server.

import { ConferenceClient, type RemoteParticipant } from '@parley/client';
import { element, explain, room, server, show, userName } from '../common.js';

const client = new ConferenceClient(server ? { url: server } : {});
const tiles = new Map<string, Tile>();
const startAudio = element<HTMLButtonElement>('start-audio');

class Tile {
  readonly root = document.createElement('figure');
  private readonly video_ = document.createElement('video');
  private readonly audio_ = document.createElement('audio');
  private readonly caption_ = document.createElement('figcaption');
  private stopWatching_ = () => {};
  private watched_ = '';

  constructor() {
    this.video_.playsInline = true;
    this.video_.muted = true; // sound comes from the audio element
    this.root.append(this.video_, this.audio_, this.caption_);
    element('tiles').append(this.root);
  }

  update(participant: RemoteParticipant): void {
    const camera = participant.track('camera');
    const microphone = participant.track('microphone');
    play(this.video_, camera?.muted ? null : (camera?.mediaTrack ?? null));
    play(this.audio_, microphone?.mediaTrack ?? null);
    const muted = microphone?.muted ? ', muted' : '';
    const paused = camera?.paused ? ', no picture: the network is too slow' : '';
    this.caption_.textContent = `${participant.name || 'Guest'}${muted}${paused}`;
    if (!camera || camera.id === this.watched_) return;
    // The server sends no more pixels than the tile shows.
    this.stopWatching_();
    this.stopWatching_ = client.observeView(camera.id, this.video_);
    this.watched_ = camera.id;
  }

  remove(): void {
    this.stopWatching_();
    this.root.remove();
  }
}

function play(target: HTMLMediaElement, track: MediaStreamTrack | null): void {
  const shown = (target.srcObject as MediaStream | null)?.getTracks()[0] ?? null;
  if (shown === track) return;
  target.srcObject = track ? new MediaStream([track]) : null;
  if (track) void client.play(target);
}

// Browsers play sound only after the person has touched the page, wherever that is.
client.on('playback', ({ blocked }) => {
  startAudio.hidden = !blocked;
});

function update(participant: RemoteParticipant): void {
  const tile = tiles.get(participant.id) ?? new Tile();
  tiles.set(participant.id, tile);
  tile.update(participant);
}

client.on('participantJoined', update);
client.on('participantUpdated', update);
for (const event of ['trackAdded', 'trackUpdated', 'trackRemoved'] as const) {
  client.on(event, ({ participant }) => update(participant));
}
client.on('participantLeft', ({ id }) => {
  tiles.get(id)?.remove();
  tiles.delete(id);
});
client.on('activeSpeakers', (speakers) => {
  const loud = new Set(speakers.map((s) => s.participant));
  for (const [id, { root }] of tiles) root.classList.toggle('speaks', loud.has(id));
});
client.on('localChanged', () => {
  element('microphone').textContent = client.microphoneOn ? 'Mute' : 'Unmute';
  element('camera').textContent = client.cameraOn ? 'Camera off' : 'Camera on';
  play(element<HTMLVideoElement>('local'), client.cameraTrack);
});
client.on('state', show);
client.on('error', explain);
client.on('ended', ({ error }) => (error ? explain(error) : show('You left.')));

element('microphone').onclick = () =>
  void client.setMicrophone(!client.microphoneOn).catch(explain);
element('camera').onclick = () => void client.setCamera(!client.cameraOn).catch(explain);
element('leave').onclick = () => void client.leave();
window.addEventListener('pagehide', () => void client.leave());

client.join(room, { name: userName }).catch(explain);
Object.assign(globalThis, { client });
