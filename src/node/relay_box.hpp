// What a node has to say to the other nodes of its process, in order for each of them, until its
// driver takes it.

#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "node/relay_messages.hpp"

namespace parley::node {

class RelayBox {
 public:
    /// Batches that wait for one node between two turns of the driver; packets beyond are dropped.
    static constexpr std::size_t kMaxBatches = 64;
    /// Emptied batches that are kept.
    static constexpr std::size_t kMaxSpare = 64;

    struct Outgoing {
        ShardIndex to = 0;
        RelayMessage message;
    };

    /// One of `shards` nodes.
    RelayBox(ShardIndex self, std::size_t shards) : self_(self), boxes_(shards) {}

    ShardIndex self() const { return self_; }
    /// How many nodes there are, this one included.
    std::size_t shards() const { return boxes_.size(); }
    RelayId fresh_id() { return RelayId((std::uint64_t{self_} << 48) | ++last_id_); }
    /// Where a track is published.
    static ShardIndex shard_of(RelayId id) { return static_cast<ShardIndex>(id.value >> 48); }

    void post(ShardIndex to, RelayMessage message);
    /// Puts a packet into the batch that is being filled. False when too many wait.
    bool relay(ShardIndex to, RelayId track, std::size_t layer, BytesView bytes,
               const media::FrameInfo& frame);
    std::optional<Outgoing> poll();

    /// A batch of another node has been read.
    void give_back(ShardIndex to, RelayBatch&& batch);
    /// One of ours has come back.
    void take_back(RelayBatch&& batch);

 private:
    struct Box {
        std::vector<RelayMessage> waiting;
        std::size_t next = 0;  // those before it were taken
        std::size_t batches = 0;
    };

    ShardIndex self_;
    std::vector<Box> boxes_;
    std::vector<RelayBatch> spare_;
    std::uint64_t last_id_ = 0;
    std::size_t polling_ = 0;  // the box that is being emptied
};

}  // namespace parley::node
