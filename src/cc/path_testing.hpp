// A path of one bottleneck for unit tests of controllers: a sender that fills its target, a queue,
// feedback each 50 ms. Whole networks are the simulator's.

#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "cc/controller.hpp"
#include "cc/pacer.hpp"
#include "cc/sent_log.hpp"

namespace parley::cc::testing {

struct Path {
    std::int64_t capacity_kbps = 1000;
    Duration one_way = std::chrono::milliseconds(25);
    Duration max_queue = std::chrono::milliseconds(300);
    /// Says which packets are lost or marked, by their order.
    std::function<bool(std::int64_t)> loses;
    std::function<bool(std::int64_t, Duration queue)> marks;
    EcnMark sent_as = EcnMark::kUnknown;
};

class Call {
 public:
    static constexpr Duration kStep = std::chrono::milliseconds(1);
    static constexpr Duration kFeedback = std::chrono::milliseconds(50);
    static constexpr Duration kReceiverClock = std::chrono::hours(1000);

    Call(const Limits& limits, Path way)
        : path(std::move(way)), controller(make_google_controller(limits)) {}

    void run(Duration time) {
        for (const Instant end = now + time; now < end; now += kStep) step();
    }
    double target() const { return controller->estimate().target.kbps(); }
    Duration queue() const { return std::max(Duration(0), free_at_ - now); }

    Path path;
    std::unique_ptr<Controller> controller;
    Pacer pacer;
    SentLog log;
    Instant now{std::chrono::seconds(5000)};
    bool feedback = true;
    /// What the application sends at most.
    double source_kbps = 1e9;
    std::int64_t sent_bytes = 0;
    std::int64_t lost = 0;
    std::int64_t carried = 0;
    Duration longest_queue{};

 private:
    struct Arrival {
        Instant at{};
        std::uint16_t number = 0;
        EcnMark ecn = EcnMark::kUnknown;
    };
    struct Message {
        Instant at{};
        std::uint16_t first = 0;
        std::deque<Arrival> arrivals;
    };

    void step() {
        deliver_feedback();
        if (controller->next_timeout() <= now) controller->handle_timeout(now);
        while (const auto probe = controller->poll_probe(now)) pacer.start_probe(*probe, now);
        pacer.set_rate(controller->estimate().pacing_rate, now);
        pacer.set_spread(controller->estimate().spread, now);
        const double rate = std::min(source_kbps, target());
        owed_ += rate * 1000 / 8 * to_seconds(kStep);
        owed_ = std::min(owed_, 12'000.0);
        while (owed_ >= 1200 && pacer.may_send(now)) {
            send(1200);
            owed_ -= 1200;
        }
        while (pacer.may_send(now)) {
            const auto wanted = pacer.padding_wanted(now);
            if (wanted == 0) break;
            send(wanted);
        }
        make_feedback();
    }
    void send(std::uint32_t size) {
        const auto number = log.next_number();
        controller->on_sent(log.on_sent(size, pacer.probe(), now));
        pacer.on_sent(size, now);
        sent_bytes += size;
        const std::int64_t order = order_++;
        if ((path.loses && path.loses(order)) || queue() > path.max_queue) {
            ++lost;
            return;
        }
        ++carried;
        const EcnMark ecn = path.marks && path.marks(order, queue()) ? EcnMark::kCe : path.sent_as;
        const double seconds = size * 8.0 / (static_cast<double>(path.capacity_kbps) * 1000);
        free_at_ = std::max(free_at_, now) + Duration(static_cast<Duration::rep>(seconds * 1e9));
        longest_queue = std::max(longest_queue, queue());
        on_the_way_.push_back({free_at_ + path.one_way, number, ecn});
    }
    void make_feedback() {
        if (now < next_feedback_) return;
        next_feedback_ = now + kFeedback;
        Message message{now + path.one_way, expected_, {}};
        while (!on_the_way_.empty() && on_the_way_.front().at <= now) {
            message.arrivals.push_back(on_the_way_.front());
            on_the_way_.pop_front();
        }
        if (message.arrivals.empty()) return;
        expected_ = static_cast<std::uint16_t>(message.arrivals.back().number + 1);
        if (feedback) messages_.push_back(std::move(message));
    }
    void deliver_feedback() {
        while (!messages_.empty() && messages_.front().at <= now) {
            const Message& message = messages_.front();
            log.begin_feedback(now);
            std::uint16_t number = message.first;
            for (const Arrival& arrival : message.arrivals) {
                for (; number != arrival.number; ++number) {
                    log.on_status(number, false, {}, EcnMark::kUnknown);
                }
                log.on_status(number++, true, arrival.at.time_since_epoch() + kReceiverClock,
                              arrival.ecn);
            }
            controller->on_feedback(log.end_feedback(), now);
            messages_.pop_front();
        }
    }

    double owed_ = 0;
    std::int64_t order_ = 0;
    Instant free_at_{};
    std::deque<Arrival> on_the_way_;
    std::uint16_t expected_ = 0;
    Instant next_feedback_{};
    std::deque<Message> messages_;
};

}  // namespace parley::cc::testing
