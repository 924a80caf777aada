// The connections of a mesh: one to each other participant. The newcomer offers, those already
// there answer; on collision the one that offered first gives way. What each section carries is told from peer
// to peer by direct messages, since no server sees a mesh's media.

import { kSdkKey } from './chat.js';
import { Link } from './link.js';
import type { LocalMedia } from './local.js';
import type { Platform } from './platform.js';
import type { RoomMessage, SessionMessage, TrackSource } from './protocol.js';
import { PeerPublisher, type SectionDescription } from './publisher.js';
import type { Roster } from './remote.js';
import type { RoomData } from './room-data.js';

export interface MeshOptions {
  platform: Platform;
  configuration: RTCConfiguration;
  selfId: string;
  local: LocalMedia;
  roster: Roster;
  data: RoomData;
  send(message: SessionMessage): void;
  onStateChange(): void;
  onFailed(peerId: string): void;
}

interface MeshPeer {
  link: Link;
  publisher: PeerPublisher;
  sections: Map<string, SectionDescription>;
  media: Map<string, MediaStreamTrack>;
  /** This peer receives everything over the server too and needs the mesh no more. */
  moved: boolean;
}

export class Mesh {
  private readonly peers_ = new Map<string, MeshPeer>();
  private selfMoved_ = false;

  constructor(private readonly options_: MeshOptions) {}

  get links(): Link[] {
    return [...this.peers_.values()].map((p) => p.link);
  }

  get allConnected(): boolean {
    return this.peers_.size > 0 && this.links.every((l) => l.state === 'connected');
  }

  /** No data waits in the browser for a connection that may be closed. */
  get dataSent(): boolean {
    return this.options_.data.meshSent;
  }

  connect(peerId: string, offer: boolean): void {
    if (this.peers_.has(peerId)) return;
    const { platform, configuration, selfId, local, send } = this.options_;
    const link = new Link({
      platform,
      peerId,
      configuration,
      polite: selfId < peerId,
      offererYields: true,
      sendDescription: (description) => {
        const sdp = description.sdp ?? '';
        if (description.type === 'offer') {
          send({ type: 'offer', to: peerId, sdp: { type: 'offer', sdp } });
        } else if (description.type === 'answer') {
          send({ type: 'answer', to: peerId, sdp: { type: 'answer', sdp } });
        }
      },
      sendCandidate: (candidate) => send({ type: 'ice-candidate', to: peerId, candidate }),
    });
    const publisher = new PeerPublisher(link, () => this.tellSections_(peerId));
    const peer: MeshPeer = {
      link,
      publisher,
      sections: new Map(),
      media: new Map(),
      moved: false,
    };
    this.peers_.set(peerId, peer);
    this.options_.data.connect(peerId, link);
    const addAll = () => {
      for (const publication of local.publications.values()) publisher.add(publication);
      local.publishers.add(publisher);
    };
    link.beforeSend = () => this.tellSections_(peerId);
    link.beforeAnswer = addAll;
    link.on('track', ({ mid, track }) => {
      peer.media.set(mid, track);
      track.addEventListener('unmute', () => this.refresh_(peerId, mid));
      this.refresh_(peerId, mid);
    });
    link.on('trackEnded', ({ mid }) => {
      peer.media.delete(mid);
      this.options_.roster.removeTrack(trackId(peerId, mid));
    });
    link.on('state', (state) => {
      if (state === 'failed') this.options_.onFailed(peerId);
      this.options_.onStateChange();
    });
    if (offer) {
      addAll();
      // A viewer without any device still has to offer something to be answered.
      if (link.pc.getTransceivers().length === 0) {
        link.pc.addTransceiver('audio', { direction: 'recvonly' });
        link.pc.addTransceiver('video', { direction: 'recvonly' });
      }
      link.start(true);
    }
  }

