#include "trace/drop.hpp"

namespace parley::trace {

std::string_view name(Drop reason) {
    switch (reason) {
        case Drop::kUnknownProtocol: return "unknown_protocol";
        case Drop::kUnknownPeer: return "unknown_peer";
        case Drop::kMalformed: return "malformed";
        case Drop::kStunUnauthenticated: return "stun_unauthenticated";
        case Drop::kStunUnexpected: return "stun_unexpected";
        case Drop::kDtlsBeforeIce: return "dtls_before_ice";
        case Drop::kBeforeKeys: return "before_keys";
        case Drop::kSrtpAuthentication: return "srtp_authentication";
        case Drop::kSrtpReplay: return "srtp_replay";
        case Drop::kUnknownSsrc: return "unknown_ssrc";
        case Drop::kTooManySsrcs: return "too_many_ssrcs";
        case Drop::kUnknownPayloadType: return "unknown_payload_type";
        case Drop::kTooLarge: return "too_large";
        case Drop::kNotPublished: return "not_published";
        case Drop::kLayerNotSelected: return "layer_not_selected";
        case Drop::kWaitingForKeyframe: return "waiting_for_keyframe";
        case Drop::kTooOld: return "too_old";
        case Drop::kPaused: return "paused";
        case Drop::kMuted: return "muted";
        case Drop::kQueueFull: return "queue_full";
        case Drop::kSendFailed: return "send_failed";
        case Drop::kRateLimited: return "rate_limited";
        case Drop::kDuplicate: return "duplicate";
        case Drop::kPaddingOnly: return "padding_only";
        case Drop::kBehind: return "behind";
        case Drop::kNotLoudest: return "not_loudest";
        case Drop::kRelayFull: return "relay_full";
        case Drop::kCount: break;
    }
    return "unknown";
}

}  // namespace parley::trace
