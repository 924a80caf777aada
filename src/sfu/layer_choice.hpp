// Which layer a subscriber should get: a pure choice from its wish and what arrives, under a limit
// that `auto` learns from estimates and loss.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/layer_option.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

struct LayerChoice {
    std::optional<LayerId> layer;
    Reason reason = Reason::kNothingArrives;
};

/// How high `auto` may go now.
struct Ceiling {
    std::size_t rank = kMaxOptions;  // into the options; kMaxOptions: no limit
    Reason reason = Reason::kAuto;
};

LayerChoice choose_layer(Wish wish, const LayerOptions& options, const Ceiling& ceiling);

/// The controller behind `auto`: follows the estimate and the loss down at once and up with
/// patience. An estimate made by the receiver (REMB) cannot grow far beyond what it receives
/// (libwebrtc: 1.5 times), so a path with room is tried one layer higher now and then; a try that
/// fails doubles the wait for the next.
class AutoLimit {
 public:
    static constexpr Duration kOverBeforeDown = 300ms;  // a keyframe's burst is no overuse
    static constexpr Duration kHold = 5s;  // after a step down, before the first try up
    static constexpr Duration kMaxHold = 60s;
    static constexpr Duration kTrialLength = 8s;  // a step down within it: the try failed
    static constexpr Duration kCleanBeforeUp = 2s;
    static constexpr Duration kBetweenUps = 2s;  // a layer's rate is known after a second
    static constexpr double kUpHeadroom = 1.2;   // the share must exceed what is to be sent by
    static constexpr double kHighLoss = 0.10;    // libwebrtc's loss-based control backs off here
    static constexpr double kLowLoss = 0.02;     // and grows again below this
    static constexpr int kReportsForLoss = 2;    // one bad report is a burst, two are a path

    void on_estimate(std::optional<Bitrate> share) { share_ = share; }
    void on_loss(double fraction, Instant now);
    Ceiling update(const LayerOptions& options, Instant now);

 private:
    bool exceeds_share(const LayerOption& option) const;
    void step_down(std::size_t rank, Reason why, Instant now);
    bool may_go_up(const LayerOption& current, const LayerOption& next, Instant now) const;
    std::size_t highest_that_fits(const LayerOptions& options, std::size_t below) const;

    std::optional<Bitrate> share_;
    Ceiling ceiling_;
    bool settled_ = false;  // the first choice waits for nothing
    std::optional<Instant> over_since_;
    int bad_reports_ = 0;
    bool too_lossy_ = false;
    std::optional<Instant> last_lossy_;
    Instant hold_until_ = Instant::min();
    Duration hold_ = kHold;
    std::optional<Instant> trial_since_;
};

}  // namespace parley::sfu
