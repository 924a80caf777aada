// Redundant audio through a publication and a subscription: unmade when it arrives, made again for
// one subscriber.

#include "rtp/red.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <optional>
#include <set>

#include "sfu/packet_writer.hpp"
#include "sfu/subscription.hpp"
#include "sfu/test_media.hpp"

namespace parley::sfu {
namespace {

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kRed = 63;

PublicationConfig red_config() {
    auto config = test::opus_config();
    config.payload_type = kOpus;
    config.red_payload_type = kRed;
    return config;
}

/// A frame that says its number, and its own size.
test::Bytes frame(std::uint32_t number, std::size_t size = 60) {
    test::Bytes bytes(size, static_cast<std::uint8_t>(number));
    bytes[0] = 0x78;
    store_be32(&bytes[1], number);
    return bytes;
}
std::uint32_t number_of(BytesView payload) {
    return load_be32(&payload[1]);
}

class RedThroughServer : public testing::Test {
 protected:
    RedThroughServer() {
        format_.ssrc = Ssrc(7);
        format_.payload_type = 100;
        format_.red_payload_type = 101;
        subscription_.start(publication_, now_);
    }
    /// Frame `n` arrives as a packet of its own, with `copies` frames before it when it is RED.
    void arrive(std::uint32_t n, std::optional<std::size_t> copies = {}, std::size_t size = 60) {
        test::Bytes payload = frame(n, size);
        std::uint8_t type = kOpus;
        if (copies) {
            type = kRed;
            std::vector<test::Bytes> frames;
            std::vector<rtp::RedBlock> blocks;
            for (std::size_t back = *copies; back > 0; --back)
                frames.push_back(frame(n - static_cast<std::uint32_t>(back), size));
            for (std::size_t i = 0; i < frames.size(); ++i) {
                const auto offset = static_cast<std::uint16_t>((*copies - i) * 960);
                blocks.push_back({kOpus, offset, frames[i]});
            }
            test::Bytes red(1400);
            red.resize(rtp::write_red(red, blocks, {kOpus, 0, payload}));
            payload = red;
        }
        const auto bytes =
            test::make_rtp({false, type, static_cast<std::uint16_t>(n), n * 960, Ssrc(1)}, payload);
        (void)publication_.on_packet(0, test::view(bytes), {}, now_);
        now_ += 20ms;
        look();
    }
    /// As the node does: every packet of the ring once.
    void look() {
        for (; next_ < publication_.ring().next(); ++next_) {
            const StoredPacket& stored = *publication_.ring().find(next_);
            const Decision decision = subscription_.decide(publication_, stored, now_);
            if (!decision.forward) continue;
            const Copies copies = copies_of(stored, decision, publication_.ring());
            test::Bytes out(1500);
            const std::size_t size =
                write_packet(stored, decision, format_, {now_, {}}, out, copies);
            EXPECT_EQ(size, packet_size(stored, decision, format_, {now_, {}}, copies));
            out.resize(size);
            sent_.push_back(std::move(out));
        }
    }
    rtp::PacketView sent(std::size_t i) const { return test::view(sent_[i]); }
    /// The frames in the newest packet sent, oldest first.
    std::vector<std::uint32_t> newest() const {
        std::vector<std::uint32_t> numbers;
        const auto packet = test::view(sent_.back());
        if (packet.payload_type == format_.payload_type) return {number_of(packet.payload)};
        const auto blocks = rtp::parse_red(packet.payload, packet.payload_type);
        EXPECT_TRUE(blocks);
        for (const auto& block : *blocks) {
            EXPECT_EQ(block.payload_type, format_.payload_type);
            numbers.push_back(number_of(block.payload));
            const std::uint32_t age = (number_of(blocks->back().payload) - numbers.back()) * 960;
            EXPECT_EQ(block.timestamp_offset, age);
        }
        return numbers;
    }

