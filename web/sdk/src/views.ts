// How large each video is shown, told to the server so that it sends no more pixels than needed.
// Pages move and resize tiles all the time: a size counts when it has rested, and when it differs
// enough to matter.

import type { Platform, ViewSize } from './platform.js';

/** A size that has not changed for this long counts; the first one of a track counts at once. */
const kRestMs = 300;
/** Areas that differ by less are the same to the server, whose layers differ by a factor of four. */
const kSameArea = 1.1;

interface View {
  elements: Map<Element, { size: ViewSize | null; stop: () => void }>;
  told: ViewSize | null;
  timer: unknown;
}

export class Views {
  private readonly views_ = new Map<string, View>();

  constructor(
    private readonly platform_: Platform,
    private readonly changed_: (trackId: string) => void,
  ) {}

  /** Until the returned function is called. Of several elements the largest counts. */
  observe(trackId: string, element: Element): () => void {
    const view = this.views_.get(trackId) ?? { elements: new Map(), told: null, timer: null };
    this.views_.set(trackId, view);
    view.elements.get(element)?.stop();
    const entry = { size: null as ViewSize | null, stop: () => {} };
    view.elements.set(element, entry);
    entry.stop = this.platform_.onResize(element, (size) => {
      entry.size = size;
      if (view.told) this.restart_(trackId, view);
      else this.settle_(trackId, view);
    });
    return () => {
      entry.stop();
      if (view.elements.get(element) !== entry) return;
      view.elements.delete(element);
      this.restart_(trackId, view);
    };
  }

  /** As the server shall know it; null: not known. */
  sizeOf(trackId: string): ViewSize | null {
    return this.views_.get(trackId)?.told ?? null;
  }

  /** Watches nothing any more. */
  clear(): void {
    for (const view of this.views_.values()) {
      this.platform_.clearTimer(view.timer);
      for (const { stop } of view.elements.values()) stop();
    }
    this.views_.clear();
  }

  private restart_(trackId: string, view: View): void {
    this.platform_.clearTimer(view.timer);
    view.timer = this.platform_.setTimer(() => this.settle_(trackId, view), kRestMs);
  }

  private settle_(trackId: string, view: View): void {
    if (this.views_.get(trackId) !== view) return;
    const size = largest([...view.elements.values()].map((e) => e.size));
    if (view.elements.size === 0) this.views_.delete(trackId);
    if (similar(view.told, size)) return;
    view.told = size;
    this.changed_(trackId);
  }
}

function largest(sizes: (ViewSize | null)[]): ViewSize | null {
  const known = sizes.filter((s) => s !== null);
  const size = known.sort((a, b) => area(b) - area(a))[0];
  // What is hidden has no size, but it is known to need hardly anything.
  return size ? { width: Math.max(1, size.width), height: Math.max(1, size.height) } : null;
}

function similar(a: ViewSize | null, b: ViewSize | null): boolean {
  if (!a || !b) return a === b;
  const ratio = area(a) / area(b);
  return ratio < kSameArea && ratio > 1 / kSameArea;
}

function area({ width, height }: ViewSize): number {
  return width * height;
}
