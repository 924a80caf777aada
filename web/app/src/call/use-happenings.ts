// Follows the room and tells what happens: everything to screen readers, and the little that all
// want to know as a line on the stage.

import type { ConferenceClient, RemoteParticipant } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { changes, type Happening, type Known, sentences } from './announcer.js';
import { nameOf } from './tiles.js';

/** What comes within this time is told together. */
const kBurstMs = 700;
const kLineMs = 4000;
/** In a large room comings and goings are noise. */
const kLinesUpTo = 12;

export interface Told {
  /** For the ear: the last burst. */
  spoken: string;
  /** For the eye. */
  line: string;
}

export function useHappenings(client: ConferenceClient, chatOpen: boolean): Told {
  const [spoken, setSpoken] = useState('');
  const [line, setLine] = useState('');
  // What is told goes on while panels open and close.
  const reading = useRef(chatOpen);
  reading.current = chatOpen;
  useEffect(() => {
    let pending: Happening[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lineTimer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      const happenings = pending;
      pending = [];
      timer = undefined;
      setSpoken(sentences(happenings).join('. '));
      const seen = happenings.filter((h) => isSeen(h, client.participants.size, reading.current));
      if (seen.length === 0) return;
      setLine(sentences(seen).join(' · '));
      clearTimeout(lineTimer);
      lineTimer = setTimeout(() => setLine(''), kLineMs);
    };
    const tell = (happening: Happening) => {
      pending.push(happening);
      timer ??= setTimeout(flush, kBurstMs);
    };
    const stop = follow(client, tell);
    return () => {
      stop();
      clearTimeout(timer);
      clearTimeout(lineTimer);
    };
  }, [client]);
  return { spoken, line };
}

function isSeen({ kind }: Happening, people: number, chatOpen: boolean): boolean {
  if (kind === 'message') return !chatOpen;
  if (kind === 'handUp' || kind === 'sharing') return true;
  return (kind === 'joined' || kind === 'left') && people <= kLinesUpTo;
}

function follow(client: ConferenceClient, tell: (happening: Happening) => void): () => void {
  const known = new Map([...client.participants.values()].map((p) => [p.id, knownOf(p)]));
  const hands = new Set(client.hands.map((h) => h.participant));
  // What somebody brings along when joining is not a change.
  const compare = (participant: RemoteParticipant) => {
    const before = known.get(participant.id);
    const after = knownOf(participant);
    known.set(participant.id, after);
    if (before) for (const happening of changes(before, after)) tell(happening);
  };
  const isSelf = (id: string) => id === client.clientId;
  const offs = [
    client.on('participantJoined', (p) => {
      known.set(p.id, knownOf(p));
      tell({ kind: 'joined', name: nameOf(p) });
    }),
    client.on('participantLeft', (p) => {
      known.delete(p.id);
      if (client.state !== 'ended') tell({ kind: 'left', name: nameOf(p) });
    }),
    client.on('trackUpdated', ({ participant }) => compare(participant)),
    client.on('trackRemoved', ({ participant }) => compare(participant)),
    client.on('trackAdded', ({ participant, track }) => {
      if (track.source === 'screen') compare(participant);
      else known.set(participant.id, knownOf(participant));
    }),
    client.on('handsChanged', (now) => {
      for (const { participant } of now) {
        if (hands.has(participant) || isSelf(participant)) continue;
        const raiser = client.participants.get(participant);
        if (raiser) tell({ kind: 'handUp', name: nameOf(raiser) });
      }
      for (const id of hands) {
        const lowered = client.participants.get(id);
        const still = now.some((h) => h.participant === id);
        if (!still && lowered) tell({ kind: 'handDown', name: nameOf(lowered) });
      }
      hands.clear();
      for (const { participant } of now) hands.add(participant);
    }),
    client.on('reaction', ({ own, name, reaction }) => {
      if (!own) tell({ kind: 'reaction', name, reaction });
    }),
    client.on('chat', ({ own, name, text }) => {
      if (!own) tell({ kind: 'message', name, text: shortened(text) });
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}

function knownOf(participant: RemoteParticipant): Known {
  const microphone = participant.track('microphone');
  return {
    name: nameOf(participant),
    muted: !microphone || microphone.muted,
    sharing: participant.track('screen') !== undefined,
  };
}

const kShort = 80;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > kShort ? `${line.slice(0, kShort - 1)}…` : line;
}
