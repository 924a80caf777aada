// The page: lobby, call, goodbye.

import { ConferenceClient, ParleyError } from '@parley/client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { endTitle } from './call/ending.js';
import { Room } from './call/room.js';
import { Effects } from './effects/effects.js';
import { type JoinRequest, Lobby } from './lobby/lobby.js';
import { Problem } from './lobby/problem.js';
import {
  loadPreferences,
  type Preferences,
  readPageRequest,
  savePreferences,
} from './preferences.js';
import { strings } from './strings.js';
import { keepToken } from './token-store.js';
import { applyTheme } from './ui/theme.js';

type Page = 'lobby' | 'joining' | 'room' | 'goodbye';

export function App() {
  const [request, setRequest] = useState(() => readPageRequest(window.location));
  const [preferences, setPreferences] = useState(loadPreferences);
  const [page, setPage] = useState<Page>('lobby');
  const [error, setError] = useState<ParleyError | null>(null);
  const last = useRef<{ room: string; name: string } | null>(null);
  const client = useRef<ConferenceClient | null>(null);
  const effects = useMemo(() => new Effects(preferences), []);
  const platform = useMemo(() => effects.platform(), [effects]);

  const remember = (next: Preferences) => {
    setPreferences(next);
    savePreferences(next);
  };

  const join = async (wanted: JoinRequest) => {
    setError(null);
    setPage('joining');
    last.current = { room: wanted.room, name: wanted.name };
    window.parley.joinPressedAt = performance.now();
    const next = new ConferenceClient({ platform, topology: request.topology || undefined });
    client.current = next;
    window.parley.client = next;
    window.parley.firstFrameAt = null;
    next.on('ended', ({ error: reason }) => {
      setError(reason);
      setPage('goodbye');
    });
    try {
      await next.join(wanted.room, {
        name: wanted.name || strings.unnamed,
        token: request.token || undefined,
        stream: await wanted.stream,
        capture: false,
        cameraOn: preferences.cameraOn,
        microphoneOn: preferences.microphoneOn,
        layer: request.layer,
      });
    } catch (thrown) {
      await next.leave();
      setError(thrown instanceof ParleyError ? thrown : unexpected(thrown));
      setRequest({ ...request, room: wanted.room, autojoin: false });
      setPage('lobby');
      return;
    }
    window.parley.joinedAt = performance.now();
    showRoomInAddress(wanted.room, request.token);
    setRequest({ ...request, room: wanted.room, autojoin: false });
    setPage('room');
  };

  useEffect(() => applyTheme(preferences.theme), [preferences.theme]);
  useEffect(() => {
    document.title = page === 'room' ? `${request.room} · ${strings.product}` : strings.product;
  }, [page, request.room]);
  useEffect(() => {
    const leave = () => void client.current?.leave();
    window.addEventListener('pagehide', leave);
    return () => window.removeEventListener('pagehide', leave);
  }, []);

  if (page === 'room' && client.current) {
    return (
      <Room
        client={client.current}
        effects={effects}
        room={request.room}
        preferences={preferences}
        onPreferences={remember}
      />
    );
  }
  if (page === 'goodbye') {
    const rejoin = () => {
      setError(null);
      setRequest({ ...request, ...last.current, autojoin: true });
      setPage('lobby');
    };
    return <Goodbye error={error} onRejoin={rejoin} onBack={() => setPage('lobby')} />;
  }
  return (
    <Lobby
      request={request}
      effects={effects}
      platform={platform}
      preferences={preferences}
      onPreferences={remember}
      onJoin={join}
      joining={page === 'joining'}
      error={error}
    />
  );
}

function Goodbye(props: { error: ParleyError | null; onRejoin: () => void; onBack: () => void }) {
  const { error } = props;
  return (
    <main class="goodbye">
      <div class="card">
        <img src="./icon.svg" alt="" width="40" height="40" />
        <h1>{endTitle(error)}</h1>
        {error && <Problem error={error} />}
        <button type="button" class="primary" onClick={props.onBack}>
          {strings.backToLobby}
        </button>
        <button type="button" class="quiet wide" data-control="rejoin" onClick={props.onRejoin}>
          {strings.rejoin}
        </button>
      </div>
    </main>
  );
}

// So that a reload, or the address copied by hand, leads to the same room. The token stays out
// where the tab can keep it for the reload.
function showRoomInAddress(room: string, token: string): void {
  const address = new URL(window.location.href);
  address.searchParams.set('room', room);
  if (keepToken(room, token)) address.searchParams.delete('token');
  address.searchParams.delete('autojoin');
  address.hash = '';
  window.history.replaceState(null, '', address);
}

function unexpected(thrown: unknown): ParleyError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParleyError('unexpected', message, 'Reload the page and try again.');
}
