// Feeds the policy once a second, and carries out what it says about the own camera.

import type { ConferenceClient } from '@parley/client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type AudioOnly, DegradationPolicy, type LinkState } from './degradation.js';

export function useDegradation(client: ConferenceClient) {
  const policy = useMemo(() => new DegradationPolicy(), [client]);
  const [state, setState] = useState<AudioOnly>('no');
  const followed = useRef<AudioOnly>('no');
  const cameraWasOn = useRef(false);
  const follow = (next: AudioOnly) => {
    const before = followed.current;
    if (before === next) return;
    followed.current = next;
    setState(next);
    if (before === 'no') {
      cameraWasOn.current = client.cameraOn;
      void client.setCamera(false);
    } else if (next === 'no' && cameraWasOn.current) {
      // A camera that another program took meanwhile stays off, as its button shows.
      client.setCamera(true).catch(() => {});
    }
  };
  useEffect(() => client.on('stats', () => follow(policy.update(linkOf(client)))), [client]);
  return {
    audioOnly: state,
    choose: (audioOnly: boolean) => {
      policy.choose(audioOnly, performance.now());
      follow(policy.state);
    },
  };
}

function linkOf(client: ConferenceClient): LinkState {
  const cameras = [...client.participants.values()]
    .map((p) => p.track('camera'))
    .filter((t) => t !== undefined && !t.muted && t.wish !== 'off' && !isLeftOut(t.paused));
  return {
    at: performance.now(),
    quality: client.quality,
    availableOutgoing: client.stats?.transport.availableOutgoingBitsPerSecond,
    paused: cameras.filter((t) => t?.paused).length,
    wanted: cameras.length,
    connected: client.state === 'joined',
  };
}

/** Paused for a reason that says nothing about the network. */
function isLeftOut(paused: string | null): boolean {
  return paused === 'last_n' || paused === 'too_many_tracks';
}
