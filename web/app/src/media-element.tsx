// <video> and <audio> bound to a MediaStreamTrack. The element follows the track; the stream around
// it is made once, so that a track change does not flash.

import { useEffect, useRef } from 'preact/hooks';
import { markFirstFrame } from './hooks.js';

function useTrack<E extends HTMLMediaElement>(track: MediaStreamTrack | null) {
  const element = useRef<E>(null);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    target.srcObject = track ? new MediaStream([track]) : null;
    if (track) target.play().catch(() => document.dispatchEvent(new Event('parley-play-blocked')));
  }, [track]);
  return element;
}

export function VideoView(props: {
  track: MediaStreamTrack | null;
  mirrored?: boolean;
  contain?: boolean;
  remote?: boolean;
  label: string;
}) {
  const element = useTrack<HTMLVideoElement>(props.track);
  const classes = ['picture', props.mirrored && 'mirrored', props.contain && 'contain'];
  return (
    <video
      ref={element}
      class={classes.filter(Boolean).join(' ')}
      aria-label={props.label}
      onLoadedData={props.remote ? markFirstFrame : undefined}
      autoplay
      playsInline
      muted
    />
  );
}

type WithSink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

export function AudioView({ track, speakerId }: { track: MediaStreamTrack; speakerId: string }) {
  const element = useTrack<HTMLAudioElement>(track);
  useEffect(() => {
    (element.current as WithSink | null)?.setSinkId?.(speakerId)?.catch(() => {});
  }, [speakerId, element]);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no caption file
  return <audio ref={element} autoplay />;
}
