// A whole node that forwards only the loudest microphones of a room: who is heard, and that what is
// heard is a stream without a seam.

#include <gtest/gtest.h>

#include "tests/pair/voice.hpp"

namespace parley::testing {
namespace {

constexpr std::uint8_t kTalk = 30;  // dB below overload
constexpr std::uint8_t kQuiet = 80;

/// A frame of a voice as it came: which, and in what packet.
struct Frame {
    std::uint32_t number = 0;
    std::uint16_t sequence_number = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    bool copy = false;  // it went along with a later one
};

/// Speakers with a microphone each, and one who listens.
class Meeting {
 public:
    explicit Meeting(std::size_t speakers, std::size_t loudest = 2, std::uint64_t seed = 51)
        : world(seed, config(loudest)), listener(world.add_client("listener")) {
        listener.publish(kAudio, "opus", {}, world.now);
        world.negotiate(listener);
        for (std::size_t i = 0; i < speakers; ++i) add("s" + std::to_string(i));
        listener.on_packet = [this](const peer::IncomingPacket& incoming) { hear(incoming); };
        run(2s);
    }
    Client& add(const std::string& name) {
        Client& client = world.add_client(name);
        client.publish(kAudio, "opus", {}, world.now);
        client.audio_level = kQuiet;
        world.negotiate(client);
        clients.push_back(&client);
        voices.push_back(std::make_unique<Voice>(world, client));
        voices.back()->ssrc = Ssrc(0xA0D10 + static_cast<std::uint32_t>(voices.size()));
        return client;
    }
    void run(Duration duration) {
        world.run(duration, [&] {
            for (auto& voice : voices) {
                if (voice) voice->tick();
            }
        });
    }
    void leave(std::size_t speaker) {
        voices[speaker].reset();
        world.leave(*std::exchange(clients[speaker], nullptr));
    }
    void say(std::size_t speaker, std::uint8_t level) { clients[speaker]->audio_level = level; }
    void describe(Client& client, std::optional<signal::TrackSource> source,
                  std::optional<bool> muted) {
        const std::string mid = client.section_of(0)->mid;
        world.command(signal::DescribeTrack{world.id_of(client), mid, source, muted});
    }
    /// What came of a speaker since the last call.
    std::vector<Frame> take(std::size_t speaker) {
        for (const auto& mapping : listener.mappings) {
            if (mapping.participant == clients[speaker]->name()) {
                return std::exchange(frames_[mapping.mid], {});
            }
        }
        return {};
    }
    signal::SubscriptionStats subscription(std::size_t speaker) {
        for (const auto& one : world.stats[world.id_of(listener)].subscriptions) {
            if (one.participant == clients[speaker]->name()) return one;
        }
        return {};
    }

    World world;
    Client& listener;
    std::vector<Client*> clients;
    std::vector<std::unique_ptr<Voice>> voices;

 private:
    static node::NodeConfig config(std::size_t loudest) {
        node::NodeConfig config;
        config.loudest_audio = loudest;
        return config;
    }
    void hear(const peer::IncomingPacket& incoming) {
        auto& frames = frames_[listener.peer().receiver().sections()[incoming.stream->section].mid];
        Frame frame{0, incoming.packet.sequence_number, incoming.packet.timestamp,
                    incoming.packet.marker, false};
        if (incoming.stream->codec != media::Codec::kRed) {
            frame.number = load_be32(&incoming.packet.payload[1]);
            frames.push_back(frame);
            return;
        }
        const auto blocks = rtp::parse_red(incoming.packet.payload);
        ASSERT_TRUE(blocks);
        for (const auto& block : *blocks) {
            frame.copy = &block != &blocks->back();
            frame.number = load_be32(&block.payload[1]);
            frames.push_back(frame);
        }
    }

