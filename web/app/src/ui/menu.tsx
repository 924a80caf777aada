// A menu that opens from a button, by pointer and by keyboard (the menu button pattern of the ARIA
// practices). It lies in the browser's top layer, so that no tile cuts it off.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './button.js';
import { CheckIcon } from './icons.js';

export interface MenuItem {
  id: string;
  label: string;
  icon?: ComponentChildren;
  hotkey?: string | undefined;
  /** One of a group of which one is chosen. */
  checked?: boolean | undefined;
  /** Checked or not by itself, not one of several. */
  toggles?: boolean;
  /** Stands before this item: the name of the group that begins here. */
  heading?: string | undefined;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export interface MenuProps {
  label: string;
  icon: ComponentChildren;
  items: MenuItem[];
  class?: string | undefined;
  name?: string | undefined;
  /** Instead of a list of items; `close` is called by what is chosen. */
  content?: (close: () => void) => ComponentChildren;
  open?: boolean | undefined;
  onOpen?: ((open: boolean) => void) | undefined;
  onBeforeOpen?: () => void;
}

export function MenuButton(props: MenuProps) {
  const [ownOpen, setOwnOpen] = useState(false);
  const open = props.open ?? ownOpen;
  const button = useRef<HTMLButtonElement>(null);
  const setOpen = (next: boolean) => {
    if (next) props.onBeforeOpen?.();
    setOwnOpen(next);
    props.onOpen?.(next);
  };
  const close = (focusBack = true) => {
    setOpen(false);
    if (focusBack) button.current?.focus();
  };
  return (
    <>
      <IconButton
        buttonRef={button}
        label={props.label}
        class={`${props.class ?? ''} ${open ? 'open' : ''}`}
        name={props.name}
        haspopup="menu"
        expanded={open}
        onClick={() => setOpen(!open)}
      >
        {props.icon}
      </IconButton>
      {open && (
        <Popup anchor={button} onClose={close} label={props.label} plain={Boolean(props.content)}>
          {props.content
            ? props.content(close)
            : props.items.map((item) => <Item key={item.id} item={item} onDone={close} />)}
        </Popup>
      )}
    </>
  );
}

function Item({ item, onDone }: { item: MenuItem; onDone: () => void }) {
  const radio = item.checked !== undefined;
  return (
    <>
      {item.heading && (
        <p class="menu-heading" role="presentation">
          {item.heading}
        </p>
      )}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role that is chosen here has it */}
      <button
        type="button"
        role={radio ? (item.toggles ? 'menuitemcheckbox' : 'menuitemradio') : 'menuitem'}
        aria-checked={radio ? item.checked : undefined}
        aria-keyshortcuts={item.hotkey}
        class={item.danger ? 'menu-item danger' : 'menu-item'}
        data-item={item.id}
        disabled={item.disabled}
        tabIndex={-1}
        onClick={() => {
          onDone();
          item.onSelect();
        }}
      >
        <span class="menu-icon">{radio ? item.checked && <CheckIcon size={18} /> : item.icon}</span>
        <span class="menu-label">{item.label}</span>
        {item.hotkey && <kbd>{item.hotkey}</kbd>}
      </button>
    </>
  );
}

const kMargin = 8;

function Popup(props: {
  anchor: { current: HTMLElement | null };
  label: string;
  plain: boolean;
  onClose: (focusBack?: boolean) => void;
  children: ComponentChildren;
}) {
  const popup = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const target = popup.current!;
    target.showPopover?.();
    place(target, props.anchor.current!);
    stops(target)[0]?.focus();
  }, []);
  useEffect(() => {
    const onPointer = (event: Event) => {
      const at = event.target as Node;
      if (popup.current?.contains(at) || props.anchor.current?.contains(at)) return;
      props.onClose(false);
    };
    const onResize = () => props.onClose(false);
    document.addEventListener('pointerdown', onPointer, true);
    window.addEventListener('resize', onResize);
    return () => {
      document.removeEventListener('pointerdown', onPointer, true);
      window.removeEventListener('resize', onResize);
    };
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const all = stops(popup.current!);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (index: number) => all.at(index % all.length)?.focus();
    const back = props.plain ? ['ArrowUp', 'ArrowLeft'] : ['ArrowUp'];
    const forth = props.plain ? ['ArrowDown', 'ArrowRight'] : ['ArrowDown'];
    if (event.key === 'Escape' || event.key === 'Tab') props.onClose(event.key === 'Escape');
    else if (forth.includes(event.key)) go(at + 1);
    else if (back.includes(event.key)) go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={popup}
      class={props.plain ? 'menu plain' : 'menu'}
      role="menu"
      aria-label={props.label}
      tabIndex={-1}
      popover="manual"
      onKeyDown={onKeyDown}
    >
      {props.children}
    </div>
  );
}

function stops(popup: HTMLElement): HTMLElement[] {
  return [...popup.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)')];
}

// Above the button where there is room, else below; inside the window in any case.
function place(popup: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popup;
  const above = at.top - height - kMargin;
  const below = Math.min(at.bottom + kMargin, window.innerHeight - height - kMargin);
  const wanted = at.left + at.width / 2 - width / 2;
  const left = Math.min(Math.max(kMargin, wanted), window.innerWidth - width - kMargin);
  const preferBelow = at.top < window.innerHeight / 3;
  const top = preferBelow ? below : above >= kMargin ? above : below;
  popup.style.left = `${Math.round(left)}px`;
  popup.style.top = `${Math.round(Math.max(kMargin, top))}px`;
}
