// What one arriving stream looks like (RFC 3550 §6.4.1, appendices A.1, A.3 and A.8): loss, jitter,
// order, rate, and the report block that says so.

#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace parley::rtp {

/// Bytes in a sliding second, counted in tenths.
class RateMeter {
 public:
    void on_bytes(std::size_t bytes, Instant now);
    /// The rate over the second that ends at `now`.
    Bitrate rate(Instant now) const;

 private:
    static constexpr std::size_t kBuckets = 10;
    static constexpr Duration kBucket = 100ms;
    std::int64_t bucket_of(Instant now) const { return now.time_since_epoch() / kBucket; }

    std::array<std::uint32_t, kBuckets> bytes_{};
    std::int64_t newest_ = 0;
    std::int64_t first_ = -1;  // the bucket of the first octet: young streams divide by their age
};

enum class ArrivalKind : std::uint8_t {
    kFirst,
    kInOrder,    // newer than all before; there may be a gap
    kReordered,  // older, and missing until now
    kDuplicate,  // seen before
    kSuspended,  // a jump that one more packet must confirm: not counted, yet forwardable
    kRestarted,  // the jump is confirmed: counting starts anew
};

class ReceiveStatistics {
 public:
    explicit ReceiveStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

    ArrivalKind on_packet(const PacketView& packet, Instant now);
    /// A packet of this stream came by retransmission. It is counted here alone: reports describe
    /// the original stream as the network delivered it (RFC 4588 §4). False when it was here
    /// before: senders fill probes with packets of the recent past.
    bool on_recovered(std::uint16_t sequence_number);
    /// Remembered for LSR and DLSR.
    void on_sender_report(NtpTime ntp, Instant now);

    /// The block for the next report. The fraction lost is that since the block before.
    ReportBlock make_report_block(Ssrc ssrc, Instant now);

    bool active() const { return started_; }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }  // payload, without padding
    std::uint64_t duplicates() const { return duplicates_; }
    std::uint64_t reordered() const { return reordered_; }
    std::uint64_t recovered() const { return recovered_; }
    std::uint32_t restarts() const { return restarts_; }
    /// Expected minus received since the last restart; negative with duplicates.
    std::int64_t lost() const;
    std::uint32_t highest_sequence() const;
    Duration jitter() const;
    Instant last_arrival() const { return last_arrival_; }
    Bitrate bitrate(Instant now) const { return rate_.rate(now); }

 private:
    static constexpr std::uint16_t kMaxDropout = 3000;  // RFC 3550 A.1
    // Deviates: RFC 3550 A.1 has 100; packets that were asked for again in the same stream come
    // later.
    static constexpr std::uint16_t kMaxMisorder = 1000;
    static constexpr std::size_t kWindow = 1024;  // in which duplicates are known

    ArrivalKind place(std::uint16_t sequence_number);
    void restart(std::uint16_t sequence_number);
    void advance_to(std::int64_t sequence);
    void update_jitter(std::uint32_t timestamp, Instant now);

    std::uint32_t clock_rate_;
    bool started_ = false;
    std::int64_t base_ = 0;     // the first sequence since the restart
    std::int64_t highest_ = 0;  // unwrapped
    std::bitset<kWindow> seen_;
    std::int32_t bad_sequence_ = -1;  // the number that would confirm a restart

    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t duplicates_ = 0;
    std::uint64_t reordered_ = 0;
    std::uint64_t recovered_ = 0;
    std::uint32_t restarts_ = 0;
    std::int64_t received_since_restart_ = 0;
    std::int64_t expected_at_report_ = 0;
    std::int64_t received_at_report_ = 0;

    bool has_transit_ = false;
    std::uint32_t last_timestamp_ = 0;
    std::uint32_t last_transit_ = 0;
    std::uint32_t jitter_q4_ = 0;  // times 16, as in A.8
    Instant last_arrival_{};
    std::uint32_t last_sr_ = 0;
    Instant last_sr_arrival_{};
    RateMeter rate_;
};

}  // namespace parley::rtp
