// A whole node that sends everybody only the cameras of those who spoke last.

#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

constexpr std::uint8_t kTalk = 30;  // dB below overload
constexpr std::uint8_t kQuiet = 80;

/// People with camera and microphone, and a viewer.
class Meeting {
 public:
    explicit Meeting(std::size_t people, std::size_t last = 2)
        : world(61, config(last)), viewer(add("viewer")) {
        for (std::size_t i = 0; i < people; ++i) add("p" + std::to_string(i));
        run(3s);
        for (std::size_t i = 0; i < people; ++i) {
            tracks_.push_back(person(i).name() + "." + person(i).section_of(1)->mid);
        }
    }
    Client& add(const std::string& name) {
        Client& client = join(world, name);
        client.audio_level = kQuiet;
        clients.push_back(&client);
        cameras.push_back(std::make_unique<Camera>(world, client));
        return client;
    }
    Client& person(std::size_t i) { return *clients[i + 1]; }
    Camera& camera(std::size_t i) { return *cameras[i + 1]; }
    void leave(std::size_t i) {
        cameras[i + 1].reset();
        world.leave(*std::exchange(clients[i + 1], nullptr));
    }
    /// What a person says of its camera.
    void describe(std::size_t i, std::optional<signal::TrackSource> source,
                  std::optional<bool> muted) {
        const std::string mid = person(i).section_of(1)->mid;
        world.command(signal::DescribeTrack{world.id_of(person(i)), mid, source, muted});
    }
    std::string track(std::size_t i) { return tracks_.at(i); }
    void say(std::size_t i, std::uint8_t level) { person(i).audio_level = level; }
    void run(Duration duration) {
        world.run(duration, [&] { tick(); });
    }
    void tick() {
        for (auto& camera : cameras) {
            if (camera) camera->tick();
        }
    }
    signal::SubscriptionStats video(std::size_t i, const Client* of = nullptr) {
        const Client& subscriber = of == nullptr ? viewer : *of;
        for (const auto& one : world.stats[world.id_of(subscriber)].subscriptions) {
            if (one.track == track(i)) return one;
        }
        return {};
    }
    std::uint64_t packets(std::size_t i) {
        for (const auto& mapping : viewer.mappings) {
            if (mapping.track != track(i)) continue;
            for (const auto& [ssrc, heard] : viewer.heard()) {
                if (heard.mid == mapping.mid) return heard.packets;
            }
        }
        return 0;
    }
    /// Whose cameras the viewer gets.
    std::set<std::size_t> seen() {
        std::vector<std::uint64_t> before;
        for (std::size_t i = 0; i + 1 < clients.size(); ++i) before.push_back(packets(i));
        run(400ms);
        std::set<std::size_t> seen;
        for (std::size_t i = 0; i < before.size(); ++i) {
            if (packets(i) > before[i]) seen.insert(i);
        }
        return seen;
    }
    /// What the viewer was told of a camera, oldest first.
    std::vector<std::string> told(std::size_t i) {
        std::vector<std::string> told;
        for (const auto& event : world.events) {
            const auto* changed = std::get_if<signal::SubscriptionChanged>(&event);
            if (changed == nullptr || changed->subscriber != world.id_of(viewer)) continue;
            if (changed->track != track(i)) continue;
            const bool paused = changed->status == signal::SubscriptionStatus::kPaused;
            told.push_back(paused ? changed->reason : "active");
        }
        return told;
    }

    World world;
    std::vector<Client*> clients;
    std::vector<std::unique_ptr<Camera>> cameras;
    Client& viewer;

 private:
    static node::NodeConfig config(std::size_t last) {
        node::NodeConfig config;
        config.last_video = last;
        return config;
    }
    std::vector<std::string> tracks_;
};

using People = std::set<std::size_t>;

TEST(LastN, OnlyThoseWhoSpokeLastAreSeenAndTheOthersSayWhy) {
    Meeting meeting(4);
    EXPECT_EQ(meeting.seen(), (People{0, 1})) << "the first who came, while nobody has spoken";
    meeting.say(3, kTalk);
    meeting.run(2s);
    meeting.say(3, kQuiet);
    meeting.say(2, kTalk);
    meeting.run(2s);
    EXPECT_EQ(meeting.seen(), (People{2, 3}));
    EXPECT_EQ(meeting.video(0).status, signal::SubscriptionStatus::kPaused);
    EXPECT_EQ(meeting.video(0).reason, "last_n");
    EXPECT_EQ(meeting.video(2).status, signal::SubscriptionStatus::kActive);
    EXPECT_EQ(meeting.told(0), std::vector<std::string>{"last_n"});
    EXPECT_EQ(meeting.told(2), (std::vector<std::string>{"last_n", "active"}));
}

