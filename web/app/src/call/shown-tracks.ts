// Videos that no tile shows are not asked for: people on other pages, and everybody while the call
// is sound only. What was wished for before comes back with the tile.

import type { LayerWish } from '@parley/client';

export interface VideoTrack {
  id: string;
  wish: LayerWish;
}

export class ShownTracks {
  private readonly hidden_ = new Map<string, LayerWish>();

  constructor(private readonly setLayer_: (trackId: string, wish: LayerWish) => void) {}

  update(tracks: readonly VideoTrack[], shown: ReadonlySet<string>): void {
    const present = new Set(tracks.map((t) => t.id));
    for (const id of this.hidden_.keys()) if (!present.has(id)) this.hidden_.delete(id);
    for (const { id, wish } of tracks) {
      const before = this.hidden_.get(id);
      if (!shown.has(id) && before === undefined) {
        this.hidden_.set(id, wish);
        if (wish !== 'off') this.setLayer_(id, 'off');
      } else if (shown.has(id) && before !== undefined) {
        this.hidden_.delete(id);
        // Somebody chose otherwise meanwhile, in the statistics.
        if (wish === 'off' && before !== 'off') this.setLayer_(id, before);
      }
    }
  }
}
