import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readPageRequest } from '../src/preferences.js';
import { keepToken, keptToken } from '../src/token-store.js';

class Tab implements Pick<Storage, 'getItem' | 'setItem'> {
  private readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

const asStorage = (tab: Pick<Storage, 'getItem' | 'setItem'>) => tab as unknown as Storage;

describe('the token of an invitation', () => {
  let tab: Storage;
  beforeEach(() => {
    tab = asStorage(new Tab());
    vi.stubGlobal('sessionStorage', tab);
    return () => vi.unstubAllGlobals();
  });

  it('is kept for its room alone', () => {
    expect(keepToken('daily', 'abc')).toBe(true);
    expect(keptToken('daily')).toBe('abc');
    expect(keptToken('weekly')).toBe('');
    keepToken('weekly', 'def');
    expect(keptToken('daily')).toBe('');
  });

  it('is read from the address first, then from the tab', () => {
    const at = (href: string) => readPageRequest(new URL(href) as unknown as Location).token;
    keepToken('daily', 'kept');
    expect(at('https://h/?room=daily')).toBe('kept');
    expect(at('https://h/#daily')).toBe('kept');
    expect(at('https://h/?room=daily&token=new')).toBe('new');
    expect(at('https://h/?room=other')).toBe('');
  });

  it('stays in the address where nothing can be kept', () => {
    const full = asStorage({
      getItem: () => null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    });
    expect(keepToken('daily', 'abc', full)).toBe(false);
    expect(keepToken('daily', 'abc', null)).toBe(false);
    expect(keptToken('daily', null)).toBe('');
  });

  it('is nothing when something else is stored', () => {
    for (const nonsense of ['', 'x', '7', 'null', '[]', '{"room":"daily","token":7}']) {
      tab.setItem('parley.token', nonsense);
      expect(keptToken('daily')).toBe('');
    }
  });
});
