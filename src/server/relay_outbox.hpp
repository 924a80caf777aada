// What one media thread has to say to the others. A mailbox that is full takes nothing: media is
// lost then, as on a wire, and facts, which nobody repeats, wait in order.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "base/time.hpp"
#include "node/relay_messages.hpp"
#include "server/log.hpp"

namespace parley::server {

class RelayOutbox {
 public:
    /// Takes a message for another thread; false, and untouched, when that one does not keep up.
    using Relay = std::function<bool(node::ShardIndex to, node::RelayMessage&&)>;
    /// Facts for one thread that may wait.
    static constexpr std::size_t kMaxHeld = 65'536;
    /// How often the log says that a thread does not keep up.
    static constexpr Duration kSayInterval = 10s;

    explicit RelayOutbox(Relay relay, std::size_t max_held = kMaxHeld)
        : relay_(std::move(relay)), max_held_(max_held) {}

    /// Tries what waits again.
    void retry() {
        for (auto& [to, held] : held_) {
            auto& facts = held.facts;
            while (!facts.empty() && relay_(to, std::move(facts.front()))) facts.pop_front();
        }
    }

    /// The number of media packets that were lost.
    std::size_t send(node::ShardIndex to, node::RelayMessage&& message, Instant now) {
        const bool fact = !node::may_be_lost(message);
        Held& held = held_[to];
        if (fact && !held.facts.empty()) {  // in order
            hold(held, to, std::move(message), now);
            return 0;
        }
        const std::size_t packets = node::packets_in(message);
        if (relay_(to, std::move(message))) return 0;
        if (fact) hold(held, to, std::move(message), now);
        return packets;
    }

    std::size_t held(node::ShardIndex to) const {
        const auto found = held_.find(to);
        return found == held_.end() ? 0 : found->second.facts.size();
    }
    std::uint64_t facts_lost() const { return lost_; }

 private:
    struct Held {
        std::deque<node::RelayMessage> facts;  // in order
        Instant say_again = Instant::min();
    };

    void hold(Held& held, node::ShardIndex to, node::RelayMessage&& message, Instant now) {
        const bool fits = held.facts.size() < max_held_;
        if (fits) {
            held.facts.push_back(std::move(message));
        } else {
            ++lost_;
        }
        if (now < held.say_again) return;
        held.say_again = now + kSayInterval;
        if (fits) {
            log::warn("media thread {} does not keep up: {} facts of others wait", to,
                      held.facts.size());
        } else {
            log::error("media thread {} does not keep up: {} facts of others were lost", to, lost_);
        }
    }

    Relay relay_;
    std::size_t max_held_;
    std::map<node::ShardIndex, Held> held_;
    std::uint64_t lost_ = 0;
};

}  // namespace parley::server
