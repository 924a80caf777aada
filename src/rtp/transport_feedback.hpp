// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
// §3.1): which packets of a transport arrived when. Read as a checked view, written from arrivals.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace parley::rtp {

inline constexpr std::uint8_t kTransportFeedbackFormat = 15;
inline constexpr Duration kFeedbackReferenceUnit = 64ms;
inline constexpr Duration kFeedbackDeltaUnit = 250us;

/// A feedback message that was checked as a whole: its chunks cover `status_count` packets and
/// every delta is there.
struct TransportFeedback {
    Ssrc sender;
    Ssrc media;
    std::uint16_t base_sequence = 0;
    std::uint16_t status_count = 0;
    std::int32_t reference_time = 0;  // signed 24 bits, in kFeedbackReferenceUnit
    std::uint8_t feedback_count = 0;
    BytesView chunks;
    BytesView deltas;

    struct PacketStatus {
        std::uint16_t sequence_number = 0;
        bool received = false;
        /// Arrival on the receiver's clock, zero being that of reference time zero.
        Duration arrival{};
    };
    /// Walks the packets from base_sequence on.
    class Reader {
     public:
        explicit Reader(const TransportFeedback& feedback);
        std::optional<PacketStatus> next();

     private:
        std::uint8_t next_symbol();

        BytesView chunks_;
        BytesView deltas_;
        std::uint32_t left_;
        std::uint16_t sequence_;
        Duration clock_;
        std::uint16_t chunk_ = 0;
        std::uint16_t chunk_left_ = 0;
    };
    Reader read() const { return Reader(*this); }
};

/// `body` is what follows the RTCP header.
Result<TransportFeedback, ParseError> parse_transport_feedback(BytesView body);

/// An arrival to report; sequence numbers unwrapped.
struct TransportArrival {
    std::int64_t sequence = 0;
    Instant time{};
};

/// What a written feedback packet took.
struct WrittenFeedback {
    std::size_t size = 0;      // octets of the RTCP packet; 0: nothing fitted
    std::size_t arrivals = 0;  // how many of the given were reported
};

/// Writes one RTCP packet for arrivals in ascending, strictly increasing order of sequence,
/// starting at `base` (at most the first arrival's sequence; the packets between count as lost).
/// Stops early when the buffer is full, a delta is too large or 65,535 packets are covered; go on
/// with another packet whose base is the last reported sequence plus one.
WrittenFeedback write_transport_feedback(BytesSpan out, Ssrc sender, Ssrc media, std::int64_t base,
                                         std::uint8_t feedback_count,
                                         std::span<const TransportArrival> arrivals);

}  // namespace parley::rtp
