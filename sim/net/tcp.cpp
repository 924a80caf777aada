#include "sim/net/tcp.hpp"

#include <algorithm>
#include <cmath>

#include "sim/net/impairment.hpp"

namespace parley::sim {

// ---- the receiver ----

TcpReceiver::TcpReceiver(World& world, FlowId flow, const Route& to_sender)
    : flow_(flow),
      to_sender_(to_sender),
      delayed_(world, [this](Instant now) { acknowledge(now); }) {}

void TcpReceiver::on_packet(Packet packet, Instant now) {
    arrivals_.push_back({now, packet.size});
    const bool in_order = packet.tcp.segment == expected_ && beyond_.empty();
    if (unacknowledged_ == 0) echo_ = packet.sent;  // the oldest that this answers
    newest_ = packet.tcp.segment;
    accept(packet.tcp.segment);
    ++unacknowledged_;
    if (!in_order || unacknowledged_ >= 2) return acknowledge(now);
    delayed_.arm(now + kAckDelay);
}

void TcpReceiver::accept(std::int64_t segment) {
    if (segment < expected_) return;
    auto after = beyond_.upper_bound(segment);
    std::int64_t begin = segment;
    std::int64_t end = segment + 1;
    if (after != beyond_.begin()) {
        auto before = std::prev(after);
        if (before->second > segment) return;  // a copy
        if (before->second == segment) {
            begin = before->first;
            beyond_.erase(before);
        }
    }
    if (after != beyond_.end() && after->first == end) {
        end = after->second;
        beyond_.erase(after);
    }
    if (begin == expected_) {
        expected_ = end;
    } else {
        beyond_[begin] = end;
    }
}

void TcpReceiver::acknowledge(Instant now) {
    delayed_.disarm();
    unacknowledged_ = 0;
    Packet packet;
    packet.route = &to_sender_;
    packet.flow = flow_;
    packet.kind = PacketKind::kTcpAck;
    packet.size = TcpSender::kHeaders + 12;
    packet.sent = now;
    packet.tcp.cumulative = expected_;
    packet.tcp.echo = echo_;
    // The range that changed last comes first (RFC 2018 §4), then the highest ones.
    std::size_t used = 0;
    auto newest = beyond_.upper_bound(newest_);
    if (newest != beyond_.begin()) {
        --newest;
        packet.tcp.selective[used++] = {newest->first, newest->second};
    }
    for (auto range = beyond_.rbegin(); range != beyond_.rend() && used < 3; ++range) {
        packet.tcp.selective[used++] = {range->first, range->second};
    }
    forward(std::move(packet), now);
}

// ---- the sender ----

TcpSender::TcpSender(World& world, FlowId flow, const Route& to_receiver)
    : world_(world),
      flow_(flow),
      to_receiver_(to_receiver),
      random_(world.fork()),
      retransmit_(world, [this](Instant now) { on_timeout(now); }),
      pause_(world, [this](Instant) {
          const auto range = static_cast<std::uint64_t>(files_->max_bytes - files_->min_bytes);
          send_file(files_->min_bytes + static_cast<std::int64_t>(random_.below(range + 1)));
      }) {}

void TcpSender::send_forever() {
    begin(kForever, world_.now());
}

void TcpSender::send_file(std::int64_t bytes) {
    begin((bytes + kPayload - 1) / kPayload, world_.now());
}

void TcpSender::send_files(const FileTraffic& traffic) {
    files_ = traffic;
    const double pause = exponential(random_, traffic.mean_pause_seconds);
    pause_.arm(world_.now() + Duration(static_cast<Duration::rep>(pause * 1e9)));
}

void TcpSender::stop() {
    files_.reset();
    pause_.disarm();
    end_ = next_;  // what is on its way still arrives
}

// A new connection: nothing is in flight, nothing is known of the path.
void TcpSender::begin(std::int64_t segments, Instant now) {
    window_ = {};
    smoothed_.reset();
    timeout_ = kFirstTimeout;
    backoff_ = 0;
    in_recovery_ = false;
    end_ = next_ + segments;
    busy_times_.push_back({now});
    send_allowed(now);
}

void TcpSender::on_file_done(Instant now) {
    busy_times_.back().end = now;
    retransmit_.disarm();
    if (!files_) return;
    const double pause = exponential(random_, files_->mean_pause_seconds);
    pause_.arm(now + Duration(static_cast<Duration::rep>(pause * 1e9)));
}

void TcpSender::on_packet(Packet packet, Instant now) {
    const TcpPosition& ack = packet.tcp;
    if (!busy()) return;
    const std::int64_t acknowledged = ack.cumulative - first_;
    const bool window_was_used = in_flight() + 1 >= static_cast<std::int64_t>(window_.size());
    if (acknowledged > 0) {
        segments_.erase(segments_.begin(), segments_.begin() + acknowledged);
        first_ = ack.cumulative;
        backoff_ = 0;
    }
    on_round_trip(now - ack.echo);
    mark_selected(ack);
    if (in_recovery_ && first_ >= recovery_end_) in_recovery_ = false;
    if (find_losses() && !in_recovery_ && first_ >= recovery_end_) {
        in_recovery_ = true;
        recovery_end_ = next_;
        window_.on_loss();
    } else if (!in_recovery_ && acknowledged > 0 && window_was_used) {
        window_.on_ack(static_cast<double>(acknowledged), *smoothed_, now);
    }
    if (first_ == end_) return on_file_done(now);
    send_allowed(now);
    if (acknowledged > 0) rearm(now);
}

void TcpSender::on_round_trip(Duration sample) {
    if (!smoothed_) {
        smoothed_ = sample;
        variation_ = sample / 2;
    } else {
        const Duration error = sample > *smoothed_ ? sample - *smoothed_ : *smoothed_ - sample;
        variation_ = (3 * variation_ + error) / 4;
        smoothed_ = (7 * *smoothed_ + sample) / 8;
    }
    timeout_ = std::max(kMinTimeout, *smoothed_ + 4 * variation_);
}

void TcpSender::mark_selected(const TcpPosition& ack) {
    for (const SegmentRange& range : ack.selective) {
        for (std::int64_t i = std::max(range.begin, first_); i < std::min(range.end, next_); ++i) {
            at(i).selected = true;
        }
    }
}

// RFC 6675 §4: a hole with three selected segments above it. A segment that was sent again is lost
// again only by timeout.
bool TcpSender::find_losses() {
    int above = 0;
    bool found = false;
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
        if (segment->selected) {
            ++above;
        } else if (above >= 3 && !segment->lost && !segment->retransmitted) {
            segment->lost = true;
            found = true;
        }
    }
    return found;
}

