// The chat: what was written since the join, and a place to write.

import type { ChatMessage, ConferenceClient } from '@parley/client';
import { kMaxChatLength } from '@parley/client';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { strings } from '../strings.js';
import { SendIcon } from '../ui/icons.js';
import { groups } from './chat-groups.js';
import { pieces } from './links.js';
import { nameOf } from './tiles.js';
import { useClientEvents } from './use-client.js';

export function Chat(props: {
  client: ConferenceClient;
  /** To whom the next message goes; empty: to everybody. */
  to: string;
  onTo: (participantId: string) => void;
}) {
  const { client } = props;
  useClientEvents(client, ['chat', 'participantJoined', 'participantLeft', 'participantUpdated']);
  return (
    <>
      <Messages client={client} />
      <Composer {...props} />
    </>
  );
}

/** So close to the end counts as reading the newest. */
const kNearEnd = 60;

function Messages({ client }: { client: ConferenceClient }) {
  const messages = client.chatMessages;
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [behind, setBehind] = useState(false);
  const newest = messages.at(-1);
  useLayoutEffect(() => {
    const target = list.current!;
    if (follows.current || newest?.own) {
      target.scrollTop = target.scrollHeight;
      setBehind(false);
    } else {
      setBehind(true);
    }
  }, [newest?.id]);
  const onScroll = () => {
    const target = list.current!;
    follows.current = target.scrollHeight - target.scrollTop - target.clientHeight < kNearEnd;
    if (follows.current) setBehind(false);
  };
  const toEnd = () => {
    list.current!.scrollTop = list.current!.scrollHeight;
  };
  if (messages.length === 0) {
    return (
      <div class="messages-empty" ref={list}>
        <p class="soft">{strings.chatEmpty}</p>
      </div>
    );
  }
  return (
    <div class="messages-place">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div class="messages" ref={list} onScroll={onScroll} tabIndex={0} role="log">
        {groups(messages).map((group) => (
          <section key={group[0]!.id} class={group[0]!.own ? 'said own' : 'said'}>
            <h3>
              {group[0]!.own ? strings.you : group[0]!.name || strings.unnamed}
              {group[0]!.private && <em> {privacy(client, group[0]!)}</em>}
              <time dateTime={new Date(group[0]!.at).toISOString()}>{clock(group[0]!.at)}</time>
            </h3>
            {group.map((message) => (
              <p key={message.id} data-message>
                {pieces(message.text).map(({ text, href }, i) =>
                  href ? (
                    <a key={i} href={href} target="_blank" rel="noopener noreferrer">
                      {text}
                    </a>
                  ) : (
                    text
                  ),
                )}
              </p>
            ))}
          </section>
        ))}
      </div>
      {behind && (
        <button type="button" class="to-end" onClick={toEnd}>
          {strings.newMessages}
        </button>
      )}
    </div>
  );
}

function privacy(client: ConferenceClient, { own, to }: ChatMessage): string {
  const other = to === undefined ? undefined : client.participants.get(to);
  return own && other ? strings.privatelyTo(nameOf(other)) : strings.privately;
}

const clock = (at: number) =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function Composer(props: { client: ConferenceClient; to: string; onTo: (id: string) => void }) {
  const { client, onTo } = props;
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const others = [...client.participants.values()];
  const { to } = props;
  // What was written for one person must not go to all because that person left.
  const gone = to !== '' && !client.participants.has(to);
  const send = () => {
    if (!text.trim() || gone) return;
    client.sendChat(text, to ? { to } : {});
    setText('');
    field.current?.focus();
  };
  useLayoutEffect(() => {
    const target = field.current!;
    target.style.height = 'auto';
    target.style.height = `${Math.min(160, target.scrollHeight + 2)}px`;
  }, [text]);
  useEffect(() => field.current?.focus(), [to]);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {gone && (
        <p class="recipient-gone" role="alert">
          {strings.recipientLeft}
        </p>
      )}
      {(others.length > 0 || gone) && (
        <label class="send-to">
          <span>{strings.sendTo}</span>
          <select value={to} onChange={(event) => onTo(event.currentTarget.value)}>
            {gone && <option value={to}>–</option>}
            <option value="">{strings.toEverybody}</option>
            {others.map((p) => (
              <option key={p.id} value={p.id}>
                {nameOf(p)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="compose">
        <textarea
          ref={field}
          name="message"
          rows={1}
          value={text}
          maxLength={kMaxChatLength}
          aria-label={strings.messagePlaceholder}
          placeholder={strings.messagePlaceholder}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="icon-button send"
          aria-label={strings.send}
          disabled={!text.trim() || gone}
        >
          <SendIcon size={20} />
        </button>
      </div>
    </form>
  );
}
