#include "node/relay_box.hpp"

namespace parley::node {

void RelayBox::post(ShardIndex to, RelayMessage message) {
    boxes_[to].waiting.push_back(std::move(message));
}

// What was said before a packet stays before it: it goes into the last batch only while nothing
// came after that.
bool RelayBox::relay(ShardIndex to, RelayId track, std::size_t layer, BytesView bytes,
                     const media::FrameInfo& frame) {
    Box& box = boxes_[to];
    if (!box.waiting.empty() && box.next < box.waiting.size()) {
        auto* last = std::get_if<RelayBatch>(&box.waiting.back());
        const bool open = last != nullptr && !last->empty();  // and not one that goes back
        if (open && last->add(track, layer, bytes, frame)) return true;
    }
    if (box.batches >= kMaxBatches) return false;
    RelayBatch batch;
    if (!spare_.empty()) {
        batch = std::move(spare_.back());
        spare_.pop_back();
    }
    batch.add(track, layer, bytes, frame);
    ++box.batches;
    box.waiting.emplace_back(std::move(batch));
    return true;
}

std::optional<RelayBox::Outgoing> RelayBox::poll() {
    for (std::size_t looked = 0; looked < boxes_.size(); ++looked) {
        Box& box = boxes_[polling_];
        if (box.next < box.waiting.size()) {
            RelayMessage& message = box.waiting[box.next++];
            if (packets_in(message) > 0) --box.batches;
            return Outgoing{polling_, std::move(message)};
        }
        box.waiting.clear();
        box.next = 0;
        polling_ = (polling_ + 1) % boxes_.size();
    }
    return {};
}

void RelayBox::give_back(ShardIndex to, RelayBatch&& batch) {
    batch.clear();
    boxes_[to].waiting.emplace_back(std::move(batch));
}

void RelayBox::take_back(RelayBatch&& batch) {
    if (spare_.size() < kMaxSpare) spare_.push_back(std::move(batch));
}

}  // namespace parley::node
