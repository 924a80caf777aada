#include "rtp/receive_statistics.hpp"

#include <algorithm>

namespace parley::rtp {
namespace {

// A transit change over this is a new clock, not jitter.
constexpr std::uint32_t kMaxTransitSeconds = 5;

// An instant in the RTP clock, modulo 2^32.
std::uint32_t in_rtp_clock(Instant time, std::uint32_t clock_rate) {
    const auto ns = static_cast<std::uint64_t>(time.time_since_epoch().count());
    const std::uint64_t seconds = ns / 1'000'000'000;
    return static_cast<std::uint32_t>(seconds * clock_rate +
                                      ns % 1'000'000'000 * clock_rate / 1'000'000'000);
}

}  // namespace

void RateMeter::on_bytes(std::size_t bytes, Instant now) {
    const std::int64_t bucket = bucket_of(now);
    if (first_ < 0) first_ = newest_ = bucket;
    if (bucket > newest_) {
        const auto steps = std::min<std::int64_t>(bucket - newest_, kBuckets);
        for (std::int64_t i = 0; i < steps; ++i) {
            bytes_[static_cast<std::size_t>(bucket - i) % kBuckets] = 0;
        }
        newest_ = bucket;
    }
    if (newest_ - bucket >= static_cast<std::int64_t>(kBuckets)) return;
    bytes_[static_cast<std::size_t>(bucket) % kBuckets] += static_cast<std::uint32_t>(bytes);
}

Bitrate RateMeter::rate(Instant now) const {
    if (first_ < 0) return {};
    const std::int64_t newest = bucket_of(now);
    const std::int64_t oldest = std::max(first_, newest - static_cast<std::int64_t>(kBuckets) + 1);
    std::int64_t sum = 0;
    for (std::int64_t bucket = std::max(oldest, newest_ - static_cast<std::int64_t>(kBuckets) + 1);
         bucket <= std::min(newest, newest_); ++bucket) {
        sum += bytes_[static_cast<std::size_t>(bucket) % kBuckets];
    }
    const Duration covered = now.time_since_epoch() - oldest * kBucket;
    return rate_of(sum, std::max(covered, kBucket));
}

void ReceiveStatistics::restart(std::uint16_t sequence_number) {
    started_ = true;
    // One turn above zero, so that a packet overtaken by the first stays positive.
    base_ = highest_ = 0x1'0000 + sequence_number;
    bad_sequence_ = -1;
    seen_.reset();
    seen_.set(static_cast<std::size_t>(highest_) % kWindow);
    received_since_restart_ = 1;
    expected_at_report_ = 0;
    received_at_report_ = 0;
    has_transit_ = false;
    jitter_q4_ = 0;
}

void ReceiveStatistics::advance_to(std::int64_t sequence) {
    const auto steps = std::min<std::int64_t>(sequence - highest_, kWindow);
    for (std::int64_t i = 0; i < steps; ++i) {
        seen_.reset(static_cast<std::size_t>(sequence - i) % kWindow);
    }
    highest_ = sequence;
    seen_.set(static_cast<std::size_t>(sequence) % kWindow);
}

bool ReceiveStatistics::on_recovered(std::uint16_t sequence_number) {
    const auto behind =
        static_cast<std::uint16_t>(static_cast<std::uint16_t>(highest_) - sequence_number);
    if (started_ && behind < kWindow) {
        const auto at = static_cast<std::size_t>(highest_ - behind) % kWindow;
        if (seen_.test(at)) {
            ++duplicates_;
            return false;
        }
        seen_.set(at);
    }
    ++recovered_;
    return true;
}

// RFC 3550 A.1, without its probation: SRTP has authenticated the source.
ArrivalKind ReceiveStatistics::place(std::uint16_t sequence_number) {
    if (!started_) {
        restart(sequence_number);
        return ArrivalKind::kFirst;
    }
    const auto ahead =
        static_cast<std::uint16_t>(sequence_number - static_cast<std::uint16_t>(highest_));
    if (ahead == 0) return ArrivalKind::kDuplicate;
    if (ahead < kMaxDropout) {
        advance_to(highest_ + ahead);
        bad_sequence_ = -1;
        ++received_since_restart_;
        return ArrivalKind::kInOrder;
    }
    const auto behind = static_cast<std::uint16_t>(-ahead);
    if (behind >= kMaxMisorder) {
        if (sequence_number == bad_sequence_) {
            restart(sequence_number);
            ++restarts_;
            return ArrivalKind::kRestarted;
        }
        bad_sequence_ = static_cast<std::uint16_t>(sequence_number + 1);
        return ArrivalKind::kSuspended;
    }
    const std::int64_t sequence = highest_ - behind;
    const std::size_t bit = static_cast<std::size_t>(sequence) % kWindow;
    if (seen_.test(bit)) return ArrivalKind::kDuplicate;
    seen_.set(bit);
    base_ = std::min(base_, sequence);
    ++received_since_restart_;
    return ArrivalKind::kReordered;
}

ArrivalKind ReceiveStatistics::on_packet(const PacketView& packet, Instant now) {
    const ArrivalKind kind = place(packet.sequence_number);
    last_arrival_ = now;
    if (kind == ArrivalKind::kDuplicate) {
        ++duplicates_;
        return kind;
    }
    if (kind == ArrivalKind::kReordered) ++reordered_;
    ++packets_;
    bytes_ += packet.payload.size();
    rate_.on_bytes(packet.payload.size(), now);
    if (kind == ArrivalKind::kFirst || kind == ArrivalKind::kInOrder ||
        kind == ArrivalKind::kRestarted) {
        update_jitter(packet.timestamp, now);
    }
    return kind;
}

// RFC 3550 A.8. Deviates: later packets of one frame do not count, since pacing spreads them on
// purpose.
void ReceiveStatistics::update_jitter(std::uint32_t timestamp, Instant now) {
    if (has_transit_ && timestamp == last_timestamp_) return;
    const std::uint32_t transit = in_rtp_clock(now, clock_rate_) - timestamp;
    if (has_transit_) {
        const std::uint32_t change = transit - last_transit_;
        const std::uint32_t distance = std::min(change, 0U - change);
        if (distance < kMaxTransitSeconds * clock_rate_) {
            jitter_q4_ += distance - ((jitter_q4_ + 8) >> 4);
        }
    }
    has_transit_ = true;
    last_timestamp_ = timestamp;
    last_transit_ = transit;
}

void ReceiveStatistics::on_sender_report(NtpTime ntp, Instant now) {
    last_sr_ = ntp.compact();
    last_sr_arrival_ = now;
}

std::int64_t ReceiveStatistics::lost() const {
    return started_ ? highest_ - base_ + 1 - received_since_restart_ : 0;
}

std::uint32_t ReceiveStatistics::highest_sequence() const {
    // The first turn is ours, not the sender's.
    return started_ ? static_cast<std::uint32_t>(highest_ - 0x1'0000) : 0;
}

Duration ReceiveStatistics::jitter() const {
    if (clock_rate_ == 0) return {};
    return Duration(std::int64_t{jitter_q4_ >> 4} * 1'000'000'000 / clock_rate_);
}

// RFC 3550 A.3.
ReportBlock ReceiveStatistics::make_report_block(Ssrc ssrc, Instant now) {
    ReportBlock block;
    block.ssrc = ssrc;
    if (started_) {
        const std::int64_t expected = highest_ - base_ + 1;
        const std::int64_t expected_now = expected - expected_at_report_;
        const std::int64_t lost_now =
            expected_now - (received_since_restart_ - received_at_report_);
        expected_at_report_ = expected;
        received_at_report_ = received_since_restart_;
        if (expected_now > 0 && lost_now > 0) {
            block.fraction_lost = static_cast<std::uint8_t>(
                std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
        }
    }
    block.cumulative_lost =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x80'0000, 0x7F'FFFF));
    block.highest_sequence = highest_sequence();
    block.jitter = jitter_q4_ >> 4;
    if (last_sr_ != 0) {
        block.last_sr = last_sr_;
        const auto delay = std::max(now - last_sr_arrival_, Duration::zero());
        // Microseconds before the shift, so that a day does not overflow 64 bits.
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
        block.delay_since_last_sr =
            static_cast<std::uint32_t>(std::min<std::int64_t>(us * 65536 / 1'000'000, UINT32_MAX));
    }
    return block;
}

}  // namespace parley::rtp
