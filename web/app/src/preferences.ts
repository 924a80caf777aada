// What the page remembers between visits, and what its address asks for.

import type { LayerWish } from '@parley/client';
import type { BackgroundChoice } from './effects/effects.js';
import { type Invitation, readInvitation } from './invitation.js';
import type { View } from './layout/focus.js';
import { keptToken } from './token-store.js';
import type { Theme } from './ui/theme.js';

export interface Preferences {
  name: string;
  cameraId: string;
  microphoneId: string;
  speakerId: string;
  cameraOn: boolean;
  microphoneOn: boolean;
  /** The room of the last visit. */
  room: string;
  theme: Theme;
  view: View;
  shortcuts: boolean;
  background: BackgroundChoice;
  noiseSuppression: boolean;
}

const kKey = 'parley.preferences';

const kDefaults: Preferences = {
  name: '',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  cameraOn: true,
  microphoneOn: true,
  room: '',
  theme: 'system',
  view: 'grid',
  shortcuts: true,
  background: 'none',
  noiseSuppression: false,
};

export function loadPreferences(): Preferences {
  try {
    return readPreferences(JSON.parse(localStorage.getItem(kKey) ?? '{}'));
  } catch {
    return { ...kDefaults };
  }
}

/** What is there and of the right kind; another version, or another page, may have written it. */
export function readPreferences(stored: unknown): Preferences {
  const out = { ...kDefaults };
  if (typeof stored !== 'object' || stored === null) return out;
  const from = stored as Record<string, unknown>;
  for (const key of Object.keys(kDefaults) as (keyof Preferences)[]) {
    const allowed = kAllowed[key];
    const fits = typeof from[key] === typeof kDefaults[key];
    if (fits && (!allowed || allowed.includes(from[key]))) Object.assign(out, { [key]: from[key] });
  }
  return out;
}

const kAllowed: Partial<Record<keyof Preferences, unknown[]>> = {
  theme: ['system', 'light', 'dark'],
  view: ['grid', 'speaker'],
  background: ['none', 'blur', 'image'],
};

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(kKey, JSON.stringify(preferences));
  } catch {
    // A private window may refuse storage; the call works all the same.
  }
}

/** What `?room=…&name=…` and friends ask for; `#room` works as well. */
export interface PageRequest {
  room: string;
  name: string;
  token: string;
  /** What the token says. */
  invitation: Invitation;
  topology: string;
  autojoin: boolean;
  layer: LayerWish | undefined;
  /** `?video=640x360@15`: capture size and rate. */
  video: MediaTrackConstraints | undefined;
}

export function readPageRequest(location: Location): PageRequest {
  const query = new URLSearchParams(location.search);
  const fragment = decoded(location.hash.replace(/^#/, ''));
  const layer = query.get('layer') ?? '';
  const room = query.get('room') ?? fragment;
  const token = query.get('token') ?? keptToken(room);
  return {
    room,
    name: query.get('name') ?? '',
    token,
    invitation: readInvitation(token),
    topology: query.get('topology') ?? '',
    autojoin: query.has('autojoin'),
    layer: isWish(layer) ? layer : undefined,
    video: parseVideo(query.get('video') ?? ''),
  };
}

/** A fragment that somebody typed may hold a lone percent sign. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isWish(text: string): text is LayerWish {
  return ['auto', 'high', 'medium', 'low', 'off'].includes(text);
}

function parseVideo(text: string): MediaTrackConstraints | undefined {
  const match = /^(\d{2,4})x(\d{2,4})(?:@(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [, width, height, rate] = match;
  return {
    width: { ideal: Number(width) },
    height: { ideal: Number(height) },
    frameRate: rate ? { ideal: Number(rate), max: Number(rate) } : { ideal: 30, max: 60 },
  };
}

export function inviteLink(location: Location, room: string): string {
  const link = new URL(location.pathname, location.origin);
  link.searchParams.set('room', room);
  const topology = new URLSearchParams(location.search).get('topology');
  if (topology) link.searchParams.set('topology', topology);
  return link.href;
}

const kFirst = ['amber', 'brisk', 'calm', 'clear', 'early', 'gentle', 'green', 'lucky', 'quiet'];
const kSecond = [
  'brook',
  'cedar',
  'harbor',
  'heron',
  'lantern',
  'maple',
  'meadow',
  'otter',
  'reef',
];

/** A room name that is easy to say on the telephone and not easy to guess. */
export function suggestRoom(): string {
  const draw = crypto.getRandomValues(new Uint16Array(3));
  const first = kFirst[draw[0]! % kFirst.length];
  const second = kSecond[draw[1]! % kSecond.length];
  return `${first}-${second}-${1000 + (draw[2]! % 9000)}`;
}
