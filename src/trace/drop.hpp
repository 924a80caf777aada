// Why a packet was dropped. Every drop has a reason, every reason a counter and a name.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::trace {

enum class Drop : std::uint8_t {
    kUnknownProtocol,      // the first octet belongs to no protocol here (RFC 7983)
    kUnknownPeer,          // no peer owns the five-tuple or the ufrag
    kMalformed,            // a parser refused it
    kStunUnauthenticated,  // STUN without or with wrong MESSAGE-INTEGRITY
    kStunUnexpected,       // an answer to no check of ours, or too late, or from elsewhere
    kDtlsBeforeIce,        // DTLS from an address that ICE has not proven
    kBeforeKeys,           // SRTP before the DTLS handshake was done
    kSrtpAuthentication,   // the SRTP tag did not match
    kSrtpReplay,           // seen before, or older than the replay window
    kUnknownSsrc,          // a source that negotiation, mid and rid do not explain
    kTooManySsrcs,         // a peer's limit of sources is reached
    kUnknownPayloadType,   // a payload type that was not negotiated
    kTooLarge,             // larger than a packet here may be
    kNotPublished,         // media in a section that is not being published
    kLayerNotSelected,     // another simulcast layer is being sent to this subscriber
    kWaitingForKeyframe,   // the subscriber cannot decode before the next keyframe
    kTooOld,               // older than what a subscriber's window can place
    kPaused,               // the subscriber, its budget or an administrator paused it
    kMuted,                // an administrator muted the track
    kQueueFull,            // a bounded queue was full
    kSendFailed,           // the kernel refused to send
    kRateLimited,          // a limit for an address or a peer was reached
    kDuplicate,            // the same packet arrived before
    kPaddingOnly,          // nothing but padding, left out without a gap
    kBehind,               // the subscriber's path was too slow; it goes on at a keyframe
    kNotLoudest,           // a microphone that is not among the loudest of its room
    kRelayFull,            // another media thread did not keep up with what is relayed to it
    kCount,
};

std::string_view name(Drop reason);

class DropCounters {
 public:
    void add(Drop reason, std::uint64_t count = 1) { counts_[index(reason)] += count; }
    std::uint64_t of(Drop reason) const { return counts_[index(reason)]; }
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const auto count : counts_) sum += count;
        return sum;
    }

 private:
    static constexpr std::size_t index(Drop reason) { return static_cast<std::size_t>(reason); }
    std::array<std::uint64_t, static_cast<std::size_t>(Drop::kCount)> counts_{};
};

}  // namespace parley::trace
