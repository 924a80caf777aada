// What happens to oneself in the call and needs a word: each is shown once, for a while.

import { type ConferenceClient, ParleyError } from '@parley/client';
import { strings } from '../strings.js';

/** Tells of everything until the returned function is called. */
export function followNotices(
  client: Pick<ConferenceClient, 'on' | 'rights'>,
  show: (notice: ParleyError) => void,
): () => void {
  const say = (code: string, text: string, remedy: string) =>
    show(new ParleyError(code, text, remedy));
  if (!client.rights.publish) say('watch_only', strings.watchOnlyInvitation, '');
  const offs = [
    client.on('error', show),
    client.on('deviceLost', ({ kind, label, replacement }) => {
      const gone = kind === 'video' ? strings.cameraGone : strings.microphoneGone;
      const next = replacement ? strings.deviceReplaced(replacement) : gone;
      say('device_lost', strings.deviceLost(label), next);
    }),
    client.on('battery', ({ saving }) => {
      if (saving) say('battery_low', strings.batteryLow, strings.batterySaved);
    }),
    client.on('forceMuted', (muted) => {
      if (muted) say('muted_by_moderator', strings.mutedByModerator, strings.askToBeUnmuted);
      else say('unmuted_by_moderator', strings.unmutedByModerator, '');
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}
