// Devices that come and go: what is plugged in now, and what changed.

import { type Devices, listDevices } from './media.js';
import type { Platform } from './platform.js';

export interface DeviceChange {
  devices: Devices;
  added: MediaDeviceInfo[];
  removed: MediaDeviceInfo[];
}

/**
 * Calls back whenever a device was plugged in or pulled out. One plug raises several events in some
 * browsers, and none in others when only labels appear (the person allowed access): only what
 * really changed is told. Returns the function that stops it.
 */
export function watchDevices(
  platform: Platform,
  changed: (change: DeviceChange) => void,
): () => void {
  const source = platform.mediaDevices;
  if (!source?.addEventListener) return () => {};
  let known: MediaDeviceInfo[] | null = null;
  let stopped = false;
  let reading: Promise<void> = Promise.resolve();
  // One after the other: two answers must not be compared in the wrong order.
  const read = () => {
    reading = reading.then(async () => {
      const devices = await listDevices(platform).catch(() => null);
      if (stopped || !devices) return;
      const now = [...devices.cameras, ...devices.microphones, ...devices.speakers];
      const before = known;
      known = now;
      if (!before) return;
      const added = missingFrom(before, now);
      const removed = missingFrom(now, before);
      if (added.length > 0 || removed.length > 0) changed({ devices, added, removed });
    });
  };
  read();
  source.addEventListener('devicechange', read);
  return () => {
    stopped = true;
    source.removeEventListener('devicechange', read);
  };
}

function missingFrom(list: MediaDeviceInfo[], of: MediaDeviceInfo[]): MediaDeviceInfo[] {
  const keys = new Set(list.map(key));
  return of.filter((device) => !keys.has(key(device)));
}

function key({ kind, deviceId, groupId }: MediaDeviceInfo): string {
  return `${kind} ${deviceId} ${groupId}`;
}
