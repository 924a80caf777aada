// What happened in the room, in words: read out to people who do not see it. What comes in a burst
// is told as one sentence.

import { strings } from '../strings.js';

const text = strings.happened;

export type Happening =
  | { kind: 'joined' | 'left' | 'muted' | 'unmuted' | 'handUp' | 'handDown'; name: string }
  | { kind: 'sharing' | 'sharingEnded'; name: string }
  | { kind: 'reaction'; name: string; reaction: string }
  | { kind: 'message'; name: string; text: string };

/** So many of a kind are named one by one. */
const kNamed = 2;

export function sentences(happenings: readonly Happening[]): string[] {
  const out: string[] = [];
  for (const kind of new Set(happenings.map((h) => h.kind))) {
    const group = happenings.filter((h) => h.kind === kind);
    if (group.length <= kNamed) out.push(...group.map(sentence));
    else out.push(text.many[kind](group.length));
  }
  return out;
}

function sentence(happening: Happening): string {
  const { name } = happening;
  if (happening.kind === 'reaction') return text.reaction(name, happening.reaction);
  if (happening.kind === 'message') return text.message(name, happening.text);
  return text[happening.kind](name);
}

/** Which changes of a person are worth telling, from what was known before. */
export interface Known {
  name: string;
  muted: boolean;
  sharing: boolean;
}

export function changes(before: Known, after: Known): Happening[] {
  const out: Happening[] = [];
  const { name } = after;
  if (before.muted !== after.muted) out.push({ kind: after.muted ? 'muted' : 'unmuted', name });
  if (before.sharing !== after.sharing) {
    out.push({ kind: after.sharing ? 'sharing' : 'sharingEnded', name });
  }
  return out;
}
