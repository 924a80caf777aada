import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOwnPath, lobbyPath } from '../src/own-path.js';

describe('the own addresses', () => {
  it('are known from where the script is', () => {
    expect(lobbyPath('https://h/assets/index-B6LFXI3X.js')).toBe('/');
    expect(lobbyPath('https://h/talk/assets/index-B6LFXI3X.js')).toBe('/talk/');
    expect(lobbyPath('http://localhost:5173/src/main.tsx?t=1')).toBe('/');
  });

  it('are the lobby, and no others', () => {
    for (const path of ['/', '/index.html']) expect(isOwnPath(path, '/')).toBe(true);
    for (const path of ['/admin', '/foo/bar', '/foo/', '//', '/index', '/Index.html']) {
      expect(isOwnPath(path, '/')).toBe(false);
    }
    expect(isOwnPath('/talk/', '/talk/')).toBe(true);
    expect(isOwnPath('/', '/talk/')).toBe(false);
  });
});

describe('the page whose parts did not come', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

  it('leads to the lobby, and is hidden by the style sheet where that came', () => {
    expect(read('../index.html')).toMatch(/<main class="not-loaded">[\s\S]*<a href="\/">/);
    expect(read('../src/styles.css')).toMatch(/\.not-loaded \{\s+display: none;/);
  });
});
