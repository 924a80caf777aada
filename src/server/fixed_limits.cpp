// The limits that cannot be set, for `config show` and /limits: each value is its owner's.

#include "net/framing.hpp"
#include "node/limits.hpp"
#include "runtime/media_loop.hpp"
#include "server/settings.hpp"
#include "signal/names.hpp"

namespace parley::server {

std::vector<FixedLimit> fixed_limits(const Settings& settings) {
    return {
        {"described_sections", "Sections that one client may describe.",
         settings.signal.limits.described_sections},
        {"room_name_characters", "Characters of a room's name.", signal::kMaxRoomName},
        {"media_members", "Participants on one media thread.", node::kMaxMembers},
        {"tracks_per_participant", "Tracks that one participant may publish.",
         node::kMaxTracksPerMember},
        {"subscriptions_per_participant", "Tracks that one participant may receive.",
         node::kMaxOutletsPerMember},
        {"layer_wishes", "Layer wishes kept for one participant, at most.", node::kMaxWishes},
        {"sources_per_peer", "RTP sources of one participant, retransmissions included.",
         node::kMaxSources},
        {"simulcast_layers", "Simulcast layers of one track.", node::kMaxSimulcastLayers},
        {"media_tcp_connections", "TCP connections with media on one media thread.",
         runtime::kMaxMediaConnections},
        {"media_tcp_unproven", "Those among them whose path no participant has proven yet.",
         runtime::kMaxUnproven},
        {"media_tcp_unproven_per_address", "Those of one address (an IPv6 /64 counts as one).",
         runtime::kMaxUnprovenOfClient},
        {"media_tcp_frame_bytes", "Largest packet on such a connection.",
         net::FrameReader::kMaxFrame},
        {"sdp_sections", "Sections of one session description.", node::kMaxSdpSections},
        {"sdp_bytes", "Length of one session description.", node::kMaxSdpSize},
    };
}

}  // namespace parley::server
