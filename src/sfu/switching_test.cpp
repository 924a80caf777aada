// Thousands of random layer switches over a bad network, judged by a decoder's rules.

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>

#include "base/unwrap.hpp"
#include "media/vp8.hpp"
#include "sfu/bad_wire_testing.hpp"
#include "sfu/packet_writer.hpp"
#include "sfu/subscription.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

struct Origin {
    std::size_t layer = 0;
    std::int64_t index = 0;  // in the layer's sending order
    std::int64_t frame = 0;
    bool starts_keyframe = false;
    bool padding = false;
    bool delivered = false;
    bool left_out = false;
    std::uint32_t timestamp = 0;
    std::uint8_t tl0_index = 0;
    double captured = 0;  // seconds
    test::Bytes bytes;
};

struct Received {
    const Origin* origin = nullptr;
    std::uint32_t timestamp = 0;
    std::optional<media::Vp8Descriptor> vp8;
};

class World {
 public:
    World(std::uint64_t seed, bool long_ids)
        : random_(seed), subscription_({.retransmit = true}, random_) {
        format_.ssrc = Ssrc(4242);
        format_.payload_type = 98;
        for (std::size_t i = 0; i < 3; ++i) {
            auto& source = sources_[i];
            source.ssrc = Ssrc(10 + static_cast<std::uint32_t>(i));
            source.sequence_number = random_.next_u16();
            source.timestamp = random_.next_u32();
            first_timestamp_[i] = source.timestamp;
            source.picture_id = random_.next_u16() & 0x7FFF;
            source.tl0_index = static_cast<std::uint8_t>(random_());
            source.long_id = long_ids;
            source.width = static_cast<std::uint16_t>(160 << i);
            source.height = static_cast<std::uint16_t>(90 << i);
        }
        subscription_.start(publication_, now_);
    }

    void run(int frames) {
        for (int i = 0; i < frames; ++i) frame_time();
        deliver_until(now_ + 1s);
    }
    void judge();
    std::uint64_t switches() const {
        return subscription_.stats(publication_, now_).layer_switches;
    }

 private:
    void frame_time() {
        const Instant captured = now_;
        for (std::size_t layer = 0; layer < 3; ++layer) send_frame(layer, captured);
        if (frame_ % 30 == 0) report(captured);
        if (random_.uniform() < 0.25) {
            static constexpr Wish kWishes[] = {Wish::kLow, Wish::kMedium, Wish::kHigh, Wish::kAuto};
            subscription_.set_wish(kWishes[random_.below(4)], publication_, now_);
        }
        ++frame_;
        deliver_until(captured + Duration(33'333'333));
    }

    void send_frame(std::size_t layer, Instant captured) {
        const bool key = wanted_[layer] && now_ >= answer_at_[layer];
        if (key) wanted_[layer] = false;
        auto& source = sources_[layer];
        const std::size_t packets = (std::size_t{1} << layer) + random_.below(2) + (key ? 3 : 0);
        auto frame = source.frame(key, packets, 60 + random_.below(60), 3000);
        for (std::size_t i = 0; i < frame.size(); ++i) {
            remember(layer, captured, std::move(frame[i]), key && i == 0, false);
        }
        if (random_.uniform() < 0.1) remember(layer, captured, source.padding(), false, true);
    }

    void remember(std::size_t layer, Instant captured, test::Bytes bytes, bool key, bool padding) {
        auto origin = std::make_unique<Origin>();
        origin->layer = layer;
        origin->index = static_cast<std::int64_t>(origins_[layer].size());
        origin->frame = frame_;
        origin->starts_keyframe = key;
        origin->padding = padding;
        origin->timestamp = sources_[layer].timestamp;
        origin->tl0_index = sources_[layer].tl0_index;
        origin->captured = to_seconds(captured.time_since_epoch());
        origin->bytes = std::move(bytes);
        schedule(*origin, captured);
        origins_[layer].push_back(std::move(origin));
    }

    void schedule(Origin& origin, Instant captured) {
        wire_.send(origin,
                   captured + 10ms + 200us * static_cast<int>(origin.layer) + serial_++ * 1us);
    }

