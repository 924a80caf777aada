#include "rtp/congestion_feedback_recorder.hpp"

#include <algorithm>

namespace parley::rtp {

void CongestionFeedbackRecorder::Stream::restart(std::int64_t sequence) {
    arrivals.fill({});
    oldest = base = end = sequence;
}

// False when it is known already.
bool CongestionFeedbackRecorder::Stream::note(std::int64_t sequence, net::Ecn ecn,
                                              Instant arrival) {
    if (sequence >= end + kWindow || sequence < end - kWindow) restart(sequence);
    if (sequence >= end) {
        for (; end <= sequence; ++end) at(end) = {};
        oldest = std::max(oldest, end - kWindow);
        base = std::max(base, oldest);
    } else {  // before the first packet of all: overtaken
        while (oldest > sequence) at(--oldest) = {};
    }
    if (at(sequence).received) return false;
    at(sequence) = {true, ecn, arrival};
    // A packet overtaken by a report is reported with the next; those behind it are said again.
    base = std::min(base, sequence);
    return true;
}

CongestionFeedbackRecorder::Stream& CongestionFeedbackRecorder::stream_of(
    Ssrc media, std::uint16_t sequence_number) {
    for (Stream& stream : streams_) {
        if (stream.media == media) return stream;
    }
    const bool full = streams_.size() == kMaxStreams;
    Stream& stream =
        full ? *std::ranges::min_element(streams_, {}, &Stream::heard) : streams_.emplace_back();
    stream.media = media;
    stream.unwrapper.reset();
    stream.restart(stream.unwrapper.peek(sequence_number));
    return stream;
}

void CongestionFeedbackRecorder::on_packet(Ssrc media, std::uint16_t sequence_number, net::Ecn ecn,
                                           Instant arrival) {
    Stream& stream = stream_of(media, sequence_number);
    stream.heard = arrival;
    if (!stream.note(stream.unwrapper.unwrap(sequence_number), ecn, arrival)) return;
    if (due_ == kNever) due_ = arrival + kInterval;
    if (stream.end - stream.base >= kWindow / 2) due_ = std::min(due_, arrival);
}

void CongestionFeedbackRecorder::add_stream(CongestionFeedbackWriter& writer, Stream& stream) {
    const auto count = std::min(stream.end - stream.base, static_cast<std::int64_t>(writer.room()));
    if (count <= 0) return;
    std::array<CongestionArrival, kWindow> packets;
    for (std::int64_t i = 0; i < count; ++i) {
        packets[static_cast<std::size_t>(i)] = stream.at(stream.base + i);
    }
    writer.add(stream.media, static_cast<std::uint16_t>(stream.base),
               std::span(packets).first(static_cast<std::size_t>(count)));
    stream.base += count;
}

std::size_t CongestionFeedbackRecorder::poll(Instant now, Ssrc sender, BytesSpan out) {
    if (now < due_) return 0;
    CongestionFeedbackWriter writer(out, sender, now);
    for (Stream& stream : streams_) add_stream(writer, stream);
    const bool done = std::ranges::all_of(
        streams_, [](const Stream& stream) { return stream.base == stream.end; });
    const std::size_t size = writer.finish();
    // A buffer too small to say anything in: try again later, never at once.
    if (done || size == 0) due_ = done ? kNever : now + kInterval;
    if (size > 0) ++reports_;
    return size;
}

}  // namespace parley::rtp
