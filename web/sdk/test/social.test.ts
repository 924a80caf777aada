import { beforeEach, describe, expect, it } from 'vitest';
import { type ChatMessage, kKeptChat, kMaxChatLength, type Reaction } from '../src/chat.js';
import { kEpoch } from './fakes.js';
import { FakeRoom, person } from './room.js';

let room: FakeRoom;
const sent = (type: string) => room.socket.sentOf(type);

beforeEach(async () => {
  room = new FakeRoom();
  await room.enter({ participants: [person('ada'), person('bob')] });
});

describe('chat', () => {
  it('goes to everybody and is heard by the one who wrote it', () => {
    const heard: ChatMessage[] = [];
    room.client.on('chat', (m) => heard.push(m));
    const kept = room.client.sendChat('  hello  ');
    expect(sent('broadcast').at(-1)).toMatchObject({ parley: { chat: { text: 'hello' } } });
    expect(kept).toMatchObject({
      from: 'me',
      name: 'Me',
      text: 'hello',
      own: true,
      private: false,
    });
    expect(heard).toEqual([kept]);
    expect(room.client.chatMessages).toEqual([kept]);
  });

  it('goes to one alone', () => {
    const kept = room.client.sendChat('psst', { to: 'ada' });
    expect(sent('direct').at(-1)).toMatchObject({ to: 'ada', parley: { chat: { text: 'psst' } } });
    expect(kept).toMatchObject({ to: 'ada', private: true });
  });

  it('comes from others with their name and time, and not as a message of the page', async () => {
    const pages: unknown[] = [];
    room.client.on('message', (m) => pages.push(m));
    await room.platform.advance(500);
    await room.receive({
      type: 'broadcast',
      from: 'ada',
      parley: { chat: { text: 'hi' } },
      seq: 2,
    });
    await room.receive({ type: 'direct', from: 'bob', parley: { chat: { text: 'you' } }, seq: 3 });
    expect(room.client.chatMessages).toMatchObject([
      { from: 'ada', name: 'ADA', text: 'hi', own: false, private: false, at: kEpoch + 500 },
      { from: 'bob', name: 'BOB', text: 'you', private: true },
    ]);
    expect(pages).toEqual([]);
  });

  it('is refused when empty or too long, here and when others send such', async () => {
    expect(() => room.client.sendChat(' ')).toThrow(/nothing/);
    const code = 'message_too_long';
    expect(() => room.client.sendChat('x'.repeat(kMaxChatLength + 1))).toThrow(
      expect.objectContaining({ code }),
    );
    for (const chat of [null, 'text', {}, { text: 7 }, { text: '' }, { text: 'x'.repeat(6000) }]) {
      await room.receive({ type: 'broadcast', from: 'ada', parley: { chat } });
    }
    await room.receive({ type: 'broadcast', from: 'ada', parley: null });
    expect(room.client.chatMessages).toEqual([]);
  });

  it('keeps a bounded history', () => {
    for (let i = 0; i < kKeptChat + 5; i += 1) room.client.sendChat(`${i}`);
    expect(room.client.chatMessages).toHaveLength(kKeptChat);
    expect(room.client.chatMessages[0]?.text).toBe('5');
  });

  it('works in a mesh, where direct messages carry facts of the connections too', async () => {
    room = new FakeRoom();
    await room.enter({
      topology: 'mesh',
      peers: [{ id: 'ada', metadata: {} }],
      participants: [person('ada')],
    });
    await room.receive({ type: 'direct', from: 'ada', parley: { chat: { text: 'psst' } } });
    await room.receive({ type: 'direct', from: 'ada', parley: { sections: [] } });
    expect(room.client.chatMessages.map((m) => m.text)).toEqual(['psst']);
  });

  it('needs a room', async () => {
    await room.client.leave();
    const error = expect.objectContaining({ code: 'not_joined' });
    expect(() => room.client.sendChat('x')).toThrow(error);
    expect(() => room.client.sendReaction('x')).toThrow(error);
    expect(() => room.client.setHandRaised(true)).toThrow(error);
    expect(() => room.client.setName('x')).toThrow(error);
    expect(() => room.client.closeRoom()).toThrow(error);
  });
});

