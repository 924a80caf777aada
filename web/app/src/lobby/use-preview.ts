// The lobby's own camera and microphone. When the person joins, the stream is handed over instead
// of being opened twice.

import {
  type Capture,
  type CaptureWish,
  capture,
  type Devices,
  listDevices,
  type Platform,
  watchDevices,
} from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageRequest, Preferences } from '../preferences.js';

const exact = (deviceId: string): MediaTrackConstraints =>
  deviceId ? { deviceId: { exact: deviceId } } : {};

/** What to open; nothing for a guest who may only watch, so that the browser does not even ask. */
export function previewWish(
  { cameraId, microphoneId }: Pick<Preferences, 'cameraId' | 'microphoneId'>,
  { video, invitation }: Pick<PageRequest, 'video' | 'invitation'>,
): CaptureWish {
  if (!invitation.mayPublish) return { audio: false, video: false };
  return { audio: exact(microphoneId), video: { ...video, ...exact(cameraId) } };
}

export function usePreview(platform: Platform, preferences: Preferences, request: PageRequest) {
  const [result, setResult] = useState<Capture | null>(null);
  const [settled, setSettled] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [], speakers: [] });
  const released = useRef(false);
  const opening = useRef<Promise<Capture> | null>(null);
  const { cameraId, microphoneId } = preferences;

  useEffect(() => {
    let stale = false;
    setSettled(false);
    const opened = capture(platform, previewWish(preferences, request));
    opening.current = opened;
    void opened.then(async (capture) => {
      if (stale) return;
      setResult(capture);
      setSettled(true);
      setDevices(await listDevices(platform));
    });
    return () => {
      stale = true;
      // Whoever took the stream over stops it.
      if (!released.current) void opened.then(({ stream }) => stop(stream));
    };
  }, [cameraId, microphoneId, attempt]);

  useEffect(() => watchDevices(platform, (change) => setDevices(change.devices)), []);
  const asking = usePromptOpen(!settled);

  const stream = settled ? (result?.stream ?? null) : null;
  return {
    devices,
    settled,
    /** The browser's question is open, as far as one can know. */
    asking,
    capture: settled ? result : null,
    audio: stream?.getAudioTracks()[0] ?? null,
    video: stream?.getVideoTracks()[0] ?? null,
    /** Opens the devices anew. */
    retry: () => setAttempt((n) => n + 1),
    /** Hands the stream to the caller, who stops it. Waits for devices that are just being opened. */
    release: async () => {
      released.current = true;
      return (await opening.current)?.stream ?? null;
    },
    /** The caller has no use for it after all. */
    takeBack: () => {
      released.current = false;
    },
  };
}

export type Preview = ReturnType<typeof usePreview>;

/** A camera opens within a second; what takes longer waits for an answer to the browser's question. */
const kPromptMs = 1200;

function usePromptOpen(opening: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (!opening) return;
    const timer = setTimeout(() => setLong(true), kPromptMs);
    return () => clearTimeout(timer);
  }, [opening]);
  return opening && long;
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
