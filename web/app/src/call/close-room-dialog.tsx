// Ends the call for everybody: asked twice, since nobody can take it back.

import { useState } from 'preact/hooks';
import { strings } from '../strings.js';
import { Dialog } from '../ui/dialog.js';

const kLongestReason = 200;

export function CloseRoomDialog(props: {
  onConfirm: (reason: string) => void;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const confirm = (event: Event) => {
    event.preventDefault();
    props.onClose();
    props.onConfirm(reason.trim());
  };
  return (
    <Dialog title={strings.closeRoom} name="close-room" onClose={props.onClose}>
      <form class="close-room" onSubmit={confirm}>
        <p class="soft">{strings.closeRoomLead}</p>
        <label class="field">
          <span>{strings.closeRoomReason}</span>
          <input
            type="text"
            name="reason"
            value={reason}
            maxLength={kLongestReason}
            autocomplete="off"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary danger" name="close-room">
          {strings.closeRoom}
        </button>
      </form>
    </Dialog>
  );
}
