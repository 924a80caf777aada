// What stands at an address that is not the app's.

import { useEffect } from 'preact/hooks';
import { strings } from './strings.js';

/** `lobby`: its path. What the address asks for beside the path, such as a room, goes along. */
export function NoPage({ lobby }: { lobby: string }) {
  useEffect(() => {
    document.title = `${strings.noPage} · ${strings.product}`;
  }, []);
  const { search, hash } = window.location;
  return (
    <main class="goodbye">
      <div class="card">
        <img src={`${lobby}icon.svg`} alt="" width="40" height="40" />
        <h1>{strings.noPage}</h1>
        <p class="soft">{strings.noPageAdvice}</p>
        <a class="primary" href={`${lobby}${search}${hash}`}>
          {strings.toLobby}
        </a>
      </div>
    </main>
  );
}
