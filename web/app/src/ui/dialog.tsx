// A dialog of the browser's own: it keeps the focus, and Escape and a click beside it close it.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { strings } from '../strings.js';
import { CloseIcon } from './icons.js';

export function Dialog(props: {
  title: string;
  name: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const target = dialog.current!;
    const before = document.activeElement as HTMLElement | null;
    target.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog
      ref={dialog}
      class="dialog"
      data-dialog={props.name}
      aria-labelledby={title}
      onClose={props.onClose}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2 id={title}>{props.title}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label={strings.close}
            onClick={props.onClose}
          >
            <CloseIcon size={18} />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
