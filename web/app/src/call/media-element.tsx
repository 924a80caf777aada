// <video> and <audio> bound to a MediaStreamTrack. The element follows the track; the stream around
// it is made once, so that a track change does not flash.

import { useEffect, useRef, useState } from 'preact/hooks';
import { markFirstFrame } from '../hooks.js';

/** Plays an element; what the browser refuses to play is the player's to play later. */
type Play = (element: HTMLMediaElement) => Promise<unknown>;

function useTrack<E extends HTMLMediaElement>(track: MediaStreamTrack | null, play: Play) {
  const element = useRef<E>(null);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    target.srcObject = track ? new MediaStream([track]) : null;
    if (!track) return;
    void play(target);
  }, [track]);
  return element;
}

interface VideoProps {
  track: MediaStreamTrack | null;
  mirrored?: boolean | undefined;
  contain?: boolean | undefined;
  remote?: boolean | undefined;
  label: string;
  /** Watches how large the picture is shown; returns the function that stops it. */
  observe?: ((element: Element) => () => void) | undefined;
  /** Of what `observe` watches for: another one is watched anew. */
  observed?: string | undefined;
}

/**
 * Shows a track. When another takes its place, the old picture stays until the new one is there:
 * people see neither black nor a jump.
 */
export function VideoView(props: VideoProps) {
  const { track } = props;
  const [shown, setShown] = useState(track);
  const waits = shown !== null && track !== null && shown !== track;
  const views = waits ? [shown, track] : [track];
  return (
    <>
      {views.map((each) => (
        <Picture
          {...props}
          key={each?.id}
          track={each}
          hidden={waits && each === track}
          onPicture={() => setShown(each)}
        />
      ))}
    </>
  );
}

function Picture(props: VideoProps & { hidden: boolean; onPicture: () => void }) {
  const element = useTrack<HTMLVideoElement>(props.track, playSilent);
  const classes = [
    'picture',
    props.mirrored && 'mirrored',
    props.contain && 'contain',
    props.hidden && 'coming',
  ];
  useEffect(() => {
    const target = element.current;
    return target && props.observe ? props.observe(target) : undefined;
  }, [props.observed]);
  const onLoadedData = () => {
    if (props.remote) markFirstFrame();
    props.onPicture();
  };
  return (
    <video
      ref={element}
      class={classes.filter(Boolean).join(' ')}
      aria-label={props.label}
      onLoadedData={onLoadedData}
      autoplay
      playsInline
      muted
    />
  );
}

// Pictures without sound play everywhere; a source that is replaced meanwhile aborts its play.
const playSilent: Play = (element) => element.play().catch(() => {});

type WithSink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

export function AudioView(props: {
  track: MediaStreamTrack;
  speakerId: string;
  muted: boolean;
  play: Play;
  onSinkFailed: () => void;
}) {
  const element = useTrack<HTMLAudioElement>(props.track, props.play);
  useEffect(() => {
    const target = element.current as WithSink | null;
    if (!target?.setSinkId || (target as { sinkId?: string }).sinkId === props.speakerId) return;
    // The loudspeaker was unplugged since it was chosen: the system's default goes on.
    target.setSinkId(props.speakerId).catch(props.onSinkFailed);
  }, [props.speakerId, element]);
  return <audio ref={element} autoplay muted={props.muted} />;
}
