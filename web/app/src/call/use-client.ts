// Lets components follow the conference: any of the named events draws them again.

import type { ConferenceClient, ConferenceEvents } from '@parley/client';
import { useEffect, useReducer } from 'preact/hooks';

export function useClientEvents(
  client: ConferenceClient,
  events: readonly (keyof ConferenceEvents)[],
): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const key = events.join(' ');
  useEffect(() => {
    const names = key.split(' ') as (keyof ConferenceEvents)[];
    const offs = names.map((name) => client.on(name, () => redraw(undefined)));
    return () => {
      for (const off of offs) off();
    };
  }, [client, key]);
}
