// Shares what one subscriber's path carries among its streams: audio first, then video by
// importance, every stream's lowest layer before anyone's second, the lowest layer before pausing,
// and the least important paused first. A controller: it is told facts and is asked from time to
// time; the same facts at the same times give the same answers.
//
// The parts: path_limit.hpp knows how much there is, option_rates.hpp what each option takes,
// raise_gate.hpp when more may be taken than before. Left out: switching itself (subscription.hpp).

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/static_vector.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/layer_option.hpp"
#include "sfu/option_rates.hpp"
#include "sfu/path_limit.hpp"
#include "sfu/raise_gate.hpp"
#include "sfu/types.hpp"

namespace parley::sfu {

/// How large a picture is shown, in pixels; 0: not known.
struct ViewSize {
    std::uint16_t width = 0;
    std::uint16_t height = 0;

    std::uint32_t area() const { return std::uint32_t{width} * height; }
    friend bool operator==(const ViewSize&, const ViewSize&) = default;
};

/// Importance where the subscriber says nothing; larger is more important.
inline constexpr std::uint8_t kCameraPriority = 50;
inline constexpr std::uint8_t kScreenPriority = 75;
inline constexpr std::uint8_t kMaxPriority = 100;

/// What a subscriber wants of a track.
struct TrackWish {
    Wish layer = Wish::kAuto;
    ViewSize view;
    std::optional<std::uint8_t> priority;

    friend bool operator==(const TrackWish&, const TrackWish&) = default;
};

inline std::uint8_t priority_of(const TrackWish& wish, bool screen) {
    return wish.priority.value_or(screen ? kScreenPriority : kCameraPriority);
}

/// One stream to the subscriber as it is now.
struct AllocationStream {
    std::uint64_t id = 0;  // while it lives, and never another's
    Kind kind = Kind::kVideo;
    bool screen = false;
    /// Nothing arrives, or nothing may be forwarded: it takes nothing and keeps its layer.
    bool idle = false;
    /// Others spoke more recently (last_n.hpp): it is not sent.
    bool beyond_last_n = false;
    TrackWish wish;
    const LayerOptions* options = nullptr;  // of video
    Bitrate bitrate;                        // of audio; 0: not known
};

struct Assignment {
    std::optional<LayerId> target;  // empty: nothing is to be sent
    Reason reason = Reason::kNothingArrives;
    Bitrate share;        // set aside for it
    bool paused = false;  // for want of bandwidth, or beyond the last N
    /// The most that it would be given with all the bandwidth of the world.
    std::optional<LayerId> wanted;
};

class Allocator {
 public:
    /// What a raise takes must fit this often: an estimate wavers by some 15 % (its back-off).
    static constexpr double kRaiseHeadroom = 1.15;
    /// What is sent may exceed the estimate by as much: encoders do not hit their rates exactly.
    static constexpr double kKeepTolerance = 1.05;
    /// A picture that has this part of the view's pixels is large enough for it.
    static constexpr double kLargeEnough = 0.8;
    /// Opus as browsers send it, with its headers and those below; and how many speak at once.
    static constexpr Bitrate kAudioRate = Bitrate::from_kbps(48);
    static constexpr std::size_t kSpeakersAtOnce = 3;
    static constexpr double kAudioHeadroom = 1.2;

    /// Of a congestion controller that probes.
    void on_estimate(Bitrate estimate, Instant) { path_.on_estimate(estimate); }
    /// Said by the receiver (REMB), where nothing better is to be had.
    void on_receiver_estimate(Bitrate estimate, Instant now) {
        path_.on_receiver_estimate(estimate, now);
    }
    /// 0 to 1, of a receiver report.
    void on_loss(double fraction, Instant now) { path_.on_loss(fraction, used_, now); }
    /// Nothing is heard of the path: video waits until something is, and then goes on where it was
    /// as far as the estimate lets it.
    void on_blind(bool blind) {
        back_ = back_ || (blind_ && !blind);
        blind_ = blind;
    }
    void on_path_changed() {
        path_.clear();
        limited_ = false;
    }

    /// What each stream gets now, in the order of `streams`; valid until the next call.
    std::span<const Assignment> allocate(std::span<const AllocationStream> streams, Instant now);

    /// What all streams would take if they got all that they want, and what must be beyond it for
    /// them to get it.
    Bitrate demand() const { return demand_ * kRaiseHeadroom; }
    /// What is set aside for all streams together.
    Bitrate used() const { return used_; }
    std::optional<Bitrate> limit() const { return path_.limit(); }
    /// Some stream gets less than it would for want of bandwidth.
    bool constrained() const { return constrained_; }

 private:
    static constexpr int kNothing = -1;

    /// What is remembered of a stream between two rounds.
    struct Memory {
        std::uint64_t id = 0;
        OptionRates rates;
        TrackWish wish;
        std::optional<LayerId> target;
        Bitrate share;
        bool idle = true;  // so that a new stream is one that has just begun
        bool fresh = true;
    };
    /// One choice of a stream in this round.
    struct Step {
        std::uint8_t option = 0;
        std::uint8_t rung = 0;  // the same for all temporal layers of one picture size
        Bitrate cost;
    };
    /// A video stream in this round.
    struct Candidate {
        std::size_t stream = 0;
        StaticVector<Step, kMaxOptions> steps;
        Reason top_reason = Reason::kAuto;  // why not higher than the last step
        std::uint8_t priority = 0;
        std::uint32_t area = 0;
        bool fresh = false;
        bool insists = false;    // on what was wished for, as long as no limit is certain
        int current = kNothing;  // into steps
        int level = kNothing;    // the outcome
        int top() const { return static_cast<int>(steps.size()) - 1; }
        std::uint8_t rung_above() const { return steps[static_cast<std::size_t>(level + 1)].rung; }
        Bitrate cost(int step) const {
            return step < 0 ? Bitrate{} : steps[static_cast<std::size_t>(step)].cost;
        }
    };

    void remember(std::span<const AllocationStream> streams);
    void prepare(std::span<const AllocationStream> streams, Instant now);
    void add_candidate(const AllocationStream& stream, std::size_t index);
    void choose(Instant now);
    void fill(std::optional<Bitrate> budget, bool may_raise);
    void raise_to(Candidate& candidate, int rung, std::optional<Bitrate> budget, int cap);
    bool fits(const Candidate& candidate, int level, std::optional<Bitrate> budget) const;
    bool lowered() const;
    bool raised() const;
    bool awakened() const;
    void lift_one();
    void settle(std::span<const AllocationStream> streams);
    Assignment outcome(const AllocationStream& stream, const Candidate& candidate) const;

    PathLimit path_;
    RaiseGate gate_;
    std::vector<Memory> memory_;  // in the order of the streams
    std::vector<Memory> next_memory_;
    std::vector<Candidate> candidates_;  // the most important first
    std::vector<int> kept_;              // levels without a raise
    std::vector<Assignment> assignments_;
    Bitrate audio_;
    /// A publisher may send any rate as its lowest; so much of it is sent whatever the receiver
    /// estimates.
    static constexpr Bitrate kMostUnasked = Bitrate::from_kbps(3000);

    Bitrate lowest_;  // of every stream, and audio
    Bitrate filled_;  // by the fill under way
    Bitrate used_;
    Bitrate demand_;
    bool constrained_ = false;
    bool limited_ = false;  // a limit was known before
    bool blind_ = false;
    bool back_ = false;  // the path is heard of again
};

}  // namespace parley::sfu
