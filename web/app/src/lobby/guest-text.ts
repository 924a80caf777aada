// What a guest reads of an error. Of tokens the server speaks to those who run it: guests are told
// whom to ask instead.

import type { ParleyError } from '@parley/client';
import { strings } from '../strings.js';

type Text = Pick<ParleyError, 'message' | 'remedy'>;

const kTexts: ReadonlyMap<string, Text> = new Map(Object.entries(strings.refusals));

export function guestText({ code, message, remedy }: Text & { code: string }): Text {
  return kTexts.get(code) ?? { message, remedy };
}
