// Deadlines of many machines: an indexed binary heap. Setting a deadline costs O(log n), asking for
// the soonest is free, and nothing is allocated once as many entries were seen as there are.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/time.hpp"

namespace parley::node {

class TimerQueue {
 public:
    using Id = std::uint32_t;

    /// An entry without a deadline.
    Id add() {
        Id id = 0;
        if (free_.empty()) {
            id = static_cast<Id>(places_.size());
            places_.push_back(kNowhere);
        } else {
            id = free_.back();
            free_.pop_back();
        }
        return id;
    }
    void remove(Id id) {
        set(id, kNever);
        free_.push_back(id);
    }
    /// kNever takes the entry out of the queue.
    void set(Id id, Instant deadline) {
        PARLEY_ASSERT(id < places_.size());
        std::size_t at = places_[id];
        if (deadline == kNever) {
            if (at == kNowhere) return;
            move(heap_.back(), at);
            heap_.pop_back();
            places_[id] = kNowhere;
            if (at < heap_.size()) settle(at);
            return;
        }
        if (at == kNowhere) {
            at = heap_.size();
            heap_.push_back({deadline, id});
            places_[id] = at;
        } else if (heap_[at].deadline == deadline) {
            return;
        }
        heap_[at].deadline = deadline;
        settle(at);
    }
    Instant next() const { return heap_.empty() ? kNever : heap_.front().deadline; }
    /// The entry with the soonest deadline; only when next() is not kNever.
    Id front() const { return heap_.front().id; }

 private:
    static constexpr std::size_t kNowhere = ~std::size_t{0};
    struct Node {
        Instant deadline;
        Id id = 0;
    };

    void move(const Node& node, std::size_t at) {
        heap_[at] = node;
        places_[node.id] = at;
    }
    void exchange(std::size_t a, std::size_t b) {
        std::swap(heap_[a], heap_[b]);
        places_[heap_[a].id] = a;
        places_[heap_[b].id] = b;
    }
    void settle(std::size_t at) {
        while (at > 0 && heap_[at].deadline < heap_[(at - 1) / 2].deadline) {
            exchange(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
        while (true) {
            std::size_t least = at;
            for (std::size_t child = 2 * at + 1; child <= 2 * at + 2; ++child) {
                if (child < heap_.size() && heap_[child].deadline < heap_[least].deadline) {
                    least = child;
                }
            }
            if (least == at) return;
            exchange(at, least);
            at = least;
        }
    }

    std::vector<Node> heap_;
    std::vector<std::size_t> places_;
    std::vector<Id> free_;
};

}  // namespace parley::node
