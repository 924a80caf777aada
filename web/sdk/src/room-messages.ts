// What each message of a room means: which part of the client it concerns, and what the page is told.

import { type Chat, kSdkKey } from './chat.js';
import type { Tell } from './conference-types.js';
import type { Connections } from './connections.js';
import { SignalingError } from './errors.js';
import type { LocalMedia } from './local.js';
import type { RoomMessage, TrackDescription } from './protocol.js';
import type { Roster } from './remote.js';
import type { RoomData } from './room-data.js';
import type { RoomStatus } from './room-status.js';

export interface RoomParts {
  connections: Connections;
  roster: Roster;
  status: RoomStatus;
  chat: Chat;
  data: RoomData;
  self(): string | null;
  local(): LocalMedia | null;
  tell: Tell;
}

export class RoomMessages {
  constructor(private readonly parts_: RoomParts) {}

  hear(message: RoomMessage): void {
    const { connections, roster } = this.parts_;
    if (connections.handle(message)) return;
    switch (message.type) {
      case 'offer':
      case 'answer':
        connections.describe(message.sdp, message.tracks);
        return;
      case 'peer-joined':
        connections.peerJoined(message.clientId);
        this.addPeer_(message.clientId, message.metadata);
        return;
      case 'peer-left':
        connections.peerLeft(message.clientId);
        if (connections.topology === 'mesh') roster.removeParticipant(message.clientId);
        return;
      case 'participant-joined':
      case 'participant-changed':
        roster.putParticipant(message.participant);
        return;
      case 'participant-left':
        connections.peerLeft(message.clientId);
        roster.removeParticipant(message.clientId);
        return;
      case 'track-published':
      case 'track-changed':
        roster.putTrack(message.track);
        this.checkForceMute_(message.track);
        return;
      case 'track-unpublished':
        roster.removeTrack(message.track);
        return;
      default:
        this.hearOther_(message);
    }
  }

  private hearOther_(message: RoomMessage): void {
    const { connections, tell } = this.parts_;
    switch (message.type) {
      case 'topology': {
        const local = this.parts_.local();
        if (local && connections.move(message.topology, message.peers, local)) {
          tell('topology', 'sfu');
        }
        return;
      }
      case 'track-layers':
        connections.server?.publisher.setLayers(message.mid, message.layers);
        return;
      case 'broadcast':
      case 'direct':
        this.hearParticipant_(message);
        return;
      case 'server-shutdown':
        tell('error', shutdown(message.reason));
        return;
      default:
        // What is not a fact of the room's state is not needed: removed and room-closed are told
        // by the end that follows.
        this.parts_.status.hear(message);
    }
  }

  private hearParticipant_(message: Extract<RoomMessage, { type: 'broadcast' | 'direct' }>): void {
    const { type, from, [kSdkKey]: fact, seq: _seq, ...body } = message;
    this.parts_.chat.hear(from, type === 'direct', fact);
    this.parts_.data.hear(from, fact);
    if (fact !== undefined && Object.keys(body).length === 0) return;
    this.parts_.tell('message', { from, direct: type === 'direct', body });
  }

  private addPeer_(id: string, metadata: Record<string, unknown>): void {
    const { roster } = this.parts_;
    if (roster.participants.has(id)) return;
    roster.putParticipant({ id, metadata, connection: 'connected', tracks: [] });
  }

  private checkForceMute_(track: TrackDescription): void {
    if (track.participant !== this.parts_.self() || track.source !== 'microphone') return;
    const local = this.parts_.local();
    // Also while it is being opened: it must not be on once the mute is lifted.
    if (track.forceMuted) void local?.setMicrophone(false);
    this.parts_.status.setForceMuted(track.forceMuted);
  }
}

function shutdown(cause: string | undefined): SignalingError {
  return new SignalingError(
    'server_shutdown',
    'The server is being stopped.',
    'You will be reconnected when it is back.',
    { cause },
  );
}
