// What a room's media flows over: one connection to the media server, or a mesh of connections to
// everybody; and the move from the mesh to the server.

import type { ParleyError } from './errors.js';
import type { Link } from './link.js';
import type { LocalMedia } from './local.js';
import { Mesh } from './mesh.js';
import { MeshMove } from './mesh-move.js';
import type { Platform } from './platform.js';
import type {
  PeerDescription,
  RoomMessage,
  SessionMessage,
  TopologyKind,
  TrackMapping,
} from './protocol.js';
import type { Roster } from './remote.js';
import type { RoomData } from './room-data.js';
import { kSfu, ServerConnection } from './server-connection.js';
import type { SimulcastManager } from './simulcast-manager.js';

export interface ConnectionsListener {
  /** To the server, which relays what is for others. */
  send(message: SessionMessage): void;
  /** Media of others flows over the server. */
  mediaFlows(): void;
  /** The connection to the server is lost, and no ICE restart brings it back. */
  failed(): void;
  error(error: ParleyError): void;
}

/** As a place in the room was given. */
export interface Place {
  selfId: string;
  topology: TopologyKind;
  iceServers: RTCIceServer[];
  peers: PeerDescription[];
}

export class Connections {
  topology: TopologyKind = 'sfu';
  private server_: ServerConnection | null = null;
  private prepared_: ServerConnection | null = null;
  private mesh_: Mesh | null = null;
  private move_: MeshMove | null = null;
  private iceServers_: RTCIceServer[] = [];
  private reportedMesh_ = false;

  constructor(
    private readonly platform_: Platform,
    private readonly roster_: Roster,
    private readonly simulcast_: SimulcastManager,
    private readonly data_: RoomData,
    private readonly listener_: ConnectionsListener,
  ) {}

  /** Newest last. */
  get links(): Link[] {
    return [...(this.mesh_?.links ?? []), ...(this.server_ ? [this.server_.link] : [])];
  }

  get server(): ServerConnection | null {
    return this.server_;
  }

  /**
   * Making an offer takes a browser some 100 ms, as long as reaching the server: so the connection
   * that most rooms need is made meanwhile. What it says is held back until the room is entered.
   */
  prepare(local: LocalMedia): void {
    this.prepared_ = this.makeServer_([], local);
    this.prepared_.link.start(true);
  }

  enter(place: Place, local: LocalMedia): void {
    this.topology = place.topology;
    this.iceServers_ = place.iceServers;
    this.reportedMesh_ = false;
    const prepared = this.prepared_;
    this.prepared_ = null;
    // A relay counts only when it is known before the first offer. STUN servers do not matter: the
    // media server learns addresses by itself.
    if (place.topology === 'sfu' && prepared && !hasRelay(place.iceServers)) {
      this.open_(prepared);
      return;
    }
    prepared?.close();
    if (place.topology === 'sfu') this.open_(this.makeServer_(place.iceServers, local));
    else this.openMesh_(place, local);
  }

  /**
   * The new connection is opened first; the old ones stay until media flows over the new one at
   * both ends, so that nobody sees a gap. Whether there is anything to move.
   */
  move(topology: TopologyKind, peers: PeerDescription[], local: LocalMedia): boolean {
    if (topology !== 'sfu' || !isSfu(peers) || this.topology === 'sfu') return false;
    this.topology = 'sfu';
    const server = this.makeServer_(this.iceServers_, local);
    this.open_(server);
    const done = () => this.closeMesh_();
    if (this.mesh_) {
      this.move_ = new MeshMove(this.platform_, this.roster_, this.mesh_, server.link.pc, done);
    }
    return true;
  }

  /** What a peer of the mesh said to this one; whether it was that. */
  handle(message: RoomMessage): boolean {
    return 'from' in message && message.from !== kSfu && Boolean(this.mesh_?.handle(message));
  }

  /** From the server, with what each section carries. */
  describe(description: RTCSessionDescriptionInit, tracks: TrackMapping[] | undefined): void {
    void this.server_?.link.handleDescription(description, () => {
      if (tracks) this.roster_.setMapping(tracks);
    });
  }

  peerJoined(id: string): void {
    this.mesh_?.connect(id, false);
  }

  peerLeft(id: string): void {
    this.mesh_?.drop(id);
  }

  close(): void {
    this.prepared_?.close();
    this.prepared_ = null;
    this.closeMesh_();
    this.server_?.close();
    this.server_ = null;
    this.roster_.dropMedia();
  }

  private makeServer_(iceServers: RTCIceServer[], local: LocalMedia): ServerConnection {
    const { mediaFlows, failed, error } = this.listener_;
    return new ServerConnection({
      platform: this.platform_,
      iceServers,
      simulcast: this.simulcast_,
      local,
      roster: this.roster_,
      mediaFlows,
      failed,
      error,
    });
  }

  private open_(server: ServerConnection): void {
    this.server_ = server;
    server.open((message) => this.listener_.send(message));
  }

  private openMesh_({ selfId, iceServers, peers }: Place, local: LocalMedia): void {
    const { send } = this.listener_;
    this.mesh_ = new Mesh({
      platform: this.platform_,
      configuration: { iceServers },
      selfId,
      local,
      roster: this.roster_,
      data: this.data_,
      send,
      onStateChange: () => this.reportMesh_(),
      onFailed: (peerId) => send({ type: 'mesh-failed', reason: `no connection to ${peerId}` }),
    });
    for (const peer of peers) this.mesh_.connect(peer.id, true);
  }

  private closeMesh_(): void {
    this.move_?.stop();
    this.move_ = null;
    this.mesh_?.close();
    this.mesh_ = null;
  }

  private reportMesh_(): void {
    if (!this.reportedMesh_ && this.topology === 'mesh' && this.mesh_?.allConnected) {
      this.reportedMesh_ = true;
      this.listener_.send({ type: 'mesh-connected' });
    }
  }
}

/** The server alone is the peer. */
export function isSfu(peers: PeerDescription[]): boolean {
  return peers.length === 1 && peers[0]?.id === kSfu;
}

function hasRelay(servers: RTCIceServer[]): boolean {
  return servers.flatMap((s) => s.urls).some((url) => /^turns?:/.test(url));
}
