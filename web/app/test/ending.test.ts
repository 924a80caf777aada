import { ParleyError, SignalingError } from '@parley/client';
import { describe, expect, it } from 'vitest';
import { endTitle, moderatorsWords } from '../src/call/ending.js';
import { strings } from '../src/strings.js';

describe('the page after a call', () => {
  const ended = (code: string, reason?: string) => new SignalingError(code, 'm', 'r', { reason });

  it('tells leaving, being removed and the end for all apart', () => {
    expect(endTitle(null)).toBe(strings.left);
    expect(endTitle(ended('removed'))).toBe(strings.out);
    expect(endTitle(ended('room_closed'))).toBe(strings.ended);
    expect(endTitle(new ParleyError('unreachable', 'm', 'r'))).toBe(strings.ended);
  });

  it('quotes the moderator, where one said something', () => {
    expect(moderatorsWords(ended('removed', 'Too loud.'))).toBe('Too loud.');
    expect(moderatorsWords(ended('room_closed'))).toBeUndefined();
    expect(moderatorsWords(new ParleyError('unexpected', 'm', 'r'))).toBeUndefined();
  });
});
