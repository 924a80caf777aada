#include "cc/sent_log.hpp"

#include <algorithm>

namespace parley::cc {
namespace {

constexpr std::size_t kFirstCapacity = 64;  // 1 kB: enough for audio

}  // namespace

void SentLog::forget_oldest() {
    if (oldest_ == acknowledged_) acknowledge_up_to(oldest_ + 1);
    ++oldest_;
}

// The ring is full. What is settled goes; then it doubles; at its limit the oldest goes whatever
// it waits for.
void SentLog::make_room(Instant now) {
    const std::int64_t before = oldest_;
    while (oldest_ < acknowledged_ &&
           (at(oldest_).state == State::kReceived || now - at(oldest_).sent > kLateArrival)) {
        ++oldest_;
    }
    if (oldest_ != before) return;
    if (entries_.size() >= kMaxPackets) return forget_oldest();
    std::vector<Entry> larger(std::max(kFirstCapacity, 2 * entries_.size()));
    for (std::int64_t number = oldest_; number < next_; ++number) {
        larger[static_cast<std::size_t>(number) & (larger.size() - 1)] = at(number);
    }
    entries_ = std::move(larger);
}

const SentPacket& SentLog::on_sent(std::uint32_t size, ProbeId probe, Instant now) {
    if (static_cast<std::size_t>(next_ - oldest_) == entries_.size()) make_room(now);
    const auto octets = static_cast<std::uint16_t>(std::min<std::uint32_t>(size, 0xFFFF));
    at(next_) = {now, probe, octets, State::kWaiting};
    in_flight_ += octets;
    last_ = {next_++, now, octets, probe};
    return last_;
}

void SentLog::begin_feedback(Instant now) {
    feedback_at_ = now;
    reports_.clear();
    in_order_ = true;
    round_trip_.reset();
}

void SentLog::on_status(std::uint16_t number, bool received, Duration arrival, EcnMark ecn) {
    // The number stands for one of the last 65,536 that were sent.
    const std::int64_t newest = next_ - 1;
    const auto age = static_cast<std::uint16_t>(static_cast<std::uint16_t>(newest) - number);
    const std::int64_t unwrapped = newest - age;
    if (unwrapped < oldest_ || next_ == 0) return;
    Entry& entry = at(unwrapped);
    if (entry.state == State::kReceived || (!received && entry.state == State::kLost)) return;
    entry.state = received ? State::kReceived : State::kLost;
    if (!reports_.empty() && unwrapped < reports_.back().packet.number) in_order_ = false;
    reports_.push_back({{unwrapped, entry.sent, entry.size, entry.probe}, received, arrival, ecn});
}

std::span<const PacketReport> SentLog::end_feedback() {
    if (!in_order_) {
        std::sort(reports_.begin(), reports_.end(), [](const auto& a, const auto& b) {
            return a.packet.number != b.packet.number ? a.packet.number < b.packet.number
                                                      : a.received < b.received;
        });
    }
    for (auto report = reports_.rbegin(); report != reports_.rend(); ++report) {
        if (!report->received) continue;
        round_trip_ = feedback_at_ - report->packet.sent;
        acknowledge_up_to(report->packet.number + 1);
        break;
    }
    return reports_;
}

void SentLog::acknowledge_up_to(std::int64_t end) {
    for (; acknowledged_ < end; ++acknowledged_) in_flight_ -= at(acknowledged_).size;
}

}  // namespace parley::cc
