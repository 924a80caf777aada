import { useEffect, useRef } from 'preact/hooks';
import { type Action, actionOf, focusedOf } from './shortcuts.js';

/** `talk` is called with true when the space bar goes down and with false when it comes up. */
export function useShortcuts(
  enabled: boolean,
  run: (action: Action) => void,
  talk: (held: boolean) => void,
): void {
  const latest = useRef({ run, talk });
  latest.current = { run, talk };
  useEffect(() => {
    if (!enabled) return;
    let talking = false;
    const onKeyDown = (event: KeyboardEvent) => {
      // A dialog has the keyboard for itself.
      if (document.querySelector('dialog[open]')) return;
      const action = actionOf(event, focusedOf(event.target as Element | null));
      if (!action) return;
      event.preventDefault();
      if (action === 'talk') {
        talking = true;
        latest.current.talk(true);
      } else latest.current.run(action);
    };
    const release = () => {
      if (!talking) return;
      talking = false;
      latest.current.talk(false);
    };
    const onKeyUp = (event: KeyboardEvent) => event.key === ' ' && release();
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    // A key that comes up in another window is never heard.
    window.addEventListener('blur', release);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('keyup', onKeyUp);
      window.removeEventListener('blur', release);
      release();
    };
  }, [enabled]);
}