std::int64_t TcpSender::in_flight() const {
    return std::count_if(segments_.begin(), segments_.end(),
                         [](const Segment& s) { return !s.selected && !s.lost; });
}

void TcpSender::send_allowed(Instant now) {
    auto room = static_cast<std::int64_t>(window_.size()) - in_flight();
    for (std::int64_t i = first_; i < next_ && room > 0; ++i) {
        if (!at(i).lost) continue;
        at(i).lost = false;
        at(i).retransmitted = true;
        ++retransmissions_;
        send_segment(i, now);
        --room;
    }
    for (; next_ < end_ && room > 0; --room) {
        segments_.emplace_back();
        send_segment(next_++, now);
    }
}

void TcpSender::send_segment(std::int64_t number, Instant now) {
    Packet packet;
    packet.route = &to_receiver_;
    packet.flow = flow_;
    packet.kind = PacketKind::kTcpData;
    packet.size = kPayload + kHeaders;
    packet.sent = now;
    packet.tcp.segment = number;
    if (!retransmit_.armed()) rearm(now);
    forward(std::move(packet), now);
}

void TcpSender::rearm(Instant now) {
    retransmit_.arm(now + std::min(kMaxTimeout, timeout_ * (1 << std::min(backoff_, 8))));
}

void TcpSender::on_timeout(Instant now) {
    if (!busy()) return;
    ++timeouts_;
    ++backoff_;
    window_.on_timeout();
    in_recovery_ = false;
    recovery_end_ = next_;  // losses up to here have had their answer (RFC 6675 §5.1)
    for (Segment& segment : segments_) {
        segment.lost = !segment.selected;
        segment.retransmitted = false;
    }
    rearm(now);
    send_allowed(now);
}

}  // namespace parley::sim
