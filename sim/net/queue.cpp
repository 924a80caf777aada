#include "sim/net/queue.hpp"

#include <algorithm>
#include <cmath>

namespace parley::sim {
namespace {

constexpr std::int64_t kFullPacket = 1500;

Duration time_to_send(std::int64_t octets, Bitrate capacity) {
    const auto rate = static_cast<double>(std::max<std::int64_t>(capacity.bps, 1));
    return Duration(static_cast<Duration::rep>(static_cast<double>(octets) * 8e9 / rate));
}

bool mark(Packet& packet) {
    if (packet.ecn != cc::EcnMark::kEct0 && packet.ecn != cc::EcnMark::kEct1 &&
        packet.ecn != cc::EcnMark::kCe) {
        return false;
    }
    packet.ecn = cc::EcnMark::kCe;
    return true;
}

/// First in, first out, with the bounds of a QueueConfig.
class Fifo {
 public:
    explicit Fifo(const QueueConfig& config) : config_(config) {}

    bool push(Packet packet, Bitrate capacity, Instant now) {
        // A link that stands still keeps the room that it had.
        if (capacity.bps > 0) capacity_ = capacity;
        const std::int64_t after = bytes_ + packet.size;
        const bool too_long = time_to_send(after, capacity_) > config_.max_delay &&
                              after > 2 * kFullPacket;  // two packets always fit
        const bool too_many = config_.max_packets > 0 && packets_.size() >= config_.max_packets;
        if (too_long || too_many) return false;
        bytes_ = after;
        packets_.push_back({std::move(packet), now});
        return true;
    }
    std::optional<Queued> pop() {
        if (packets_.empty()) return std::nullopt;
        Queued front = std::move(packets_.front());
        packets_.pop_front();
        bytes_ -= front.packet.size;
        return front;
    }
    bool empty() const { return packets_.empty(); }
    std::size_t size() const { return packets_.size(); }
    std::int64_t bytes() const { return bytes_; }
    Duration wait_of_first(Instant now) const {
        return packets_.empty() ? Duration(0) : now - packets_.front().entered;
    }

 private:
    QueueConfig config_;
    std::deque<Queued> packets_;
    std::int64_t bytes_ = 0;
    Bitrate capacity_ = Bitrate::from_kbps(1000);
};

class DropTail : public Queue {
 public:
    explicit DropTail(const QueueConfig& config) : fifo_(config) {}
    bool push(Packet packet, Bitrate capacity, Instant now) override {
        return fifo_.push(std::move(packet), capacity, now);
    }
    std::optional<Queued> pop(Bitrate, Instant) override { return fifo_.pop(); }
    bool empty() const override { return fifo_.empty(); }
    std::int64_t bytes() const override { return fifo_.bytes(); }

 private:
    Fifo fifo_;
};

class Threshold final : public DropTail {
 public:
    explicit Threshold(const QueueConfig& config)
        : DropTail(config), mark_above_(config.mark_above) {}
    std::optional<Queued> pop(Bitrate capacity, Instant now) override {
        auto next = DropTail::pop(capacity, now);
        if (next && now - next->entered > mark_above_) mark(next->packet);
        return next;
    }

 private:
    Duration mark_above_;
};

/// RFC 8289 §5, with marks in the place of drops where packets allow it.
class Codel final : public Queue {
 public:
    explicit Codel(const QueueConfig& config) : fifo_(config) {}
    bool push(Packet packet, Bitrate capacity, Instant now) override {
        return fifo_.push(std::move(packet), capacity, now);
    }
    bool empty() const override { return fifo_.empty(); }
    std::int64_t bytes() const override { return fifo_.bytes(); }

    std::optional<Queued> pop(Bitrate capacity, Instant now) override {
        auto next = fifo_.pop();
        bool above = next && stays_above(*next, capacity, now);
        if (dropping_) {
            if (!above) dropping_ = false;
            while (dropping_ && now >= drop_next_) {
                ++count_;
                drop_next_ += spacing();
                if (mark(next->packet)) return next;
                next = drop(std::move(*next));
                above = next && stays_above(*next, capacity, now);
                if (!above) dropping_ = false;
            }
            return next;
        }
        if (!above) return next;
        dropping_ = true;
        // A state left a moment ago goes on where it was (RFC 8289 §5.4).
        const bool recent = now - drop_next_ < 16 * kInterval;
        const std::uint32_t delta = count_ - last_count_;
        count_ = recent && delta > 1 ? delta : 1;
        last_count_ = count_;
        drop_next_ = now + spacing();
        return mark(next->packet) ? std::move(next) : drop(std::move(*next));
    }

 private:
    static constexpr Duration kTarget = std::chrono::milliseconds(5);
    static constexpr Duration kInterval = std::chrono::milliseconds(100);

