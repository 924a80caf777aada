// What the person sees of the call: the view, what is pinned, the page, and where tiles stand.

import type { ConferenceClient } from '@parley/client';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { focusOf, type View } from '../layout/focus.js';
import { SpeakerFollower } from '../layout/speaker.js';
import { layOut } from '../layout/stage.js';
import { useSize } from '../ui/use-size.js';
import { ShownTracks } from './shown-tracks.js';
import { shownVideos, type TileContext, tilesOf } from './tiles.js';

export function useStage(
  client: ConferenceClient,
  context: TileContext,
  view: View,
  onView: (view: View) => void,
) {
  const [stageRef, size] = useSize<HTMLDivElement>();
  const [pinned, setPinned] = useState<string | null>(null);
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const [page, setPage] = useState(0);
  const tiles = tilesOf(client, context);
  const speaker = useSpeaker(client, view === 'speaker');
  const focus = focusOf({ tiles, view, pinned, speaker, dismissed });
  const layout = layOut({ tiles, focus, page, ...size });

  // Another view starts at its first page; a page that is no more is left behind.
  const kind = focus === null ? 'grid' : 'focus';
  useEffect(() => setPage(0), [kind]);
  useEffect(() => {
    if (page !== layout.page) setPage(layout.page);
  }, [layout.page]);
  useShownTracks(client, shownVideos(client, layout.rects, context));
  usePriority(client, tiles.find((t) => t.id === focus)?.observed);

  const toggleView = () => {
    setPinned(null);
    const screen = tiles.find((t) => t.id === focus && t.screen);
    if (screen) {
      setDismissed(new Set([...dismissed, screen.id]));
      onView('grid');
      return;
    }
    if (view === 'grid' && dismissed.size > 0 && tiles.some((t) => dismissed.has(t.id))) {
      setDismissed(new Set());
      return;
    }
    onView(view === 'grid' && focus === null ? 'speaker' : 'grid');
  };
  const pin = (id: string | null) => {
    setPinned(id);
    if (id !== null && dismissed.has(id)) {
      setDismissed(new Set([...dismissed].filter((d) => d !== id)));
    }
  };
  return {
    stageRef,
    size,
    tiles,
    layout,
    focus,
    pinned: tiles.some((t) => t.id === pinned) ? pinned : null,
    pin,
    toggleView,
    turnTo: setPage,
  };
}

function useSpeaker(client: ConferenceClient, active: boolean): string | null {
  const follower = useMemo(() => new SpeakerFollower(), [client]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const others = [...client.participants.keys()];
  const speakers = client.activeSpeakers.map((s) => s.participant);
  const wait = active ? follower.update(speakers, others, performance.now()) : null;
  useEffect(() => {
    if (wait === null) return;
    timer.current = setTimeout(() => redraw(undefined), wait);
    return () => clearTimeout(timer.current);
  });
  return follower.current ?? (active ? client.clientId : null);
}

function useShownTracks(client: ConferenceClient, shown: ReadonlySet<string>): void {
  const tracks = useMemo(() => new ShownTracks((id, wish) => client.setLayer(id, wish)), [client]);
  useEffect(() => {
    const videos = [...client.participants.values()].flatMap((p) =>
      [...p.tracks.values()].filter((t) => t.kind === 'video'),
    );
    tracks.update(videos, shown);
  });
}

/** The picture in the middle gets its bandwidth before the others. */
const kMiddlePriority = 90;
/** What the server gives by itself. */
const kPriorities = { screen: 75, camera: 50 };

function sourceOf(client: ConferenceClient, trackId: string): 'screen' | 'camera' {
  const tracks = [...client.participants.values()].map((p) => p.tracks.get(trackId));
  return tracks.find(Boolean)?.source === 'screen' ? 'screen' : 'camera';
}

function usePriority(client: ConferenceClient, track: string | undefined): void {
  useEffect(() => {
    if (!track) return;
    client.setPriority(track, kMiddlePriority);
    return () => client.setPriority(track, kPriorities[sourceOf(client, track)]);
  }, [client, track]);
}