  /** Returns whether the message belonged to the mesh. */
  handle(message: RoomMessage): boolean {
    switch (message.type) {
      case 'offer':
        if (!this.peers_.has(message.from)) this.connect(message.from, false);
        void this.peers_.get(message.from)?.link.handleDescription(message.sdp);
        return true;
      case 'answer':
        void this.peers_.get(message.from)?.link.handleDescription(message.sdp);
        return true;
      case 'ice-candidate':
        if (message.candidate) {
          void this.peers_.get(message.from)?.link.handleCandidate(message.candidate);
        }
        return true;
      case 'direct':
        return this.heard_(message.from, message[kSdkKey]);
      default:
        return false;
    }
  }

  /** Own media arrives over the server: say so, and close what both ends no longer need. */
  announceMoved(): void {
    if (this.selfMoved_) return;
    this.selfMoved_ = true;
    for (const peerId of [...this.peers_.keys()]) {
      this.options_.send({ type: 'direct', to: peerId, [kSdkKey]: { moved: true } });
      this.closeIfMoved_(peerId);
    }
  }

  drop(peerId: string): void {
    const peer = this.peers_.get(peerId);
    if (!peer) return;
    this.peers_.delete(peerId);
    this.options_.local.publishers.delete(peer.publisher);
    this.options_.data.drop(peerId);
    for (const mid of peer.media.keys()) this.options_.roster.removeTrack(trackId(peerId, mid));
    peer.link.close();
  }

  close(): void {
    for (const peerId of [...this.peers_.keys()]) this.drop(peerId);
  }

  private tellSections_(peerId: string): void {
    const peer = this.peers_.get(peerId);
    if (!peer) return;
    const sections = peer.publisher.sections(this.options_.local.publications.values());
    this.options_.send({ type: 'direct', to: peerId, [kSdkKey]: { sections } });
  }

  private heard_(from: string, fact: unknown): boolean {
    if (typeof fact !== 'object' || fact === null) return false;
    if (!('moved' in fact || 'sections' in fact)) return false;
    const peer = this.peers_.get(from) ?? this.answering_(from);
    if ('moved' in fact) {
      peer.moved = true;
      this.closeIfMoved_(from);
    }
    if ('sections' in fact && Array.isArray(fact.sections)) {
      for (const section of fact.sections.slice(0, kMaxSections)) {
        if (!isSection(section)) continue;
        peer.sections.set(section.mid, section);
        this.refresh_(from, section.mid);
      }
    }
    return true;
  }

  // Facts about an offer's sections arrive just before the offer itself.
  private answering_(peerId: string): MeshPeer {
    this.connect(peerId, false);
    return this.peers_.get(peerId)!;
  }

  private closeIfMoved_(peerId: string): void {
    if (this.selfMoved_ && this.peers_.get(peerId)?.moved) this.drop(peerId);
  }

  private refresh_(peerId: string, mid: string): void {
    const peer = this.peers_.get(peerId);
    const media = peer?.media.get(mid);
    if (!peer || !media) return;
    const kind = media.kind === 'audio' ? 'audio' : 'video';
    const guess: TrackSource = kind === 'audio' ? 'microphone' : 'camera';
    const section = peer.sections.get(mid);
    this.options_.roster.putMedia(
      {
        id: trackId(peerId, mid),
        participant: peerId,
        mid,
        kind,
        source: section?.source ?? guess,
        codec: '',
        muted: section?.muted ?? false,
        forceMuted: false,
        simulcast: false,
      },
      media,
    );
  }
}

/** Sections that one peer may describe; it has at most four sources. */
const kMaxSections = 16;

function trackId(peerId: string, mid: string): string {
  return `mesh:${peerId}:${mid}`;
}

const kSources: readonly string[] = ['microphone', 'camera', 'screen', 'screen-audio'];

function isSection(value: unknown): value is SectionDescription {
  if (typeof value !== 'object' || value === null) return false;
  const { mid, source, muted } = value as Record<string, unknown>;
  return typeof mid === 'string' && typeof muted === 'boolean' && kSources.includes(String(source));
}
