// Chat and reactions: what people type and wave to each other, carried by broadcast and direct
// messages under a key of the SDK's own, so that a page's own messages never get in between.

import { ParleyError } from './errors.js';
import type { SessionMessage } from './protocol.js';

export interface ChatMessage {
  /** Unique in this client. */
  id: number;
  /** Participant id of the author. */
  from: string;
  /** The author's name when it was written: it stays when the author leaves. */
  name: string;
  text: string;
  /** When it was heard or said, in milliseconds since 1970. */
  at: number;
  /** Written by this client. */
  own: boolean;
  /** Whom an own private message went to; undefined for messages to everybody. */
  to?: string;
  /** Only this client (or the one it went to) sees it. */
  private: boolean;
}

export interface Reaction {
  from: string;
  name: string;
  /** Mostly one emoji. */
  reaction: string;
  own: boolean;
}

/** UTF-16 units that one chat message may have; longer ones are refused here and ignored there. */
export const kMaxChatLength = 5000;
/** UTF-16 units that a reaction may have: emoji with skin tones and joiners have up to about 30. */
export const kMaxReactionLength = 32;
/** Chat messages that are kept. */
export const kKeptChat = 500;

/** The key under which messages carry the SDK's own facts. */
export const kSdkKey = 'parley';

export interface ChatHost {
  send(message: SessionMessage): void;
  clock(): number;
  self(): { id: string; name: string };
  nameOf(participantId: string): string;
  chat(message: ChatMessage): void;
  reaction(reaction: Reaction): void;
}

export class Chat {
  /** The newest messages, oldest first. */
  readonly messages: ChatMessage[] = [];
  private lastId_ = 0;

  constructor(private readonly host_: ChatHost) {}

  /** To everybody, or to one participant only. */
  say(text: string, to?: string): ChatMessage {
    const clean = text.trim();
    if (clean === '')
      throw new ParleyError('message_empty', 'There is nothing to send.', 'Write something first.');
    if (clean.length > kMaxChatLength) {
      throw new ParleyError(
        'message_too_long',
        `A chat message may have ${kMaxChatLength} characters.`,
        'Split it into several messages.',
      );
    }
    this.send_({ chat: { text: clean } }, to);
    const { id, name } = this.host_.self();
    return this.keep_({
      from: id,
      name,
      text: clean,
      own: true,
      private: to !== undefined,
      ...(to === undefined ? {} : { to }),
    });
  }

  react(reaction: string): void {
    const clean = reaction.trim();
    if (clean === '' || clean.length > kMaxReactionLength) {
      throw new ParleyError(
        'bad_reaction',
        'A reaction is one emoji or short word.',
        'Choose another reaction.',
      );
    }
    this.send_({ reaction: clean });
    const { id, name } = this.host_.self();
    this.host_.reaction({ from: id, name, reaction: clean, own: true });
  }

  /** What another participant's SDK said. Nonsense is ignored. */
  hear(from: string, direct: boolean, fact: unknown): void {
    if (typeof fact !== 'object' || fact === null) return;
    const { chat, reaction } = fact as Record<string, unknown>;
    const name = this.host_.nameOf(from);
    const text = isObject(chat) ? fitting(chat.text, kMaxChatLength) : null;
    if (text) this.keep_({ from, name, text, own: false, private: direct });
    const wave = fitting(reaction, kMaxReactionLength);
    if (wave) this.host_.reaction({ from, name, reaction: wave, own: false });
  }

  private send_(fact: Record<string, unknown>, to?: string): void {
    if (to === undefined) this.host_.send({ type: 'broadcast', [kSdkKey]: fact });
    else this.host_.send({ type: 'direct', to, [kSdkKey]: fact });
  }

  private keep_(said: Omit<ChatMessage, 'id' | 'at'>): ChatMessage {
    this.lastId_ += 1;
    const message = { id: this.lastId_, at: this.host_.clock(), ...said };
    this.messages.push(message);
    if (this.messages.length > kKeptChat) this.messages.shift();
    this.host_.chat(message);
    return message;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function fitting(value: unknown, limit: number): string | null {
  if (typeof value !== 'string' || value.length > limit) return null;
  return value.trim() === '' ? null : value;
}
