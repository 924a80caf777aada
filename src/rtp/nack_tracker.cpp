#include "rtp/nack_tracker.hpp"

#include <algorithm>

namespace parley::rtp {
namespace {

/// Kept from the first gap on: more than a lost frame, less than the limit.
constexpr std::size_t kUsualMissing = 128;

}  // namespace

NackTracker::NackTracker(Duration give_up_after) : give_up_after_(give_up_after) {}

void NackTracker::reset() {
    entries_.clear();
    unwrapper_.reset();
    newest_.reset();
    next_ = kNever;
    keyframe_wish_ = false;
}

void NackTracker::on_packet(std::uint16_t sequence_number, bool keyframe, Instant now) {
    const std::int64_t sequence = unwrapper_.unwrap(sequence_number);
    if (!newest_) {
        newest_ = sequence;
        return;
    }
    if (keyframe) {
        remove_before(sequence);
        keyframe_wish_ = false;
    }
    if (sequence <= *newest_) {
        remove(sequence);
        return;
    }
    if (!keyframe) {
        add_gap(*newest_ + 1, sequence, now);
    } else if (sequence > *newest_ + 1) {
        // What is missing in front of a keyframe is not needed any more.
        given_up_ += static_cast<std::uint64_t>(sequence - *newest_ - 1);
    }
    newest_ = sequence;
    remove_before(sequence - kMaxNackAge);
}

void NackTracker::add_gap(std::int64_t first, std::int64_t end, Instant now) {
    if (first >= end) return;
    const auto count = static_cast<std::size_t>(end - first);
    if (count > kMaxMissing - entries_.size()) {
        ++overflows_;
        given_up_ += entries_.size() + count;
        entries_.clear();
        keyframe_wish_ = true;
        next_ = kNever;
        return;
    }
    if (entries_.capacity() == 0) entries_.reserve(kUsualMissing);
    for (; first < end; ++first) {
        entries_.push_back({first, now + kReorderingTolerance, now, 0});
    }
    next_ = std::min(next_, now + kReorderingTolerance);
}

void NackTracker::remove(std::int64_t sequence) {
    const auto found =
        std::lower_bound(entries_.begin(), entries_.end(), sequence,
                         [](const Entry& entry, std::int64_t s) { return entry.sequence < s; });
    if (found == entries_.end() || found->sequence != sequence) return;
    entries_.erase(found);
    if (entries_.empty()) next_ = kNever;
}

void NackTracker::remove_before(std::int64_t sequence) {
    std::size_t count = 0;
    while (count < entries_.size() && entries_[count].sequence < sequence) ++count;
    if (count == 0) return;
    given_up_ += count;
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    if (entries_.empty()) next_ = kNever;
}

std::size_t NackTracker::poll(Instant now, std::span<std::uint16_t> out) {
    if (now < next_) return 0;
    std::size_t count = 0;
    const auto settle = [&](Entry& entry) {  // true: nothing more will be asked for it
        if (now - entry.since > give_up_after_) return true;
        if (entry.due > now || count == out.size()) return false;
        if (entry.retries == kMaxNackRetries) return true;
        out[count++] = static_cast<std::uint16_t>(entry.sequence);
        ++entry.retries;
        entry.due = now + std::max(rtt_, kMinNackInterval);
        return false;
    };
    const auto gone = std::remove_if(entries_.begin(), entries_.end(), settle);
    given_up_ += static_cast<std::uint64_t>(entries_.end() - gone);
    entries_.erase(gone, entries_.end());
    requested_ += count;
    rearm();
    return count;
}

void NackTracker::rearm() {
    next_ = kNever;
    for (const auto& entry : entries_) next_ = std::min(next_, entry.due);
}

bool NackTracker::take_keyframe_wish() {
    const bool wished = keyframe_wish_;
    keyframe_wish_ = false;
    return wished;
}

}  // namespace parley::rtp
