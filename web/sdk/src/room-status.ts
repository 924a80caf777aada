// What the server tells of how things are going: who speaks, whether a moderator muted this client,
// how good each connection is, which layers are sent and why some are not.

import type { Speaker, Tell } from './conference-types.js';
import type { ParticipantQuality, RoomMessage } from './protocol.js';
import type { Roster } from './remote.js';
import type { Quality } from './stats.js';

type Layers = Extract<RoomMessage, { type: 'subscription-layers' }>['subscriptions'];

export class RoomStatus {
  activeSpeakers: Speaker[] = [];
  forceMuted = false;
  quality: Quality | undefined;
  qualityDetail: ParticipantQuality | undefined;

  constructor(
    private readonly roster_: Roster,
    private readonly self_: () => string | null,
    private readonly tell_: Tell,
  ) {}

  hear(message: RoomMessage): void {
    switch (message.type) {
      case 'active-speakers':
        this.activeSpeakers = message.speakers.map(({ id, level }) => ({ participant: id, level }));
        this.tell_('activeSpeakers', this.activeSpeakers);
        return;
      case 'connection-quality':
        for (const entry of message.participants) this.heardQuality_(entry);
        return;
      case 'subscription-layers':
        this.heardLayers_(message.subscriptions);
        return;
      case 'subscription-status':
        this.roster_.setSupported(message.track, message.status !== 'codec_unsupported');
        this.heardPause_(message.track, message.status === 'paused' ? message.reason : undefined);
        return;
      default:
    }
  }

  setQuality(quality: Quality): void {
    if (this.quality === quality) return;
    this.quality = quality;
    this.tell_('quality', quality);
  }

  setForceMuted(muted: boolean): void {
    if (this.forceMuted === muted) return;
    this.forceMuted = muted;
    this.tell_('forceMuted', muted);
  }

  /** The room is left; the quality was the connection's and stays until the next is known. */
  clear(): void {
    this.activeSpeakers = [];
    this.forceMuted = false;
  }

  private heardLayers_(layers: Layers): void {
    for (const { track, sent, reason, spatial, temporal } of layers) {
      const found = this.roster_.find(track);
      if (!found) continue;
      found.track.layer = {
        sent,
        reason,
        ...(spatial === undefined ? {} : { spatial }),
        ...(temporal === undefined ? {} : { temporal }),
      };
      this.tell_('trackUpdated', found);
    }
  }

  private heardPause_(trackId: string, reason: string | undefined): void {
    const found = this.roster_.find(trackId);
    if (!found || found.track.paused === (reason ?? null)) return;
    found.track.paused = reason ?? null;
    if (reason === undefined) this.tell_('trackResumed', found);
    else this.tell_('trackPaused', { ...found, reason });
    this.tell_('trackUpdated', found);
  }

  private heardQuality_(detail: ParticipantQuality): void {
    const { id, quality } = detail;
    if (id === this.self_()) {
      this.qualityDetail = detail;
      this.setQuality(quality);
      return;
    }
    const participant = this.roster_.participants.get(id);
    if (!participant) return;
    participant.qualityDetail = detail;
    if (participant.quality === quality) return;
    participant.quality = quality;
    this.tell_('participantUpdated', participant);
  }
}
