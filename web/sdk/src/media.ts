// Camera, microphone and screen: what to ask for, what to fall back to, and why it failed.

import { type MediaError, mediaError, mediaErrorFrom } from './errors.js';
import type { Platform } from './platform.js';

export interface CaptureWish {
  audio?: boolean | MediaTrackConstraints;
  video?: boolean | MediaTrackConstraints;
}

/** One step of the fallback chain that did not work, and why. */
export interface CaptureAttempt {
  step: CaptureStep;
  error: MediaError;
}

/** as asked; any device of the kinds; one kind alone; nothing (join and listen). */
export type CaptureStep = 'wished' | 'basic' | 'audio_only' | 'video_only' | 'none';

export interface Capture {
  stream: MediaStream | null;
  step: CaptureStep;
  /** The steps that failed before, in order. Empty when the first one worked. */
  attempts: CaptureAttempt[];
}

export const kDefaultAudio: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export const kDefaultVideo: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 60 },
};

function withDefaults(
  wish: boolean | MediaTrackConstraints | undefined,
  defaults: MediaTrackConstraints,
): false | MediaTrackConstraints {
  if (wish === false || wish === undefined) return false;
  return wish === true ? defaults : { ...defaults, ...wish };
}

/**
 * Opens camera and microphone, stepping down until something works: as wished, then any device,
 * then one kind alone. Rejects only when `required` and nothing could be had. After a refusal
 * only the single kinds are tried (one may be allowed while the other is blocked).
 */
export async function capture(
  platform: Platform,
  wish: CaptureWish,
  options: { required?: boolean } = {},
): Promise<Capture> {
  const audio = withDefaults(wish.audio ?? true, kDefaultAudio);
  const video = withDefaults(wish.video ?? true, kDefaultVideo);
  const attempts: CaptureAttempt[] = [];
  if (!audio && !video) return { stream: null, step: 'none', attempts };

  const devices = usableDevices(platform);
  if ('code' in devices) {
    if (options.required) throw devices;
    return { stream: null, step: 'none', attempts: [{ step: 'wished', error: devices }] };
  }

  for (const [step, constraints] of captureChain(audio, video)) {
    if (step === 'basic' && attempts[0]?.error.code === 'permission_denied') continue;
    try {
      return { stream: await devices.getUserMedia(constraints), step, attempts };
    } catch (thrown) {
      attempts.push({ step, error: mediaErrorFrom(thrown) });
    }
  }
  if (options.required) throw attempts[0]?.error ?? mediaError('unknown');
  return { stream: null, step: 'none', attempts };
}

function captureChain(
  audio: false | MediaTrackConstraints,
  video: false | MediaTrackConstraints,
): [CaptureStep, MediaStreamConstraints][] {
  const chain: [CaptureStep, MediaStreamConstraints][] = [['wished', { audio, video }]];
  chain.push(['basic', { audio: Boolean(audio), video: Boolean(video) }]);
  if (audio && video) {
    // One kind may be refused or missing while the other works.
    chain.push(['audio_only', { audio: true, video: false }]);
    chain.push(['video_only', { audio: false, video: true }]);
  }
  return chain;
}

function usableDevices(platform: Platform): MediaDevices | MediaError {
  if (platform.mediaDevices) return platform.mediaDevices;
  return mediaError(platform.secure ? 'unsupported' : 'insecure_page');
}

/** Asks the person for a screen, window or tab, with its sound where the browser offers it. */
export async function captureScreen(
  platform: Platform,
  options: DisplayMediaStreamOptions = {
    video: { frameRate: { ideal: 15, max: 30 } },
    audio: true,
  },
): Promise<MediaStream> {
  const devices = usableDevices(platform);
  if ('code' in devices) throw devices;
  if (!devices.getDisplayMedia) throw mediaError('unsupported');
  try {
    return await devices.getDisplayMedia(options);
  } catch (thrown) {
    throw mediaErrorFrom(thrown);
  }
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** The devices by kind. Labels are empty until the person has allowed access once. */
export async function listDevices(platform: Platform): Promise<Devices> {
  const all = (await platform.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind && d.deviceId !== '');
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') };
}

/** Whether pages may choose the loudspeaker here. */
export function speakerSelectionSupported(): boolean {
  return typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;
}

/** Whether pages may share the screen here; phones mostly cannot. */
export function screenShareSupported(): boolean {
  return typeof globalThis.navigator?.mediaDevices?.getDisplayMedia === 'function';
}
