// The invite link: copied by one click, or scanned from the screen by a telephone.

import { useEffect, useRef, useState } from 'preact/hooks';
import { inviteLink } from '../preferences.js';
import { strings } from '../strings.js';
import { Dialog } from '../ui/dialog.js';
import { CheckIcon, LinkIcon } from '../ui/icons.js';
import { inviteReach } from './invite-reach.js';
import type { QrPath } from './qr.js';

const kCopiedMs = 2500;

export function useCopy(text: string) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    clearTimeout(timer.current);
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
      timer.current = setTimeout(() => setState('idle'), kCopiedMs);
    } catch {
      // Insecure pages have no clipboard; the link can be selected by hand.
      setState('failed');
    }
  };
  return [state, copy] as const;
}

export function InviteButton({ room }: { room: string }) {
  const [open, setOpen] = useState(false);
  if (!room) return null;
  return (
    <>
      <button type="button" class="text-button" data-control="invite" onClick={() => setOpen(true)}>
        <LinkIcon size={18} /> {strings.invite}
      </button>
      {open && <InviteDialog room={room} onClose={() => setOpen(false)} />}
    </>
  );
}

export function InviteDialog({ room, onClose }: { room: string; onClose: () => void }) {
  const link = inviteLink(window.location, room);
  const [state, copy] = useCopy(link);
  const { thisComputer, advice } = inviteReach(window.location);
  return (
    <Dialog title={strings.invite} name="invite" onClose={onClose}>
      <p class="soft">{advice}</p>
      <div class="with-button">
        <input
          class="input"
          readOnly
          value={link}
          aria-label={strings.inviteLink}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="primary compact" data-control="copy-invite" onClick={copy}>
          {state === 'copied' ? <CheckIcon size={18} /> : <LinkIcon size={18} />}
          {state === 'copied' ? strings.inviteCopied : strings.copyInvite}
        </button>
      </div>
      <p class="soft" role="status">
        {state === 'failed' ? strings.inviteFailed : ''}
      </p>
      {!thisComputer && <QrCode text={link} />}
    </Dialog>
  );
}

function QrCode({ text }: { text: string }) {
  const [code, setCode] = useState<QrPath | null>(null);
  useEffect(() => {
    let stale = false;
    import('./qr.js')
      .then(({ qrPath }) => !stale && setCode(qrPath(text)))
      .catch(() => {
        // The link stands above; without the code nothing is lost.
      });
    return () => {
      stale = true;
    };
  }, [text]);
  // The place is there from the start, so that nothing moves when the code comes.
  return (
    <div class="qr">
      {code && (
        <svg viewBox={code.viewBox} role="img" aria-label={strings.qrOf}>
          <path d={code.path} fill="#10181a" shape-rendering="crispEdges" />
        </svg>
      )}
    </div>
  );
}