describe('moderators', () => {
  it('mute, remove and end the call for all', () => {
    room.client.muteParticipant('ada');
    room.client.muteParticipant('ada', false);
    room.client.removeParticipant('ada', 'noise');
    room.client.closeRoom('the hour is over');
    const said = (type: string) =>
      sent(type).map(({ clientId, muted, reason }) => [clientId, muted, reason]);
    expect(said('mute-participant')).toEqual([
      ['ada', true, undefined],
      ['ada', false, undefined],
    ]);
    expect(said('remove-participant')).toEqual([['ada', undefined, 'noise']]);
    expect(said('close-room')).toEqual([[undefined, undefined, 'the hour is over']]);
  });
});

describe('reactions', () => {
  it('are seen by all, the sender included', async () => {
    const seen: Reaction[] = [];
    room.client.on('reaction', (r) => seen.push(r));
    room.client.sendReaction('👏🏽');
    await room.receive({ type: 'broadcast', from: 'ada', parley: { reaction: '🎉' } });
    await room.receive({ type: 'broadcast', from: 'ada', parley: { reaction: 'x'.repeat(99) } });
    expect(sent('broadcast').at(-1)).toMatchObject({ parley: { reaction: '👏🏽' } });
    expect(seen).toEqual([
      { from: 'me', name: 'Me', reaction: '👏🏽', own: true },
      { from: 'ada', name: 'ADA', reaction: '🎉', own: false },
    ]);
    expect(() => room.client.sendReaction('far too long to be a reaction to anything')).toThrow();
  });
});

describe('hands', () => {
  const names = () => room.client.hands.map((h) => h.participant);

  it('are raised and lowered through metadata', () => {
    const seen: string[] = [];
    room.client.on('handsChanged', (hands) => seen.push(hands.map((h) => h.participant).join()));
    room.client.setHandRaised(true);
    expect(sent('set-metadata').at(-1)?.metadata).toEqual({ name: 'Me', handRaisedAt: kEpoch });
    expect(room.client.handRaised).toBe(true);
    room.client.setHandRaised(true);
    room.client.setHandRaised(false);
    expect(sent('set-metadata')).toHaveLength(2);
    expect(sent('set-metadata').at(-1)?.metadata).toEqual({ name: 'Me' });
    expect(seen).toEqual(['me', '']);
  });

  it('stand in the order in which they were raised, also for who comes late', async () => {
    room = new FakeRoom();
    await room.enter({
      participants: [
        person('ada', { handRaisedAt: kEpoch - 10 }),
        person('bob', { handRaisedAt: kEpoch - 20 }),
        person('cyd', { handRaisedAt: 'yes' }),
      ],
    });
    room.client.setHandRaised(true);
    expect(names()).toEqual(['bob', 'ada', 'me']);
    expect(room.client.participants.get('ada')?.handRaisedAt).toBe(kEpoch - 10);
    await room.receive({ type: 'participant-left', clientId: 'bob', reason: 'left' });
    await room.receive({ type: 'participant-changed', participant: person('ada') });
    expect(names()).toEqual(['me']);
  });

  it('stay raised when the session has to be joined anew', async () => {
    room.client.setHandRaised(true);
    room.client.setName('Myself');
    room.socket.drop();
    await room.platform.advance(1000);
    await room.greet();
    await room.receive({
      type: 'error',
      code: 'resume_failed',
      message: '',
      cause: '',
      remedy: '',
      inReplyTo: 'resume',
    });
    expect(sent('join')[0]?.metadata).toEqual({ name: 'Myself', handRaisedAt: kEpoch });
    room.joined({ clientId: 'me2' });
    await room.platform.advance(0);
    expect(names()).toEqual(['me2']);
  });
});

describe('metadata', () => {
  it('changes during the call, key by key', () => {
    const seen: unknown[] = [];
    room.client.on('metadataChanged', (m) => seen.push(m));
    room.client.setMetadata({ seat: 4 });
    room.client.setName('Ada L.');
    room.client.setMetadata({ seat: undefined });
    expect(room.client.name).toBe('Ada L.');
    expect(room.client.metadata).toEqual({ name: 'Ada L.' });
    expect(sent('set-metadata').map((m) => m.metadata)).toEqual(seen);
    expect(seen).toHaveLength(3);
  });
});
