// A forwarded packet allocates nothing after warm-up, shown by counting.

#include <array>
#include <gtest/gtest.h>
#include <memory>

#include "base/allocation_counter_testing.hpp"
#include "sfu/packet_writer.hpp"
#include "sfu/speakers.hpp"
#include "sfu/subscription.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

// Two layers into ten subscribers of changing wishes, with NACKs, reports and speaker levels.
class Load {
 public:
    Load() {
        source_[1].ssrc = Ssrc(2);
        source_[1].width = 640;
        source_[1].height = 360;
        format_.rtx_payload_type = 97;
        for (int i = 0; i < 10; ++i) {
            subscriptions_.push_back(std::make_unique<Subscription>(
                SubscriptionConfig{.retransmit = true, .wish = Wish::kHigh}, random_));
            subscriptions_.back()->start(publication_, now_);
        }
        // Made before counting: the packets that arrive are not the path's.
        for (int i = 0; i < kFrames; ++i) {
            for (std::size_t layer = 0; layer < 2; ++layer) {
                frames_[layer].push_back(source_[layer].frame(i % 15 == 0, 4, 1000));
            }
        }
    }

    void run(int from, int to) {
        for (int i = from; i < to; ++i, now_ += 33ms) {
            const auto wish = i / 30 % 2 == 0 ? Wish::kHigh : Wish::kLow;
            for (auto& s : subscriptions_) s->set_wish(wish, publication_, now_);
            for (std::size_t layer = 0; layer < 2; ++layer) {
                for (const auto& bytes : frames_[layer][static_cast<std::size_t>(i)]) {
                    forward(layer, bytes);
                }
                publication_.on_sender_report(layer, wall_.at(now_).ntp(),
                                              static_cast<std::uint32_t>(i) * 3000, now_);
            }
            upkeep(i);
        }
    }
    std::size_t written() const { return written_; }
    static constexpr int kFrames = 600;

 private:
    void forward(std::size_t layer, const test::Bytes& bytes) {
        const auto stored = arrivals_.on_packet(publication_, layer, test::view(bytes), now_);
        if (!stored) return;
        for (auto& s : subscriptions_) {
            const Decision decision = s->decide(publication_, **stored, now_);
            if (decision.forward) send({(*stored)->id, decision});
            while (const auto late = s->next_backlog(publication_, now_)) send(*late);
            if (!decision.forward) continue;
            if (auto again = s->on_nack(decision.sequence_number, publication_, now_, 10ms)) {
                written_ += write_rtx(*publication_.ring().find(again->slot), *again, format_,
                                      {now_, 7}, out_);
            }
        }
    }
    void send(const Forward& forward) {
        written_ += write_packet(*publication_.ring().find(forward.slot), forward.decision, format_,
                                 {now_, 7}, out_);
    }
    void upkeep(int i) {
        publication_.handle_timeout(now_);
        while (publication_.poll_keyframe_request(now_)) {
        }
        for (auto& s : subscriptions_) {
            if (s->sender_report_due(now_)) (void)s->make_sender_report(publication_, wall_, now_);
        }
        for (SpeakerId id = 0; id < 8; ++id) {
            speakers_.on_level(
                id, static_cast<std::uint8_t>((static_cast<unsigned>(i) / 20 + id) % 3 * 40), now_);
        }
        speakers_.handle_timeout(now_);
        (void)speakers_.poll();
    }

    Random random_{1};
    Instant now_ = test::at_ms(1000);
    WallAnchor wall_{Instant{}, WallTime{1'700'000'000'000'000}};
    Publication publication_{test::vp8_config({"l", "h"}), std::make_shared<ParticipantClock>()};
    test::Arrivals arrivals_;
    std::vector<std::unique_ptr<Subscription>> subscriptions_;
    std::array<test::Vp8Source, 2> source_;
    std::array<std::vector<std::vector<test::Bytes>>, 2> frames_;
    SpeakerDetector speakers_;
    OutboundFormat format_;
    std::array<std::uint8_t, 1500> out_{};
    std::size_t written_ = 0;
};

TEST(Allocation, AForwardedPacketAllocatesNothingAfterWarmUp) {
    Load load;
    load.run(0, 300);
    const std::size_t written = load.written();
    const std::size_t before = parley::testing::allocations;
    load.run(300, Load::kFrames);
    EXPECT_EQ(parley::testing::allocations, before);
    EXPECT_GT(load.written(), written + 1'000'000);
}

}  // namespace
}  // namespace parley::sfu
