#include "signal/errors.hpp"

#include <array>
#include <utility>

namespace parley::signal {

namespace {

constexpr std::array<ErrorText, std::to_underlying(ErrorCode::kCount)> kErrors{{
    {ErrorCode::kBadJson, "bad_json", "The message is not acceptable JSON.",
     "The text is not JSON, is nested too deeply, repeats a key, or has an integer beyond 2^53 - "
     "1.",
     "Send one JSON object in each text frame; `offset` says where reading stopped."},
    {ErrorCode::kInvalidMessage, "invalid_message", "A field of the message is missing or wrong.",
     "The message does not match its schema.",
     "Correct the field that `field` points to; schema/client/ has the shapes."},
    {ErrorCode::kUnknownType, "unknown_type", "The type of the message is not known.",
     "`type` is none of the types that clients may send.",
     "Compare the type with docs/signaling.md; the server may be older than the client."},
    {ErrorCode::kBadState, "bad_state", "The message does not fit the present state.",
     "It needs a room and there is none, or it answers an offer that is not outstanding.",
     "Join first; answer each offer of the server once."},
    {ErrorCode::kMessageTooLarge, "message_too_large", "The message is too long.",
     "It is longer than the server reads.",
     "Send shorter messages; welcome.messageBytes is the limit."},
    {ErrorCode::kRateLimited, "rate_limited", "Too many messages; some were dropped.",
     "The connection said more than its limit allows.",
     "Send more slowly. Messages dropped meanwhile must be sent again."},
    {ErrorCode::kMetadataTooLarge, "metadata_too_large", "The metadata is too long.",
     "Written as JSON it exceeds the limit.", "Keep metadata small; send large things otherwise."},
    {ErrorCode::kTooManyConnections, "too_many_connections",
     "The server takes no more connections.",
     "The server, or this address, has as many connections as allowed.",
     "Close unused connections, or try again later with growing pauses."},
    {ErrorCode::kJoinRateLimited, "join_rate_limited", "Too many joins from this address.",
     "The joins of the last minute from this address exceed the limit.",
     "Wait some seconds and join again."},
    {ErrorCode::kRoomFull, "room_full", "The room is full.",
     "The room has as many participants as allowed.",
     "Wait until somebody leaves, or choose another room."},
    {ErrorCode::kRoomsExhausted, "rooms_exhausted", "The server has no room left for a new room.",
     "The number of rooms has reached its limit.", "Join an existing room or try later."},
    {ErrorCode::kTopologyUnsupported, "topology_unsupported", "This topology is not offered.",
     "A topology other than sfu, mesh or auto was asked for; mixing (mcu) is not available.",
     "Join without a topology, or with sfu, mesh or auto."},
    {ErrorCode::kTokenRequired, "token_required", "A room token is needed.",
     "This server lets only holders of a room token join, and the connection brought none.",
     "Connect with ?token=; an operator makes tokens with `parley token`."},
    {ErrorCode::kTokenExpired, "token_expired", "The room token has expired.",
     "The time of the token's expiry has passed.", "Get a new token and connect with it."},
    {ErrorCode::kTokenWrongRoom, "token_wrong_room", "The room token is for another room.",
     "The token names a room, and it is not this one.",
     "Join the room of the token or get another."},
    {ErrorCode::kForbidden, "forbidden", "This is not allowed.",
     "The participant lacks the right to do this.", "Use a token with the right."},
    {ErrorCode::kTargetNotFound, "target_not_found", "Target peer not found",
     "`to` is nobody in this room who takes this message, or it is missing where it is needed.",
     "Address a peer of `joined` or `peer-joined`, or in an SFU room `sfu`."},
    {ErrorCode::kNotFound, "not_found", "There is no such participant or track here.",
     "It is gone, or never was in this room.", "Go by the latest participant and track messages."},
    {ErrorCode::kUnsupportedInMesh, "unsupported_in_mesh", "A mesh room cannot do this.",
     "Media in a mesh does not pass the server.", "Use a room with topology sfu."},
    {ErrorCode::kResumeFailed, "resume_failed", "The session cannot be resumed.",
     "The token is not, or no longer, valid.", "Join anew."},
    {ErrorCode::kResumeGap, "resume_gap", "Too much was missed to resume.",
     "More messages were missed than the server keeps.", "Join anew."},
    {ErrorCode::kMediaFailed, "media_failed", "The media connection failed.",
     "The network path between client and server was lost or never opened.",
     "Offer again with an ICE restart; if that fails, join anew, or try another network."},
    {ErrorCode::kMediaKeysUsedUp, "media_keys_used_up", "Some tracks cannot be sent any more.",
     "The keys of this media connection serve for no more streams.",
     "Join the room anew: a new connection has new keys."},
    {ErrorCode::kShuttingDown, "shutting_down", "The server is stopping.",
     "An operator stops or restarts it.", "Connect again after some seconds."},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kErrors.size(); ++i) {
        if (std::to_underlying(kErrors[i].code) != i) return false;
    }
    return true;
}
static_assert(in_order(), "describe() indexes by code");

}  // namespace

const ErrorText& describe(ErrorCode code) {
    return kErrors[std::to_underlying(code)];
}
std::span<const ErrorText> all_errors() {
    return kErrors;
}

}  // namespace parley::signal
