// Which name stands in the lobby at first, and which is remembered for the next visit.

import type { Invitation } from '../invitation.js';

/** `requested`: by the address. Whom an invitation is for serves where nobody has said a name. */
export function firstName(invitation: Invitation, requested: string, remembered: string): string {
  return invitation.name || requested || remembered || invitation.identity;
}

/** What an invitation brings is not what this person is called elsewhere. */
export function nameToRemember(invitation: Invitation, name: string, remembered: string): string {
  const brought = [invitation.name, invitation.identity].some((text) => text && text === name);
  return brought ? remembered : name;
}
