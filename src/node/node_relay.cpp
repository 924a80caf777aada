// What other nodes of the process tell a node: their shards of its rooms, and the tracks there.

#include <utility>

#include "node/node.hpp"

namespace parley::node {

void Node::handle_relay(ShardIndex from, RelayMessage&& message, Instant now) {
    std::visit([&](auto& value) { on(from, std::move(value), now); }, message);
}

Room* Node::find_room(const std::string& name) {
    const auto found = rooms_.find(name);
    return found == rooms_.end() ? nullptr : found->second.get();
}

// A track that was withdrawn, or whose room has closed here, while something about it was under way
// is not found any more.
Track* Node::find_replica(RelayId id) {
    const auto found = context_.relayed.find(id);
    const bool there =
        found != context_.relayed.end() && found->second->relay.replica_in != nullptr;
    return there ? found->second : nullptr;
}

Track* Node::find_offered(RelayId id) {
    const auto found = context_.relayed.find(id);
    const bool there =
        found != context_.relayed.end() && found->second->relay.replica_in == nullptr;
    return there ? found->second : nullptr;
}

void Node::on(ShardIndex from, RelayBatch&& batch, Instant now) {
    if (batch.empty()) return context_.relay.take_back(std::move(batch));
    relayed_ += batch.size();
    batch.for_each(
        [&](const RelayBatch::Packet& packet, BytesView bytes, const media::FrameInfo& frame) {
            Track* track = find_replica(packet.track);
            if (track == nullptr) return;
            track->relay.replica_in->on_packet(*track, packet.layer, bytes, frame, now);
        });
    context_.relay.give_back(from, std::move(batch));
}

void Node::on(ShardIndex from, ShardOpened&& opened, Instant) {
    if (Room* room = find_room(opened.room)) room->shards().on_opened(from, opened);
}

void Node::on(ShardIndex from, ShardClosed&& closed, Instant now) {
    if (Room* room = find_room(closed.room)) room->shards().on_closed(from, now);
}

void Node::on(ShardIndex from, TrackOffered&& offered, Instant now) {
    if (Room* room = find_room(offered->room)) room->shards().on_offered(from, *offered, now);
}

void Node::on(ShardIndex, TrackWithdrawn&& withdrawn, Instant now) {
    if (Track* track = find_replica(withdrawn.track))
        track->relay.replica_in->on_withdrawn(*track, now);
}

void Node::on(ShardIndex, LayersTurned&& turned, Instant now) {
    if (Track* track = find_replica(turned.track))
        track->relay.replica_in->on_turned(*track, turned.on, now);
}

void Node::on(ShardIndex, SenderReported&& report, Instant now) {
    if (Track* track = find_replica(report.track))
        track->relay.replica_in->on_report(*track, report, now);
}

void Node::on(ShardIndex from, LayersWished&& wished, Instant now) {
    Track* track = find_offered(wished.track);
    if (track == nullptr) return;
    track->relay.wished[from] = wished.needed;
    track->upstream->review_layers(*track, now);
}

void Node::on(ShardIndex, KeyframeWished&& wished, Instant now) {
    Track* track = find_offered(wished.track);
    if (track == nullptr) return;
    track->publication.request_keyframe(wished.layer);
    track->upstream->pump_keyframe_requests(*track, now);
}

}  // namespace parley::node
