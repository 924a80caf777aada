// The data channels of a connection of two. They belong to the call, not to one RTCPeerConnection:
// after a full reconnection each gets a new RTCDataChannel, and what waited is sent over that.

import { channelInit, DataChannel, type DataChannelOptions } from './data-channel.js';

/** Channels that the other side may open. */
const kMaxRemoteChannels = 256;

export class CallChannels {
  private readonly own_ = new Set<DataChannel>();
  private readonly remote_ = new Set<DataChannel>();
  private connection_: RTCPeerConnection | null = null;

  constructor(private readonly opened_: (channel: DataChannel) => void) {}

  get all(): DataChannel[] {
    return [...this.own_, ...this.remote_];
  }

  /** What the browser has taken and not sent yet. */
  get bufferedAmount(): number {
    return this.all.reduce((sum, channel) => sum + channel.bufferedAmount, 0);
  }

  create(label: string, options: DataChannelOptions): DataChannel {
    const channel = this.make_(label, options);
    this.own_.add(channel);
    channel.on('closed', () => this.own_.delete(channel));
    try {
      if (this.connection_) this.open_(this.connection_, channel);
    } catch (error) {
      channel.close();
      throw error;
    }
    return channel;
  }

  /** A new connection takes the old one's place. */
  attach(connection: RTCPeerConnection): void {
    this.connection_ = connection;
    for (const channel of this.own_) this.open_(connection, channel);
  }

  detach(): void {
    this.connection_ = null;
    for (const channel of this.all) channel.detach();
  }

  /** The other side opened one: a new one, or one of before anew. */
  accept(native: RTCDataChannel): void {
    const again = [...this.remote_].find(
      (c) =>
        c.channel === null && c.label === native.label && c.options.protocol === native.protocol,
    );
    if (again) {
      again.attach(native);
      return;
    }
    if (this.remote_.size >= kMaxRemoteChannels) {
      native.close();
      return;
    }
    const { ordered, maxPacketLifeTime, maxRetransmits, protocol, id } = native;
    const channel = this.make_(native.label, {
      ordered,
      maxPacketLifeTime,
      maxRetransmits,
      protocol,
      id,
    });
    this.remote_.add(channel);
    channel.on('closed', () => this.remote_.delete(channel));
    // The page listens before the first message can arrive.
    this.opened_(channel);
    channel.attach(native);
  }

  /** What the other side opened goes with it; own channels wait for the next one. */
  peerLeft(): void {
    for (const channel of [...this.remote_]) channel.close();
    this.detach();
  }

  close(): void {
    this.connection_ = null;
    for (const channel of this.all) channel.close();
  }

  private make_(label: string, options: DataChannelOptions): DataChannel {
    return new DataChannel(
      label,
      options,
      () => this.connection_?.sctp?.maxMessageSize,
      () => isLost(this.connection_),
    );
  }

  private open_(connection: RTCPeerConnection, channel: DataChannel): void {
    channel.attach(connection.createDataChannel(channel.label, channelInit(channel.options)));
  }
}

function isLost(connection: RTCPeerConnection | null): boolean {
  if (!connection || connection.sctp?.state === 'closed') return true;
  return connection.connectionState !== 'connected';
}
