// EndToEndEncryption: media of a ConferenceClient that only the participants can decode.

import type { ConferenceClient, MediaEncryption } from '../conference.js';
import { Emitter } from '../emitter.js';
import { ParleyError } from '../errors.js';
import type { Platform } from '../platform.js';
import { EncryptedConnections, transformKind } from './connections.js';
import type { CryptorStats } from './cryptor.js';
import { type ExchangeEvents, KeyExchange } from './key-exchange.js';
import type { Octets } from './octets.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

export interface EncryptionOptions {
  /**
   * A secret that the participants share by other means. Without one, a server that lies about
   * whose key is whose can read along unless participants compare their check numbers.
   */
  passphrase?: string;
  /** Where `e2ee-worker.js` is served; by default `media/` beside the page. */
  assets?: string | URL;
}

export interface EncryptionEvents extends ExchangeEvents {
  stats: CryptorStats;
  /**
   * Frames arrived that cannot be decrypted, and were dropped: how many since this was told last,
   * at most twice a second. A few at a change of keys are usual.
   */
  undecryptable: { unknownKey: number; refused: number };
  /** The worker cannot do its work: no media passes, in either direction. */
  failed: ParleyError;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

export class EndToEndEncryption extends Emitter<EncryptionEvents> implements MediaEncryption {
  private readonly connections_: EncryptedConnections;
  private readonly worker_: Worker;
  private readonly waiting_ = new Map<number, Waiting>();
  private readonly passphrase_: string | undefined;
  private readonly off_: (() => void)[] = [];
  private exchange_: KeyExchange | null = null;
  private ticket_ = 0;
  private stats_: CryptorStats | null = null;

  /** Whether this browser can encrypt media end to end. */
  static get supported(): boolean {
    return transformKind() !== null && globalThis.crypto?.subtle !== undefined;
  }

  constructor(options: EncryptionOptions = {}) {
    super();
    const kind = transformKind();
    if (!kind || !EndToEndEncryption.supported) {
      throw new ParleyError(
        'encryption_unsupported',
        'This browser cannot encrypt media end to end.',
        'Use a current version of Chrome, Edge, Firefox or Safari.',
      );
    }
    const assets = new URL(options.assets ?? 'media/', document.baseURI);
    this.worker_ = new Worker(new URL('e2ee-worker.js', assets), { type: 'module' });
    this.worker_.onmessage = ({ data }: MessageEvent<FromWorker>) => this.heard_(data);
    this.worker_.onerror = () => this.fail_('Its program did not load.');
    this.connections_ = new EncryptedConnections(this.worker_, kind);
    this.passphrase_ = options.passphrase;
  }

  /** Called by the client that has this as its `encryption`. */
  attach(client: ConferenceClient, platform: Platform): Platform {
    if (this.exchange_) {
      throw new ParleyError(
        'encryption_in_use',
        'This encryption belongs to another client.',
        'Make one for each client, and a new one for each call.',
      );
    }
    const exchange = this.makeExchange_(client, platform);
    this.exchange_ = exchange;
    const enter = () => exchange.enter(client.clientId ?? '');
    this.off_.push(
      client.on('participantJoined', ({ id }) => {
        enter();
        exchange.joined(id);
      }),
      client.on('participantLeft', ({ id }) => exchange.left(id)),
      client.on('state', (state) => {
        if (state === 'joined') enter();
      }),
      client.on('message', ({ from, direct, body }) => {
        if (direct && 'encryption' in body) exchange.handle(from, body.encryption);
      }),
      client.on('ended', () => this.close()),
    );
    // A platform's parts may be getters: they stay what they are.
    return Object.create(platform, {
      createPeerConnection: {
        value: (configuration: RTCConfiguration) =>
          this.connections_.make(configuration, (c) => platform.createPeerConnection(c)),
      },
    });
  }

  /** Participants with whom keys were exchanged both ways. */
  get secured(): string[] {
    return this.exchange_?.secured ?? [];
  }

  /**
   * Thirty digits that a participant sees for this one as well, unless somebody stands between.
   * Null while nothing was agreed.
   */
  checkNumber(participantId: string): string | null {
    return this.exchange_?.checkOf(participantId) ?? null;
  }

  /** Frames since the beginning; at most half a second old. */
  get stats(): CryptorStats | null {
    return this.stats_;
  }

  close(): void {
    for (const off of this.off_.splice(0)) off();
    this.exchange_?.close();
    this.worker_.terminate();
    this.clearListeners();
  }

  private makeExchange_(client: ConferenceClient, platform: Platform): KeyExchange {
    const exchange = new KeyExchange({
      passphrase: this.passphrase_,
      store: {
        useKey: (kid, baseKey) => this.ask_({ type: 'useKey', kid, baseKey }),
        addKey: (sender, kid, baseKey) => this.ask_({ type: 'addKey', sender, kid, baseKey }),
        forget: (sender) => this.post_({ type: 'forget', sender }),
      },
      send: (to, body) => client.direct(to, body),
      setTimer: (callback, milliseconds) => platform.setTimer(callback, milliseconds),
      clearTimer: (timer) => platform.clearTimer(timer),
    });
    for (const name of ['secured', 'refused', 'rotated'] as const) {
      exchange.on(name, (what) => this.emit(name, what as never));
    }
    return exchange;
  }

  private post_(message: ToWorker): void {
    this.worker_.postMessage(message);
  }

  /** Resolves when the worker has done it. */
  private ask_(
    command:
      | { type: 'useKey'; kid: number; baseKey: Octets }
      | { type: 'addKey'; sender: string; kid: number; baseKey: Octets },
  ): Promise<void> {
    this.ticket_ += 1;
    const ticket = this.ticket_;
    return new Promise((resolve, reject) => {
      this.waiting_.set(ticket, { resolve, reject });
      this.post_({ ...command, ticket });
    });
  }

  private heard_(message: FromWorker): void {
    if (message.type === 'done') {
      const waiting = this.waiting_.get(message.ticket);
      this.waiting_.delete(message.ticket);
      if (message.error === undefined) waiting?.resolve();
      else waiting?.reject(new Error(message.error));
    } else if (message.type === 'stats') {
      const unknownKey = message.stats.unknownKey - (this.stats_?.unknownKey ?? 0);
      const refused = message.stats.refused - (this.stats_?.refused ?? 0);
      this.stats_ = message.stats;
      this.emit('stats', message.stats);
      if (unknownKey + refused > 0) this.emit('undecryptable', { unknownKey, refused });
    } else {
      this.fail_(message.reason);
    }
  }

  private fail_(reason: string): void {
    this.emit(
      'failed',
      new ParleyError(
        'encryption_failed',
        `Encryption does not work: ${reason}`,
        'Reload the page; if it stays so, tell who runs the service.',
      ),
    );
  }
}
