// The rate that losses allow. Two explanations of losses are held against the last observations:
// the path loses a share of all packets, whatever the rate (radio); or it carries only so much, and
// loses the rest (a policer, a short queue). Only the second bounds the rate. Where the
// observations do not tell them apart the rate goes down, and the losses that follow do.
//
// In the manner of libwebrtc's loss-based control of its second version, which also looks for the
// pair of inherent loss and bandwidth that explains the observations best.
// Deviates: fits by weighted squares over a grid of bandwidths, not by a logarithmic likelihood
// around the current one; it is cheaper, and it finds a bandwidth far away at once.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class LossController {
 public:
    static constexpr Duration kObservation = std::chrono::milliseconds(250);
    static constexpr std::uint32_t kMinPackets = 10;  // of an observation
    static constexpr std::size_t kObservations = 24;
    /// A limit of which nothing more is learnt, since hardly anything is sent, is dropped.
    static constexpr Duration kLimitLife = std::chrono::seconds(10);
    /// An observation counts less by this factor for each that is newer.
    static constexpr double kAging = 0.93;
    /// Up to this inherent loss is likely (radio); more must be told by the observations.
    static constexpr double kLikelyLoss = 0.12;
    static constexpr double kMaxInherent = 0.6;

    void on_report(const PacketReport& report);
    /// After each feedback message.
    void update(Instant now);

    /// The bandwidth that the path was found to have; nothing while no limit is in sight.
    std::optional<Bitrate> limit() const { return limit_; }
    std::optional<Instant> limited_at() const { return limited_at_; }
    /// The share that is lost at any rate.
    double inherent_loss() const { return inherent_; }
    /// The share that was lost lately.
    double loss() const { return recent_; }
    void reset() { *this = {}; }

 private:
    struct Observation {
        double rate = 0;  // bits a second sent
        double packets = 0;
        double lost = 0;
    };
    struct Fit {
        double inherent = 0;
        double misfit = 0;  // weighted squares in units of the expected variance
    };

    void close(Instant end);
    void evaluate(Instant now);
    Fit fit(double bandwidth, double variance) const;

    std::array<Observation, kObservations> past_{};
    std::size_t next_ = 0;
    std::size_t size_ = 0;

    std::optional<Instant> began_;
    std::int64_t bytes_ = 0;
    std::uint32_t packets_ = 0;
    std::uint32_t lost_ = 0;
    bool fresh_ = false;
    Instant observed_at_{};

    std::optional<Bitrate> limit_;
    std::optional<Instant> limited_at_;
    double inherent_ = 0;
    double recent_ = 0;
};

}  // namespace parley::cc
