// Why camera or microphone could not be had, and what helps in this browser.

import type { Capture, MediaErrorCode } from '@parley/client';
import { type BrowserName, permissions } from '../strings-permissions.js';

export type Cause =
  | 'denied'
  | 'dismissed'
  | 'system'
  | 'missing'
  | 'busy'
  | 'unmet'
  | 'insecure'
  | 'unsupported'
  | 'other';

export type Lacking = 'both' | 'camera' | 'microphone';

export interface MediaHelp {
  cause: Cause;
  code: MediaErrorCode;
  title: string;
  steps: readonly string[];
  /** Whether asking the browser once more can help. */
  retry: boolean;
}

/** The failure that a person should know of; null when both kinds were had. */
export function failureOf({
  stream,
  step,
  attempts,
}: Pick<Capture, 'stream' | 'step' | 'attempts'>) {
  if (step === 'wished' || step === 'basic') return null;
  const lacking: Lacking =
    step === 'audio_only' ? 'camera' : step === 'video_only' ? 'microphone' : 'both';
  // When one kind works, the attempt at the other alone (if there was one) names its own cause.
  const alone = attempts.find((a) => lacking === 'microphone' && a.step === 'audio_only');
  const error = (alone ?? attempts[0])?.error;
  return error && (lacking !== 'both' || stream === null) ? { error, lacking } : null;
}

export function helpFor(
  error: { code: MediaErrorCode; cause?: unknown },
  lacking: Lacking,
  browser: BrowserName,
  secureAddress: string,
): MediaHelp {
  const cause = causeOf(error);
  const what = permissions[lacking];
  const { code } = error;
  switch (cause) {
    case 'insecure': {
      const { title, steps } = permissions.insecure;
      return { cause, code, title, steps: steps(secureAddress), retry: false };
    }
    case 'unsupported':
      return { cause, code, ...permissions.unsupported, retry: false };
    case 'denied': {
      const { title, steps } = permissions.denied;
      return { cause, code, title: title(what), steps: steps[browser], retry: true };
    }
    default: {
      const { title, steps } = permissions[cause];
      return { cause, code, title: title(what), steps, retry: true };
    }
  }
}

// Chromium says in the text of the error how the question ended; other browsers do not.
function causeOf({ code, cause }: { code: MediaErrorCode; cause?: unknown }): Cause {
  const said = cause instanceof Error ? cause.message : '';
  switch (code) {
    case 'permission_denied':
      if (/dismissed/i.test(said)) return 'dismissed';
      if (/by system/i.test(said)) return 'system';
      return 'denied';
    case 'device_missing':
      return 'missing';
    case 'device_busy':
      return 'busy';
    case 'constraints_unmet':
      return 'unmet';
    case 'insecure_page':
      return 'insecure';
    case 'unsupported':
      return 'unsupported';
    case 'cancelled':
      return 'dismissed';
    default:
      return 'other';
  }
}

export function browserName(agent: string, touchPoints = 0): BrowserName {
  // iPads call themselves Macintosh; every browser there is Safari inside.
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return 'ios';
  const android = /Android/.test(agent);
  if (/Firefox\//.test(agent)) return android ? 'firefox-android' : 'firefox';
  if (/Edg\//.test(agent)) return 'edge';
  if (/Chrome\/|Chromium\//.test(agent)) return android ? 'chrome-android' : 'chrome';
  return /Safari\//.test(agent) ? 'safari' : 'chrome';
}
