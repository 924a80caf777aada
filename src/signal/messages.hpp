// Builds the server's messages (schema/server/).

#pragma once

#include <string_view>
#include <vector>

#include "signal/config.hpp"
#include "signal/json.hpp"
#include "signal/media_messages.hpp"
#include "signal/state.hpp"

namespace parley::signal {

inline constexpr std::string_view kSfuId = "sfu";

std::string_view to_string(SdpType type);
std::string_view to_string(TrackKind kind);
std::string_view to_string(TrackSource source);
std::string_view to_string(LayerWish wish);
std::string_view to_string(PeerState state);
std::string_view to_string(SubscriptionStatus status);
std::optional<TrackSource> source_from(std::string_view text);
std::optional<LayerWish> wish_from(std::string_view text);

Json ice_servers_json(const Config& config);
Json sfu_peer_json();
Json peer_json(const Session& session);
Json rights_json(const Session& session);
Json track_json(const TrackInfo& info);
Json participant_json(const Session& session);
/// The same as text. A large room's newcomer is told of all: a document of them would cost more
/// than all the rest of the join's signaling.
std::string participant_text(const Session& session);
Json description_json(const LocalDescription& description);
Json speakers_json(const std::vector<SpeakerLevel>& speakers);
Json layer_json(const SubscriptionStats& subscription);
Json track_layers_json(const TrackLayers& event);
Json quality_json(const Session& session);

/// Thresholds of docs/signaling.md, over the worse direction's loss and the round-trip time in
/// milliseconds.
Quality judge(const PeerStats& stats);

}  // namespace parley::signal
