// Lines above the stage, where no name stands: what is wrong with the connection, said in words, with
// the way back; and what just happened.

import type { ConferenceClient, ParleyError } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { strings } from '../strings.js';
import type { AudioOnly } from './degradation.js';
import { AudioView } from './media-element.js';

const kBackMs = 2500;

export function ConnectionBanner(props: {
  reconnecting: boolean;
  audioOnly: AudioOnly;
  sharing: boolean;
  /** What just happened, for the eye; empty: nothing. */
  line: string;
  onVideo: () => void;
  onStopSharing: () => void;
}) {
  const { reconnecting, audioOnly } = props;
  const [wasAway, setWasAway] = useState(false);
  const seconds = useSeconds(reconnecting);
  useEffect(() => {
    if (reconnecting) {
      setWasAway(true);
      return;
    }
    if (!wasAway) return;
    const timer = setTimeout(() => setWasAway(false), kBackMs);
    return () => clearTimeout(timer);
  }, [reconnecting, wasAway]);
  return (
    <div class="banner-place">
      <div aria-live="polite">
        {reconnecting && (
          <p class="banner" data-banner="reconnecting">
            <i class="spinner" /> {strings.reconnecting}
            {seconds > 2 && <span aria-hidden="true"> {seconds} s</span>}
          </p>
        )}
        {!reconnecting && wasAway && <p class="banner back">{strings.backOnline}</p>}
        {!reconnecting && audioOnly !== 'no' && (
          <p class="banner" data-banner="audio-only">
            {audioOnly === 'link' ? strings.audioOnlyLink : strings.audioOnlyChosen}{' '}
            <button type="button" class="quiet" onClick={props.onVideo}>
              {strings.videoAgain}
            </button>
          </p>
        )}
        {props.sharing && (
          <p class="banner calm">
            {strings.youShare}{' '}
            <button type="button" class="quiet" onClick={props.onStopSharing}>
              {strings.stopSharing}
            </button>
          </p>
        )}
      </div>
      <p class={props.line ? 'ticker' : 'ticker gone'} aria-hidden="true">
        {props.line}
      </p>
    </div>
  );
}

function useSeconds(running: boolean): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(0);
    if (!running) return;
    const timer = setInterval(() => setSeconds((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return seconds;
}

export function Notice({ error }: { error: ParleyError | null }) {
  return (
    error && (
      <div class="toast" role="alert" data-code={error.code}>
        <strong>{error.message}</strong> {error.remedy}
      </div>
    )
  );
}

export function Sound(props: {
  client: ConferenceClient;
  speakerId: string;
  mutedForMe: ReadonlySet<string>;
  onSinkFailed: () => void;
}) {
  const [blocked, setBlocked] = useState(false);
  useEffect(() => {
    return props.client.on('playback', (state) => setBlocked(state.blocked));
  }, [props.client]);
  const play = useCallback((e: HTMLMediaElement) => props.client.play(e), [props.client]);
  // One track for each source: during a move from mesh to SFU the same voice comes twice.
  const voices = [...props.client.participants.values()].flatMap((participant) =>
    (['microphone', 'screen-audio'] as const).flatMap((source) => {
      const media = participant.track(source)?.mediaTrack;
      return media ? [{ key: `${participant.id} ${source}`, media, id: participant.id }] : [];
    }),
  );
  return (
    <div class="sound">
      {voices.map(({ key, media, id }) => (
        <AudioView
          key={key}
          track={media}
          speakerId={props.speakerId}
          muted={props.mutedForMe.has(id)}
          play={play}
          onSinkFailed={props.onSinkFailed}
        />
      ))}
      {blocked && (
        <div class="hear" role="alert">
          <p>{strings.needsClick}</p>
          {/* Any touch of the page plays the sound. This is where people look for it. */}
          <button type="button" class="primary">
            {strings.playSound}
          </button>
        </div>
      )}
    </div>
  );
}
