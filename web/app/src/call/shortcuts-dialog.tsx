import { strings } from '../strings.js';
import { Dialog } from '../ui/dialog.js';
import { kShortcuts } from './shortcuts.js';

export function ShortcutsDialog(props: {
  enabled: boolean;
  onEnabled: (enabled: boolean) => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={strings.shortcuts} name="shortcuts" onClose={props.onClose}>
      <p class="soft">{strings.shortcutsLead}</p>
      <dl class="shortcuts">
        {kShortcuts.map(({ key, action }) => (
          <div key={action}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{strings.actions[action]}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={props.enabled}
          onChange={(event) => props.onEnabled(event.currentTarget.checked)}
        />
        <span>{strings.shortcutsOn}</span>
      </label>
    </Dialog>
  );
}