    Random random_{1};
    Instant now_ = Instant{} + 10s;
    Publication publication_{red_config(), std::make_shared<ParticipantClock>()};
    Subscription subscription_{{}, random_};
    OutboundFormat format_;
    SlotId next_ = 0;
    std::vector<test::Bytes> sent_;
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(RedThroughServer, WithoutNeedASubscriberGetsTheFrameAlone) {
    for (std::uint32_t n = 1; n < 10; ++n) {
        arrive(n, std::min<std::size_t>(n - 1, 2));
        EXPECT_EQ(sent_.size(), n);
        EXPECT_EQ(newest(), Numbers{n});
        EXPECT_EQ(test::view(sent_.back()).payload_type, 100);
    }
    EXPECT_EQ(publication_.total_found(), 0U);
}

TEST_F(RedThroughServer, WhatTheUplinkLostIsFoundAndSentAsAPacketOfItsOwn) {
    arrive(1, 0);
    arrive(2, 1);
    arrive(3, 2);
    arrive(6, 2);  // 4 and 5 were lost
    ASSERT_EQ(sent_.size(), 6U);
    EXPECT_EQ(publication_.found().size(), 2U);
    EXPECT_EQ(publication_.total_found(), 2U);
    for (std::size_t i = 1; i < sent_.size(); ++i) {
        EXPECT_EQ(sent(i).sequence_number, static_cast<std::uint16_t>(sent(0).sequence_number + i));
        EXPECT_EQ(sent(i).timestamp, sent(0).timestamp + 960 * i);
        EXPECT_EQ(number_of(sent(i).payload), i + 1);
    }
    arrive(5);  // it comes after all
    EXPECT_EQ(sent_.size(), 6U);
    EXPECT_EQ(publication_.layer_stats(0, now_).packets, 4U) << "what was found did not arrive";
}

TEST_F(RedThroughServer, CopiesGoAlongFromAPublisherThatSendsNone) {
    subscription_.set_redundancy(2);
    arrive(1);
    EXPECT_EQ(newest(), Numbers{1});
    arrive(2);
    EXPECT_EQ(newest(), (Numbers{1, 2}));
    arrive(3);
    EXPECT_EQ(newest(), (Numbers{1, 2, 3}));
    subscription_.set_redundancy(1);
    arrive(4);
    EXPECT_EQ(newest(), (Numbers{3, 4}));
    subscription_.set_redundancy(0);
    arrive(5);
    EXPECT_EQ(newest(), Numbers{5});
    EXPECT_EQ(subscription_.stats(publication_, now_).copies, 4U);
}

TEST_F(RedThroughServer, WhoDidNotNegotiateItGetsNone) {
    format_.red_payload_type.reset();
    subscription_.set_redundancy(2);
    for (std::uint32_t n = 1; n < 5; ++n) {
        arrive(n, std::min<std::size_t>(n - 1, 2));
        EXPECT_EQ(newest(), Numbers{n});
    }
}

TEST_F(RedThroughServer, NothingGoesAlongThatWasNotForTheSubscriber) {
    subscription_.set_redundancy(2);
    for (std::uint32_t n = 1; n < 5; ++n) arrive(n);
    publication_.set_muted(true);
    for (std::uint32_t n = 5; n < 8; ++n) arrive(n);
    publication_.set_muted(false);
    arrive(8);
    EXPECT_EQ(newest(), Numbers{8}) << "nothing of the silence, nor from before it";
    arrive(9);
    EXPECT_EQ(newest(), (Numbers{8, 9}));
    subscription_.set_wish(Wish::kOff, publication_, now_);
    arrive(10);
    subscription_.set_wish(Wish::kAuto, publication_, now_);
    arrive(11);
    EXPECT_EQ(newest(), Numbers{11});
}

TEST_F(RedThroughServer, NothingMutedIsFoundAfterwards) {
    for (std::uint32_t n = 1; n < 5; ++n) arrive(n, std::min<std::size_t>(n - 1, 2));
    publication_.set_muted(true);
    arrive(5, 2);
    publication_.set_muted(false);  // 6 was said before, and lost
    const std::size_t before = sent_.size();
    arrive(7, 2);
    EXPECT_EQ(sent_.size(), before + 1);
    EXPECT_EQ(newest(), Numbers{7});
}

TEST_F(RedThroughServer, GapsAreNotPapered) {
    subscription_.set_redundancy(2);
    for (std::uint32_t n = 1; n < 5; ++n) arrive(n);
    arrive(6);  // 5 is lost, and nobody has it
    EXPECT_EQ(newest(), (Numbers{4, 6}));
    arrive(7);
    EXPECT_EQ(newest(), (Numbers{6, 7}));
    arrive(5);  // late: it goes alone
    EXPECT_EQ(newest(), Numbers{5});
    arrive(8);
    EXPECT_EQ(newest(), (Numbers{6, 7, 8}));
}

TEST_F(RedThroughServer, SilenceIsTooLongForAnOffset) {
    subscription_.set_redundancy(2);
    const auto at = [&](std::uint16_t number, std::uint32_t timestamp) {
        const auto payload = frame(number);
        const auto bytes = test::make_rtp({false, kOpus, number, timestamp, Ssrc(1)}, payload);
        (void)publication_.on_packet(0, test::view(bytes), {}, now_);
        look();
    };
    at(1, 1000);
    at(2, 1000 + rtp::kMaxRedTimestampOffset);
    EXPECT_EQ(test::view(sent_.back()).payload_type, 101);
    at(3, 1000 + 2 * rtp::kMaxRedTimestampOffset + 1);
    EXPECT_EQ(test::view(sent_.back()).payload_type, 100);
}

TEST_F(RedThroughServer, APacketStaysBelowTheMtu) {
    subscription_.set_redundancy(2);
    const struct {
        std::size_t size;
        std::size_t frames;
    } table[] = {{100, 3}, {320, 3}, {340, 2}, {490, 2}, {510, 1}, {1100, 1}};
    std::uint32_t n = 1;
    for (const auto& row : table) {
        for (int i = 0; i < 4; ++i) arrive(n++, {}, row.size);
        EXPECT_EQ(newest().size(), row.frames) << row.size;
        if (row.frames > 1) {
            EXPECT_LE(test::view(sent_.back()).payload.size(), kMaxRedPayload);
        }
    }
}

TEST_F(RedThroughServer, SealedRedundancyGoesOnUntouched) {
    subscription_.set_redundancy(2);
    const test::Bytes sealed{0xF3, 0x91, 0x22, 0x7A, 0x05, 0xD1, 0x33};
    const auto bytes = test::make_rtp({false, kRed, 1, 960, Ssrc(1)}, sealed);
    ASSERT_TRUE(publication_.on_packet(0, test::view(bytes), {}, now_));
    look();
    EXPECT_TRUE(publication_.opaque());
    EXPECT_EQ(sent(0).payload_type, 101);
    EXPECT_TRUE(std::ranges::equal(sent(0).payload, sealed));
}

// Loss one by one, on the way to the subscriber: what is missing after n copies is p^(n+1).
TEST_F(RedThroughServer, WhatRemainsOfRandomLossIsAsReckoned) {
    for (const double p : {0.1, 0.3, 0.5}) {
        for (std::uint8_t copies = 0; copies <= kMaxCopies; ++copies) {
            Publication publication(red_config(), std::make_shared<ParticipantClock>());
            Subscription subscription({}, random_);
            subscription.start(publication, now_);
            subscription.set_redundancy(copies);
            std::set<std::uint32_t> heard;
            constexpr std::uint32_t kFrames = 20'000;
            for (std::uint32_t n = 1; n <= kFrames; ++n) {
                const auto bytes = test::make_rtp(
                    {false, kOpus, static_cast<std::uint16_t>(n), n * 960, Ssrc(1)}, frame(n));
                now_ += 20ms;
                const auto stored = publication.on_packet(0, test::view(bytes), {}, now_);
                const auto decision = subscription.decide(publication, **stored, now_);
                if (random_.uniform() < p) continue;
                heard.insert(n);
                const Copies along = copies_of(**stored, decision, publication.ring());
                for (const auto& copy : along) heard.insert(number_of(copy.payload));
            }
            const double missing = 1 - static_cast<double>(heard.size()) / kFrames;
            EXPECT_NEAR(missing, std::pow(p, copies + 1), 0.01) << p << " " << int{copies};
        }
    }
}

}  // namespace
}  // namespace parley::sfu
