// What the page remembers between visits, and what its address asks for.

import type { LayerWish } from '@parley/client';

export interface Preferences {
  name: string;
  cameraId: string;
  microphoneId: string;
  speakerId: string;
  cameraOn: boolean;
  microphoneOn: boolean;
}

const kKey = 'parley.preferences';

const kDefaults: Preferences = {
  name: '',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  cameraOn: true,
  microphoneOn: true,
};

export function loadPreferences(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(kKey) ?? '{}');
    return { ...kDefaults, ...(typeof stored === 'object' ? stored : {}) };
  } catch {
    return { ...kDefaults };
  }
}

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
  topology: string;
  autojoin: boolean;
  layer: LayerWish | undefined;
  /** `?video=640x360@15`: capture size and rate. */
  video: MediaTrackConstraints | undefined;
}

export function readPageRequest(location: Location): PageRequest {
  const query = new URLSearchParams(location.search);
  const fragment = decodeURIComponent(location.hash.replace(/^#/, ''));
  const layer = query.get('layer') ?? '';
  return {
    room: query.get('room') ?? fragment,
    name: query.get('name') ?? '',
    token: query.get('token') ?? '',
    topology: query.get('topology') ?? '',
    autojoin: query.has('autojoin'),
    layer: isWish(layer) ? layer : undefined,
    video: parseVideo(query.get('video') ?? ''),
  };
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
