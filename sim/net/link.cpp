#include "sim/net/link.hpp"

#include <algorithm>

namespace parley::sim {
namespace {

constexpr auto kLater = [](const auto& a, const auto& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
};

}  // namespace

void forward(Packet packet, Instant now) {
    const Route& route = *packet.route;
    if (packet.hop == route.links.size()) {
        route.end->on_packet(std::move(packet), now);
        return;
    }
    Link& next = *route.links[packet.hop++];
    next.on_packet(std::move(packet), now);
}

Link::Link(World& world, LinkConfig config)
    : world_(world),
      config_(std::move(config)),
      loss_(config_.loss, world.fork()),
      jitter_(config_.jitter, world.fork()),
      policer_(config_.policer),
      queue_(make_queue(config_.queue, world.fork())),
      sent_(world, [this](Instant now) { finish_sending(now); }),
      arrival_(world, [this](Instant now) { deliver(now); }) {}

void Link::on_packet(Packet packet, Instant now) {
    if (loss_.drops(now)) return record(packet, {}, Fate::kLost, now);
    if (policer_.drops(packet.size, now)) return record(packet, {}, Fate::kPoliced, now);
    if (!config_.capacity) {
        record(packet, {}, Fate::kCarried, now);
        return propagate(std::move(packet), now);
    }
    const Packet& borrowed = packet;
    const LinkRecord refused{now, {}, borrowed.size, borrowed.flow, borrowed.kind};
    if (!queue_->push(std::move(packet), config_.capacity->at(now), now)) {
        records_.push_back(refused);
        records_.back().fate = Fate::kQueueFull;
        world_.log().add(0xD0 + refused.flow);
        return;
    }
    if (!sending_) send_next(now);
}

void Link::send_next(Instant now) {
    auto next = queue_->pop(config_.capacity->at(now), now);
    for (const Queued& dropped : queue_->take_dropped()) {
        record(dropped.packet, now - dropped.entered, Fate::kQueueManaged, now);
    }
    if (!next) return;
    record(next->packet, now - next->entered, Fate::kCarried, now);
    sent_.arm(finish_time(*config_.capacity, next->packet.size, now));
    sending_ = std::move(next->packet);
}

void Link::finish_sending(Instant now) {
    Packet packet = std::move(*sending_);
    sending_.reset();
    propagate(std::move(packet), now);
    send_next(now);
}

void Link::propagate(Packet packet, Instant now) {
    Instant at = now + config_.delay.at(now) + jitter_.draw();
    if (jitter_.keeps_order()) at = std::max(at, last_arrival_);
    last_arrival_ = at;
    in_flight_.push_back({at, order_++, std::move(packet)});
    std::push_heap(in_flight_.begin(), in_flight_.end(), kLater);
    arrival_.arm(in_flight_.front().at);
}

void Link::deliver(Instant now) {
    while (!in_flight_.empty() && in_flight_.front().at <= now) {
        std::pop_heap(in_flight_.begin(), in_flight_.end(), kLater);
        Packet packet = std::move(in_flight_.back().packet);
        in_flight_.pop_back();
        forward(std::move(packet), now);
    }
    if (!in_flight_.empty()) arrival_.arm(in_flight_.front().at);
}

void Link::record(const Packet& packet, Duration wait, Fate fate, Instant now) {
    const bool marked = packet.ecn == cc::EcnMark::kCe;
    records_.push_back({now, wait, packet.size, packet.flow, packet.kind, fate, marked});
    world_.log().add(static_cast<std::uint64_t>((now - World::kBeginning).count()));
    world_.log().add(static_cast<std::uint64_t>(packet.flow) << 40 |
                     static_cast<std::uint64_t>(fate) << 32 | packet.size);
}

}  // namespace parley::sim
