// What can go wrong with a call between two as a whole.

import { ConnectionError, DataError, ParleyError } from './errors.js';

export function closedError(): ParleyError {
  return new ParleyError('closed', 'The connection is closed.', 'Make a new one.');
}

export function unreachable(): ConnectionError {
  return new ConnectionError(
    'connection_failed',
    'No connection to the other side could be made.',
    'Check both networks; a TURN server helps where they let no direct connection through.',
  );
}

export function limitError(cause: unknown): ConnectionError {
  return new ConnectionError(
    'bandwidth_not_set',
    'The bound of the bandwidth could not be set.',
    'Set it again.',
    { cause },
  );
}

export function noChannel(): DataError {
  return new DataError(
    'no_channel',
    'This connection has no default data channel.',
    'Leave `dataChannel` in the configuration, or use createDataChannel.',
  );
}
