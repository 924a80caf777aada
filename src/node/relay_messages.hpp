// What the shards of a room say to each other. A room that is too large for one media thread has a
// shard on each of several nodes; every shard knows the others' tracks as replicas and gets each of
// their packets once, decrypted, in batches (docs/adr/0003-rooms-spread-by-relay.md). Plain values:
// they cross threads by mailbox, in order from one node to another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "media/layer_structure.hpp"
#include "media/payload.hpp"
#include "sdp/format.hpp"
#include "sfu/layer_use.hpp"
#include "sfu/publication.hpp"
#include "signal/media_messages.hpp"

namespace parley::node {

/// The number of a node among those of its process.
using ShardIndex = std::size_t;
/// A track, or the life of a room's shard: unique among all nodes of the process, never used again.
using RelayId = StrongId<struct RelayIdTag, std::uint64_t>;

// ---- membership ----

/// A node has got its first member of a room. `life` tells this shard from one that the node had of
/// the same room before. Answered by every node that has the room too; `answers` is then the life
/// of the shard that asked.
struct ShardOpened {
    std::string room;
    RelayId life;
    std::optional<RelayId> answers;
};
/// The last member has left.
struct ShardClosed {
    std::string room;
};

// ---- from where a track is published ----

/// A track appeared, or what is known of it has changed.
struct OfferedTrack {
    RelayId to;  // life of the shard that this is said to
    std::string room;
    RelayId track;
    signal::PeerId publisher;
    signal::TrackInfo info;
    sfu::PublicationConfig config;
    sdp::Codec codec;
    std::vector<std::string> rids;
    sfu::StreamMask on = sfu::kAllStreams;
};
using TrackOffered = std::unique_ptr<const OfferedTrack>;  // large and seldom
struct TrackWithdrawn {
    RelayId track;
};
/// Which layers the publisher is asked to send.
struct LayersTurned {
    RelayId track;
    sfu::StreamMask on = sfu::kAllStreams;
};
/// A sender report of the publisher (RFC 3550 §6.4.1).
struct SenderReported {
    RelayId track;
    std::uint8_t layer = 0;
    NtpTime ntp;
    std::uint32_t timestamp = 0;
};

// ---- to where it is published ----

/// Which layers somebody of the shard gets or may soon get.
struct LayersWished {
    RelayId track;
    sfu::StreamMask needed = 0;
};
struct KeyframeWished {
    RelayId track;
    std::uint8_t layer = 0;
};

/// Packets in the order in which they came. Its memory goes back to its sender once it is empty, so
/// that nothing is allocated for a packet.
class RelayBatch {
 public:
    /// More than a receive batch brings, and little enough to stay in the cache.
    static constexpr std::size_t kMaxPackets = 128;

    struct Packet {
        RelayId track;
        std::uint8_t layer = 0;
        bool structured = false;
        std::uint16_t size = 0;
        std::uint32_t at = 0;
        media::FrameInfo frame;
        media::LayerStructure structure;  // of the stream, if `structured`
    };

    bool empty() const { return packets_.empty(); }
    std::size_t size() const { return packets_.size(); }
    /// False, and nothing kept, when it is full.
    bool add(RelayId track, std::size_t layer, BytesView bytes, const media::FrameInfo& frame) {
        if (packets_.size() >= kMaxPackets) return false;
        Packet& packet = packets_.emplace_back();
        packet.track = track;
        packet.layer = static_cast<std::uint8_t>(layer);
        packet.size = static_cast<std::uint16_t>(bytes.size());
        packet.at = static_cast<std::uint32_t>(bytes_.size());
        packet.frame = frame;
        packet.structured = frame.structure != nullptr;
        if (packet.structured) packet.structure = *frame.structure;
        packet.frame.structure = nullptr;  // it stays with the stream's inspector
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return true;
    }
    /// Calls `take(packet, bytes, frame)` for each.
    template <typename Take>
    void for_each(Take&& take) const {
        for (const Packet& packet : packets_) {
            media::FrameInfo frame = packet.frame;
            if (packet.structured) frame.structure = &packet.structure;
            take(packet, BytesView(bytes_).subspan(packet.at, packet.size), frame);
        }
    }
    void clear() {
        packets_.clear();
        bytes_.clear();
    }

 private:
    std::vector<Packet> packets_;
    std::vector<std::uint8_t> bytes_;
};

using RelayMessage =
    std::variant<RelayBatch, ShardOpened, ShardClosed, TrackOffered, TrackWithdrawn, LayersTurned,
                 SenderReported, LayersWished, KeyframeWished>;

/// Media, and what is soon said again: a reader that does not keep up loses some. Everything else
/// is said once.
inline bool may_be_lost(const RelayMessage& message) {
    return std::holds_alternative<RelayBatch>(message) ||
           std::holds_alternative<SenderReported>(message);
}
inline std::size_t packets_in(const RelayMessage& message) {
    const auto* batch = std::get_if<RelayBatch>(&message);
    return batch == nullptr ? 0 : batch->size();
}
/// A batch that goes back with nothing but its memory: nobody need wake up for it.
inline bool is_returned_batch(const RelayMessage& message) {
    const auto* batch = std::get_if<RelayBatch>(&message);
    return batch != nullptr && batch->empty();
}

}  // namespace parley::node
