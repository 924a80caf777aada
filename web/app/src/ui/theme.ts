// Light or dark: as the system has it, unless the person chose.

export type Theme = 'system' | 'light' | 'dark';

export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  // The browser's own bars follow.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const scheme = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = kGround[theme === 'system' ? scheme : theme];
  }
}

const kGround = { light: '#f4f5f3', dark: '#111518' };
