// What this page wants of the videos of others: which layer, how urgently, how large they are shown.
// Told to the server track by track, whenever it changes.

import type { Platform } from './platform.js';
import type { SessionMessage } from './protocol.js';
import type { RemoteParticipant, RemoteTrack, Roster } from './remote.js';
import type { LayerWish } from './simulcast.js';
import { Views } from './views.js';

export interface WishesListener {
  /** To the server; where there is none, nobody asks. */
  send(message: SessionMessage): void;
  /** Nobody sees the page: no video is asked for. */
  unseen(): boolean;
  changed(found: { participant: RemoteParticipant; track: RemoteTrack }): void;
}

export class Wishes {
  /** Of cameras, until setLayer says otherwise. */
  layer: LayerWish = 'auto';
  private readonly views_: Views;

  constructor(
    platform: Platform,
    private readonly roster_: Roster,
    private readonly listener_: WishesListener,
  ) {
    this.views_ = new Views(platform, (trackId) => this.say_(trackId));
  }

  setLayer(trackId: string, wish: LayerWish): void {
    const found = this.roster_.find(trackId);
    if (found?.track.kind !== 'video') return;
    found.track.wish = wish;
    this.say_(trackId);
    this.listener_.changed(found);
  }

  setPriority(trackId: string, priority: number): void {
    const found = this.roster_.find(trackId);
    if (found?.track.kind !== 'video') return;
    found.track.priority = Math.round(Math.min(100, Math.max(0, priority)));
    this.say_(trackId);
  }

  observe(trackId: string, element: Element): () => void {
    return this.views_.observe(trackId, element);
  }

  /** Of a track that has just come. */
  begin(track: RemoteTrack): void {
    if (this.layer !== 'auto' && track.kind === 'video' && track.source === 'camera') {
      this.setLayer(track.id, this.layer);
    } else if (this.listener_.unseen()) {
      this.say_(track.id);
    }
  }

  sayAll(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const id of participant.tracks.keys()) this.say_(id);
    }
  }

  /** A new place in the room knows nothing of what was wished for in the old one. */
  repeat(): void {
    for (const participant of this.roster_.participants.values()) {
      for (const track of participant.tracks.values()) {
        const plain = track.wish === 'auto' && track.priority === undefined;
        const said = !plain || this.views_.sizeOf(track.id) || this.listener_.unseen();
        if (said) this.say_(track.id);
      }
    }
  }

  clear(): void {
    this.views_.clear();
  }

  private say_(trackId: string): void {
    const track = this.roster_.find(trackId)?.track;
    if (track?.kind !== 'video') return;
    this.listener_.send({
      type: 'layer-wish',
      track: trackId,
      layer: this.listener_.unseen() ? 'off' : track.wish,
      ...this.views_.sizeOf(trackId),
      ...(track.priority === undefined ? {} : { priority: track.priority }),
    });
  }
}
