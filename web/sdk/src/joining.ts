// What joining a room needs beside the room: what to capture, where the server is, who is there.

import type { JoinOptions } from './conference-types.js';
import { ParleyError } from './errors.js';
import type { CaptureChoice } from './local.js';
import type { CaptureWish } from './media.js';
import type { PeerDescription } from './protocol.js';
import { kSfu } from './server-connection.js';

/** What to capture; null: nothing. */
export function wishOf({ capture, cameraOn }: JoinOptions): CaptureWish | null {
  if (capture === false) return null;
  return cameraOn === false ? { ...capture, video: false } : { ...capture };
}

/** Which devices are to be opened again. */
export function choiceOf({ capture: wish, stream }: JoinOptions): CaptureChoice {
  const choice: CaptureChoice = {};
  if (wish && typeof wish.audio === 'object') choice.audio = wish.audio;
  if (wish && typeof wish.video === 'object') choice.video = wish.video;
  // A page's own stream tells.
  for (const track of stream?.getTracks() ?? []) {
    const constraints = track.getConstraints();
    if (track.kind === 'audio') choice.audio = constraints;
    else choice.video = constraints;
  }
  return choice;
}

/** Never resolves; rejects when the promise does. */
export function failure(promise: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    promise.catch(reject);
  });
}

export function givenUp(): ParleyError {
  return new ParleyError(
    'join_given_up',
    'The room was left before it was entered.',
    'Join again.',
  );
}

/** For devices that nobody waits for any more. */
export function stopWhenOpen(capturing: Promise<MediaStream | null>): void {
  capturing.then(
    (stream) => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    },
    () => {}, // who joined was told
  );
}

export function defaultUrl(): string {
  const address = new URL('/signal', globalThis.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

export function peersAsParticipants(peers: PeerDescription[]) {
  return peers
    .filter((p) => p.id !== kSfu)
    .map(({ id, metadata }) => ({ id, metadata, connection: 'connected' as const, tracks: [] }));
}
