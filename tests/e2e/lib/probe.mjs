// What runs inside pages: collects every RTCPeerConnection and WebSocket that a page makes, and
// reads their statistics. Functions here are sent as source: they may use nothing from outside.

/** Installed before any script of the page. */
export function instrument() {
  window.__probe = { connections: [], sockets: [], descriptions: [] };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      window.__probe.connections.push(this);
    }
  };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      window.__probe.sockets.push(this);
    }
  };
}

/** All that tests judge by, of every open connection of the page. */
export async function readStats() {
  const pages = [];
  for (const connection of window.__probe.connections) {
    if (connection.signalingState === 'closed') continue;
    const report = await connection.getStats();
    const all = [...report.values()];
    const mids = new Map();
    for (const t of connection.getTransceivers()) mids.set(t.receiver.track.id, t.mid);
    const codec = (s) => report.get(s.codecId)?.mimeType;
    pages.push({
      state: connection.connectionState,
      ice: connection.iceConnectionState,
      signaling: connection.signalingState,
      inbound: all
        .filter((s) => s.type === 'inbound-rtp')
        .map((s) => ({
          mid: s.mid ?? mids.get(s.trackIdentifier),
          kind: s.kind,
          ssrc: s.ssrc,
          track: s.trackIdentifier,
          codec: codec(s),
          packets: s.packetsReceived,
          lost: s.packetsLost,
          frames: s.framesDecoded,
          keyframes: s.keyFramesDecoded,
          width: s.frameWidth,
          height: s.frameHeight,
          samples: s.totalSamplesReceived,
          emitted: s.jitterBufferEmittedCount,
          concealed: s.concealedSamples,
          silent: s.silentConcealedSamples,
          energy: s.totalAudioEnergy,
          freezes: s.freezeCount,
          pli: s.pliCount,
          nack: s.nackCount,
        })),
      outbound: all
        .filter((s) => s.type === 'outbound-rtp')
        .map((s) => ({
          mid: s.mid,
          kind: s.kind,
          rid: s.rid,
          codec: codec(s),
          packets: s.packetsSent,
          frames: s.framesEncoded,
          width: s.frameWidth,
          height: s.frameHeight,
          active: s.active,
          limited: s.qualityLimitationReason,
        })),
      transport: all
        .filter((s) => s.type === 'transport')
        .map((s) => ({
          dtls: s.dtlsState,
          tls: s.tlsVersion,
          srtp: s.srtpCipher,
          dtlsCipher: s.dtlsCipher,
        })),
    });
  }
  return pages;
}

/** What the app's client knows, as plain data. */
export function readClient() {
  const client = window.parley?.client;
  if (!client) return null;
  return {
    state: client.state,
    id: client.clientId,
    topology: client.topology,
    quality: client.quality,
    speakers: client.activeSpeakers,
    joinPressedAt: window.parley.joinPressedAt,
    joinedAt: window.parley.joinedAt,
    firstFrameAt: window.parley.firstFrameAt,
    participants: [...client.participants.values()].map((p) => ({
      id: p.id,
      name: p.name,
      reconnecting: p.reconnecting,
      quality: p.quality,
      tracks: [...p.tracks.values()].map((t) => ({
        id: t.id,
        kind: t.kind,
        source: t.source,
        muted: t.muted,
        wish: t.wish,
        layer: t.layer,
        supported: t.supported,
        mediaTrack: t.mediaTrack?.id ?? null,
      })),
    })),
  };
}