    std::map<std::string, std::vector<Frame>> frames_;  // by mid
};

TEST(Loudest, OnlySoManyAreSentAndTheOthersSayWhy) {
    Meeting meeting(4);
    meeting.say(2, kTalk);
    meeting.say(3, kTalk);
    meeting.run(1s);
    for (std::size_t i = 0; i < 4; ++i) meeting.take(i);
    meeting.run(2s);
    EXPECT_TRUE(meeting.take(0).empty());
    EXPECT_TRUE(meeting.take(1).empty());
    EXPECT_EQ(meeting.take(2).size(), 100U);
    EXPECT_EQ(meeting.take(3).size(), 100U);
    EXPECT_EQ(meeting.subscription(0).reason, "loudest_n");
    EXPECT_EQ(meeting.subscription(3).reason, "only_layer");
    EXPECT_GT(meeting.world.node().stats().drops.of(trace::Drop::kNotLoudest), 200U);
}

TEST(Loudest, AWordIsHeardFromItsBeginningAndWithoutASeam) {
    Meeting meeting(4);
    meeting.say(2, kTalk);
    meeting.run(3s);
    meeting.say(2, kQuiet);
    meeting.run(2s);
    auto before = meeting.take(2);  // still heard: nobody else has spoken
    ASSERT_FALSE(before.empty());
    meeting.say(0, kTalk);
    meeting.say(1, kTalk);
    meeting.run(3s);
    auto last = meeting.take(2);
    if (last.empty()) last = before;
    meeting.say(0, kQuiet);
    meeting.run(1s);
    EXPECT_TRUE(meeting.take(2).empty());

    const std::uint32_t word = meeting.voices[2]->sent() + 1;
    meeting.say(2, kTalk);
    meeting.run(1s);
    const auto heard = meeting.take(2);
    ASSERT_FALSE(heard.empty());
    EXPECT_LE(heard.front().number, word);
    EXPECT_GE(heard.front().number + 4, word) << "and a little of what was before it";
    EXPECT_TRUE(heard.front().marker) << "RFC 3551: a talkspurt begins";
    EXPECT_EQ(heard.front().sequence_number,
              static_cast<std::uint16_t>(last.back().sequence_number + 1));
    EXPECT_EQ(heard.front().timestamp - last.back().timestamp,
              (heard.front().number - last.back().number) * 960);
    for (std::size_t i = 1; i < heard.size(); ++i) {
        EXPECT_EQ(heard[i].number, heard[i - 1].number + 1);
        EXPECT_EQ(heard[i].timestamp, heard[i - 1].timestamp + 960);
        EXPECT_EQ(heard[i].sequence_number,
                  static_cast<std::uint16_t>(heard[i - 1].sequence_number + 1));
        EXPECT_FALSE(heard[i].marker);
    }
}

TEST(Loudest, PlacesThatComeAndGoLeaveNoGapAndNothingTwice) {
    Meeting meeting(5);
    std::map<std::size_t, std::vector<Frame>> all;
    for (int turn = 0; turn < 300; ++turn) {
        const auto who = static_cast<std::size_t>(meeting.world.random().uniform() * 5);
        meeting.say(who, meeting.world.random().uniform() < 0.5 ? kTalk : kQuiet);
        meeting.run(Duration(20ms) * static_cast<int>(1 + meeting.world.random().uniform() * 60));
        for (std::size_t i = 0; i < 5; ++i) {
            const auto frames = meeting.take(i);
            all[i].insert(all[i].end(), frames.begin(), frames.end());
        }
    }
    std::size_t spurts = 0;
    for (const auto& [speaker, frames] : all) {
        for (std::size_t i = 1; i < frames.size(); ++i) {
            const Frame& frame = frames[i];
            const Frame& before = frames[i - 1];
            ASSERT_EQ(frame.sequence_number,
                      static_cast<std::uint16_t>(before.sequence_number + 1));
            ASSERT_GT(frame.number, before.number);
            ASSERT_EQ(frame.timestamp - before.timestamp, (frame.number - before.number) * 960);
            EXPECT_TRUE(frame.marker || frame.number == before.number + 1);
            spurts += frame.marker ? 1 : 0;
        }
    }
    EXPECT_GT(spurts, 30U);
}

TEST(Loudest, RedundancyHasNothingThatTheSubscriberWasNotToHear) {
    Meeting meeting(3, 1);
    meeting.world.lost = [&](const auto&, const auto& to, BytesView bytes) {
        return to == meeting.listener.address() && bytes[0] >= 128 &&
               meeting.world.random().uniform() < 0.25;
    };
    meeting.say(0, kTalk);
    meeting.run(8s);
    EXPECT_EQ(meeting.subscription(0).redundancy, 2);
    std::size_t copies = 0;
    for (int turn = 0; turn < 20; ++turn) {
        meeting.say(0, kQuiet);
        meeting.say(1, kTalk);
        meeting.run(2s);  // from now on nothing is heard of the first one
        const std::uint32_t silence = meeting.voices[0]->sent();
        meeting.take(0);
        meeting.say(1, kQuiet);
        meeting.run(1s);
        const std::uint32_t word = meeting.voices[0]->sent() + 1;
        meeting.say(0, kTalk);
        meeting.run(1s);
        for (const Frame& frame : meeting.take(0)) {
            EXPECT_GT(frame.number, silence);
            EXPECT_GE(frame.number + 4, word);
            copies += frame.copy ? 1 : 0;
        }
    }
    EXPECT_GT(copies, 1000U);
}

TEST(Loudest, MutedMicrophonesAndThoseThatWentMakeRoom) {
    Meeting meeting(4);
    for (const std::size_t speaker : {2, 3, 1, 0}) {  // who spoke later comes first
        meeting.say(speaker, kTalk);
        meeting.run(1s);
        meeting.say(speaker, kQuiet);
    }
    meeting.run(1s);
    EXPECT_NE(meeting.subscription(0).reason, "loudest_n");
    EXPECT_EQ(meeting.subscription(3).reason, "loudest_n");
    meeting.describe(*meeting.clients[0], std::nullopt, true);
    meeting.run(2s);
    EXPECT_EQ(meeting.subscription(0).reason, "loudest_n");
    EXPECT_NE(meeting.subscription(3).reason, "loudest_n");
    meeting.leave(1);
    meeting.run(2s);
    EXPECT_NE(meeting.subscription(2).reason, "loudest_n");
    EXPECT_EQ(meeting.subscription(0).reason, "loudest_n");
}

TEST(Loudest, AScreensSoundAndWhoSaysNoLevelAreAlwaysHeard) {
    Meeting meeting(4);
    Client& sharer = meeting.add("sharer");
    meeting.run(500ms);
    meeting.describe(sharer, signal::TrackSource::kScreenAudio, std::nullopt);
    Client& old = meeting.add("old");
    old.audio_level.reset();
    for (std::size_t i = 0; i < 4; ++i) meeting.say(i, kTalk);
    meeting.run(3s);
    meeting.take(4);
    meeting.take(5);
    meeting.run(1s);
    EXPECT_EQ(meeting.take(4).size(), 50U);
    EXPECT_EQ(meeting.take(5).size(), 50U);
    EXPECT_EQ(meeting.take(2).size(), 0U);
}

TEST(Loudest, WhoJoinsLaterHearsThoseWhoHavePlacesAlone) {
    Meeting meeting(4);
    meeting.say(0, kTalk);
    meeting.say(3, kTalk);
    meeting.run(1s);
    Client& late = meeting.world.add_client("late");
    late.publish(kAudio, "opus", {}, meeting.world.now);
    meeting.world.negotiate(late);
    meeting.run(3s);
    std::map<std::string, std::uint64_t> heard;
    for (const auto& one : meeting.world.stats[meeting.world.id_of(late)].subscriptions) {
        heard[one.participant] = one.packets;
    }
    EXPECT_EQ(heard.size(), 4U);
    EXPECT_EQ(heard["s1"] + heard["s2"], 0U);
    EXPECT_GT(heard["s0"], 50U);
    EXPECT_GT(heard["s3"], 50U);
}

TEST(Loudest, WithoutALimitAllAreHeard) {
    Meeting meeting(4, 0);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_FALSE(meeting.take(i).empty());
        EXPECT_EQ(meeting.subscription(i).reason, "only_layer");
    }
}

}  // namespace
}  // namespace parley::testing
