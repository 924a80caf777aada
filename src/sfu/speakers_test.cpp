#include "sfu/speakers.hpp"

#include <gtest/gtest.h>
#include <map>

namespace parley::sfu {
namespace {

class Speakers : public testing::Test {
 protected:
    SpeakerDetector detector_;
    Instant now_{};
    std::map<SpeakerId, int> levels_;  // dB below overload
    int lists_ = 0;
    std::vector<SpeakerId> last_;

    void run(Duration time) {
        for (const Instant end = now_ + time; now_ < end; now_ += 20ms) {
            for (const auto& [id, level] : levels_) {
                detector_.on_level(id, static_cast<std::uint8_t>(level), now_);
            }
            take();
        }
    }
    void take() {
        if (now_ >= detector_.next_timeout()) detector_.handle_timeout(now_);
        if (const auto list = detector_.poll()) {
            ++lists_;
            last_.clear();
            for (const Speaker& speaker : *list) last_.push_back(speaker.id);
        }
    }
};

TEST_F(Speakers, SilenceIsNoList) {
    levels_ = {{1, 127}, {2, 80}};
    run(5s);
    EXPECT_EQ(lists_, 0);
    EXPECT_EQ(detector_.next_timeout(), kNever);
}

TEST_F(Speakers, ASpeakerIsListedSoonAndOnce) {
    levels_ = {{1, 127}, {2, 30}};
    run(400ms);
    EXPECT_EQ(last_, std::vector<SpeakerId>{2});
    run(5s);
    EXPECT_EQ(lists_, 1);
}

TEST_F(Speakers, APauseBetweenWordsIsNoSilence) {
    for (int word = 0; word < 10; ++word) {
        levels_ = {{1, 30}};
        run(400ms);
        levels_ = {{1, 90}};
        run(400ms);
    }
    EXPECT_EQ(lists_, 1);
    run(3s);
    EXPECT_TRUE(last_.empty());
    EXPECT_EQ(lists_, 2);
}

TEST_F(Speakers, SimilarLevelsDoNotSwapAndLouderOnesPass) {
    levels_ = {{1, 35}, {2, 40}};
    run(1s);
    const auto before = last_;
    ASSERT_EQ(before, (std::vector<SpeakerId>{1, 2}));
    levels_ = {{1, 38}, {2, 34}};
    run(2s);
    EXPECT_EQ(last_, before);
    levels_ = {{1, 45}, {2, 20}};
    run(2s);
    EXPECT_EQ(last_, (std::vector<SpeakerId>{2, 1}));
}

TEST_F(Speakers, ALiarCannotMakeListsFasterThanTheInterval) {
    levels_ = {{1, 30}};
    for (int i = 0; i < 500; ++i) {
        levels_[2] = i % 20 < 10 ? 0 : 127;
        levels_[3] = i % 14 < 7 ? 0 : 127;
        run(20ms);
    }
    EXPECT_LE(lists_, 10'000 / 300 + 1);
}

TEST_F(Speakers, TheListIsBounded) {
    for (SpeakerId id = 0; id < 50; ++id) levels_[id] = 20 + static_cast<int>(id);
    run(2s);
    EXPECT_EQ(last_, (std::vector<SpeakerId>{0, 1, 2, 3, 4}));
}

TEST_F(Speakers, WhoLeavesOrStopsSendingIsGone) {
    levels_ = {{1, 20}, {2, 40}};
    run(1s);
    ASSERT_EQ(last_.size(), 2U);
    levels_.erase(1);
    detector_.remove(1, now_);
    run(400ms);
    EXPECT_EQ(last_, std::vector<SpeakerId>{2});
    levels_.clear();
    run(3s);
    EXPECT_TRUE(last_.empty());
}

}  // namespace
}  // namespace parley::sfu
