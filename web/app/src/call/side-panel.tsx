// The frame of what stands beside the stage: chat, people, statistics. On phones it covers the call.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { strings } from '../strings.js';
import { CloseIcon } from '../ui/icons.js';

export function SidePanel(props: {
  name: string;
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Focus goes where the new content is, and back to where it came from.
    const before = document.activeElement as HTMLElement | null;
    const first = panel.current?.querySelector<HTMLElement>('textarea') ?? panel.current;
    first?.focus({ preventScroll: true });
    return () => {
      if (document.activeElement === document.body) before?.focus?.();
    };
  }, [props.name]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') props.onClose();
  };
  return (
    <aside
      ref={panel}
      class={`panel ${props.name}`}
      aria-label={props.title}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <header>
        <h2>{props.title}</h2>
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
    </aside>
  );
}