    void report(Instant captured) {
        serial_ = 0;
        const WallTime wall{1'600'000'000'000'000 + captured.time_since_epoch() / 1us};
        for (std::size_t layer = 0; layer < 3; ++layer) {
            publication_.on_sender_report(layer, wall.ntp(), sources_[layer].timestamp,
                                          now_ + 10ms);
        }
    }

    void deliver_until(Instant end) {
        while (const auto arrival = wire_.next(end)) {
            now_ = arrival->at;
            deliver(*arrival->packet);
            while (const auto layer = publication_.poll_keyframe_request(now_)) {
                wanted_[*layer] = true;
                answer_at_[*layer] = now_ + 20ms;
            }
            if (publication_.next_timeout() <= now_) publication_.handle_timeout(now_);
        }
        now_ = end;
    }

    void deliver(Origin& origin) {
        const auto stored =
            arrivals_.on_packet(publication_, origin.layer, test::view(origin.bytes), now_);
        if (!stored) {
            ASSERT_TRUE(origin.delivered) << trace::name(stored.error());
            return;
        }
        ASSERT_FALSE(origin.delivered);
        origin.delivered = true;
        by_slot_[(*stored)->id] = &origin;
        const Decision decision = subscription_.decide(publication_, **stored, now_);
        if (decision.forward) receive((*stored)->id, decision);
        if (decision.reason == trace::Drop::kPaddingOnly) origin.left_out = true;
        while (const auto forward = subscription_.next_backlog(publication_, now_)) {
            receive(forward->slot, forward->decision);
        }
        // What the backlog leaves out is seen by its absence; find it by elimination.
    }

    void receive(SlotId slot, const Decision& decision) {
        const StoredPacket* stored = publication_.ring().find(slot);
        ASSERT_NE(stored, nullptr);
        std::array<std::uint8_t, 1500> out{};
        const std::size_t size = write_packet(*stored, decision, format_, {now_, {}}, out);
        const auto packet = rtp::parse_packet(BytesView(out).first(size)).value();
        const std::int64_t number = unwrap_.unwrap(packet.sequence_number);
        Received received{by_slot_.at(slot), packet.timestamp, {}};
        if (!packet.payload.empty()) received.vp8 = media::parse_vp8(packet.payload).value();
        ASSERT_TRUE(received_.emplace(number, received).second) << "sent twice: " << number;
    }

    void judge_within(std::int64_t number, const Received& a, std::int64_t next, const Received& b);
    void judge_switch(std::int64_t number, const Received& a, std::int64_t next, const Received& b);

    Random random_;
    Publication publication_{test::vp8_config({"q", "h", "f"}),
                             std::make_shared<ParticipantClock>()};
    test::Arrivals arrivals_;
    Subscription subscription_;
    OutboundFormat format_;
    std::array<test::Vp8Source, 3> sources_;
    std::array<std::uint32_t, 3> first_timestamp_{};
    std::array<bool, 3> wanted_{true, true, true};
    std::array<Instant, 3> answer_at_{};
    std::array<std::vector<std::unique_ptr<Origin>>, 3> origins_;
    test::BadWire<Origin> wire_{{.most_reordered_ms = 40}, random_};
    std::map<SlotId, const Origin*> by_slot_;
    std::map<std::int64_t, Received> received_;
    Unwrapper<std::uint16_t> unwrap_;
    Instant now_ = test::at_ms(500);
    std::int64_t frame_ = 0;
    int serial_ = 0;
};

std::uint16_t mask(const media::Vp8Descriptor& vp8) {
    return vp8.picture_id_mask();
}

void World::judge_within(std::int64_t number, const Received& a, std::int64_t next,
                         const Received& b) {
    // Every number that is missing belongs to a packet that never came.
    ASSERT_LT(a.origin->index, b.origin->index);
    std::int64_t lost = 0;
    for (std::int64_t i = a.origin->index + 1; i < b.origin->index; ++i) {
        const Origin& between = *origins_[a.origin->layer][static_cast<std::size_t>(i)];
        if (between.left_out) continue;
        ASSERT_FALSE(between.delivered && !between.padding)
            << "a packet that came was not sent: layer " << a.origin->layer << " index " << i;
        if (!between.delivered) ++lost;
    }
    ASSERT_EQ(next - number - 1, lost);
    ASSERT_EQ(b.timestamp - a.timestamp, b.origin->timestamp - a.origin->timestamp);
    if (!a.vp8 || !b.vp8) return;
    ASSERT_EQ((b.vp8->picture_id - a.vp8->picture_id) & mask(*b.vp8),
              (b.origin->frame - a.origin->frame) & mask(*b.vp8));
    ASSERT_EQ(static_cast<std::uint8_t>(b.vp8->tl0_picture_index - a.vp8->tl0_picture_index),
              static_cast<std::uint8_t>(b.origin->tl0_index - a.origin->tl0_index));
}

void World::judge_switch(std::int64_t number, const Received& a, std::int64_t next,
                         const Received& b) {
    ASSERT_EQ(next, number + 1) << "a gap at a switch";
    ASSERT_TRUE(b.origin->starts_keyframe) << "a layer that does not begin with its keyframe";
    ASSERT_GT(static_cast<std::int32_t>(b.timestamp - a.timestamp), 0);
    if (!a.vp8 || !b.vp8) return;
    ASSERT_EQ(b.vp8->picture_id, (a.vp8->picture_id + 1) & mask(*b.vp8));
    ASSERT_EQ(b.vp8->tl0_picture_index, static_cast<std::uint8_t>(a.vp8->tl0_picture_index + 1));
}

void World::judge() {
    ASSERT_FALSE(received_.empty());
    ASSERT_TRUE(received_.begin()->second.origin->starts_keyframe);
    const Received first = received_.begin()->second;
    const Received* before = nullptr;
    std::int64_t number = 0;
    for (const auto& [next, received] : received_) {
        if (before != nullptr && before->origin->layer == received.origin->layer) {
            judge_within(number, *before, next, received);
        } else if (before != nullptr) {
            judge_switch(number, *before, next, received);
        }
        // In step with the captures, never behind, and ahead by no more than a keyframe was late.
        const double passed = (received.timestamp - first.timestamp) / 90'000.0;
        const double ahead = passed - (received.origin->captured - first.origin->captured);
        EXPECT_GE(ahead, -0.005);
        EXPECT_LE(ahead, 0.170);
        if (testing::Test::HasFailure()) {
            FAIL() << "at number " << next << " frame " << received.origin->frame;
        }
        before = &received;
        number = next;
    }
}

TEST(Switching, ThousandsOfSwitchesOnABadNetworkLookLikeOneStream) {
    std::uint64_t switches = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        World world(seed, seed % 4 != 0);
        world.run(2000);
        world.judge();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        switches += world.switches();
    }
    EXPECT_GE(switches, 3000U);
}

}  // namespace
}  // namespace parley::sfu
