// Connection quality and layers, told when they change and at most once an interval.

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

void Service::Impl::schedule_status(Room& room) {
    const TimerKey key{TimerKind::kStatus, room.serial};
    if (timers_.is_set(key)) return;
    timers_.set(key, std::max(now_, room.status_sent + config_.status_interval));
}

void Service::Impl::update_quality(Session& session) {
    const auto state = session.stats->state;
    if (state == PeerState::kNew || state == PeerState::kConnecting) return;
    const auto quality = judge(*session.stats);
    if (session.quality == quality) return;
    session.quality = quality;
    session.room->quality_changed = true;
    schedule_status(*session.room);
}

void Service::Impl::update_layers(Session& session) {
    Json layers = Json::array();
    for (const auto& subscription : session.stats->subscriptions) {
        const auto* publisher = session.room->find(subscription.participant);
        if (publisher == nullptr) continue;
        const auto track = publisher->tracks.find(subscription.track);
        if (track == publisher->tracks.end() || track->second.kind != TrackKind::kVideo) continue;
        layers.push_back(layer_json(subscription));
    }
    if (layers == session.layers) return;
    session.layers = std::move(layers);
    session.layers_changed = true;
    schedule_status(*session.room);
}

void Service::Impl::on_status_timer(std::uint64_t serial) {
    auto* room = room_by_serial(serial);
    if (room == nullptr) return;
    room->status_sent = now_;
    if (std::exchange(room->quality_changed, false)) {
        Json participants = Json::array();
        for (const auto* member : room->members) {
            if (member->quality) participants.push_back(quality_json(*member));
        }
        send_room(*room,
                  {{"type", "connection-quality"}, {"participants", std::move(participants)}},
                  nullptr, StateKind::kQuality);
    }
    for (auto* member : room->members) {
        if (!std::exchange(member->layers_changed, false)) continue;
        send(*member, {{"type", "subscription-layers"}, {"subscriptions", member->layers}},
             StateKind::kLayers);
    }
}

}  // namespace parley::signal
