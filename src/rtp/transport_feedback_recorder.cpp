#include "rtp/transport_feedback_recorder.hpp"

#include <algorithm>
#include <array>

namespace parley::rtp {
namespace {

constexpr auto kWindow = static_cast<std::int64_t>(kFeedbackWindow);
/// So many in one interval are not kept waiting for its end.
constexpr std::int64_t kEarlyReport = kWindow / 2;

}  // namespace

void TransportFeedbackRecorder::restart(std::int64_t sequence) {
    arrivals_.assign(kFeedbackWindow, kNever);
    oldest_ = base_ = end_ = sequence;
    started_ = true;
}

void TransportFeedbackRecorder::on_packet(std::uint16_t transport_sequence_number,
                                          Instant arrival) {
    const std::int64_t sequence = unwrapper_.unwrap(transport_sequence_number);
    if (!started_) {
        restart(sequence);
    } else if (sequence >= end_ + kWindow || sequence < end_ - kWindow) {
        ++jumps_;
        restart(sequence);
    }
    if (sequence >= end_) {
        for (; end_ <= sequence; ++end_) slot(end_) = kNever;
        oldest_ = std::max(oldest_, end_ - kWindow);
        base_ = std::max(base_, oldest_);
    } else if (sequence < oldest_) {  // overtaken by the first packet of all
        while (oldest_ > sequence) slot(--oldest_) = kNever;
    }
    if (slot(sequence) != kNever) return;
    slot(sequence) = arrival;
    // A packet overtaken by a report is reported with the next; those behind it are said again.
    base_ = std::min(base_, sequence);
    if (due_ == kNever) due_ = arrival + kFeedbackInterval;
    if (end_ - base_ >= kEarlyReport) due_ = std::min(due_, arrival);
}

std::size_t TransportFeedbackRecorder::poll(Instant now, Ssrc sender, Ssrc media, BytesSpan out) {
    if (now < due_) return 0;
    std::array<TransportArrival, kEarlyReport> found;
    std::size_t count = 0;
    for (std::int64_t sequence = base_; sequence < end_ && count < found.size(); ++sequence) {
        if (slot(sequence) != kNever) found[count++] = {sequence, slot(sequence)};
    }
    const auto written = write_transport_feedback(out, sender, media, base_, feedback_count_,
                                                  std::span(found).first(count));
    if (written.arrivals == 0) {
        // Nothing left to say, or a buffer too small to say it in: try again later, never at once.
        due_ = count == 0 ? kNever : now + kFeedbackInterval;
        return 0;
    }
    ++feedback_count_;
    ++reports_;
    base_ = found[written.arrivals - 1].sequence + 1;
    if (base_ == end_) due_ = kNever;
    return written.size;
}

}  // namespace parley::rtp
