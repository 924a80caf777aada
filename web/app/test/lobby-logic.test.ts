import { describe, expect, it } from 'vitest';
import { browserName, failureOf, helpFor } from '../src/lobby/media-help.js';
import { inviteLink, readPageRequest, readPreferences } from '../src/preferences.js';

const kAgents = {
  chrome: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/140.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605',
  ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604',
  'chrome-android':
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
} as const;

describe('help without devices', () => {
  it('knows the browser', () => {
    for (const [name, agent] of Object.entries(kAgents)) expect(browserName(agent)).toBe(name);
    expect(browserName(kAgents.safari, 5)).toBe('ios');
  });

  it('tells every browser what to do about a refusal', () => {
    for (const browser of Object.keys(kAgents) as (keyof typeof kAgents)[]) {
      const help = helpFor({ code: 'permission_denied' }, 'both', browser, 'https://x');
      expect(help.cause).toBe('denied');
      expect(help.steps.length).toBeGreaterThan(1);
      expect(help.retry).toBe(true);
    }
  });

  it('tells refusals of the person, of the system, and closed questions apart', () => {
    const cause = (message: string) =>
      helpFor(
        { code: 'permission_denied', cause: new Error(message) },
        'camera',
        'chrome',
        'https://x',
      ).cause;
    expect(cause('Permission denied')).toBe('denied');
    expect(cause('Permission dismissed')).toBe('dismissed');
    expect(cause('Permission denied by system')).toBe('system');
  });

  it('names the secure address where the page is not secure', () => {
    const help = helpFor({ code: 'insecure_page' }, 'both', 'chrome', 'https://host/');
    expect(help.steps.join()).toContain('https://host/');
    expect(help.retry).toBe(false);
  });

  it('is silent when both are there', () => {
    expect(failureOf({ stream: null, step: 'wished', attempts: [] })).toBeNull();
  });
});

describe('preferences', () => {
  it('keep what fits and forget the rest', () => {
    const read = readPreferences({ name: 'Ada', theme: 'pink', cameraOn: 'yes', view: 'speaker' });
    expect(read).toMatchObject({ name: 'Ada', theme: 'system', cameraOn: true, view: 'speaker' });
    for (const nonsense of [null, 7, 'x', [], { background: 'fire' }]) {
      expect(readPreferences(nonsense).background).toBe('none');
    }
  });
});

describe('the address', () => {
  const at = (href: string) => readPageRequest(new URL(href) as unknown as Location);

  it('says what to join', () => {
    expect(at('https://h/?room=tea%20time&name=Ada&layer=low&video=640x360@15')).toMatchObject({
      room: 'tea time',
      name: 'Ada',
      layer: 'low',
      autojoin: false,
    });
    expect(at('https://h/#tea').room).toBe('tea');
    expect(at('https://h/#caf%C3%A9').room).toBe('café');
    expect(at('https://h/#100%').room).toBe('100%');
    expect(at('https://h/?layer=huge&video=big').layer).toBeUndefined();
    expect(at('https://h/?video=big').video).toBeUndefined();
  });

  it('invites without the token of the one who invites', () => {
    const link = inviteLink(
      new URL('https://h/?room=a&token=secret&name=Ada') as unknown as Location,
      'tea time',
    );
    expect(new URL(link).searchParams.get('room')).toBe('tea time');
    expect(link).not.toContain('secret');
    expect(link).not.toContain('Ada');
  });
});
