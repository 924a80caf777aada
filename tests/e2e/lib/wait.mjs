// Waiting for something to become true: bounded, and telling at the end what was there instead.

import { setTimeout as sleep } from 'node:timers/promises';

const kPollMs = 100;

export class WaitError extends Error {}

/**
 * Calls `probe` until it returns something truthy, which is returned. `last` of the error is the
 * newest value of `explain`, or of the probe's own error.
 */
export async function waitFor(what, probe, { timeout = 20_000, explain } = {}) {
  const deadline = Date.now() + timeout;
  let last = '';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      if (explain) last = await explain();
    } catch (error) {
      last = error?.message ?? String(error);
    }
    if (Date.now() > deadline) {
      const seen = last ? `; last seen: ${format(last)}` : '';
      throw new WaitError(`waited ${timeout} ms in vain for ${what}${seen}`);
    }
    await sleep(kPollMs);
  }
}

function format(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function check(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
