// What a room heeds of the page and of the device it runs on, from its entering until it is left:
// whether anybody looks, how full the battery is, how the device is held.

import { Background, type BackgroundState } from './background.js';
import { type BatteryState, watchBattery } from './battery.js';
import type { Platform } from './platform.js';
import { watchTurns } from './turns.js';

export interface SurroundingsOptions {
  /**
   * In the background `pause` asks for no video of others, after five seconds, until the page is
   * seen again; `keep` asks on. By default `pause`.
   */
  background?: 'pause' | 'keep';
  /** Sends the camera without its largest layer while the battery is low. By default true. */
  saveBattery?: boolean;
}

export interface SurroundingsListener {
  background(state: BackgroundState): void;
  battery(state: BatteryState): void;
  turned(): void;
}

export class Surroundings {
  private readonly background_: Background | null;
  private stops_: (() => void)[] = [];

  constructor(
    private readonly platform_: Platform,
    private readonly options_: SurroundingsOptions,
    private readonly listener_: SurroundingsListener,
  ) {
    const pauses = options_.background !== 'keep';
    this.background_ = pauses
      ? new Background(platform_, (state) => listener_.background(state))
      : null;
  }

  /** Nobody sees videos of others at present. */
  get unseen(): boolean {
    return this.background_?.paused ?? false;
  }

  start(): void {
    const { turned, battery } = this.listener_;
    this.background_?.start();
    this.stops_.push(watchTurns(this.platform_, () => turned()));
    if (this.options_.saveBattery === false) return;
    this.stops_.push(watchBattery(this.platform_.page, (state) => battery(state)));
  }

  stop(): void {
    this.background_?.stop();
    for (const stop of this.stops_.splice(0)) stop();
  }
}
