// For whom the invite link of this page is good, and what is said of it.

import { readPageRequest } from '../preferences.js';
import { strings } from '../strings.js';

export interface InviteReach {
  /** The link leads to the computer on which it is opened: a telephone would look on itself. */
  thisComputer: boolean;
  advice: string;
}

export function inviteReach(location: Location): InviteReach {
  const thisComputer = isLoopback(location.hostname);
  // Who came by a token knows a server that asks for one.
  const needsToken = readPageRequest(location).token !== '';
  if (thisComputer && !needsToken) return { thisComputer, advice: strings.inviteHere };
  const who = needsToken ? strings.inviteGuarded : strings.inviteOpen;
  const how = thisComputer ? strings.inviteHere : strings.inviteScan;
  return { thisComputer, advice: `${who} ${how}` };
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
