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
  microphoneOn,
}: Pick<ConferenceClient, 'rights' | 'forceMuted' | 'microphoneOn'>): Blocked {
  if (!rights.publish) {
    return {
      microphone: strings.noMicrophoneAllowed,
      camera: strings.noCameraAllowed,
      screen: strings.noScreenAllowed,
    };
  }
  // A microphone that is on may always be turned off.
  const microphone = forceMuted && !microphoneOn ? strings.mutedByModeratorHint : null;
  return { microphone, camera: null, screen: null };
}
