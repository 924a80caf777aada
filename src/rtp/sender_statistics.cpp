#include "rtp/sender_statistics.hpp"

namespace parley::rtp {
namespace {

/// A block that tells of more has a wrong LSR or DLSR.
constexpr std::int32_t kMaxRttCompact = 30 * 65536;
/// Clocks are read in steps: a block may seem to come this much before it was possible.
constexpr std::int32_t kClockGrain = 65536 / 500;

}  // namespace

std::optional<Duration> round_trip_time(const ReportBlock& block, NtpTime now) {
    if (block.last_sr == 0) return {};
    const auto rtt =
        static_cast<std::int32_t>(now.compact() - block.last_sr - block.delay_since_last_sr);
    if (rtt < -kClockGrain || rtt > kMaxRttCompact) return {};
    if (rtt <= 0) return Duration::zero();
    return Duration(std::int64_t{rtt} * 1'000'000'000 / 65536);
}

void SenderStatistics::on_sent(std::size_t payload_size, std::uint32_t rtp_timestamp, Instant now) {
    ++packets_;
    bytes_ += payload_size;
    last_timestamp_ = rtp_timestamp;
    last_sent_ = now;
    rate_.on_bytes(payload_size, now);
}

void SenderStatistics::on_report_block(const ReportBlock& block, NtpTime now) {
    loss_ = block.fraction_lost / 256.0;
    cumulative_lost_ = block.cumulative_lost;
    remote_jitter_ = block.jitter;
    if (const auto rtt = round_trip_time(block, now)) rtt_ = rtt;
}

SenderInfo SenderStatistics::make_info(Instant now, NtpTime ntp) const {
    const Duration since = packets_ > 0 ? now - last_sent_ : Duration::zero();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    return make_info(ntp, last_timestamp_ + static_cast<std::uint32_t>(
                                                us * std::int64_t{clock_rate_} / 1'000'000));
}

SenderInfo SenderStatistics::make_info(NtpTime ntp, std::uint32_t rtp_timestamp) const {
    return {ntp, rtp_timestamp, static_cast<std::uint32_t>(packets_),
            static_cast<std::uint32_t>(bytes_)};
}

Duration SenderStatistics::jitter() const {
    if (clock_rate_ == 0) return {};
    return Duration(std::int64_t{remote_jitter_} * 1'000'000'000 / clock_rate_);
}

}  // namespace parley::rtp