TEST(LastN, WhatNobodySeesIsNotSentByItsPublisherAndReturnsWithAKeyframeAtTheFirstWord) {
    Meeting meeting(4);
    for (std::size_t i = 0; i < 4; ++i) meeting.say(i, kQuiet);
    meeting.run(10s);
    // Each of the others gets two cameras as well: of the last two people nobody needs them.
    EXPECT_FALSE(meeting.camera(3).off().empty());
    const auto before = meeting.packets(3);
    meeting.say(3, kTalk);
    const Instant word = meeting.world.now;
    const auto shown = [&] {
        meeting.tick();
        return meeting.packets(3) > before;
    };
    ASSERT_TRUE(meeting.world.run_until(shown, 2s));
    EXPECT_LT(meeting.world.now - word, 400ms);
    EXPECT_TRUE(meeting.camera(3).off().empty());
    meeting.run(1s);
    EXPECT_EQ(meeting.video(3).reason, "only_layer") << "and not waiting for a keyframe";
}

TEST(LastN, ManyWhoSpeakAtOnceDoNotTakeTurns) {
    Meeting meeting(5);
    for (int word = 0; word < 120; ++word) {
        for (std::size_t i = 0; i < 5; ++i) {
            meeting.say(i, meeting.world.random().uniform() < 0.6 ? kTalk : kQuiet);
        }
        meeting.run(500ms);
    }
    std::size_t changes = 0;
    for (std::size_t i = 0; i < 5; ++i) changes += meeting.told(i).size();
    EXPECT_LT(changes, 60U) << "in a minute of words of half a second";
}

TEST(LastN, ScreensAndWhatIsWantedMostComeOnTop) {
    Meeting meeting(4);
    meeting.world.command(signal::SetLayerWish{
        meeting.world.id_of(meeting.viewer), meeting.track(3), signal::LayerWish::kAuto, 0, 0, 90});
    meeting.describe(2, signal::TrackSource::kScreen, std::nullopt);
    meeting.run(2s);
    EXPECT_EQ(meeting.seen(), (People{0, 1, 2, 3}));
    meeting.world.command(signal::SetLayerWish{
        meeting.world.id_of(meeting.viewer), meeting.track(3), signal::LayerWish::kAuto, 0, 0, 50});
    meeting.run(1s);
    EXPECT_EQ(meeting.seen(), (People{0, 1, 2}));
}

TEST(LastN, ASubscriberMayWantFewerButNotMore) {
    Meeting meeting(4);
    const auto limit = [&](std::optional<std::uint16_t> count) {
        meeting.world.command(signal::SetVideoLimit{meeting.world.id_of(meeting.viewer), count});
        meeting.run(1s);
        return meeting.seen();
    };
    EXPECT_EQ(limit(1), People{0});
    EXPECT_EQ(meeting.video(1, &meeting.person(3)).reason, "last_n") << "viewer and p0 come first";
    EXPECT_EQ(limit(0), People{});
    EXPECT_EQ(limit(3), (People{0, 1}));
    EXPECT_EQ(limit({}), (People{0, 1}));
}

TEST(LastN, WithoutARoomsLimitASubscribersOwnHolds) {
    Meeting meeting(3, 0);
    EXPECT_EQ(meeting.seen(), (People{0, 1, 2}));
    meeting.world.command(signal::SetVideoLimit{meeting.world.id_of(meeting.viewer), 1});
    meeting.say(2, kTalk);
    meeting.run(1s);
    EXPECT_EQ(meeting.seen(), People{2});
    EXPECT_EQ(meeting.video(0, &meeting.person(1)).reason, "only_layer");
}

TEST(LastN, ACameraThatIsOffTakesNoPlace) {
    Meeting meeting(3);
    EXPECT_EQ(meeting.seen(), (People{0, 1}));
    meeting.describe(0, std::nullopt, true);
    meeting.run(1s);
    EXPECT_TRUE(meeting.seen().contains(2));
    meeting.describe(0, std::nullopt, false);
    meeting.run(1s);
    EXPECT_EQ(meeting.seen(), (People{0, 1}));
    meeting.leave(1);
    meeting.run(1s);
    EXPECT_TRUE(meeting.seen().contains(2));
}

}  // namespace
}  // namespace parley::testing
