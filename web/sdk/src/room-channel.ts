// One channel of a room: what a page sends over it goes to everybody, or to one.

import type { DataChannelOptions } from './data-channel.js';
import type { DataValue, DecodedData } from './data-codec.js';
import { closedError, type DataPipe } from './data-pipe.js';
import { Emitter } from './emitter.js';
import { DataError } from './errors.js';

/** How messages travel counts in a mesh; over the signaling they are ordered and reliable. */
export interface RoomChannelOptions extends DataChannelOptions {
  /** Only to this participant. */
  to?: string;
}

export interface RoomChannelEvents {
  message: DecodedData & { from: string };
  /** There is room again after `trySend` returned false. */
  drain: undefined;
  error: DataError;
  closed: undefined;
}

interface Carriers {
  /** Whether the signaling carries the room's data at present. */
  relayed(): boolean;
  isHere(participantId: string): boolean;
  /** What reaches a participant whose data channel was closed; null: nothing does. */
  late(participantId: string): DataPipe | null;
}

export class RoomChannel extends Emitter<RoomChannelEvents> {
  private readonly byPeer_ = new Map<string, DataPipe>();
  private open_ = true;
  private refused_ = false;

  /** @internal */
  constructor(
    readonly label: string,
    readonly options: RoomChannelOptions,
    private readonly relay_: DataPipe,
    private readonly carriers_: Carriers,
  ) {
    super();
    relay_.on('drain', () => this.drained_());
  }

  get state(): 'open' | 'closed' {
    return this.open_ ? 'open' : 'closed';
  }

  /** Octets that wait here for all receivers together. */
  get queuedBytes(): number {
    return this.pipes_().reduce((sum, pipe) => sum + pipe.queuedBytes, 0);
  }

  /** Octets that one message may have at present: a mesh takes more than the signaling. */
  get maxMessageBytes(): number {
    return Math.min(...this.pipes_().map((pipe) => pipe.limits.maxMessageBytes));
  }

  /**
   * Text, JSON (any other object) or octets. Resolves when it has been handed on to everybody, so
   * awaiting it keeps a page as fast as the slowest receiver; who is still connecting gets it then.
   */
  async send(value: DataValue): Promise<void> {
    if (!this.open_) throw closedError(this.label);
    if (this.carriers_.relayed()) return this.relay_.send(value);
    await Promise.all([...this.byPeer_].map(([id, pipe]) => this.sendTo_(id, pipe, value)));
  }

  /** Sends now, or returns false and sends to nobody: then wait for `drain`. */
  trySend(value: DataValue): boolean {
    if (!this.open_) throw closedError(this.label);
    const pipes = this.pipes_();
    if (pipes.every((pipe) => pipe.writable)) {
      for (const pipe of pipes) void pipe.send(value).catch((error) => this.failed_(error));
      return true;
    }
    this.refused_ = true;
    for (const pipe of pipes) pipe.awaitDrain();
    return false;
  }

  close(): void {
    if (!this.open_) return;
    this.open_ = false;
    for (const pipe of this.byPeer_.values()) pipe.close();
    this.relay_.close();
    this.emit('closed', undefined);
    this.clearListeners();
  }

  /** A data channel to one participant of a mesh. @internal */
  join(peerId: string, pipe: DataPipe): void {
    this.byPeer_.set(peerId, pipe);
    pipe.on('drain', () => this.drained_());
    pipe.on('error', (error) => this.emit('error', error));
    pipe.on('closed', () => {
      if (this.byPeer_.get(peerId) === pipe) this.byPeer_.delete(peerId);
      this.drained_();
    });
  }

  /** @internal */
  heard(message: RoomChannelEvents['message']): void {
    this.emit('message', message);
  }

  /** The browser would not make the channel to somebody. @internal */
  failed(error: DataError): void {
    this.emit('error', error);
  }

  private pipes_(): DataPipe[] {
    return this.carriers_.relayed() ? [this.relay_] : [...this.byPeer_.values()];
  }

  private async sendTo_(peerId: string, pipe: DataPipe, value: DataValue): Promise<void> {
    try {
      await pipe.send(value);
    } catch (error) {
      if (!this.open_ || !isClosed(error)) throw error;
      // The room moved to the server while this waited, or the participant left.
      const late = this.carriers_.late(peerId);
      if (late) await late.send(value);
      else if (this.carriers_.isHere(peerId)) throw error;
    }
  }

  private failed_(error: unknown): void {
    if (error instanceof DataError && this.open_ && !isClosed(error)) this.emit('error', error);
  }

  private drained_(): void {
    if (!this.refused_ || !this.open_ || !this.pipes_().every((pipe) => pipe.writable)) return;
    this.refused_ = false;
    this.emit('drain', undefined);
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof DataError && error.code === 'channel_closed';
}
