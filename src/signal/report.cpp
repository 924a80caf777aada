// What the HTTP API tells of rooms, and the counters for metrics.

#include <array>
#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

namespace {

Json number_or_null(double value) {
    return value < 0 ? Json() : Json(value);
}

Json layer_report(const PublishedLayerStats& layer) {
    return {{"rid", layer.rid},
            {"ssrc", layer.ssrc},
            {"live", layer.live},
            {"bitrateBps", layer.bitrate_bps},
            {"width", layer.width},
            {"height", layer.height},
            {"framesPerSecond", layer.frames_per_second},
            {"packets", layer.packets},
            {"bytes", layer.bytes},
            {"lost", layer.lost},
            {"jitterMs", layer.jitter_ms},
            {"nacksSent", layer.nacks_sent},
            {"keyframesRequested", layer.keyframes_requested},
            {"retransmissionsReceived", layer.retransmissions_received},
            {"foundInRedundancy", layer.found}};
}

Json subscription_report(const SubscriptionStats& one) {
    return {{"track", one.track},
            {"participant", one.participant},
            {"mid", one.mid},
            {"status", to_string(one.status)},
            {"wanted", to_string(one.wanted)},
            {"view", {{"width", one.view_width}, {"height", one.view_height}}},
            {"priority", one.priority},
            {"sent", one.layer_sent},
            {"spatial", one.spatial < 0 ? Json() : Json(one.spatial)},
            {"temporal", one.temporal < 0 ? Json() : Json(one.temporal)},
            {"reason", one.reason},
            {"paused", one.status == SubscriptionStatus::kPaused},
            {"shareBps", one.share_bps},
            {"bitrateBps", one.bitrate_bps},
            {"packets", one.packets},
            {"bytes", one.bytes},
            {"loss", one.loss},
            {"nacksReceived", one.nacks_received},
            {"retransmissionsSent", one.retransmissions_sent},
            {"keyframeRequestsReceived", one.keyframe_requests_received},
            {"layerSwitches", one.layer_switches},
            {"redundancy", one.redundancy},
            {"redundancyReason", one.redundancy_reason},
            {"framesCopied", one.frames_copied}};
}

Json transport_report(const Session& session) {
    Json report{{"peer", session.peer->value}, {"state", to_string(session.state)}};
    if (!session.stats) return report;
    const auto& stats = *session.stats;
    report.update(
        {{"transport", stats.transport},
         {"localAddress", stats.local_address},
         {"remoteAddress", stats.remote_address},
         {"srtpProfile", stats.srtp_profile},
         {"rttMs", number_or_null(stats.rtt_ms)},
         {"lossUp", stats.loss_up},
         {"lossDown", stats.loss_down},
         {"bitrateUpBps", stats.bitrate_up_bps},
         {"bitrateDownBps", stats.bitrate_down_bps},
         {"estimateDownBps", stats.estimate_down_bps < 0 ? Json() : Json(stats.estimate_down_bps)},
         {"estimateReason", stats.estimate_reason},
         {"demandDownBps", stats.demand_down_bps},
         {"drops", Json::object()}});
    for (const auto& [reason, count] : stats.drops) report["drops"][reason] = count;
    return report;
}

/// Tracks as announced, with the layers of the latest figures.
Json tracks_report(const Session& session) {
    Json tracks = Json::array();
    for (const auto& [id, info] : session.tracks) {
        Json track = track_json(info);
        track["layers"] = Json::array();
        if (session.stats) {
            for (const auto& published : session.stats->published) {
                if (published.info.track != id) continue;
                for (const auto& layer : published.layers) {
                    track["layers"].push_back(layer_report(layer));
                }
            }
        }
        tracks.push_back(std::move(track));
    }
    return tracks;
}

}  // namespace

Json Service::Impl::participant_report(const Session& session) const {
    Json report = participant_json(session);
    report["remote"] = session.remote.to_string();
    report["joinedMsAgo"] = to_ms(now_ - session.joined);
    report["rights"] = rights_json(session);
    report["tracks"] = tracks_report(session);
    report["media"] = session.peer ? transport_report(session) : Json();
    report["subscriptions"] = Json::array();
    if (session.stats) {
        for (const auto& one : session.stats->subscriptions) {
            report["subscriptions"].push_back(subscription_report(one));
        }
    }
    report["resume"] = {{"keptMessages", session.missed.messages()},
                        {"keptBytes", session.missed.bytes()}};
    return report;
}

Json Service::Impl::list_rooms() const {
    Json rooms = Json::array();
    for (const auto& [name, room] : rooms_) {
        std::size_t tracks = 0;
        std::size_t away = 0;
        for (const auto* member : room->members) {
            tracks += member->tracks.size();
            if (!member->connection) ++away;
        }
        rooms.push_back({{"name", name},
                         {"topology", room->mesh ? "mesh" : "sfu"},
                         {"participants", room->members.size()},
                         {"reconnecting", away},
                         {"tracks", tracks},
                         {"ageMs", to_ms(now_ - room->created)}});
    }
    return {{"rooms", std::move(rooms)}};
}

std::optional<Json> Service::Impl::room_detail(std::string_view name) const {
    const auto at = rooms_.find(name);
    if (at == rooms_.end()) return std::nullopt;
    const auto& room = *at->second;
    Json participants = Json::array();
    for (const auto* member : room.members) participants.push_back(participant_report(*member));
    return Json{{"name", room.name},
                {"topology", room.mesh ? "mesh" : "sfu"},
                {"configuredTopology", to_string(room.wanted)},
                {"ageMs", to_ms(now_ - room.created)},
                {"participants", std::move(participants)},
                {"speakers", speakers_json(room.speakers)}};
}

std::optional<Json> Service::Impl::timeline(std::string_view name,
                                            std::string_view participant) const {
    const auto at = rooms_.find(name);
    if (at == rooms_.end()) return std::nullopt;
    const auto* session = at->second->find(participant);
    if (session == nullptr) return std::nullopt;
    return session->timeline.report(now_);
}

Counters Service::Impl::counters() const {
    Counters counters = totals_;
    counters.connections = connections_.size();
    counters.rooms = rooms_.size();
    counters.detached = detached_;
    std::array<std::uint64_t, 4> qualities{};
    for (const auto& [name, room] : rooms_) {
        counters.participants += room->members.size();
        ++(room->mesh ? counters.rooms_mesh : counters.rooms_sfu);
        for (const auto* member : room->members) {
            if (member->quality) ++qualities[std::to_underlying(*member->quality)];
        }
    }
    for (const auto& [type, count] : messages_in_) counters.messages_in.emplace_back(type, count);
    for (const auto& error : all_errors()) {
        counters.errors.emplace_back(error.name, errors_[std::to_underlying(error.code)]);
    }
    counters.errors.insert(counters.errors.end(), description_errors_.begin(),
                           description_errors_.end());
    for (std::size_t i = 0; i < qualities.size(); ++i) {
        counters.qualities.emplace_back(to_string(static_cast<Quality>(i)), qualities[i]);
    }
    return counters;
}

}  // namespace parley::signal
