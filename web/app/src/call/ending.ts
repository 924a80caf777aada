// What the page after a call says first, and whose words it quotes.

import { type ParleyError, SignalingError } from '@parley/client';
import { strings } from '../strings.js';

export function endTitle(error: ParleyError | null): string {
  if (!error) return strings.left;
  // The others go on.
  return error.code === 'removed' ? strings.out : strings.ended;
}

/** Of the moderator who ended the call, for one or for all. */
export function moderatorsWords(error: ParleyError): string | undefined {
  return error instanceof SignalingError ? error.reason : undefined;
}
