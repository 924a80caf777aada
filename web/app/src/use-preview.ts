// The lobby's own camera and microphone. When the person joins, the stream is handed over instead
// of being opened twice.

import {
  browserPlatform,
  capture,
  type Devices,
  listDevices,
  type MediaError,
} from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Preferences } from './preferences.js';

const platform = browserPlatform();

const exact = (deviceId: string): MediaTrackConstraints =>
  deviceId ? { deviceId: { exact: deviceId } } : {};

export function usePreview(preferences: Preferences, video: MediaTrackConstraints | undefined) {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [error, setError] = useState<MediaError | null>(null);
  const [settled, setSettled] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [], speakers: [] });
  const released = useRef(false);
  const { cameraId, microphoneId } = preferences;

  useEffect(() => {
    let stale = false;
    let opened: MediaStream | null = null;
    setSettled(false);
    void (async () => {
      const wish = { audio: exact(microphoneId), video: { ...video, ...exact(cameraId) } };
      const result = await capture(platform, wish);
      opened = result.stream;
      if (stale) {
        if (!released.current) stop(opened);
        return;
      }
      setStream(result.stream);
      setError(worthTelling(result.attempts, result.step));
      setDevices(await listDevices(platform));
      setSettled(true);
    })();
    return () => {
      stale = true;
      if (!released.current) stop(opened);
    };
  }, [cameraId, microphoneId, attempt]);

  useEffect(() => {
    const refresh = () => void listDevices(platform).then(setDevices);
    navigator.mediaDevices?.addEventListener?.('devicechange', refresh);
    return () => navigator.mediaDevices?.removeEventListener?.('devicechange', refresh);
  }, []);

  return {
    devices,
    error,
    settled,
    audio: stream?.getAudioTracks()[0] ?? null,
    video: stream?.getVideoTracks()[0] ?? null,
    retry: () => setAttempt((n) => n + 1),
    /** Hands the stream to the caller, who stops it. */
    release: () => {
      released.current = true;
      return stream;
    },
  };
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

// A fallback that still gave both kinds is not worth a warning.
function worthTelling(
  attempts: { error: MediaError }[],
  step: 'wished' | 'basic' | 'audio_only' | 'video_only' | 'none',
): MediaError | null {
  return step === 'wished' || step === 'basic' ? null : (attempts[0]?.error ?? null);
}
