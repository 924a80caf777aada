// A room's move from the mesh to the server: the mesh stays until media flows over the server at both
// ends, so that nobody sees a gap, and until what browsers took for its data channels is sent.

import type { Mesh } from './mesh.js';
import type { Platform } from './platform.js';
import type { Roster } from './remote.js';
import { StatsNormaliser } from './stats.js';

/** The mesh is closed at the latest then: the server relays its signals no longer. */
const kMeshLingerMs = 10_000;
const kMovePollMs = 200;

export class MeshMove {
  private readonly lingerTimer_: unknown;
  private pollTimer_: unknown;
  private stopped_ = false;

  /** `done`: the mesh is not needed any more. */
  constructor(
    private readonly platform_: Platform,
    private readonly roster_: Roster,
    private readonly mesh_: Mesh,
    private readonly server_: RTCPeerConnection,
    private readonly done_: () => void,
  ) {
    this.lingerTimer_ = platform_.setTimer(() => done_(), kMeshLingerMs);
    this.watch_();
  }

  stop(): void {
    this.stopped_ = true;
    this.platform_.clearTimer(this.lingerTimer_);
    this.platform_.clearTimer(this.pollTimer_);
  }

  private watch_(): void {
    this.pollTimer_ = this.platform_.setTimer(() => void this.look_(), kMovePollMs);
  }

  private async look_(): Promise<void> {
    const arrived = await arrivedTracks(this.server_);
    if (this.stopped_) return;
    if (this.mesh_.dataSent && this.everythingArrived_(arrived)) {
      this.mesh_.announceMoved();
      if (this.mesh_.links.length === 0) this.done_();
    }
    if (!this.stopped_) this.watch_();
  }

  /** Whether each source that the mesh brings is decoded from the server as well. */
  private everythingArrived_(arrived: Set<string>): boolean {
    for (const participant of this.roster_.participants.values()) {
      const tracks = [...participant.tracks.values()];
      for (const old of tracks.filter((t) => t.id.startsWith('mesh:') && t.live && !t.muted)) {
        const heir = tracks.find((t) => t.source === old.source && t.id !== old.id);
        if (!heir?.mediaTrack || !arrived.has(heir.mediaTrack.id)) return false;
      }
    }
    return true;
  }
}

/**
 * The tracks whose media can be shown without a pause. A browser may unmute a track before its
 * first picture is decoded, so the statistics are asked.
 */
async function arrivedTracks(connection: RTCPeerConnection): Promise<Set<string>> {
  const { inbound } = new StatsNormaliser().normalise(await connection.getStats());
  const arrived = inbound.filter((s) =>
    s.kind === 'video' ? (s.framesDecoded ?? 0) > 0 : s.packetsReceived > 0,
  );
  return new Set(arrived.map((s) => s.trackIdentifier ?? ''));
}
