// Data for the people of a room, behind the same calls whatever carries it: in a mesh a data channel
// to each, in a room of the media server, which has no data channels, the signaling. A page's channel
// belongs to the room: people who come later are reached too, and a room that moves takes it along.

import { CallChannels } from './call-channels.js';
import type { DataChannelOptions } from './data-channel.js';
import type { DecodedData } from './data-codec.js';
import { DataRelay, kMaxLabel, RelayBudget, relayedData } from './data-relay.js';
import { DataError } from './errors.js';
import type { Link } from './link.js';
import type { Platform } from './platform.js';
import type { SessionMessage, TopologyKind } from './protocol.js';
import { RoomChannel, type RoomChannelOptions } from './room-channel.js';

/** Something that a participant sent over a channel of this name. */
export type RoomDataMessage = DecodedData & { from: string; label: string };

export interface RoomDataHost {
  platform: Platform;
  send(message: SessionMessage): void;
  topology(): TopologyKind;
  isHere(participantId: string): boolean;
  heard(message: RoomDataMessage): void;
}

export class RoomData {
  private readonly channels_ = new Set<RoomChannel>();
  /** Of a mesh: the channels to each other participant. */
  private readonly peers_ = new Map<string, CallChannels>();
  /** For what a closed mesh had not sent. */
  private readonly late_ = new Map<string, DataRelay>();
  private readonly budget_: RelayBudget;

  constructor(private readonly host_: RoomDataHost) {
    this.budget_ = new RelayBudget(host_.platform);
  }

  create(label: string, options: RoomChannelOptions): RoomChannel {
    checkOptions(label, options);
    const { to } = options;
    const relay = this.relay_(label, to);
    const channel = new RoomChannel(label, options, relay, {
      relayed: () => this.host_.topology() === 'sfu',
      isHere: (id) => this.host_.isHere(id),
      late: (id) => this.lateRelay_(id, label),
    });
    for (const [peerId, peer] of this.peers_) this.open_(peerId, peer, channel);
    this.channels_.add(channel);
    channel.on('closed', () => this.channels_.delete(channel));
    return channel;
  }

  /** Another participant of the mesh. */
  connect(peerId: string, link: Link): void {
    const peer = new CallChannels((remote) => {
      remote.on('message', (data) => this.heard_(peerId, remote.label, data));
    });
    this.peers_.set(peerId, peer);
    link.on('dataChannel', (native) => peer.accept(native));
    peer.attach(link.pc);
    for (const channel of this.channels_) this.open_(peerId, peer, channel);
  }

  /** Whether a mesh has sent all that browsers took for it. */
  get meshSent(): boolean {
    return [...this.peers_.values()].every((peer) => peer.bufferedAmount === 0);
  }

  drop(peerId: string): void {
    this.peers_.get(peerId)?.close();
    this.peers_.delete(peerId);
  }

  /** What another participant's SDK said over the signaling. */
  hear(from: string, fact: unknown): void {
    const said = relayedData(fact);
    if (said) this.heard_(from, said.label, said.data);
  }

  /** The room is left. */
  close(): void {
    for (const channel of [...this.channels_]) channel.close();
    for (const relay of this.late_.values()) relay.close();
    this.late_.clear();
  }

  private relay_(label: string, to: string | undefined): DataRelay {
    const { platform, send } = this.host_;
    return new DataRelay({ platform, label, to, send, budget: this.budget_ });
  }

  private open_(peerId: string, peer: CallChannels, channel: RoomChannel): void {
    const { to, ...options } = channel.options;
    if (to !== undefined && to !== peerId) return;
    try {
      const pipe = peer.create(channel.label, options);
      pipe.on('message', (data) => this.heard_(peerId, channel.label, data));
      channel.join(peerId, pipe);
    } catch (cause) {
      channel.failed(refused(channel.label, cause));
    }
  }

  /** For a message that waited for somebody when the mesh was closed. */
  private lateRelay_(peerId: string, label: string): DataRelay | null {
    if (this.host_.topology() !== 'sfu' || !this.host_.isHere(peerId)) return null;
    const key = JSON.stringify([peerId, label]);
    const relay = this.late_.get(key) ?? this.relay_(label, peerId);
    this.late_.set(key, relay);
    return relay;
  }

  private heard_(from: string, label: string, data: DecodedData): void {
    for (const channel of this.channels_) {
      const { to } = channel.options;
      if (channel.label === label && (to === undefined || to === from)) {
        channel.heard({ ...data, from });
      }
    }
    this.host_.heard({ ...data, from, label });
  }
}

function checkOptions(label: string, options: DataChannelOptions): void {
  if (label.length > kMaxLabel) {
    throw new DataError(
      'label_too_long',
      `The name of a channel has ${label.length} characters, ${kMaxLabel} are allowed.`,
      'Choose a shorter one.',
    );
  }
  if (options.maxPacketLifeTime != null && options.maxRetransmits != null) {
    throw new DataError(
      'options_conflict',
      'A channel gives messages up by time or by count, not by both.',
      'Leave maxPacketLifeTime or maxRetransmits out.',
    );
  }
}

function refused(label: string, cause: unknown): DataError {
  return new DataError(
    'channel_refused',
    `The browser refuses to make the data channel "${label}".`,
    'Check its options: negotiated channels need an id that no other channel has.',
    { cause },
  );
}
