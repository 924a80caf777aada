#include "sfu/loudest.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <string>

namespace parley::sfu {
namespace {

constexpr int kTalk = 30;    // dB below overload
constexpr int kShout = 10;   // 20 dB more
constexpr int kQuiet = 70;   // a room with nobody speaking
constexpr int kNothing = 0;  // no packets

/// Microphones that say their level every 20 ms, and who is heard as the changes have it.
class Microphones {
 public:
    explicit Microphones(std::size_t places) : loudest_(places) {}

    void add(VoiceId id, int level = kQuiet, bool muted = false) {
        levels_[id] = level;
        loudest_.add(id, muted, now_);
        take();
    }
    void remove(VoiceId id) {
        levels_.erase(id);
        heard_.erase(id);
        loudest_.remove(id, now_);
        take();
    }
    void set_muted(VoiceId id, bool muted) {
        loudest_.set_muted(id, muted, now_);
        take();
    }
    void set(VoiceId id, int level) { levels_[id] = level; }
    void run(Duration time) {
        for (const Instant end = now_ + time; now_ < end; now_ += 20ms) {
            for (const auto& [id, level] : levels_) {
                if (level == kNothing) continue;
                loudest_.on_level(id, static_cast<std::uint8_t>(level), now_);
                take();
            }
        }
    }
    std::set<VoiceId> heard() const { return heard_; }
    int changes() const { return changes_; }

 private:
    void take() {
        for (const auto& change : loudest_.take_changes()) {
            ++changes_;
            change.heard ? (void)heard_.insert(change.id) : (void)heard_.erase(change.id);
        }
        for (const auto& [id, level] : levels_) {
            EXPECT_EQ(loudest_.heard(id), heard_.contains(id)) << id;
        }
        EXPECT_LE(heard_.size(), loudest_.places());
    }

