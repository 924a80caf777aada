#include "load/course.hpp"

#include <algorithm>

namespace parley::load {
namespace {

constexpr Duration kJoinTimeout = 20s;
/// A check of ICE and its answer, four flights of DTLS, a keyframe's request and the first packet.
constexpr int kJoinLinks = 8;
/// How long is waited for the last streams once all have joined, and at least, so that handshakes,
/// first keyframes and the news of who is there are over.
constexpr Duration kSettleTimeout = 8s;
constexpr Duration kSettleTime = 1s;
constexpr Duration kSettleTimeEach = 5ms;
constexpr Duration kLongestSettleTime = 5s;
/// Rates have risen by then, and layers that nobody watches are off.
constexpr Duration kLayersSettleTime = 6s;
/// What was sent in the measured time may still arrive.
constexpr Duration kDrainTime = 500ms;
/// From a publisher to the server and on to a receiver, and once more when that asks for it again.
constexpr int kDrainLinks = 4;

}  // namespace

Duration join_timeout(Duration link_delay) {
    return kJoinTimeout + kJoinLinks * link_delay;
}

void Course::advance(const Attendance& attendance, Instant now) {
    // Without anybody there is nothing to wait for, nor to measure.
    const bool over = interrupted_ || attendance.present == 0;
    switch (phase_) {
        case Phase::kJoining:
            if (interrupted_ || (over && !attendance.joining)) {
                phase_ = Phase::kDone;
            } else if (!attendance.joining) {
                settle(now);
            }
            break;
        case Phase::kSettling:
            if (over) {
                phase_ = Phase::kDone;
            } else if (now >= settled_at_ && (attendance.complete || now >= settling_ends_)) {
                phase_ = Phase::kMeasuring;
                window_ = {now, now + plan_.measured};
            }
            break;
        case Phase::kMeasuring:
            if (over || now >= window_.end) end_measuring(attendance, now);
            break;
        case Phase::kDraining:
            if (now >= drained_at_) phase_ = Phase::kDone;
            break;
        case Phase::kDone: break;
    }
}

void Course::settle(Instant now) {
    phase_ = Phase::kSettling;
    settling_ends_ = now + kSettleTimeout;
    Duration least = kSettleTime + kSettleTimeEach * plan_.participants;
    least = std::min<Duration>(least, kLongestSettleTime);
    if (plan_.simulcast) least = std::max<Duration>(least, kLayersSettleTime);
    settled_at_ = now + least;
}

void Course::end_measuring(const Attendance& attendance, Instant now) {
    window_.end = std::min(window_.end, now);
    phase_ = Phase::kDraining;
    drained_at_ = attendance.present == 0 ? now : now + kDrainTime + kDrainLinks * plan_.link_delay;
}

}  // namespace parley::load
