#include "cc/pacer.hpp"

namespace parley::cc {

std::uint64_t Pacer::cost_of(Bitrate rate) {
    if (rate.bps <= 0) return 0;
    // Under 1 kbit/s the time of a packet would leave the range; nobody paces media so.
    return (std::uint64_t{8'000'000'000} << kCostShift) /
           static_cast<std::uint64_t>(std::max<std::int64_t>(rate.bps, 1000));
}

void Pacer::set_rate(Bitrate rate, Instant now) {
    if (rate == rate_) return;
    // What is owed stays owed in octets.
    const std::uint64_t cost = cost_of(rate);
    if (full_ > now && cost_ > 0) {
        const double scale = static_cast<double>(cost) / static_cast<double>(cost_);
        full_ = now + Duration(static_cast<Duration::rep>(
                          static_cast<double>((full_ - now).count()) * scale));
    }
    rate_ = rate;
    cost_ = cost;
    set_depth(now);
}

void Pacer::set_spread(bool spread, Instant now) {
    if (spread == spread_) return;
    spread_ = spread;
    set_depth(now);
}

void Pacer::set_depth(Instant now) {
    if (spread_) {
        depth_ = kSpreadDepth;
    } else {
        depth_ = std::max(kDepth, time_of(static_cast<std::uint32_t>(kFrameBytes), cost_));
    }
    full_ = std::min(full_, now + depth_ + kMaxDebt);
}

void Pacer::start_probe(const ProbeRequest& request, Instant now) {
    if (request.id == kNoProbe || request.rate.bps <= 0) return;
    const double bytes = static_cast<double>(request.rate.bps) / 8 *
                         to_seconds(std::max(request.min_duration, Duration(0)));
    probe_ = {.request = request,
              .cost = cost_of(request.rate),
              .bytes = std::max<std::int64_t>(1, static_cast<std::int64_t>(bytes)),
              .packets = std::max<std::int64_t>(1, request.min_packets),
              .next = now,
              .deadline = now + request.min_duration + kProbeTimeout};
}

void Pacer::on_sent_in_probe(std::uint32_t size, Instant now) {
    probe_.bytes -= size;
    --probe_.packets;
    if (probe_.bytes <= 0 && probe_.packets <= 0) return end_probe(now);
    // A timer that comes late is made up for, a pause is not.
    probe_.next = std::max(probe_.next, now - kProbeCatchUp) + time_of(size, probe_.cost);
}

// A probe was a burst of its own: the budget begins empty behind it, and owes nothing for it.
void Pacer::end_probe(Instant now) {
    probe_ = {};
    full_ = now + depth_;
}

std::uint32_t Pacer::padding_wanted(Instant now) const {
    if (probe_.request.id != kNoProbe) {
        if (now < probe_.next || now >= probe_.deadline) return 0;
        // Pieces of equal size, so that the octets last for the packets it must have at least.
        const std::int64_t packets = std::max<std::int64_t>(probe_.packets, 1);
        const std::int64_t piece = std::max<std::int64_t>(probe_.bytes, 1) / packets;
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(piece, 1, kPaddingPiece));
    }
    if (padding_rate_.bps <= 0 || now < padded_ || full_ - now >= depth_) return 0;
    // Five milliseconds of the padding rate a piece.
    const std::int64_t piece = padding_rate_.bps / 8 / 200;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(piece, 200, kPaddingPiece));
}

Instant Pacer::next_padding() const {
    if (probe_.request.id != kNoProbe) return probe_.next;
    return padding_rate_.bps > 0 ? padded_ : kNever;
}

void Pacer::set_padding_rate(Bitrate rate, Instant now) {
    if (rate == padding_rate_) return;
    // Media of the past does not count against a rate that begins or changes now.
    padding_rate_ = rate;
    padding_cost_ = cost_of(rate);
    padded_ = std::min(padded_, now + kDepth);
}

}  // namespace parley::cc
