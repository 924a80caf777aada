// RTCP (RFC 3550 §6) and its feedback messages (RFC 4585, RFC 5104, REMB), read as views over a
// compound packet. Reduced-size compounds (RFC 5506) are taken as they come. Extended reports (RFC
// 3611) and APP packets are walked over. Feedback on congestion: transport_feedback.hpp and
// congestion_feedback.hpp. Writing: rtcp_writer.hpp.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "rtp/congestion_feedback.hpp"
#include "rtp/packet.hpp"
#include "rtp/transport_feedback.hpp"

namespace parley::rtp {

enum class RtcpType : std::uint8_t {
    kSenderReport = 200,
    kReceiverReport = 201,
    kSourceDescription = 202,
    kBye = 203,
    kApp = 204,
    kTransportFeedback = 205,  // RTPFB, RFC 4585 §6.2
    kPayloadFeedback = 206,    // PSFB, RFC 4585 §6.3
    kExtendedReport = 207,
};

inline constexpr std::size_t kRtcpHeaderSize = 4;

/// One packet of a compound.
struct RtcpPacket {
    RtcpType type{};         // may be a number that the enumeration does not name
    std::uint8_t count = 0;  // five bits: a count, or the format of a feedback message
    BytesView body;          // after the four-octet header, without padding
};

/// Walks a compound packet. Stops at the first packet that does not fit, and says so.
class CompoundReader {
 public:
    explicit CompoundReader(BytesView bytes) : bytes_(bytes) {}
    std::optional<RtcpPacket> next();
    /// True once octets were left that are no RTCP.
    bool malformed() const { return malformed_; }

 private:
    BytesView bytes_;
    bool malformed_ = false;
};

/// RFC 3550 §6.4.1.
struct ReportBlock {
    Ssrc ssrc;
    std::uint8_t fraction_lost = 0;         // of 256
    std::int32_t cumulative_lost = 0;       // 24 bits, negative with duplicates
    std::uint32_t highest_sequence = 0;     // extended: cycles in the upper half
    std::uint32_t jitter = 0;               // in the RTP clock
    std::uint32_t last_sr = 0;              // 0: none yet
    std::uint32_t delay_since_last_sr = 0;  // in 1/65536 s
    friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};
inline constexpr std::size_t kReportBlockSize = 24;

/// Report blocks, read when asked for.
class ReportBlocks {
 public:
    ReportBlocks() = default;
    explicit ReportBlocks(BytesView bytes) : bytes_(bytes) {}
    std::size_t size() const { return bytes_.size() / kReportBlockSize; }
    ReportBlock operator[](std::size_t i) const;

 private:
    BytesView bytes_;
};

struct SenderInfo {
    NtpTime ntp;
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    friend bool operator==(const SenderInfo&, const SenderInfo&) = default;
};
struct SenderReport {
    Ssrc sender;
    SenderInfo info;
    ReportBlocks blocks;
};
struct ReceiverReport {
    Ssrc sender;
    ReportBlocks blocks;
};

/// The first CNAMEs of a source description (RFC 3550 §6.5); other items are skipped.
struct SourceDescription {
    struct Chunk {
        Ssrc ssrc;
        std::string_view cname;  // empty when the chunk has none
    };
    /// Walks the chunks; the packet was checked as a whole before.
    class Reader {
     public:
        explicit Reader(BytesView bytes, std::size_t count) : reader_(bytes), left_(count) {}
        std::optional<Chunk> next();
        bool ok() const { return reader_.ok(); }

     private:
        ByteReader reader_;
        std::size_t left_;
    };
    BytesView chunks;
    std::uint8_t count = 0;
    Reader read() const { return Reader(chunks, count); }
};

struct Bye {
    BytesView sources;        // four octets each
    std::string_view reason;  // as it came; may be empty
    std::size_t size() const { return sources.size() / 4; }
    Ssrc operator[](std::size_t i) const { return Ssrc(load_be32(&sources[4 * i])); }
};

/// RFC 4585 §6.2.1.
struct Nack {
    Ssrc sender;
    Ssrc media;
    BytesView items;  // packet id and bitmask, four octets each

    /// Calls `visit(std::uint16_t sequence_number)` for each lost packet: up to 17 an item.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t at = 0; at + 4 <= items.size(); at += 4) {
            const std::uint16_t first = load_be16(&items[at]);
            const std::uint16_t mask = load_be16(&items[at + 2]);
            visit(first);
            for (unsigned bit = 0; bit < 16; ++bit) {
                if ((mask >> bit) & 1U) visit(static_cast<std::uint16_t>(first + bit + 1));
            }
        }
    }
};

/// RFC 4585 §6.3.1.
struct PictureLossIndication {
    Ssrc sender;
    Ssrc media;
};

/// RFC 5104 §4.3.1.
struct FullIntraRequest {
    struct Entry {
        Ssrc media;
        std::uint8_t command_sequence = 0;
    };
    Ssrc sender;
    BytesView entries;  // eight octets each
    std::size_t size() const { return entries.size() / 8; }
    Entry operator[](std::size_t i) const {
        return {Ssrc(load_be32(&entries[8 * i])), entries[8 * i + 4]};
    }
};

/// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 §2.2).
struct Remb {
    Ssrc sender;
    Bitrate bitrate;
    BytesView sources;  // four octets each
    std::size_t size() const { return sources.size() / 4; }
    Ssrc operator[](std::size_t i) const { return Ssrc(load_be32(&sources[4 * i])); }
};

/// A packet that is well-formed but that nobody here reads: APP, extended reports, unknown types
/// and feedback formats.
struct UnreadRtcp {
    RtcpType type{};
    std::uint8_t count = 0;
};

using RtcpMessage = std::variant<UnreadRtcp, SenderReport, ReceiverReport, SourceDescription, Bye,
                                 Nack, PictureLossIndication, FullIntraRequest, Remb,
                                 TransportFeedback, CongestionFeedback>;

/// Reads one packet of a compound; the message borrows its octets.
Result<RtcpMessage, ParseError> parse_rtcp(const RtcpPacket& packet);

struct RtcpWalk {
    std::uint32_t read = 0;       // messages handed to the visitor
    std::uint32_t unread = 0;     // well-formed, not read here
    std::uint32_t malformed = 0;  // refused; what follows a broken length is dropped
};

/// Visits every message of a compound in order: `visit(const RtcpMessage&)`.
template <typename Visit>
RtcpWalk for_each_rtcp(BytesView compound, Visit visit) {
    RtcpWalk walk;
    CompoundReader reader(compound);
    while (const auto packet = reader.next()) {
        const auto message = parse_rtcp(*packet);
        if (!message) {
            ++walk.malformed;
        } else if (std::holds_alternative<UnreadRtcp>(*message)) {
            ++walk.unread;
        } else {
            ++walk.read;
            visit(*message);
        }
    }
    if (reader.malformed()) ++walk.malformed;
    return walk;
}

}  // namespace parley::rtp
