import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Background, kBackgroundMs } from '../src/background.js';
import { type BatteryState, watchBattery } from '../src/battery.js';
import { browserPage } from '../src/page.js';
import { Playback } from '../src/playback.js';
import { watchTurns } from '../src/turns.js';
import { FakeBattery, FakeElement, FakePlatform, settle } from './fakes.js';

let platform: FakePlatform;
beforeEach(() => {
  platform = new FakePlatform();
});

describe('sound that the browser refuses', () => {
  let told: boolean[];
  let playback: Playback;
  beforeEach(() => {
    told = [];
    playback = new Playback(platform.page, ({ blocked }) => told.push(blocked));
  });

  it('plays with the first touch, and is told once', async () => {
    const elements = [new FakeElement(), new FakeElement()];
    for (const e of elements) expect(await playback.play(e.asElement)).toBe(false);
    expect(told).toEqual([true]);
    expect(platform.page.listeners).toBe(1);
    for (const e of elements) e.refusal = null;
    await platform.page.touch();
    expect(elements.every((e) => e.playing)).toBe(true);
    expect(told).toEqual([true, false]);
    expect(platform.page.listeners).toBe(0);
    await platform.page.touch();
    expect(elements.map((e) => e.asked)).toEqual([2, 2]);
  });

  it('waits for another touch when the first did not count', async () => {
    const element = new FakeElement();
    await playback.play(element.asElement);
    await platform.page.touch();
    expect(element.playing).toBe(false);
    expect(platform.page.listeners).toBe(1);
    element.refusal = null;
    await platform.page.touch();
    expect(element.playing).toBe(true);
    expect(told).toEqual([true, false]);
  });

  it('is not waited for when its participant has gone', async () => {
    const element = new FakeElement();
    await playback.play(element.asElement);
    element.srcObject = null;
    await platform.page.touch();
    expect(element.asked).toBe(1);
    expect(told).toEqual([true, false]);
  });

  it('is nothing that a change of the source aborts', async () => {
    const element = new FakeElement();
    element.refusal = 'AbortError';
    expect(await playback.play(element.asElement)).toBe(false);
    expect(told).toEqual([]);
    expect(platform.page.listeners).toBe(0);
  });

  it('is not waited for after the end, not even when it is refused later', async () => {
    const early = new FakeElement();
    await playback.play(early.asElement);
    const late = playback.play(new FakeElement().asElement);
    playback.close();
    await late;
    expect(platform.page.listeners).toBe(0);
    expect(playback.blocked).toBe(false);
  });

  it('plays at once where the browser lets it', async () => {
    const element = new FakeElement();
    element.refusal = null;
    expect(await playback.play(element.asElement)).toBe(true);
    expect(told).toEqual([]);
  });
});

describe('a page in the background', () => {
  let told: boolean[];
  let background: Background;
  beforeEach(() => {
    told = [];
    background = new Background(platform, ({ paused }) => told.push(paused));
    background.start();
  });

  it('pauses after a while, and returns at once', async () => {
    platform.page.hide();
    await platform.advance(kBackgroundMs - 1);
    expect(told).toEqual([]);
    await platform.advance(1);
    expect(told).toEqual([true]);
    platform.page.hide(false);
    expect(told).toEqual([true, false]);
  });

  it('takes no notice of a short look elsewhere', async () => {
    platform.page.hide();
    await platform.advance(kBackgroundMs / 2);
    platform.page.hide(false);
    await platform.advance(kBackgroundMs);
    expect(told).toEqual([]);
    expect(platform.timerCount).toBe(0);
  });

  it('does not pause what came into a window apart meanwhile', async () => {
    platform.page.hide();
    platform.page.hidden = false;
    await platform.advance(kBackgroundMs);
    expect(told).toEqual([]);
  });

  it('pauses a page that was opened in the background', async () => {
    background.stop();
    platform.page.hidden = true;
    background.start();
    await platform.advance(kBackgroundMs);
    expect(told).toEqual([true]);
  });

  it('leaves nothing behind', async () => {
    platform.page.hide();
    background.stop();
    expect(platform.timerCount).toBe(0);
    expect(platform.page.listeners).toBe(0);
  });
});

