// Buttons of the call: an icon, a name for those who hear it, a hint for those who point at it.

import type { ComponentChildren, Ref } from 'preact';

export interface IconButtonProps {
  label: string;
  /** The key that does the same, shown in the hint. */
  hotkey?: string | undefined;
  name?: string | undefined;
  class?: string | undefined;
  pressed?: boolean | undefined;
  expanded?: boolean | undefined;
  haspopup?: 'menu' | 'dialog' | undefined;
  disabled?: boolean | undefined;
  onClick: () => void;
  buttonRef?: Ref<HTMLButtonElement>;
  children: ComponentChildren;
}

export function IconButton(props: IconButtonProps) {
  return (
    <button
      ref={props.buttonRef}
      type="button"
      class={`round ${props.class ?? ''}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-haspopup={props.haspopup}
      aria-keyshortcuts={props.hotkey}
      data-control={props.name}
      data-hint={props.hotkey ? `${props.label} (${props.hotkey})` : props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

/** On or off: red when off, as on every telephone. */
export function Toggle(props: {
  on: boolean;
  onLabel: string;
  offLabel: string;
  onClick: () => void;
  disabled?: boolean;
  hotkey?: string;
  name?: string;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <IconButton
      label={props.on ? props.onLabel : props.offLabel}
      class={`${props.class ?? ''} ${props.on ? '' : 'off'}`}
      hotkey={props.hotkey}
      name={props.name}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </IconButton>
  );
}
