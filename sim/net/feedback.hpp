// What a media receiver tells its sender: transport-wide feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01) or RFC 8888 with its marks, receiver
// reports, a limit (draft-alvestrand-rmcat-remb), requests for packets and keyframes. Values are
// rounded as the wire rounds them, and a message has the size that it would have.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "base/units.hpp"
#include "base/unwrap.hpp"
#include "cc/types.hpp"
#include "sim/net/packet.hpp"

namespace parley::sim {

enum class FeedbackMode : std::uint8_t {
    kTransportWide,
    kRfc8888,
    kReportsOnly,  // receiver reports, and a limit where there is one
};

struct PacketStatus {
    std::uint16_t number = 0;
    bool received = false;
    Duration arrival{};  // on the receiver's clock
    cc::EcnMark ecn = cc::EcnMark::kUnknown;
};

struct ControlMessage {
    std::vector<PacketStatus> statuses;
    std::optional<double> fraction_lost;
    std::optional<Bitrate> limit;
    std::vector<std::int64_t> wanted;  // packets of the video stream
    bool keyframe_wanted = false;
    /// The sending time of the newest packet, and how long ago it came (RFC 3550 §6.4.1).
    Instant echo{};
    Duration held{};
};

/// Octets of the message on the wire.
std::uint32_t wire_size(const ControlMessage& message, FeedbackMode mode);

/// Collects arrivals by transport-wide number and makes the statuses of the next message.
class ArrivalLog {
 public:
    explicit ArrivalLog(FeedbackMode mode) : mode_(mode) {}
    void on_packet(std::uint16_t number, cc::EcnMark ecn, Instant now);
    bool empty() const { return arrivals_.empty(); }
    /// From the first number that was not told about to the newest that came.
    std::vector<PacketStatus> take();

 private:
    /// What transport-wide feedback resolves, and RFC 8888.
    static constexpr Duration kTransportWideTick = std::chrono::microseconds(250);
    static constexpr Duration kRfc8888Tick = std::chrono::nanoseconds(1'000'000'000 / 1024);
    /// The receiver's clock is not the sender's.
    static constexpr Duration kClockOffset = std::chrono::milliseconds(86'400'123);

    struct Arrival {
        Duration at{};
        cc::EcnMark ecn = cc::EcnMark::kUnknown;
    };

    FeedbackMode mode_;
    Unwrapper<std::uint16_t> numbers_;
    std::map<std::int64_t, Arrival> arrivals_;
    std::optional<std::int64_t> next_;  // the first number of the next message
};

}  // namespace parley::sim
