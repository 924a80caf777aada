// A packet on its way, the way itself, and who waits at its end.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "cc/types.hpp"

namespace parley::sim {

using FlowId = std::uint16_t;

enum class PacketKind : std::uint8_t {
    kAudio,
    kVideo,
    kRetransmission,  // of video
    kPadding,         // and filling of probes
    kControl,         // what a media receiver says to its sender
    kTcpData,
    kTcpAck,
};

/// IPv4 and UDP headers: what a datagram adds on the wire to its payload.
inline constexpr std::uint32_t kUdpOverhead = 28;

/// Where a media packet belongs.
struct MediaPosition {
    std::int64_t number = 0;  // of its stream, consecutive
    std::int64_t frame = 0;
    bool first_of_frame = false;
    bool last_of_frame = false;
    bool keyframe = false;
    Instant captured{};
};

/// Octets [begin, end) of a TCP connection, counted in segments.
struct SegmentRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

struct TcpPosition {
    std::int64_t segment = 0;     // data: which
    std::int64_t cumulative = 0;  // acknowledgement: the first that is missing
    std::array<SegmentRange, 3> selective{};
    Instant echo{};  // when the segment that this answers was sent (RFC 7323 §3)
};

struct ControlMessage;  // feedback.hpp
class Link;
struct Packet;

class Endpoint {
 public:
    virtual ~Endpoint() = default;
    virtual void on_packet(Packet packet, Instant now) = 0;
};

/// Links in the order in which packets cross them, and who is behind the last.
struct Route {
    std::vector<Link*> links;
    Endpoint* end = nullptr;
};

struct Packet {
    const Route* route = nullptr;
    std::uint16_t hop = 0;  // of the route, the next to cross
    FlowId flow = 0;
    PacketKind kind = PacketKind::kVideo;
    cc::EcnMark ecn = cc::EcnMark::kNotEct;
    std::uint32_t size = 0;    // octets on the wire, IP and UDP headers included
    std::uint16_t number = 0;  // transport-wide, as on the wire
    Instant sent{};
    MediaPosition media;
    TcpPosition tcp;
    std::shared_ptr<const ControlMessage> control;
};

/// Sends a packet on, to its next link or to the end of its route.
void forward(Packet packet, Instant now);

}  // namespace parley::sim
