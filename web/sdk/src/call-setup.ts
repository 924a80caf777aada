// What a call's RTCPeerConnections are made with, and what they are asked for first.

import type { CallPeer } from './call-signaling.js';
import type { WebRTCConnectionConfig } from './call-types.js';
import type { CaptureChoice } from './local.js';

export function configurationOf(config: WebRTCConnectionConfig, peer: CallPeer): RTCConfiguration {
  const {
    iceServers,
    iceCandidatePoolSize,
    bundlePolicy,
    rtcpMuxPolicy,
    iceTransportPolicy,
    certificates,
  } = config;
  const wanted = {
    iceCandidatePoolSize,
    bundlePolicy,
    rtcpMuxPolicy,
    iceTransportPolicy,
    certificates,
  };
  const set = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), iceServers: iceServers ?? peer.iceServers };
}

/** Which devices are to be opened again. */
export function choiceOf({ capture }: WebRTCConnectionConfig): CaptureChoice {
  const wish = capture || {};
  return {
    ...(typeof wish.audio === 'object' ? { audio: wish.audio } : {}),
    ...(typeof wish.video === 'object' ? { video: wish.video } : {}),
  };
}

/** Who offers asks for both kinds, whatever it sends itself: the other side may have more. */
export function askForBoth(connection: RTCPeerConnection): void {
  for (const kind of ['audio', 'video'] as const) {
    const has = connection.getTransceivers().some((t) => t.receiver.track.kind === kind);
    if (!has) connection.addTransceiver(kind, { direction: 'recvonly' });
  }
}
