#include "signal/messages.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::signal {

namespace {

constexpr std::array<std::string_view, 5> kSources{"unknown", "microphone", "camera", "screen",
                                                   "screen-audio"};
constexpr std::array<std::string_view, 5> kWishes{"auto", "low", "medium", "high", "off"};
constexpr std::array<std::string_view, 6> kStates{"new",          "connecting", "connected",
                                                  "disconnected", "failed",     "closed"};
constexpr std::array<std::string_view, 4> kQualities{"excellent", "good", "fair", "poor"};

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto at = std::ranges::find(names, text);
    if (at == names.end()) return std::nullopt;
    return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::optional<Topology> topology_from(std::string_view text) {
    if (text == "sfu") return Topology::kSfu;
    if (text == "mesh") return Topology::kMesh;
    if (text == "auto") return Topology::kAuto;
    return std::nullopt;
}
std::string_view to_string(Topology topology) {
    switch (topology) {
        case Topology::kSfu: return "sfu";
        case Topology::kMesh: return "mesh";
        case Topology::kAuto: return "auto";
    }
    return "sfu";
}

std::string_view to_string(SdpType type) {
    return type == SdpType::kOffer ? "offer" : "answer";
}
std::string_view to_string(TrackKind kind) {
    return kind == TrackKind::kAudio ? "audio" : "video";
}
std::string_view to_string(TrackSource source) {
    return kSources.at(std::to_underlying(source));
}
std::string_view to_string(LayerWish wish) {
    return kWishes.at(std::to_underlying(wish));
}
std::string_view to_string(PeerState state) {
    return kStates.at(std::to_underlying(state));
}
std::string_view to_string(Quality quality) {
    return kQualities.at(std::to_underlying(quality));
}
std::string_view to_string(SubscriptionStatus status) {
    switch (status) {
        case SubscriptionStatus::kActive: return "active";
        case SubscriptionStatus::kCodecUnsupported: return "codec_unsupported";
        case SubscriptionStatus::kPaused: return "paused";
    }
    return "active";
}
std::optional<TrackSource> source_from(std::string_view text) {
    return value_of<TrackSource>(kSources, text);
}
std::optional<LayerWish> wish_from(std::string_view text) {
    return value_of<LayerWish>(kWishes, text);
}

Json ice_servers_json(const Config& config) {
    Json servers = Json::array();
    for (const auto& server : config.ice_servers) {
        Json one{{"urls", server.urls}};
        if (!server.username.empty()) one["username"] = server.username;
        if (!server.credential.empty()) one["credential"] = server.credential;
        servers.push_back(std::move(one));
    }
    return servers;
}

Json sfu_peer_json() {
    return {{"id", kSfuId}, {"metadata", {{"name", "Parley"}, {"role", "sfu"}}}};
}

Json peer_json(const Session& session) {
    return {{"id", session.id}, {"metadata", session.metadata}};
}

Json rights_json(const Session& session) {
    return {{"publish", session.may_publish()},
            {"subscribe", session.may_subscribe()},
            {"admin", session.admin()}};
}

Json track_json(const TrackInfo& info) {
    return {{"id", info.track},
            {"participant", info.participant},
            {"mid", info.mid},
            {"kind", to_string(info.kind)},
            {"source", to_string(info.source)},
            {"codec", info.codec},
            {"muted", info.muted},
            {"forceMuted", info.force_muted},
            {"simulcast", info.simulcast}};
}

// Member by member: a list of pairs would be copied twice.
Json participant_json(const Session& session) {
    Json participant = Json::object();
    participant["id"] = session.id;
    participant["metadata"] = session.metadata;
    participant["connection"] = session.connection ? "connected" : "reconnecting";
    Json& tracks = participant["tracks"] = Json::array();
    if (session.grant && !session.grant->identity.empty()) {
        participant["identity"] = session.grant->identity;
    }
    if (session.grant && !session.grant->name.empty()) participant["name"] = session.grant->name;
    if (session.quality) participant["quality"] = to_string(*session.quality);
    for (const auto& [id, track] : session.tracks) tracks.push_back(track_json(track));
    return participant;
}

std::string participant_text(const Session& session) {
    std::string text = R"({"id":)" + to_text(session.id) + R"(,"connection":")";
    text += session.connection ? "connected" : "reconnecting";
    text += R"(","metadata":)" + to_text(session.metadata);
    const auto add = [&](std::string_view key, std::string_view value) {
        text += ",\"" + std::string(key) + "\":" + to_text(value);
    };
    if (session.grant && !session.grant->identity.empty()) add("identity", session.grant->identity);
    if (session.grant && !session.grant->name.empty()) add("name", session.grant->name);
    if (session.quality) add("quality", to_string(*session.quality));
    text += R"(,"tracks":[)";
    bool first = true;
    for (const auto& [id, track] : session.tracks) {
        if (!std::exchange(first, false)) text += ',';
        text += to_text(track_json(track));
    }
    return text + "]}";
}

Json description_json(const LocalDescription& description) {
    Json tracks = Json::array();
    for (const auto& track : description.tracks) {
        tracks.push_back(
            {{"mid", track.mid}, {"participant", track.participant}, {"track", track.track}});
    }
    const auto type = to_string(description.type);
    return {{"type", type},
            {"from", kSfuId},
            {"sdp", {{"type", type}, {"sdp", description.sdp}}},
            {"tracks", std::move(tracks)}};
}

Json speakers_json(const std::vector<SpeakerLevel>& speakers) {
    Json list = Json::array();
    for (const auto& speaker : speakers) {
        list.push_back(
            {{"id", speaker.participant}, {"level", std::clamp(speaker.level, 0.0, 1.0)}});
    }
    return list;
}

Json layer_json(const SubscriptionStats& subscription) {
    Json one{{"track", subscription.track},
             {"wanted", to_string(subscription.wanted)},
             {"sent", subscription.layer_sent},
             {"reason", subscription.reason}};
    if (subscription.status == SubscriptionStatus::kPaused) one["paused"] = true;
    if (subscription.spatial >= 0) one["spatial"] = subscription.spatial;
    if (subscription.temporal >= 0) one["temporal"] = subscription.temporal;
    return one;
}

Json track_layers_json(const TrackLayers& event) {
    Json layers = Json::array();
    for (const auto& layer : event.layers) {
        layers.push_back({{"rid", layer.rid}, {"active", layer.active}});
    }
    return {{"type", "track-layers"},
            {"track", event.track},
            {"mid", event.mid},
            {"layers", std::move(layers)}};
}

Json quality_json(const Session& session) {
    Json one{{"id", session.id}, {"quality", to_string(*session.quality)}};
    if (session.stats) {
        if (session.stats->rtt_ms >= 0) one["rttMs"] = session.stats->rtt_ms;
        one["lossUp"] = std::clamp(session.stats->loss_up, 0.0, 1.0);
        one["lossDown"] = std::clamp(session.stats->loss_down, 0.0, 1.0);
    }
    return one;
}

Quality judge(const PeerStats& stats) {
    const double loss = 100 * std::max(stats.loss_up, stats.loss_down);
    const double rtt = stats.rtt_ms;
    if (stats.state == PeerState::kDisconnected || stats.state == PeerState::kFailed) {
        return Quality::kPoor;
    }
    if (loss > 5 || rtt > 300) return Quality::kPoor;
    if (loss > 2 || rtt > 150) return Quality::kFair;
    if (loss > 0.5 || rtt > 50) return Quality::kGood;
    return Quality::kExcellent;
}

}  // namespace parley::signal
