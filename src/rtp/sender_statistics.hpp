// What one stream that we send looks like: the counts of its sender reports (RFC 3550 §6.4.1) and
// what the receiver's report blocks say of it.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "rtp/receive_statistics.hpp"
#include "rtp/rtcp.hpp"

namespace parley::rtp {

/// The round-trip time that a report block gives (RFC 3550 §6.4.1), `now` being the time at which
/// it arrived on the clock that our sender reports use. None without LSR or when the block lies.
std::optional<Duration> round_trip_time(const ReportBlock& block, NtpTime now);

class SenderStatistics {
 public:
    explicit SenderStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

    /// A packet left. Retransmissions in the same stream count too.
    void on_sent(std::size_t payload_size, std::uint32_t rtp_timestamp, Instant now);
    /// The receiver spoke about this stream.
    void on_report_block(const ReportBlock& block, NtpTime now);

    /// The sender information for a report at `now`, the RTP timestamp carried on from the last
    /// packet.
    SenderInfo make_info(Instant now, NtpTime ntp) const;
    /// The same with an RTP timestamp that the caller knows better.
    SenderInfo make_info(NtpTime ntp, std::uint32_t rtp_timestamp) const;

    bool active() const { return packets_ > 0; }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }  // payload
    Bitrate bitrate(Instant now) const { return rate_.rate(now); }

    /// From the newest block; nothing before the first.
    std::optional<double> loss() const { return loss_; }  // 0 to 1
    std::optional<Duration> rtt() const { return rtt_; }
    std::int32_t cumulative_lost() const { return cumulative_lost_; }
    Duration jitter() const;

 private:
    std::uint32_t clock_rate_;
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint32_t last_timestamp_ = 0;
    Instant last_sent_{};
    std::optional<double> loss_;
    std::optional<Duration> rtt_;
    std::int32_t cumulative_lost_ = 0;
    std::uint32_t remote_jitter_ = 0;
    RateMeter rate_;
};

}  // namespace parley::rtp
