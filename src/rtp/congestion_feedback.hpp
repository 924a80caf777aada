// Congestion control feedback (RFC 8888): which packets of which streams arrived when, and how the
// network had marked them. Read as a checked view, written from arrivals.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/datagram.hpp"
#include "rtp/packet.hpp"

namespace parley::rtp {

inline constexpr std::uint8_t kCongestionFeedbackFormat = 11;
/// Packets of one stream in one report (RFC 8888 §3.1).
inline constexpr std::size_t kMaxCongestionReports = 16'384;
/// Arrival offsets count in 1/1024 s, the report timestamp in 1/65536 s.
inline constexpr std::int64_t kArrivalUnits = 1024;
inline constexpr std::int64_t kReportTimestampUnits = 65'536;

/// A feedback message that was checked as a whole: every stream's reports are there.
struct CongestionFeedback {
    Ssrc sender;
    /// When the report was made, in 1/65536 s of the receiver's clock; wraps after 18 hours.
    std::uint32_t timestamp = 0;
    BytesView blocks;

    struct PacketStatus {
        Ssrc media;
        std::uint16_t sequence_number = 0;
        bool received = false;
        net::Ecn ecn = net::Ecn::kNotEct;
        /// How long before `timestamp` it arrived; empty where the receiver could not say.
        std::optional<Duration> age;
    };
    /// Walks the packets, stream by stream.
    class Reader {
     public:
        explicit Reader(const CongestionFeedback& feedback) : blocks_(feedback.blocks) {}
        std::optional<PacketStatus> next();

     private:
        BytesView blocks_;
        Ssrc media_;
        std::uint16_t sequence_ = 0;
        std::uint32_t left_ = 0;
        std::size_t padding_ = 0;  // behind the block's reports
    };
    Reader read() const { return Reader(*this); }
};

/// `body` is what follows the RTCP header.
Result<CongestionFeedback, ParseError> parse_congestion_feedback(BytesView body);

/// What became of one packet of a stream.
struct CongestionArrival {
    bool received = false;
    net::Ecn ecn = net::Ecn::kNotEct;
    Instant time{};
};

/// Writes one RTCP packet stream by stream.
class CongestionFeedbackWriter {
 public:
    /// Octets of a message about one packet of one stream.
    static constexpr std::size_t kLeast = 24;

    /// `now` is the report timestamp: no arrival is later.
    CongestionFeedbackWriter(BytesSpan out, Ssrc sender, Instant now);
    /// How many packets of one more stream fit.
    std::size_t room() const;
    /// Reports on consecutive packets of a stream from `first` on: at least one, at most room().
    void add(Ssrc media, std::uint16_t first, std::span<const CongestionArrival> packets);
    /// Ends the message; its octets, 0 when nothing was added.
    std::size_t finish();

 private:
    BytesSpan out_;
    std::size_t at_ = 0;
    bool empty_ = true;
    Instant now_;
};

}  // namespace parley::rtp
