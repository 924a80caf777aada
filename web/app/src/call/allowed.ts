// Why the own microphone, camera or screen cannot be turned on at present; null: it can.

import type { ConferenceClient } from '@parley/client';
import { strings } from '../strings.js';

export interface Blocked {
  microphone: string | null;
  camera: string | null;
  screen: string | null;
}

export function blockedOf({
  rights,
  forceMuted,
}: Pick<ConferenceClient, 'rights' | 'forceMuted'>): Blocked {
  if (!rights.publish) {
    return {
      microphone: strings.noMicrophoneAllowed,
      camera: strings.noCameraAllowed,
      screen: strings.noScreenAllowed,
    };
  }
  const microphone = forceMuted ? strings.mutedByModeratorHint : null;
  return { microphone, camera: null, screen: null };
}
