// When to spare the battery: once it is low and does not charge, until it charges or is well above
// that again.

import type { BatteryLike, Page } from './page.js';

export interface BatteryState {
  /** The battery is low and does not charge. */
  saving: boolean;
  /** 0 (empty) to 1. */
  level: number;
  charging: boolean;
}

const kLow = 0.2;
/** A level that wavers around `kLow` changes nothing. */
const kEnough = 0.25;

/** Calls back when saving begins or ends; returns the function that stops it. */
export function watchBattery(page: Page, changed: (state: BatteryState) => void): () => void {
  const names = ['levelchange', 'chargingchange'];
  let battery: BatteryLike | null = null;
  let stopped = false;
  let saving = false;
  const look = () => {
    const { level, charging } = battery!;
    const next = !charging && level <= (saving ? kEnough : kLow);
    if (next === saving) return;
    saving = next;
    changed({ saving, level, charging });
  };
  void page.battery().then((found) => {
    if (stopped || !found) return;
    battery = found;
    for (const name of names) battery.addEventListener(name, look);
    look();
  });
  return () => {
    stopped = true;
    for (const name of names) battery?.removeEventListener(name, look);
  };
}