describe('the battery', () => {
  let told: BatteryState[];
  const watch = async (cell: FakeBattery | null) => {
    platform.page.cell = cell;
    const stop = watchBattery(platform.page, (state) => told.push(state));
    await settle();
    return stop;
  };
  beforeEach(() => {
    told = [];
  });

  it('is saved when it is low, until it charges', async () => {
    const cell = new FakeBattery(0.3);
    await watch(cell);
    expect(told).toEqual([]);
    cell.become(0.2);
    expect(told.at(-1)).toEqual({ saving: true, level: 0.2, charging: false });
    cell.become(0.19);
    expect(told).toHaveLength(1);
    cell.become(0.19, true);
    expect(told.at(-1)).toEqual({ saving: false, level: 0.19, charging: true });
  });

  it('is low at the beginning already', async () => {
    await watch(new FakeBattery(0.1));
    expect(told).toEqual([{ saving: true, level: 0.1, charging: false }]);
  });

  it('may waver without a change of mind', async () => {
    const cell = new FakeBattery(0.2);
    await watch(cell);
    for (const level of [0.21, 0.2, 0.22]) cell.become(level);
    expect(told).toHaveLength(1);
    cell.become(0.26);
    expect(told.at(-1)?.saving).toBe(false);
  });

  it('is not heard of where the browser has no word for it', async () => {
    const stop = await watch(null);
    expect(told).toEqual([]);
    stop();
  });

  it('is not listened to any more after the end', async () => {
    const cell = new FakeBattery(0.5);
    (await watch(cell))();
    cell.become(0.1);
    expect(told).toEqual([]);
    // Also when the end comes before the browser's answer.
    watchBattery(platform.page, (state) => told.push(state))();
    await settle();
    cell.become(0.1);
    expect(told).toEqual([]);
  });
});

describe('a turned device', () => {
  it('has its camera looked at for a while', async () => {
    let looks = 0;
    const stop = watchTurns(platform, () => {
      looks += 1;
    });
    platform.page.turn();
    await platform.advance(0);
    expect(looks).toBe(1);
    await platform.advance(10_000);
    expect(looks).toBe(4);
    platform.page.turn();
    stop();
    await platform.advance(10_000);
    expect(looks).toBe(4);
    expect(platform.page.listeners).toBe(0);
  });
});

describe('a browser’s page', () => {
  it('is seen while one of its pictures is in a window apart', () => {
    const page = browserPage();
    const document = { visibilityState: 'hidden', pictureInPictureElement: null as unknown };
    vi.stubGlobal('document', document);
    expect(page.hidden).toBe(true);
    document.pictureInPictureElement = {};
    expect(page.hidden).toBe(false);
    document.pictureInPictureElement = null;
    vi.stubGlobal('documentPictureInPicture', { window: {} });
    expect(page.hidden).toBe(false);
    vi.unstubAllGlobals();
  });

  it('listens once and stops, whichever way the browser tells of a turn', () => {
    const page = browserPage();
    const window = new EventTarget();
    vi.stubGlobal('window', window);
    for (const [screen, target, name] of [
      [{}, window, 'orientationchange'],
      [{ orientation: new EventTarget() }, null, 'change'],
    ] as const) {
      vi.stubGlobal('screen', screen);
      const from = target ?? (screen as { orientation: EventTarget }).orientation;
      const turned = vi.fn();
      const stop = page.onTurn(turned);
      from.dispatchEvent(new Event(name));
      expect(turned).toHaveBeenCalledTimes(1);
      stop();
      from.dispatchEvent(new Event(name));
      expect(turned).toHaveBeenCalledTimes(1);
    }
    vi.unstubAllGlobals();
  });

  it('has no battery where the browser has none or refuses it', async () => {
    vi.stubGlobal('navigator', {});
    expect(await browserPage().battery()).toBeNull();
    vi.stubGlobal('navigator', { getBattery: () => Promise.reject(new Error('policy')) });
    expect(await browserPage().battery()).toBeNull();
    vi.unstubAllGlobals();
  });

  it('does without a document', () => {
    const page = browserPage();
    expect(page.hidden).toBe(false);
    page.onVisibilityChange(() => {})();
    page.onGesture(() => {})();
  });
});
