// How much one subscriber's path carries, as far as is known: by the sender's own estimate, which
// probes and needs no help; else by what the receiver says (REMB) and by loss. Those two cannot
// tell that there is room beyond what is sent, so more is tried now and then.

#pragma once

#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

class PathLimit {
 public:
    static constexpr double kHighLoss = 0.10;    // libwebrtc's loss-based control backs off here
    static constexpr double kLowLoss = 0.02;     // and grows again below this
    static constexpr int kReportsForLoss = 2;    // one bad report is a burst, two are a path
    static constexpr double kLossBackoff = 0.5;  // of the share lost, as libwebrtc takes off
    static constexpr double kLeastBackoff = 0.85;
    static constexpr Duration kCleanBeforeTry = 2s;
    /// A receiver's estimate is at most 1.5 times what it receives (libwebrtc): this much beyond
    /// what is sent says that there may be room.
    static constexpr double kRoomToTry = 1.2;
    /// The estimate falls to this part during a try: the try has failed.
    static constexpr double kFailedTry = 0.9;
    /// Where there is room it grows by 8 % a second (libwebrtc): by less in this time, there is
    /// not.
    static constexpr Duration kTryTime = 5s;
    static constexpr double kGrownByTry = 1.2;

    /// Of a controller that probes: from now on nothing else counts.
    void on_estimate(Bitrate estimate) { probed_ = estimate; }
    void on_receiver_estimate(Bitrate estimate, Instant now);
    /// `sending`: what the streams take now.
    void on_loss(double fraction, Bitrate sending, Instant now);
    /// Another path: nothing is known of it.
    void clear() { *this = PathLimit(); }

    bool probes() const { return probed_.has_value(); }
    /// Empty: nothing is known.
    std::optional<Bitrate> limit() const;
    /// What the limit comes from: kEstimate or kLoss.
    Reason reason() const;

    bool may_try(Bitrate sending, Instant now) const;
    /// This much is tried: it is within the limit until something speaks against it.
    void try_more(Bitrate total, Instant now);
    /// Everything that is wanted is sent and nothing is lost.
    void lift_loss_limit() { by_loss_.reset(); }

 private:
    std::optional<Bitrate> probed_;
    std::optional<Bitrate> received_;
    std::optional<Bitrate> by_loss_;
    std::optional<Bitrate> tried_;  // allowed beyond what the receiver says
    Bitrate at_try_;                // what the receiver said when the try began
    Instant tried_since_{};
    int bad_reports_ = 0;
    std::optional<Instant> last_lossy_;
};

}  // namespace parley::sfu
