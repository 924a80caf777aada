// Everything that can go wrong, as classes that carry a stable code and what a person can do about
// it. Text for people is plain English; programs look at `code`.

export class ParleyError extends Error {
  readonly code: string;
  /** What helps, in plain words. */
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.remedy = remedy;
  }
}

export type MediaErrorCode =
  | 'permission_denied'
  | 'device_missing'
  | 'device_busy'
  | 'constraints_unmet'
  | 'insecure_page'
  | 'unsupported'
  | 'cancelled'
  | 'unknown';

/** Camera, microphone or screen could not be had. */
export class MediaError extends ParleyError {
  declare readonly code: MediaErrorCode;
}

/** The conversation with the server failed, or the server refused something. */
export class SignalingError extends ParleyError {
  /** The message type that the server refers to, when it names one. */
  readonly regarding: string | undefined;
  /** The moderator's own words, where one removed this client or closed the room and gave some. */
  readonly reason: string | undefined;

  constructor(
    code: string,
    message: string,
    remedy: string,
    options?: { cause?: unknown; regarding?: string | undefined; reason?: string | undefined },
  ) {
    super(code, message, remedy, options);
    this.regarding = options?.regarding;
    this.reason = options?.reason;
  }
}

/** The media connection failed. */
export class ConnectionError extends ParleyError {}

/** A data message could not be sent, or a data channel failed. */
export class DataError extends ParleyError {}

const kMediaTexts: Record<MediaErrorCode, [message: string, remedy: string]> = {
  permission_denied: [
    'The browser does not allow this page to use the camera or microphone.',
    'Click the camera icon in the address bar, allow access, then try again.',
  ],
  device_missing: [
    'No camera or microphone was found.',
    'Plug one in, or choose another device, then try again.',
  ],
  device_busy: [
    'The camera or microphone could not be started.',
    'Close other programs that may be using it, then try again.',
  ],
  constraints_unmet: [
    'No device offers what was asked for.',
    'Choose another device or ask for less.',
  ],
  insecure_page: [
    'Browsers give camera and microphone only to secure pages.',
    'Open this page over https, or from localhost.',
  ],
  unsupported: [
    'This browser cannot capture media here.',
    'Use a current version of Chrome, Edge, Firefox or Safari.',
  ],
  cancelled: ['The request was cancelled.', 'Try again when you are ready.'],
  unknown: ['The camera or microphone could not be opened.', 'Reload the page and try again.'],
};

export function mediaError(code: MediaErrorCode, cause?: unknown): MediaError {
  const [message, remedy] = kMediaTexts[code];
  return new MediaError(code, message, remedy, { cause });
}

const kDomNames: Record<string, MediaErrorCode> = {
  NotAllowedError: 'permission_denied',
  PermissionDeniedError: 'permission_denied',
  SecurityError: 'permission_denied',
  NotFoundError: 'device_missing',
  DevicesNotFoundError: 'device_missing',
  NotReadableError: 'device_busy',
  TrackStartError: 'device_busy',
  OverconstrainedError: 'constraints_unmet',
  ConstraintNotSatisfiedError: 'constraints_unmet',
  AbortError: 'cancelled',
  InvalidStateError: 'cancelled',
  TypeError: 'unsupported',
};

/** Translates what getUserMedia or getDisplayMedia threw. */
export function mediaErrorFrom(thrown: unknown): MediaError {
  if (thrown instanceof MediaError) return thrown;
  const name = thrown instanceof Error || isNamed(thrown) ? thrown.name : '';
  return mediaError(kDomNames[name] ?? 'unknown', thrown);
}

function isNamed(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'name' in value;
}

/** Whether it is a refusal of a join that no waiting cures. @internal */
export function isLasting(error: unknown): error is SignalingError {
  return error instanceof SignalingError && kLasting.has(error.code);
}

const kLasting: ReadonlySet<string> = new Set([
  'token_required',
  'token_expired',
  'token_wrong_room',
  'forbidden',
  'invalid_message',
  'topology_unsupported',
  'not_for_two',
]);
