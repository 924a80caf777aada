// Two negotiators with random wishes, joined by a link that delays: they always agree in the end.

#include <deque>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "peer/negotiation_testing.hpp"

namespace parley::peer {
namespace {

using namespace testing;

struct Message {
    bool offer = true;
    std::string text;
    Instant arrives;
};

/// A negotiator with its transport and the messages under way to it.
struct End {
    Negotiator negotiator;
    TransportParameters transport;
    bool yields = true;  // the polite side; the other ignores an offer that crosses its own
    std::deque<Message> inbox;
    std::vector<SenderId> senders;
    bool waits_for_answer = false;
};

class Pair {
 public:
    explicit Pair(std::uint64_t seed)
        : random_(seed),
          server_{negotiator_for_sfu(), server_transport(), true, {}, {}, false},
          client_{client(), client_transport(), false, {}, {}, false} {}

    static Negotiator client() {
        NegotiatorConfig config;
        config.may_offer_first = true;
        config.role_for_actpass = sdp::Setup::kActive;
        config.merge_window = 5ms;
        return Negotiator(config);
    }

    void run(int steps, bool with_changes) {
        for (int i = 0; i < steps; ++i) {
            now_ += Duration(1ms) * static_cast<std::int64_t>(random_.below(30));
            if (with_changes && random_.below(3) == 0) change(random_.below(2) ? server_ : client_);
            step(server_, client_);
            step(client_, server_);
        }
    }

    void expect_agreement() {
        const auto ours = server_.negotiator.sections();
        const auto theirs = client_.negotiator.sections();
        ASSERT_EQ(ours.size(), theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            EXPECT_EQ(ours[i].mid, theirs[i].mid);
            EXPECT_EQ(ours[i].kind, theirs[i].kind);
            EXPECT_EQ(ours[i].state == SectionState::kSending,
                      theirs[i].state == SectionState::kReceiving);
            EXPECT_EQ(ours[i].state == SectionState::kReceiving,
                      theirs[i].state == SectionState::kSending);
            if (ours[i].state == SectionState::kSending) {
                EXPECT_NE(theirs[i].codec(ours[i].payload_type), nullptr);
                EXPECT_EQ(theirs[i].remote_stream, "alice");
            }
        }
        for (auto* end : {&server_, &client_}) {
            EXPECT_EQ(end->negotiator.state(), SignalingState::kStable);
            EXPECT_FALSE(end->negotiator.wants_offer(now_ + 60min));
            for (const auto id : end->senders) {
                EXPECT_EQ(end->negotiator.sender_state(id), SenderState::kActive);
            }
        }
        EXPECT_EQ(server_.negotiator.dtls_role().value_or(sdp::Setup::kPassive),
                  sdp::Setup::kPassive);
    }

    /// Every section keeps its place, its mid and its kind, whatever happened.
    void expect_order(const std::vector<Section>& before) const {
        const auto after = server_.negotiator.sections();
        ASSERT_GE(after.size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            EXPECT_EQ(after[i].mid, before[i].mid);
            EXPECT_EQ(after[i].kind, before[i].kind);
        }
    }
    int collisions() const { return collisions_; }
    std::vector<Section> server_sections() const {
        const auto sections = server_.negotiator.sections();
        return {sections.begin(), sections.end()};
    }

 private:
    void change(End& end) {
        if (!end.senders.empty() && random_.below(2) == 0) {
            const auto index = random_.below(end.senders.size());
            end.negotiator.remove_sender(end.senders[index], now_);
            end.senders.erase(end.senders.begin() + static_cast<std::ptrdiff_t>(index));
            return;
        }
        if (end.senders.size() >= 6) return;
        const auto ssrc = random_.next_u32() & ~1U;
        const sdp::Codec formats[] = {codec("VP8"), codec("VP9", "profile-id=0"),
                                      codec("AV1", "profile=0")};
        auto spec =
            random_.below(2) ? audio_sender(ssrc) : video_sender(ssrc, formats[random_.below(3)]);
        end.senders.push_back(end.negotiator.add_sender(std::move(spec), now_));
    }

    void send(End& to, bool offer, std::string text) {
        auto arrives = now_ + Duration(1ms) * static_cast<std::int64_t>(1 + random_.below(60));
        if (!to.inbox.empty()) arrives = std::max(arrives, to.inbox.back().arrives);  // in order
        to.inbox.push_back({offer, std::move(text), arrives});
    }

    void step(End& end, End& other) {
        auto& negotiator = end.negotiator;
        while (!end.inbox.empty() && end.inbox.front().arrives <= now_) {
            const auto message = std::move(end.inbox.front());
            end.inbox.pop_front();
            if (!message.offer) {
                const auto result = negotiator.set_remote_answer(message.text, now_);
                ASSERT_TRUE(result) << result.error().code << ": " << result.error().cause;
                continue;
            }
            const bool crossed = negotiator.state() == SignalingState::kHaveLocalOffer;
            if (crossed && !end.yields) continue;
            const auto result = negotiator.set_remote_offer(message.text, now_);
            ASSERT_TRUE(result) << result.error().code << ": " << result.error().cause << "\n"
                                << message.text;
            EXPECT_EQ(result->collision, crossed);
            collisions_ += crossed ? 1 : 0;
            send(other, false, negotiator.create_answer(end.transport, now_));
        }
        negotiator.handle_timeout(now_);
        if (negotiator.wants_offer(now_)) {
            send(other, true, negotiator.create_offer(end.transport, now_));
        }
        while (negotiator.poll_event()) {
        }
    }

    Random random_;
    Instant now_{};
    End server_;
    End client_;
    int collisions_ = 0;
};

TEST(NegotiatorPair, RandomWishesAlwaysConverge) {
    int collisions = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Pair pair(seed);
        std::vector<Section> before;
        for (int round = 0; round < 4; ++round) {
            pair.run(40, true);
            pair.run(60, false);
            pair.expect_agreement();
            pair.expect_order(before);
            before = pair.server_sections();
            if (::testing::Test::HasFailure()) return;
        }
        EXPECT_LE(before.size(), 24U);  // sections are reused: no more than ever lived at once
        collisions += pair.collisions();
    }
    EXPECT_GT(collisions, 30);  // or this test shows little
}

}  // namespace
}  // namespace parley::peer
