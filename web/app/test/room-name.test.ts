import { describe, expect, it } from 'vitest';
import { roomNameProblem } from '../src/room-name.js';
import { strings } from '../src/strings.js';

describe('a room name', () => {
  it('may be anything that is no path', () => {
    const good = ['', 'tea time', 'a.b', 'Café', '茶', '🦊', 'com', 'console', 'x'.repeat(128)];
    for (const name of good) expect(roomNameProblem(name), name).toBeNull();
    expect(roomNameProblem('🦊'.repeat(128))).toBeNull();
  });

  it('is refused as the server would refuse it', () => {
    const bad = ['a/b', 'a\\b', '100%', '.hidden', '..', 'a\nb', 'a\u0000', 'a\u200bb', 'a\u202eb'];
    for (const name of [...bad, '\ud83e', 'x'.repeat(129), '🦊'.repeat(129)]) {
      expect(roomNameProblem(name), name).toBe('rule');
    }
    for (const name of ['con', 'NUL.txt', 'com1', 'LPT9', 'aux .x']) {
      expect(roomNameProblem(name), name).toBe('device');
    }
  });

  it('has its rule in the words of people', () => {
    expect(strings.roomNameHelp.rule).toContain('/ \\ %');
  });
});
