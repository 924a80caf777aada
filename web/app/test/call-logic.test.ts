import { describe, expect, it } from 'vitest';
import { changes, sentences } from '../src/call/announcer.js';
import { groups } from '../src/call/chat-groups.js';
import { pieces } from '../src/call/links.js';
import { qualityReason } from '../src/call/quality.js';
import { actionOf } from '../src/call/shortcuts.js';
import { ShownTracks } from '../src/call/shown-tracks.js';
import { focusOf } from '../src/layout/focus.js';
import { SpeakerFollower } from '../src/layout/speaker.js';

describe('links in messages', () => {
  it('are found, without the sentence around them', () => {
    expect(pieces('See https://a.example/x?y=1, or (http://b.example).')).toEqual([
      { text: 'See ' },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: ', or (' },
      { text: 'http://b.example', href: 'http://b.example' },
      { text: ').' },
    ]);
  });

  it('never lead anywhere but to the web', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://', 'file:///etc']) {
      expect(pieces(text).every((p) => p.href === undefined)).toBe(true);
    }
  });

  it('lose no letter of the message', () => {
    for (const text of ['', 'https://a.example', 'a https://a.example https://b.example. c']) {
      expect(
        pieces(text)
          .map((p) => p.text)
          .join(''),
      ).toBe(text);
    }
  });
});

describe('messages', () => {
  const said = (from: string, at: number, more = {}) => ({ from, at, private: false, ...more });

  it('of one person in a row stand under one name', () => {
    const all = [said('a', 0), said('a', 1000), said('b', 2000), said('a', 3000)];
    expect(groups(all).map((g) => g.length)).toEqual([2, 1, 1]);
  });

  it('are apart after a pause, and where only one person reads them', () => {
    const all = [said('a', 0), said('a', 200_000), said('a', 201_000, { private: true, to: 'b' })];
    expect(groups(all).map((g) => g.length)).toEqual([1, 1, 1]);
  });
});

describe('what is told', () => {
  it('names a few and counts many', () => {
    const joined = (name: string) => ({ kind: 'joined' as const, name });
    expect(sentences([joined('Ada'), joined('Bob')])).toEqual(['Ada joined', 'Bob joined']);
    expect(sentences(['A', 'B', 'C'].map(joined))).toEqual(['3 people joined']);
  });

  it('is what changed, and nothing else', () => {
    const before = { name: 'Ada', muted: false, sharing: false };
    expect(changes(before, before)).toEqual([]);
    expect(changes(before, { ...before, muted: true, sharing: true }).map((c) => c.kind)).toEqual([
      'muted',
      'sharing',
    ]);
  });
});

describe('the reason of a mark', () => {
  it('names only what is amiss', () => {
    expect(qualityReason(undefined)).toBe('');
    expect(qualityReason({ rttMs: 20, lossUp: 0, lossDown: 0.001 })).toBe('');
    expect(qualityReason({ rttMs: 320.4 })).toContain('320');
    expect(qualityReason({ lossDown: 0.043 })).toContain('4.3');
  });
});

describe('shortcuts', () => {
  const key = (name: string, more = {}) => ({
    key: name,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    ...more,
  });
  const nowhere = { typing: false, pressable: false, moving: false };

  it('are letters, whatever their case', () => {
    expect(actionOf(key('m'), nowhere)).toBe('microphone');
    expect(actionOf(key('M'), nowhere)).toBe('microphone');
    expect(actionOf(key(' '), nowhere)).toBe('talk');
    expect(actionOf(key('x'), nowhere)).toBeNull();
  });

  it('leave typing, the browser and buttons alone', () => {
    expect(actionOf(key('m'), { ...nowhere, typing: true })).toBeNull();
    expect(actionOf(key('c', { ctrlKey: true }), nowhere)).toBeNull();
    expect(actionOf(key('c', { metaKey: true }), nowhere)).toBeNull();
    expect(actionOf(key('m', { repeat: true }), nowhere)).toBeNull();
    expect(actionOf(key(' '), { ...nowhere, pressable: true })).toBeNull();
    expect(actionOf(key('ArrowLeft'), { ...nowhere, moving: true })).toBeNull();
  });
});

describe('videos that nobody sees', () => {
  it('are not asked for, and come back as they were', () => {
    const asked: string[] = [];
    const wishes: Record<string, 'auto' | 'high' | 'off'> = { a: 'auto', b: 'high' };
    const shown = new ShownTracks((id, wish) => {
      asked.push(`${id} ${wish}`);
      wishes[id] = wish as 'auto';
    });
    const tracks = () => Object.entries(wishes).map(([id, wish]) => ({ id, wish }));
    shown.update(tracks(), new Set(['a', 'b']));
    expect(asked).toEqual([]);
    shown.update(tracks(), new Set(['a']));
    shown.update(tracks(), new Set(['a']));
    expect(asked).toEqual(['b off']);
    shown.update(tracks(), new Set(['a', 'b']));
    expect(asked).toEqual(['b off', 'b high']);
  });
});

describe('the middle of the stage', () => {
  const tiles = [
    { id: 'me', self: true },
    { id: 'ada' },
    { id: 'ada.screen', screen: true },
    { id: 'bob' },
  ];
  const none = { tiles, view: 'grid' as const, pinned: null, speaker: null };

  it('is what was pinned, else a screen, else the speaker', () => {
    const dismissed = new Set<string>();
    expect(focusOf({ ...none, dismissed })).toBe('ada.screen');
    expect(focusOf({ ...none, pinned: 'bob', dismissed })).toBe('bob');
    const away = new Set(['ada.screen']);
    expect(focusOf({ ...none, dismissed: away })).toBeNull();
    expect(focusOf({ ...none, view: 'speaker', speaker: 'bob', dismissed: away })).toBe('bob');
  });

  it('is nobody who has left', () => {
    const input = { ...none, tiles: [{ id: 'me', self: true }], pinned: 'bob', speaker: 'ada' };
    expect(focusOf({ ...input, view: 'speaker', dismissed: new Set() })).toBeNull();
  });
});

describe('the speaker view', () => {
  it('does not follow a cough', () => {
    const follower = new SpeakerFollower();
    const people = ['ada', 'bob'];
    expect(follower.update(['ada'], people, 0)).toBeNull();
    expect(follower.current).toBe('ada');
    expect(follower.update(['bob', 'ada'], people, 10_000)).toBe(1500);
    follower.update(['ada', 'bob'], people, 10_500);
    expect(follower.current).toBe('ada');
    follower.update(['bob', 'ada'], people, 20_000);
    follower.update(['bob', 'ada'], people, 21_500);
    expect(follower.current).toBe('bob');
  });

  it('leaves who has left', () => {
    const follower = new SpeakerFollower();
    follower.update(['ada'], ['ada', 'bob'], 0);
    follower.update([], ['bob'], 100);
    expect(follower.current).toBe('bob');
  });
});
