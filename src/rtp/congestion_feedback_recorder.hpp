// Records when the packets of each stream arrived and how they were marked, and says when and what
// to report of them (RFC 8888). One for each transport, about 4 kB for each stream.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "base/unwrap.hpp"
#include "rtp/congestion_feedback.hpp"

namespace parley::rtp {

class CongestionFeedbackRecorder {
 public:
    static constexpr Duration kInterval = 50ms;
    /// How many sequence numbers of a stream are remembered; half as many are reported early.
    static constexpr std::int64_t kWindow = 256;  // a power of two: numbers may be negative
    /// Streams of one transport; the one that was silent for longest makes room for another.
    static constexpr std::size_t kMaxStreams = 64;

    void on_packet(Ssrc media, std::uint16_t sequence_number, net::Ecn ecn, Instant arrival);

    /// kNever when everything is reported.
    Instant next_timeout() const { return due_; }
    /// Writes one RTCP packet when a report is due; 0 otherwise. Call until it returns 0, with at
    /// least kMinBuffer octets.
    std::size_t poll(Instant now, Ssrc sender, BytesSpan out);

    std::uint64_t reports() const { return reports_; }
    std::size_t streams() const { return streams_.size(); }

    static constexpr std::size_t kMinBuffer = 64;

 private:
    struct Stream {
        Ssrc media;
        Unwrapper<std::uint16_t> unwrapper;
        std::int64_t oldest = 0;  // places from here to end are true
        std::int64_t base = 0;    // the first that is not reported
        std::int64_t end = 0;     // one behind the newest
        Instant heard{};
        std::array<CongestionArrival, kWindow> arrivals;

        CongestionArrival& at(std::int64_t sequence) {
            return arrivals[static_cast<std::size_t>(sequence) % kWindow];
        }
        void restart(std::int64_t sequence);
        bool note(std::int64_t sequence, net::Ecn ecn, Instant arrival);
    };

    Stream& stream_of(Ssrc media, std::uint16_t sequence_number);
    void add_stream(CongestionFeedbackWriter& writer, Stream& stream);

    std::vector<Stream> streams_;
    Instant due_ = kNever;
    std::uint64_t reports_ = 0;
};

}  // namespace parley::rtp
