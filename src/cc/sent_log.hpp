// What left and waits for feedback: numbers packets of a transport and turns a feedback message,
// whatever its format, into reports for a controller. Fixed cost a packet, memory that grows to its
// limit only while feedback is late.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/unwrap.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class SentLog {
 public:
    /// Packets remembered at most: four seconds of 8 Mbit/s in full packets.
    static constexpr std::size_t kMaxPackets = 4096;

    /// The number that the next packet carries on the wire.
    std::uint16_t next_number() const { return static_cast<std::uint16_t>(next_); }
    /// Notes that the packet with next_number() left.
    const SentPacket& on_sent(std::uint32_t size, ProbeId probe, Instant now);

    // ---- a feedback message: begin, a status for each packet it names, end ----
    void begin_feedback(Instant now);
    /// `arrival` on the receiver's clock. Numbers that are not known any more, or were reported
    /// as received before, are left out.
    void on_status(std::uint16_t number, bool received, Duration arrival, EcnMark ecn);
    /// The reports of the message in order of packet numbers; valid until the next
    /// begin_feedback().
    std::span<const PacketReport> end_feedback();
    /// From the sending of the newest received packet of the last message until that message.
    std::optional<Duration> round_trip() const { return round_trip_; }
    /// Octets sent and neither reported nor given up.
    std::uint64_t bytes_in_flight() const { return in_flight_; }

 private:
    struct Entry {
        Instant sent{};
        std::uint32_t size = 0;
        ProbeId probe = kNoProbe;
        bool reported = true;
    };
    // Implementation in sent_log.cpp.
    std::vector<Entry> entries_;
    std::vector<PacketReport> reports_;
    std::int64_t next_ = 0;
    std::int64_t oldest_ = 0;
    std::uint64_t in_flight_ = 0;
    Instant feedback_at_{};
    std::optional<Duration> round_trip_;
    SentPacket last_;
};

}  // namespace parley::cc
