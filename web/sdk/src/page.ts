// What a page tells of itself and of the device it is shown on. Each of these is missing in some
// browser: features are asked for, and what is missing never happens.

/** As BatteryManager of the Battery Status API. */
export interface BatteryLike extends EventTarget {
  readonly charging: boolean;
  /** 0 (empty) to 1. */
  readonly level: number;
}

/** Each `on...` returns the function that stops it. */
export interface Page {
  /** Nobody sees its pictures: neither the page itself nor one of its pictures in a window apart. */
  readonly hidden: boolean;
  onVisibilityChange(callback: () => void): () => void;
  /** Something that counts as a person's touch, after which a page may play sound. */
  onGesture(callback: () => void): () => void;
  /** The device was turned. */
  onTurn(callback: () => void): () => void;
  /** Null where the browser does not tell. */
  battery(): Promise<BatteryLike | null>;
}

// HTML §6.4 "Tracking user activation": what a mouse begins counts when it is pressed, what a finger
// begins when it is lifted; both have counted once the pointer is up.
const kGestures = ['pointerup', 'keydown', 'touchend'];

type WithPictures = Document & { pictureInPictureElement?: Element | null };
type PictureWindow = EventTarget & { window?: Window | null };
type WithBattery = Navigator & { getBattery?: () => Promise<BatteryLike> };

export function browserPage(): Page {
  return {
    get hidden() {
      const page = globalThis.document as WithPictures | undefined;
      return page?.visibilityState === 'hidden' && !hasPictureApart(page);
    },
    onVisibilityChange: (callback) => {
      const names = ['visibilitychange', 'enterpictureinpicture', 'leavepictureinpicture'];
      const stops = [
        listen(globalThis.document, names, callback),
        listen(pictureWindow(), ['enter'], callback),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    onGesture: (callback) => listen(globalThis.window, kGestures, callback),
    onTurn: (callback) => {
      const { orientation } = globalThis.screen ?? {};
      return orientation
        ? listen(orientation, ['change'], callback)
        : listen(globalThis.window, ['orientationchange'], callback);
    },
    battery: async () => {
      try {
        return (await (globalThis.navigator as WithBattery | undefined)?.getBattery?.()) ?? null;
      } catch {
        return null; // refused to this page by a permissions policy
      }
    },
  };
}

function hasPictureApart(page: WithPictures): boolean {
  return Boolean(page.pictureInPictureElement ?? pictureWindow()?.window);
}

function pictureWindow(): PictureWindow | undefined {
  return (globalThis as { documentPictureInPicture?: PictureWindow }).documentPictureInPicture;
}

// So that a page that keeps an event to itself does not keep it from here.
const kCapture = { capture: true };

function listen(target: EventTarget | undefined, names: string[], callback: () => void) {
  const heard = () => callback();
  for (const name of names) target?.addEventListener(name, heard, kCapture);
  return () => {
    for (const name of names) target?.removeEventListener(name, heard, kCapture);
  };
}
