// How many earlier frames go along with each frame of audio to one subscriber (RFC 2198): two when
// much is lost, one when something is, none where nothing is or where a narrow path would have to
// carry too much of it. A controller.
//
// With loss p of packets one by one, a frame is lost with none, one and two copies with the
// probability p, p^2 and p^3: at 30 % that is 30, 9 and 2.7 %.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/reported_loss.hpp"

namespace parley::sfu {

/// Why a subscriber gets as much redundancy as it gets.
enum class RedundancyReason : std::uint8_t {
    kNoLoss,
    kLoss,
    kBandwidth,      // loss asks for more than the path can spare
    kNotNegotiated,  // it does not take RED
    kOpaque,         // the publisher packed it, and it cannot be read
};
std::string_view text(RedundancyReason reason);

class Redundancy {
 public:
    static constexpr double kTwoCopiesAbove = 0.08;
    static constexpr double kOneCopyAbove = 0.03;
    /// Loss wavers; what was begun goes on until it is clearly less, for a while.
    static constexpr double kTwoCopiesUntil = 0.06;
    static constexpr double kOneCopyUntil = 0.02;
    static constexpr Duration kHold = 10s;
    /// Of a path that cannot carry all that is wanted, audio with its copies takes at most this.
    static constexpr double kMaxShare = 0.25;
    /// What was shed returns when it fits with room to spare, after a while.
    static constexpr double kReturnShare = 0.2;
    static constexpr Duration kReturnHold = 5s;
    /// Older reports count half after this long.
    static constexpr Duration kHalfLife = 3s;
    /// Fewer packets say nothing: one of ten is no ten per cent.
    static constexpr double kLeastPackets = 40;

    void on_report(const LossSample& sample, Instant now);
    /// `audio` is what all audio takes without copies; `cut_path` what the path carries, if that is
    /// less than what is wanted.
    void review(Bitrate audio, std::optional<Bitrate> cut_path, Instant now);

    std::uint8_t copies() const { return copies_; }
    RedundancyReason reason() const { return reason_; }
    /// Smoothed, 0 to 1; empty while too little is known.
    std::optional<double> loss() const;

 private:
    void follow_loss(Instant now);
    std::uint8_t affordable(Bitrate audio, std::optional<Bitrate> cut_path, double share) const;

    double expected_ = 0;
    double lost_ = 0;
    Instant last_report_{};
    std::uint8_t wanted_ = 0;
    std::optional<Instant> less_since_;  // loss asks for less than is wanted
    std::uint8_t allowed_ = 2;
    std::optional<Instant> more_since_;  // the path would allow more
    std::uint8_t copies_ = 0;
    RedundancyReason reason_ = RedundancyReason::kNoLoss;
};

}  // namespace parley::sfu
