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
  /** Why it can not be used at present: said in place of its name. */
  blocked?: string | null | undefined;
  onClick: () => void;
  buttonRef?: Ref<HTMLButtonElement>;
  children: ComponentChildren;
}

export function IconButton(props: IconButtonProps) {
  const { blocked } = props;
  const label = blocked ?? props.label;
  const hotkey = blocked ? undefined : props.hotkey;
  return (
    <button
      ref={props.buttonRef}
      type="button"
      class={`round ${props.class ?? ''} ${blocked ? 'blocked' : ''}`}
      aria-label={label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-haspopup={props.haspopup}
      aria-keyshortcuts={hotkey}
      data-control={props.name}
      data-hint={hotkey ? `${label} (${hotkey})` : label}
      disabled={props.disabled || Boolean(blocked)}
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
  blocked?: string | null;
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
      blocked={props.blocked}
      onClick={props.onClick}
    >
      {props.children}
    </IconButton>
  );
}