    std::optional<Queued> drop(Queued queued) {
        dropped_.push_back(std::move(queued));
        return fifo_.pop();
    }
    Duration spacing() const {
        const double interval = static_cast<double>(kInterval.count());
        return Duration(static_cast<Duration::rep>(interval / std::sqrt(double(count_))));
    }
    bool stays_above(const Queued& queued, Bitrate capacity, Instant now) {
        // One full packet must fit below the target on a slow link (RFC 8289 §4.4).
        const Duration target = std::max(kTarget, time_to_send(kFullPacket * 3 / 2, capacity));
        if (now - queued.entered < target || fifo_.bytes() <= kFullPacket) {
            first_above_ = kNever;
            return false;
        }
        if (first_above_ == kNever) first_above_ = now + kInterval;
        return now >= first_above_;
    }

    Fifo fifo_;
    bool dropping_ = false;
    Instant first_above_ = kNever;
    Instant drop_next_ = Instant{};
    std::uint32_t count_ = 0;
    std::uint32_t last_count_ = 0;
};

/// RFC 9332 Appendix A: a PI controller on the classic queue's delay, whose output drops classic
/// traffic by its square and marks scalable traffic by twice its value.
class DualPi2 final : public Queue {
 public:
    DualPi2(const QueueConfig& config, Random random)
        : classic_(config), scalable_(config), random_(random) {}

    bool push(Packet packet, Bitrate capacity, Instant now) override {
        update(now);
        const bool scalable = packet.ecn == cc::EcnMark::kEct1 || packet.ecn == cc::EcnMark::kCe;
        return (scalable ? scalable_ : classic_).push(std::move(packet), capacity, now);
    }
    bool empty() const override { return classic_.empty() && scalable_.empty(); }
    std::int64_t bytes() const override { return classic_.bytes() + scalable_.bytes(); }

    std::optional<Queued> pop(Bitrate capacity, Instant now) override {
        update(now);
        while (!empty()) {
            if (scalable_is_next()) {
                auto next = scalable_.pop();
                if (marks_scalable(*next, capacity, now)) mark(next->packet);
                return next;
            }
            auto next = classic_.pop();
            if (random_.uniform() >= base_ * base_) return next;
            if (mark(next->packet)) return next;
            dropped_.push_back(std::move(*next));
        }
        return std::nullopt;
    }

 private:
    static constexpr Duration kTarget = std::chrono::milliseconds(15);
    static constexpr Duration kUpdate = std::chrono::milliseconds(16);
    static constexpr Duration kMinThreshold = std::chrono::milliseconds(1);
    static constexpr double kAlpha = 0.16;  // per second of delay and second of time
    static constexpr double kBeta = 3.2;
    static constexpr double kCoupling = 2;
    static constexpr int kScalableShare = 9;  // of ten packets while both wait

    bool scalable_is_next() {
        if (scalable_.empty() || classic_.empty()) return classic_.empty();
        turn_ = (turn_ + 1) % (kScalableShare + 1);
        return turn_ != 0;
    }
    bool marks_scalable(const Queued& queued, Bitrate capacity, Instant now) {
        // The step must let two full packets pass on a slow link (RFC 9332 Appendix A.1).
        const Duration step = std::max(kMinThreshold, time_to_send(2 * kFullPacket, capacity));
        return now - queued.entered > step || random_.uniform() < std::min(1.0, kCoupling * base_);
    }
    void update(Instant now) {
        if (updated_ == Instant{}) updated_ = now;
        while (now - updated_ >= kUpdate) {
            updated_ += kUpdate;
            const double delay =
                to_seconds(std::max(classic_.wait_of_first(now), scalable_.wait_of_first(now)));
            base_ += (kAlpha * (delay - to_seconds(kTarget)) + kBeta * (delay - last_delay_)) *
                     to_seconds(kUpdate);
            base_ = std::clamp(base_, 0.0, 1.0);
            last_delay_ = delay;
        }
    }

    Fifo classic_;
    Fifo scalable_;
    Random random_;
    int turn_ = 0;
    double base_ = 0;
    double last_delay_ = 0;
    Instant updated_{};
};

}  // namespace

std::unique_ptr<Queue> make_queue(const QueueConfig& config, Random random) {
    switch (config.kind) {
        case QueueKind::kDropTail: break;
        case QueueKind::kThreshold: return std::make_unique<Threshold>(config);
        case QueueKind::kCodel: return std::make_unique<Codel>(config);
        case QueueKind::kDualPi2: return std::make_unique<DualPi2>(config, random);
    }
    return std::make_unique<DropTail>(config);
}

}  // namespace parley::sim
