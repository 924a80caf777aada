#include "bench/cc/measure.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>
#include <optional>

namespace parley::bench {
namespace {

using sim::Fate;
using sim::LinkRecord;
using sim::PacketKind;
using sim::World;

constexpr double kNeverComes = std::numeric_limits<double>::infinity();
constexpr Duration kRateWindow = 500ms;
constexpr Duration kStride = 50ms;

bool is_media(PacketKind kind) {
    return kind == PacketKind::kAudio || kind == PacketKind::kVideo ||
           kind == PacketKind::kRetransmission;
}

Duration since_beginning(Instant at) {
    return at - World::kBeginning;
}

}  // namespace

// ---- octets ----

void Octets::add(Instant at, double octets) {
    const auto bin = static_cast<std::size_t>(since_beginning(at) / kBin);
    if (bins_.size() <= bin) bins_.resize(bin + 1);
    bins_[bin] += octets;
    sums_.clear();
}

double Octets::until(Duration at) const {
    if (sums_.size() != bins_.size() + 1) {
        sums_.assign(bins_.size() + 1, 0);
        std::partial_sum(bins_.begin(), bins_.end(), sums_.begin() + 1);
    }
    const auto bin = std::clamp<std::int64_t>(at / kBin, 0, std::ssize(bins_));
    return sums_[static_cast<std::size_t>(bin)];
}

double Octets::between(Duration begin, Duration end) const {
    return until(end) - until(begin);
}

double Octets::kbps(Duration begin, Duration end) const {
    return end <= begin ? 0 : between(begin, end) * 8 / to_seconds(end - begin) / 1000;
}

Octets carried(const sim::Link& link, const Wanted& wanted) {
    Octets octets;
    for (const LinkRecord& record : link.records()) {
        if (record.fate == Fate::kCarried && wanted(record)) octets.add(record.at, record.size);
    }
    return octets;
}

Octets carried_media(const sim::Link& link) {
    return carried(link, [](const LinkRecord& record) { return is_media(record.kind); });
}

Octets carried_media(const sim::Link& link, sim::FlowId flow) {
    return carried(link, [flow](const LinkRecord& record) {
        return record.flow == flow && is_media(record.kind);
    });
}

Octets sent(const sim::MediaFlow& flow, bool filling) {
    Octets octets;
    for (const sim::SentRecord& record : flow.sender().sent()) {
        if (filling || is_media(record.kind))
            octets.add(record.at, record.size + sim::kUdpOverhead);
    }
    return octets;
}

// ---- queues and losses ----

std::vector<double> waits(const sim::Link& link, Duration begin, Duration end) {
    std::vector<double> result;
    for (const LinkRecord& record : link.records()) {
        const Duration at = since_beginning(record.at);
        if (record.fate == Fate::kCarried && at >= begin && at < end) {
            result.push_back(to_seconds(record.wait) * 1000);
        }
    }
    return result;
}

double seconds_until_wait_below(const sim::Link& link, double ms, Duration begin) {
    bool was_above = false;
    for (const LinkRecord& record : link.records()) {
        const Duration at = since_beginning(record.at);
        if (record.fate != Fate::kCarried || at < begin) continue;
        const bool above = to_seconds(record.wait) * 1000 >= ms;
        was_above |= above;
        if (was_above && !above) return to_seconds(at - begin);
    }
    return was_above ? kNeverComes : 0;
}

double loss_percent(const sim::Link& link, Except except) {
    double packets = 0;
    double dropped = 0;
    for (const LinkRecord& record : link.records()) {
        const Duration at = since_beginning(record.at);
        if (!is_media(record.kind) || (at >= except.begin && at < except.end)) continue;
        ++packets;
        if (record.fate != Fate::kCarried) ++dropped;
    }
    return packets > 0 ? 100 * dropped / packets : 0;
}

// ---- rates ----

double jain(const std::vector<double>& rates) {
    double sum = 0;
    double squares = 0;
    for (const double rate : rates) {
        sum += rate;
        squares += rate * rate;
    }
    return squares > 0 ? sum * sum / (static_cast<double>(rates.size()) * squares) : 0;
}

double convergence(const Octets& octets, Duration begin, Duration end) {
    const double last = octets.kbps(std::max(begin, end - 10s), end);
    for (Duration at = begin; at + kRateWindow <= end; at += kStride) {
        const double rate = octets.kbps(at, at + kRateWindow);
        if (std::abs(rate - last) <= 0.15 * last) return to_seconds(at - begin);
    }
    return kNeverComes;
}

double seconds_until(const Octets& octets, double kbps, Duration begin, Duration end) {
    for (Duration at = begin; at + kRateWindow <= end; at += kStride) {
        if (octets.kbps(at, at + kRateWindow) >= kbps) return to_seconds(at - begin);
    }
    return kNeverComes;
}

double variation_percent(const Octets& octets, Duration begin, Duration end) {
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (Duration at = begin; at + 1s <= end; at += 1s) {
        const double rate = octets.kbps(at, at + 1s);
        sum += rate;
        squares += rate * rate;
        ++count;
    }
    if (count == 0 || sum == 0) return 0;
    const double mean = sum / count;
    return 100 * std::sqrt(std::max(0.0, squares / count - mean * mean)) / mean;
}

double target_at(const sim::MediaFlow& flow, Duration at) {
    return target_range(flow, at, at).least;
}

Range target_range(const sim::MediaFlow& flow, Duration begin, Duration end) {
    Range range{kNeverComes, 0};
    double before = 0;
    const auto take = [&](double kbps) {
        range.least = std::min(range.least, kbps);
        range.most = std::max(range.most, kbps);
    };
    for (const sim::TargetRecord& record : flow.sender().targets()) {
        const Duration at = since_beginning(record.at);
        if (at > end) break;
        if (at > begin) take(record.target.kbps());
        if (at <= begin) before = record.target.kbps();
    }
    take(before);
    return range;
}

// ---- what people see and hear ----

double freeze_percent(const sim::MediaFlow& flow, Duration begin, Duration end) {
    constexpr std::size_t kFrames = 30;
    std::deque<double> gaps;
    double sum = 0;
    double frozen = 0;
    Instant last = World::kBeginning + begin;
    const auto take = [&](Instant at) {
        const double gap = to_seconds(at - last);
        last = at;
        const double average = gaps.empty() ? 0 : sum / static_cast<double>(gaps.size());
        if (gaps.size() >= 5 && gap > std::max(3 * average, average + 0.15)) frozen += gap;
        gaps.push_back(gap);
        sum += gap;
        if (gaps.size() > kFrames) {
            sum -= gaps.front();
            gaps.pop_front();
        }
    };
    for (const sim::ShownFrame& frame : flow.receiver().shown()) {
        const Duration at = since_beginning(frame.at);
        if (at > begin && at <= end) take(frame.at);
    }
    take(World::kBeginning + end);
    return 100 * frozen / to_seconds(end - begin);
}

double concealed_percent(const sim::MediaFlow& flow) {
    constexpr double kDepth = 40;   // ms
    constexpr double kShrink = 20;  // ms a second
    constexpr double kFrame = 20;   // ms of voice a packet
    double sent = 0;
    for (const sim::SentRecord& record : flow.sender().sent()) {
        if (record.kind == PacketKind::kAudio) sent += kFrame;
    }
    double came = 0;
    double underrun = 0;
    std::optional<double> playout;  // this long after its sending a packet is heard
    Instant last{};
    for (const sim::ReceivedRecord& record : flow.receiver().received()) {
        if (record.kind != PacketKind::kAudio) continue;
        came += kFrame;
        const double delay = to_seconds(record.delay) * 1000;
        if (!playout) playout = delay + kDepth;
        // Time is taken back while packets wait, never beyond the depth.
        const double shrunk = *playout - kShrink * to_seconds(record.at - last);
        if (last != Instant{}) *playout = std::min(*playout, std::max(shrunk, delay + kDepth));
        if (delay > *playout) {
            underrun += delay - *playout;
            playout = delay;
        }
        last = record.at;
    }
    return sent > 0 ? 100 * (sent - came + underrun) / sent : 0;
}

double source_kbps(const sim::VideoConfig& video) {
    const double frame = static_cast<double>(video.max.bps) / 8 / video.frames_per_second;
    const double packets =
        std::ceil(frame / (sim::MediaSender::kMaxPayload - sim::MediaSender::kRtpOverhead));
    const double headers = packets * (sim::MediaSender::kRtpOverhead + sim::kUdpOverhead);
    const double audio = rate_of(sim::MediaSender::kAudioPayload + sim::kUdpOverhead,
                                 sim::MediaSender::kAudioInterval)
                             .kbps();
    return (frame + headers) * 8 * video.frames_per_second / 1000 + audio;
}

}  // namespace parley::bench
