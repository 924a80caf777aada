import type { ConferenceClient, ParleyError } from '@parley/client';
import { describe, expect, it } from 'vitest';
import { blockedOf } from '../src/call/allowed.js';
import { followNotices } from '../src/call/notices.js';
import { tilesOf } from '../src/call/tiles.js';
import { strings } from '../src/strings.js';

const all = { publish: true, subscribe: true, admin: false };
const listener = { ...all, publish: false };

/** What happens to the client is told by hand. */
function fakeClient(rights = all) {
  const listeners = new Map<string, (payload: unknown) => void>();
  const on = (event: string, listener: (payload: unknown) => void) => {
    listeners.set(event, listener);
    return () => listeners.delete(event);
  };
  const client = { on, rights } as unknown as ConferenceClient;
  const shown: ParleyError[] = [];
  const stop = followNotices(client, (notice) => shown.push(notice));
  const tell = (event: string, payload: unknown) => listeners.get(event)?.(payload);
  return { shown, stop, tell, listeners, texts: () => shown.map((n) => n.message) };
}

describe('own controls', () => {
  it('are free where nothing stands in the way', () => {
    const free = { microphone: null, camera: null, screen: null };
    expect(blockedOf({ rights: all, forceMuted: false, microphoneOn: false })).toEqual(free);
  });

  it('say that a moderator muted, and leave the camera alone', () => {
    const muted = { microphone: strings.mutedByModeratorHint, camera: null, screen: null };
    expect(blockedOf({ rights: all, forceMuted: true, microphoneOn: false })).toEqual(muted);
    const on = blockedOf({ rights: all, forceMuted: true, microphoneOn: true });
    expect(on.microphone, 'it may be turned off').toBeNull();
  });

  it('say what the invitation does not allow', () => {
    const blocked = blockedOf({ rights: listener, forceMuted: false, microphoneOn: false });
    for (const reason of Object.values(blocked)) expect(reason).toContain('does not allow');
    expect(new Set(Object.values(blocked)).size).toBe(3);
  });
});

describe('notices of the call', () => {
  it('tell of a mute by a moderator once, and when it is lifted', () => {
    const { tell, texts } = fakeClient();
    expect(texts()).toEqual([]);
    tell('forceMuted', true);
    expect(texts()).toEqual([strings.mutedByModerator]);
    tell('forceMuted', false);
    expect(texts()).toEqual([strings.mutedByModerator, strings.unmutedByModerator]);
  });

  it('tell once that one is here to watch', () => {
    expect(fakeClient(listener).texts()).toEqual([strings.watchOnlyInvitation]);
  });

  it('pass on what fails, and end', () => {
    const { tell, stop, shown, listeners } = fakeClient();
    tell('deviceLost', { kind: 'video', label: 'Cam', replacement: null });
    tell('battery', { saving: false });
    expect(shown.map((n) => [n.code, n.remedy])).toEqual([['device_lost', strings.cameraGone]]);
    stop();
    expect(listeners.size).toBe(0);
  });
});

describe('the own tile', () => {
  const tileOf = (more: object) => {
    const client = {
      activeSpeakers: [],
      hands: [],
      clientId: 'me',
      screenTrack: null,
      participants: new Map(),
      ...more,
    } as unknown as ConferenceClient;
    return tilesOf(client, { audioOnly: false, mutedForMe: new Set() })[0];
  };

  it('has the name that the others see', () => {
    expect(tileOf({ name: ' Ada ' })?.name).toBe('Ada');
    expect(tileOf({ name: 'x'.repeat(100) })?.name).toHaveLength(64);
    expect(tileOf({ name: ' ' })?.name).toBe(strings.unnamed);
  });
});

describe('the tile of somebody else', () => {
  const tileOf = (name: string, identity: string | undefined) => {
    const ada = { id: 'ada', name, identity, track: () => undefined };
    const client = {
      name: 'Me',
      activeSpeakers: [],
      hands: [],
      clientId: 'me',
      screenTrack: null,
      participants: new Map([['ada', ada]]),
    } as unknown as ConferenceClient;
    return tilesOf(client, { audioOnly: false, mutedForMe: new Set() })[1];
  };

  it('says whom the token is for where the name does not', () => {
    expect(tileOf('The boss', 'mallory')).toMatchObject({ name: 'The boss', identity: 'mallory' });
    expect(tileOf('Ada', 'ada')?.identity).toBeUndefined();
    expect(tileOf('Ada', undefined)?.identity).toBeUndefined();
  });
});