    Loudest loudest_;
    std::map<VoiceId, int> levels_;
    std::set<VoiceId> heard_;
    Instant now_{3600s};
    int changes_ = 0;
};

using Ids = std::set<VoiceId>;

TEST(LoudestTable, WhoIsHeard) {
    struct Step {
        std::map<VoiceId, int> levels;  // that change
        Duration time{};
        Ids heard;  // at its end
    };
    struct Case {
        std::string name;
        std::size_t places;
        std::size_t microphones;
        std::vector<Step> steps;
    };
    const std::vector<Case> cases{
        {"all of few", 3, 2, {{{}, 20ms, {1, 2}}, {{{1, kTalk}}, 5s, {1, 2}}}},
        {"the first come while nobody speaks", 2, 4, {{{}, 5s, {1, 2}}}},
        {"a loud one takes the place of one that never spoke, with one packet",
         2,
         4,
         {{{}, 1s, {1, 2}}, {{{3, kTalk}}, 20ms, {2, 3}}, {{{4, kTalk}}, 20ms, {3, 4}}}},
        {"who has spoken stays while silent, until the place is needed",
         1,
         2,
         {{{{2, kTalk}}, 1s, {2}}, {{{2, kQuiet}}, 60s, {2}}, {{{1, kTalk}}, 20ms, {1}}}},
        {"a pause between words costs no place",
         1,
         2,
         {{{{1, kTalk}, {2, kTalk}}, 3s, {1}},
          {{{1, kQuiet}}, 700ms, {1}},
          {{{1, kTalk}}, 20ms, {1}}}},
        {"after the last word another who speaks comes",
         1,
         2,
         {{{{1, kTalk}, {2, kTalk}}, 3s, {1}}, {{{1, kQuiet}}, 840ms, {2}}}},
        {"of the silent the one goes that is silent longest",
         2,
         3,
         {{{{1, kTalk}, {2, kTalk}}, 1s, {1, 2}},
          {{{1, kQuiet}}, 500ms, {1, 2}},
          {{{2, kQuiet}}, 2s, {1, 2}},
          {{{3, kTalk}}, 20ms, {2, 3}}}},
        {"as loud is not louder", 1, 2, {{{{1, kTalk}, {2, kTalk}}, 60s, {1}}}},
        {"clearly louder takes the quietest one's place, but not with one packet",
         2,
         3,
         {{{{1, kTalk}, {2, kTalk + 8}}, 3s, {1, 2}},
          {{{3, kShout}}, 20ms, {1, 2}},
          {{}, 300ms, {1, 3}}}},
        {"noise below speech takes nothing", 1, 2, {{{}, 1s, {1}}, {{{2, 56}}, 60s, {1}}}},
        {"who sends nothing any more is silent",
         1,
         2,
         {{{{1, kTalk}, {2, kTalk}}, 1s, {1}}, {{{1, kNothing}}, 840ms, {2}}}},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        Microphones room(one.places);
        for (VoiceId id = 1; id <= one.microphones; ++id) room.add(id);
        for (std::size_t i = 0; i < one.steps.size(); ++i) {
            for (const auto& [id, level] : one.steps[i].levels) room.set(id, level);
            room.run(one.steps[i].time);
            EXPECT_EQ(room.heard(), one.steps[i].heard) << "step " << i;
        }
    }
}

TEST(Loudest, MutedMicrophonesTakeNoPlace) {
    Microphones room(2);
    room.add(1, kQuiet, true);
    room.add(2);
    room.add(3);
    room.add(4);
    EXPECT_EQ(room.heard(), (Ids{2, 3}));
    room.set(4, kTalk);
    room.run(20ms);
    EXPECT_EQ(room.heard(), (Ids{3, 4}));
    room.set_muted(4, true);
    EXPECT_EQ(room.heard(), (Ids{2, 3})) << "its place is free";
    room.set(4, kNothing);
    room.run(1s);
    room.set_muted(4, false);
    EXPECT_EQ(room.heard(), (Ids{2, 3})) << "it has said nothing yet";
}

TEST(Loudest, WhoSpeaksBeforeItsUnmuteIsKnownIsHeard) {
    Microphones room(1);
    room.add(1);
    room.add(2, kQuiet, true);
    room.set(2, kTalk);
    room.run(20ms);
    EXPECT_EQ(room.heard(), Ids{2});
    room.set_muted(2, false);
    EXPECT_EQ(room.heard(), Ids{2});
}

TEST(Loudest, AFreePlaceGoesToWhoSpokeLast) {
    Microphones room(2);
    for (VoiceId id = 1; id <= 5; ++id) room.add(id);
    for (const VoiceId id : {4, 5, 3}) {
        room.set(id, kTalk);
        room.run(1s);
        room.set(id, kQuiet);
    }
    EXPECT_EQ(room.heard(), (Ids{3, 5}));
    room.remove(5);
    EXPECT_EQ(room.heard(), (Ids{3, 4}));
    room.remove(4);
    room.remove(3);
    EXPECT_EQ(room.heard(), (Ids{1, 2}));
    room.remove(1);
    EXPECT_EQ(room.heard(), Ids{2});
}

TEST(Loudest, ManyWhoSpeakAtOnceDoNotChangePlacesAllTheTime) {
    Microphones room(3);
    std::mt19937 random(7);
    for (VoiceId id = 1; id <= 20; ++id) room.add(id);
    for (int packet = 0; packet < 3000; ++packet) {  // a minute
        for (VoiceId id = 1; id <= 20; ++id) {
            room.set(id, 25 + static_cast<int>(random() % 20));
        }
        room.run(20ms);
    }
    EXPECT_LT(room.changes(), 40);
}

TEST(Loudest, WhoNeverWasThereIsNotHeard) {
    Loudest loudest(1);
    loudest.on_level(7, kTalk, Instant{});
    loudest.set_muted(7, true, Instant{});
    loudest.remove(7, Instant{});
    EXPECT_FALSE(loudest.heard(7));
    EXPECT_TRUE(loudest.take_changes().empty());
    EXPECT_TRUE(Loudest(0).heard(7));
}

}  // namespace
}  // namespace parley::sfu
