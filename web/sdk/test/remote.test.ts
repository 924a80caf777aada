import { describe, expect, it } from 'vitest';
import { RemoteParticipant } from '../src/remote.js';

describe('the name of a participant', () => {
  const nameOf = (told: { name?: string; identity?: string; metadata?: object }) => {
    const participant = new RemoteParticipant('p');
    participant.update({
      id: 'p',
      connection: 'connected',
      ...told,
      metadata: { ...told.metadata },
    });
    return participant.name;
  };
  const said = { name: 'Ada L.' };

  it('is the one of the token before the one that is said', () => {
    expect(nameOf({ name: 'Ada', identity: 'ada@example.org', metadata: said })).toBe('Ada');
    expect(nameOf({ identity: 'ada@example.org', metadata: said })).toBe('Ada L.');
  });

  it('is the identity of the token where there is no other', () => {
    expect(nameOf({ identity: 'ada@example.org' })).toBe('ada@example.org');
    expect(nameOf({ identity: 'ada@example.org', metadata: { name: ' ' } })).toBe(
      'ada@example.org',
    );
    expect(nameOf({ identity: 'ada@example.org', metadata: { name: 7 } })).toBe('ada@example.org');
    expect(nameOf({})).toBe('');
  });
});
