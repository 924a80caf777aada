// One key, one action; never while somebody types, and never over the browser's own shortcuts.

export type Action =
  | 'microphone'
  | 'camera'
  | 'screen'
  | 'hand'
  | 'chat'
  | 'people'
  | 'view'
  | 'reactions'
  | 'statistics'
  | 'invite'
  | 'previous'
  | 'next'
  | 'talk'
  | 'help';

/** As the dialog lists them. */
export const kShortcuts: readonly { key: string; action: Action }[] = [
  { key: 'M', action: 'microphone' },
  { key: 'V', action: 'camera' },
  { key: 'Space', action: 'talk' },
  { key: 'S', action: 'screen' },
  { key: 'H', action: 'hand' },
  { key: 'R', action: 'reactions' },
  { key: 'C', action: 'chat' },
  { key: 'P', action: 'people' },
  { key: 'G', action: 'view' },
  { key: '←', action: 'previous' },
  { key: '→', action: 'next' },
  { key: 'I', action: 'invite' },
  { key: 'T', action: 'statistics' },
  { key: '?', action: 'help' },
];

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  isComposing?: boolean;
}

/** Where the key was pressed, as far as it matters. */
export interface Focused {
  /** A text field, or anything that takes letters. */
  typing: boolean;
  /** A button or link, which the space bar presses. */
  pressable: boolean;
  /** A menu, list or slider, which arrows move in. */
  moving: boolean;
}

const kNames: Record<string, string> = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→' };

export function actionOf(event: Pressed, focused: Focused): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) {
    return null;
  }
  if (focused.typing) return null;
  const key = kNames[event.key] ?? event.key.toUpperCase();
  const action = kShortcuts.find((s) => s.key === key)?.action ?? null;
  if (action === 'talk' && (focused.pressable || focused.moving)) return null;
  if ((action === 'previous' || action === 'next') && focused.moving) return null;
  return action;
}

export function focusedOf(element: Element | null): Focused {
  const matches = (selector: string) => element?.closest(selector) !== null && element !== null;
  const plainInputs = '[type=checkbox], [type=radio], [type=range], [type=button]';
  return {
    typing: matches(`input:not(${plainInputs}), textarea, select, [contenteditable=true]`),
    pressable: matches('button, a, summary, input, [role^=menuitem]'),
    moving: matches('[role=menu], [role=radiogroup], input, select'),
  };
}
