// A network that loses, reorders and repeats packets, for tests that drive a publication in virtual
// time. What is lost comes late more often than never, as a retransmission would.

#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "base/random.hpp"
#include "base/time.hpp"

namespace parley::sfu::test {

struct WireConduct {
    double loss = 0.03;
    double reordered = 0.05;
    double duplicated = 0.02;
    std::uint32_t most_reordered_ms = 60;
};

/// `Packet` stays its sender's; the wire holds pointers.
template <typename Packet>
class BadWire {
 public:
    BadWire(const WireConduct& conduct, Random& random) : conduct_(conduct), random_(random) {}

    /// `on_time`: when it would arrive if nothing happened to it. False: it never arrives.
    bool send(Packet& packet, Instant on_time) {
        Instant arrival = on_time;
        if (happens(conduct_.reordered)) arrival += up_to_ms(conduct_.most_reordered_ms);
        if (happens(conduct_.loss)) {
            if (happens(kLostForGood)) return false;
            arrival += 40ms + up_to_ms(80);
        }
        packets_.emplace(arrival, &packet);
        if (happens(conduct_.duplicated)) packets_.emplace(arrival + up_to_ms(30), &packet);
        return true;
    }

    struct Arrival {
        Instant at{};
        Packet* packet = nullptr;
    };
    /// The next that arrives until `end`.
    std::optional<Arrival> next(Instant end) {
        if (packets_.empty() || packets_.begin()->first > end) return {};
        const Arrival arrival{packets_.begin()->first, packets_.begin()->second};
        packets_.erase(packets_.begin());
        return arrival;
    }

 private:
    static constexpr double kLostForGood = 0.3;

    bool happens(double probability) { return random_.uniform() < probability; }
    Duration up_to_ms(std::uint32_t most) { return std::chrono::milliseconds(random_.below(most)); }

    WireConduct conduct_;
    Random& random_;
    std::multimap<Instant, Packet*> packets_;
};

}  // namespace parley::sfu::test
