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
    void retry(Instant now) {
        say_losses(now);
        for (auto& [to, held] : held_) {
            auto& facts = held.facts;
            while (!facts.empty() && relay_(to, std::move(facts.front()))) facts.pop_front();
        }
    }

    /// How many media packets, or facts, were lost.
    std::size_t send(node::ShardIndex to, node::RelayMessage&& message, Instant now) {
        const bool fact = !node::may_be_lost(message);
        Held& held = held_[to];
        if (fact && !held.facts.empty()) {  // in order
            return hold(held, to, std::move(message), now);
        }
        const std::size_t packets = node::packets_in(message);
        if (relay_(to, std::move(message))) return 0;
        return fact ? hold(held, to, std::move(message), now) : packets;
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

    std::size_t hold(Held& held, node::ShardIndex to, node::RelayMessage&& message, Instant now) {
        if (held.facts.size() >= max_held_) {
            ++lost_;
            say_losses(now);
            return 1;
        }
        held.facts.push_back(std::move(message));
        if (now >= held.say_again) {
            held.say_again = now + kSayInterval;
            log::warn("media thread {} does not keep up: {} facts of others wait", to,
                      held.facts.size());
        }
        return 0;
    }

    void say_losses(Instant now) {
        if (lost_ == said_ || now < say_losses_again_) return;
        say_losses_again_ = now + kSayInterval;
        log::error("media threads do not keep up: {} facts of others were lost", lost_ - said_);
        said_ = lost_;
    }

    Relay relay_;
    std::size_t max_held_;
    std::map<node::ShardIndex, Held> held_;
    std::uint64_t lost_ = 0;
    std::uint64_t said_ = 0;  // of those
    Instant say_losses_again_ = Instant::min();
};

}  // namespace parley::server
