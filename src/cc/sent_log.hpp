// What left and waits for feedback: numbers packets of a transport and turns a feedback message,
// whatever its format, into reports for a controller. Fixed cost a packet, memory that grows to its
// limit only while feedback is late.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/prefetch.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class SentLog {
 public:
    /// Packets remembered at most: four seconds of 8 Mbit/s in full packets.
    static constexpr std::size_t kMaxPackets = 4096;
    /// A ring that is full of packets that newer ones overtook forgets those of this age before it
    /// grows: a feedback message so late says nothing useful of them.
    static constexpr Duration kLateArrival = std::chrono::seconds(1);

    /// The number that the next packet carries on the wire.
    std::uint16_t next_number() const { return static_cast<std::uint16_t>(next_); }
    /// Notes that the packet with next_number() left.
    const SentPacket& on_sent(std::uint32_t size, ProbeId probe, Instant now);

    // ---- a feedback message: begin, a status for each packet it names, end ----
    void begin_feedback(Instant now);
    /// `arrival` on the receiver's clock. Numbers that are not known any more, or were reported
    /// as received before, are left out, and so are repeated words of a loss. A packet that was
    /// reported as lost may be reported as received later.
    void on_status(std::uint16_t number, bool received, Duration arrival, EcnMark ecn);
    /// The reports of the message in order of packet numbers; valid until the next
    /// begin_feedback().
    std::span<const PacketReport> end_feedback();
    /// From the sending of the newest received packet of the last message until that message.
    std::optional<Duration> round_trip() const { return round_trip_; }
    /// Octets sent and neither reported as received, nor overtaken by a packet that was, nor
    /// forgotten.
    std::uint64_t bytes_in_flight() const { return in_flight_; }
    /// What on_sent() needs; the object itself is near.
    void prefetch() const {
        if (!entries_.empty()) {
            parley::prefetch(entries_[static_cast<std::size_t>(next_) & (entries_.size() - 1)]);
        }
    }
    /// Packets that the ring has room for; it never shrinks.
    std::size_t capacity() const { return entries_.size(); }

 private:
    enum class State : std::uint8_t { kWaiting, kLost, kReceived };
    struct Entry {
        Instant sent{};
        ProbeId probe = kNoProbe;
        std::uint16_t size = 0;  // a datagram's payload fits 16 bits
        State state = State::kWaiting;
    };
    static_assert(sizeof(Entry) == 16);

    Entry& at(std::int64_t number) {
        return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
    }
    void make_room(Instant now);
    void forget_oldest();
    void acknowledge_up_to(std::int64_t end);

    std::vector<Entry> entries_;  // a ring, its size a power of two
    std::vector<PacketReport> reports_;
    std::int64_t next_ = 0;
    std::int64_t oldest_ = 0;
    std::int64_t acknowledged_ = 0;  // packets before this one are not in flight
    std::uint64_t in_flight_ = 0;
    Instant feedback_at_{};
    bool in_order_ = true;
    std::optional<Duration> round_trip_;
    SentPacket last_;
};

}  // namespace parley::cc
