import { type Capture, capture, type Platform } from '@parley/client';
import { describe, expect, it } from 'vitest';
import { inviteReach } from '../src/call/invite-reach.js';
import { readInvitation } from '../src/invitation.js';
import { guestText } from '../src/lobby/guest-text.js';
import { failureOf } from '../src/lobby/media-help.js';
import { firstName, nameToRemember } from '../src/lobby/own-name.js';
import { previewWish } from '../src/lobby/use-preview.js';
import { readPageRequest } from '../src/preferences.js';
import { strings } from '../src/strings.js';

const encoded = (text: string) => Buffer.from(text).toString('base64url');
const tokenOf = (claims: unknown) =>
  `${encoded('{"alg":"HS256"}')}.${encoded(JSON.stringify(claims))}.c2ln`;
const at = (href: string) => new URL(href) as unknown as Location;

describe('an invitation', () => {
  it('gives a name and says whether one may send', () => {
    const token = tokenOf({ room: 'r', name: ' Zoë 🦊~~~ ', publish: false });
    expect(readInvitation(token)).toEqual({
      name: 'Zoë 🦊~~~',
      identity: '',
      mayPublish: false,
    });
    expect(readPageRequest(at(`https://h/?token=${token}`)).invitation.mayPublish).toBe(false);
  });

  it('leaves the name to the guest where it gives none', () => {
    for (const claims of [{ room: 'r' }, { name: '  ' }, { name: 7 }, { name: null, publish: 0 }]) {
      expect(readInvitation(tokenOf(claims))).toEqual({ name: '', identity: '', mayPublish: true });
    }
  });

  it('says whom it is for', () => {
    expect(readInvitation(tokenOf({ identity: ' ada@example.org ' })).identity).toBe(
      'ada@example.org',
    );
    expect(readInvitation(tokenOf({ identity: ['ada'] })).identity).toBe('');
  });

  it('is not needed, and may be nonsense', () => {
    const nonsense = ['', 'x', 'a.b.c', '..', 'a.%%%.c', tokenOf(null), tokenOf([1]), tokenOf('x')];
    const halfLetter = `a.${Buffer.from([0x22, 0xc3, 0x22]).toString('base64url')}.c`;
    const endless = tokenOf({ name: 'x'.repeat(5000) });
    for (const token of [...nonsense, halfLetter, endless]) {
      expect(readInvitation(token)).toEqual({ name: '', identity: '', mayPublish: true });
    }
  });
});

describe('the name in the lobby', () => {
  const named = { name: 'Ada', identity: 'ada@example.org', mayPublish: true };
  const unnamed = { ...named, name: '' };
  const open = { ...unnamed, identity: '' };

  it('is the first that somebody has said: invitation, address, last visit', () => {
    expect(firstName(named, 'Bob', 'Cyd')).toBe('Ada');
    expect(firstName(unnamed, 'Bob', 'Cyd')).toBe('Bob');
    expect(firstName(unnamed, '', 'Cyd')).toBe('Cyd');
  });

  it('is whom the invitation is for where nobody has said one', () => {
    expect(firstName(unnamed, '', '')).toBe('ada@example.org');
    expect(firstName(open, '', '')).toBe('');
  });

  it('is remembered unless the invitation brought it', () => {
    expect(nameToRemember(unnamed, 'Bob', 'Cyd')).toBe('Bob');
    expect(nameToRemember(unnamed, 'ada@example.org', 'Cyd')).toBe('Cyd');
    expect(nameToRemember(named, 'Ada', 'Cyd')).toBe('Cyd');
    expect(nameToRemember(open, 'Bob', 'Cyd')).toBe('Bob');
    expect(nameToRemember(open, '', 'Cyd')).toBe('');
  });
});

describe('a guest who may only watch', () => {
  const devices = { cameraId: 'c', microphoneId: '' };
  const wishOf = (claims: unknown) =>
    previewWish(devices, readPageRequest(at(`https://h/?token=${tokenOf(claims)}`)));

  it('is not asked for camera and microphone', async () => {
    let opened = 0;
    const getUserMedia = async () => {
      opened += 1;
    };
    const platform = { mediaDevices: { getUserMedia } } as unknown as Platform;
    const result: Capture = await capture(platform, wishOf({ publish: false }));
    expect(opened).toBe(0);
    expect(result.stream).toBeNull();
    expect(failureOf(result)).toBeFalsy();
  });

  it('is nobody else', () => {
    const wish = { audio: {}, video: { deviceId: { exact: 'c' } } };
    expect(wishOf({ publish: true })).toEqual(wish);
    expect(wishOf({})).toEqual(wish);
  });
});

describe('what a guest reads', () => {
  const server = { message: 'A room token is needed.', remedy: 'connect to /signal?token=TOKEN' };

  it('of tokens names whom to ask', () => {
    for (const code of ['token_required', 'token_expired', 'bad_token', 'token_wrong_room']) {
      const { message, remedy } = guestText({ code, ...server });
      expect(message).toMatch(/invitation/);
      expect(remedy).toMatch(/Ask|ask/);
    }
  });

  it('of anything else is what the server says', () => {
    expect(guestText({ code: 'room_full', ...server })).toEqual(server);
    expect(guestText({ code: 'constructor', ...server })).toEqual(server);
  });
});

describe('the invite link', () => {
  it('of another computer is for everyone, by its code too', () => {
    const reach = inviteReach(at('https://talk.example/?room=r'));
    expect(reach.thisComputer).toBe(false);
    expect(reach.advice).toBe(`${strings.inviteOpen} ${strings.inviteScan}`);
  });

  it('of this computer is good here only', () => {
    for (const host of ['localhost:8080', '127.0.0.1', '127.1.2.3', '[::1]:8080', 'a.localhost']) {
      const reach = inviteReach(at(`http://${host}/`));
      expect(reach).toEqual({ thisComputer: true, advice: strings.inviteHere });
    }
    for (const host of ['localhost.example', '127.example', '10.0.0.1', '[2001:db8::1]']) {
      expect(inviteReach(at(`http://${host}/`)).thisComputer).toBe(false);
    }
  });

  it('of a page with a token says that others need one too', () => {
    expect(inviteReach(at('https://h/?token=t')).advice).toContain(strings.inviteGuarded);
    const here = inviteReach(at('http://localhost/?token=t')).advice;
    expect(here).toBe(`${strings.inviteGuarded} ${strings.inviteHere}`);
  });
});
