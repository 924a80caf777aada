// Which layer a subscriber should get: a pure choice from its wish and what arrives, under a limit
// that `auto` learns from estimates and loss.

#pragma once

#include <cstdint>
#include <optional>

#include "base/static_vector.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

/// A layer as the choice sees it, low to high.
struct LayerOption {
    std::uint8_t layer = 0;
    bool live = false;
    Bitrate bitrate;  // 0: not measured yet
};
using LayerOptions = StaticVector<LayerOption, kMaxLayers>;

struct LayerChoice {
    std::optional<std::size_t> layer;
    Reason reason = Reason::kNothingArrives;
};

/// How high `auto` may go now.
struct Ceiling {
    std::size_t rank = kMaxLayers;  // into the options; kMaxLayers: no limit
    Reason reason = Reason::kAuto;
};

LayerChoice choose_layer(Wish wish, const LayerOptions& options, const Ceiling& ceiling);

/// The controller behind `auto`: follows the estimate and the loss down at once and up with
/// patience. An estimate made by the receiver (REMB) cannot grow far beyond what it receives
/// (libwebrtc: 1.5 times), so a clean path is tried one layer higher now and then; a try that fails
/// doubles the wait for the next.
class AutoLimit {
 public:
    static constexpr Duration kHoldAfterDown = 5s;  // before the first try to go up again
    static constexpr Duration kMaxHold = 60s;
    static constexpr Duration kTrialLength = 8s;    // a fall within it says that the try failed
    static constexpr Duration kCleanBeforeUp = 2s;  // room or no loss for this long
    static constexpr double kUpHeadroom = 1.2;      // the estimate must exceed the higher layer by
    static constexpr double kHighLoss = 0.10;       // libwebrtc's loss-based control backs off here
    static constexpr double kLowLoss = 0.02;        // and grows again below this
    static constexpr int kReportsForLoss = 2;       // one bad report is a burst, two are a path

    void on_estimate(std::optional<Bitrate> share) { share_ = share; }
    void on_loss(double fraction, Instant now);
    Ceiling update(const LayerOptions& options, Instant now);

 private:
    void step_down(std::size_t rank, Reason why, Instant now);
    bool fits(const LayerOption& option, double headroom) const;
    void consider_up(const LayerOptions& options, Instant now);

    std::optional<Bitrate> share_;
    Ceiling ceiling_;
    int bad_reports_ = 0;
    bool loss_pending_ = false;
    bool lossy_ = false;
    Instant clean_since_{};
    Instant hold_until_{};
    Duration hold_ = kHoldAfterDown;
    Instant trial_since_{};
    bool trial_ = false;
};

}  // namespace parley::sfu
