// The error codes that a client may see, each with its message, cause and remedy. The same table
// stands in docs/signaling.md; a test compares them.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace parley::signal {

enum class ErrorCode : std::uint8_t {
    kBadJson,
    kInvalidMessage,
    kUnknownType,
    kBadState,
    kMessageTooLarge,
    kRateLimited,
    kMetadataTooLarge,
    kTooManyConnections,
    kJoinRateLimited,
    kRoomFull,
    kRoomsExhausted,
    kTopologyUnsupported,
    kTokenRequired,
    kTokenExpired,
    kTokenWrongRoom,
    kForbidden,
    kTargetNotFound,
    kNotFound,
    kUnsupportedInMesh,
    kResumeFailed,
    kResumeGap,
    kMediaFailed,
    kMediaKeysUsedUp,
    kShuttingDown,
    kCount,
};

struct ErrorText {
    ErrorCode code;
    std::string_view name;
    std::string_view message;
    std::string_view cause;
    std::string_view remedy;
};

const ErrorText& describe(ErrorCode code);
std::span<const ErrorText> all_errors();

}  // namespace parley::signal
