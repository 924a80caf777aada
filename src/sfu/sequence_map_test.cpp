#include "sfu/sequence_map.hpp"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

StoredPacket packet(std::int64_t index, std::uint8_t layer = 0, std::uint32_t epoch = 0) {
    StoredPacket p;
    p.index = index;
    p.layer = layer;
    p.epoch = epoch;
    return p;
}

StoredPacket picture(std::int64_t index, std::uint8_t layer, std::uint16_t id, std::uint8_t tl0,
                     bool is_long = true) {
    StoredPacket p = packet(index, layer);
    p.facts.numbers.has_picture_id = p.facts.numbers.has_tl0_index = true;
    p.facts.numbers.long_picture_id = is_long;
    p.facts.numbers.picture_id = id;
    p.facts.numbers.tl0_index = tl0;
    return p;
}

using Fate = SequenceMap::Fate;

class Map : public testing::Test {
 protected:
    SequenceMap map_{999};

    std::int64_t place(const StoredPacket& p) {
        const auto place = map_.place(p);
        return place.fate == Fate::kSent ? place.number : -1;
    }
    // As padding is.
    bool leave_out(StoredPacket p) {
        p.padding_only = true;
        return map_.place(p).fate == Fate::kLeftOut;
    }
    Decision patched(const StoredPacket& p) {
        Decision decision;
        const auto place = map_.place(p);
        EXPECT_EQ(place.fate, Fate::kSent);
        if (place.segment != nullptr) map_.patch(p, place, decision);
        return decision;
    }
};

TEST_F(Map, HasNoPlaceBeforeItBegins) {
    EXPECT_EQ(place(packet(5)), -1);
}

TEST_F(Map, KeepsLossAsAGap) {
    map_.begin(packet(5), 0);
    EXPECT_EQ(place(packet(5)), 1000);
    EXPECT_EQ(place(packet(8)), 1003);
    EXPECT_EQ(place(packet(6)), 1001);  // late, to its own place
    EXPECT_EQ(place(packet(4)), -1);    // before the beginning
}

TEST_F(Map, LeavesNoGapForWhatItLeavesOut) {
    map_.begin(packet(5), 0);
    place(packet(5));
    EXPECT_TRUE(leave_out(packet(6)));
    EXPECT_TRUE(leave_out(packet(7)));
    EXPECT_EQ(place(packet(9)), 1002);  // 8 is lost
    EXPECT_TRUE(leave_out(packet(10)));
    EXPECT_EQ(place(packet(11)), 1003);
    EXPECT_EQ(place(packet(8)), 1001);
    EXPECT_EQ(place(packet(7)), -1);  // it was left out
}

TEST_F(Map, APacketLeftOutAfterItsGapWasShownFillsIt) {
    map_.begin(packet(5), 0);
    place(packet(5));
    place(packet(7));
    StoredPacket padding = packet(6);
    padding.padding_only = true;
    const auto late = map_.place(padding);
    EXPECT_EQ(late.fate, Fate::kFiller);
    EXPECT_EQ(late.number, 1001);
}

// Packets of two temporal layers, the odd ones above the target.
StoredPacket layered(std::int64_t index, std::uint16_t picture_id) {
    StoredPacket p = picture(index, 0, picture_id, 9);
    p.facts.dense_picture_ids = true;
    p.facts.temporal_layer = picture_id % 2;
    p.facts.targets.members = media::from_temporal(p.facts.temporal_layer);
    p.timestamp = picture_id * 3000U;
    return p;
}

TEST_F(Map, PictureIdsCloseUpOverWhatIsLeftOut) {
    map_.begin(layered(10, 4), 0, 0);
    EXPECT_EQ(patched(layered(10, 4)).picture_id, 4);
    EXPECT_EQ(map_.place(layered(11, 5)).fate, Fate::kLeftOut);
    EXPECT_EQ(map_.place(layered(12, 5)).fate, Fate::kLeftOut);  // its second packet
    const auto third = patched(layered(13, 6));
    EXPECT_EQ(third.picture_id, 5);
    EXPECT_EQ(map_.highest(), 1001);
    // The next base picture is lost, and comes after a later one was sent.
    EXPECT_EQ(map_.place(layered(14, 7)).fate, Fate::kLeftOut);
    EXPECT_EQ(map_.place(layered(16, 9)).fate, Fate::kLeftOut);
    EXPECT_EQ(patched(layered(17, 10)).picture_id, 7);
    EXPECT_EQ(patched(layered(15, 8)).picture_id, 6);
    // What is above the target and comes when its place shows as a gap fills it.
    EXPECT_EQ(patched(layered(19, 12)).picture_id, 9);
    EXPECT_EQ(map_.place(layered(18, 11)).fate, Fate::kFiller);
}

TEST_F(Map, WhatIsLostInsideAFrameThatIsLeftOutLeavesNoGap) {
    map_.begin(layered(10, 4), 0, 0);
    EXPECT_EQ(place(layered(10, 4)), 1000);
    EXPECT_EQ(map_.place(layered(11, 5)).fate, Fate::kLeftOut);
    EXPECT_EQ(map_.place(layered(14, 5)).fate, Fate::kLeftOut);
    EXPECT_EQ(place(layered(15, 6)), 1001);
    EXPECT_EQ(map_.place(layered(12, 5)).fate, Fate::kNoPlace);
}

TEST_F(Map, AFrameThatIsLeftOutLateButInTimeLeavesNoGap) {
    map_.begin(layered(10, 4), 0, 0);
    EXPECT_EQ(place(layered(10, 4)), 1000);
    EXPECT_EQ(map_.place(layered(12, 7)).fate, Fate::kLeftOut);
    EXPECT_EQ(map_.place(layered(11, 5)).fate, Fate::kLeftOut);
    const auto next = patched(layered(13, 8));
    EXPECT_EQ(map_.highest(), 1001);
    EXPECT_EQ(next.picture_id, 6);
}

TEST_F(Map, WhatComesLateIsJudgedByTheTargetOfItsPlace) {
    map_.begin(layered(10, 4), 0, 1);
    EXPECT_EQ(place(layered(10, 4)), 1000);
    ASSERT_TRUE(map_.is_ahead(layered(12, 6)));
    map_.set_target(layered(12, 6), 0);
    EXPECT_EQ(place(layered(12, 6)), 1002);
    EXPECT_EQ(map_.place(layered(13, 7)).fate, Fate::kLeftOut);
    EXPECT_FALSE(map_.is_ahead(layered(13, 7)));
    EXPECT_EQ(place(layered(11, 5)), 1001);
    EXPECT_EQ(map_.current()->target(), 0);
}

TEST_F(Map, FrameNumbersAndTemplatesGoOnAcrossASwitch) {
    StoredPacket p = packet(5, 0);
    p.facts.descriptor = {.present = true,
                          .has_structure = true,
                          .template_offset = 60,
                          .template_count = 6,
                          .frame_number = 65'535};
    map_.begin(p, 0);
    auto decision = patched(p);
    EXPECT_TRUE(decision.patch_descriptor);
    EXPECT_EQ(decision.frame_number, 65'535);
    EXPECT_EQ(decision.template_shift, 0);
    StoredPacket other = packet(70, 1);
    other.facts.descriptor = p.facts.descriptor;
    other.facts.descriptor.frame_number = 500;
    map_.begin(other, 0);
    decision = patched(other);
    EXPECT_EQ(decision.frame_number, 0);
    EXPECT_EQ(decision.template_shift, 6);
}

TEST_F(Map, ContinuesWithoutAGapAtASwitchAndTakesStragglersOfTheOldLayer) {
    map_.begin(packet(5, 0), 0);
    place(packet(5, 0));
    place(packet(8, 0));  // 1003; 6 and 7 are missing
    map_.begin(packet(70, 1), 0);
    EXPECT_EQ(place(packet(70, 1)), 1004);
    EXPECT_EQ(place(packet(7, 0)), 1002);
    EXPECT_EQ(place(packet(9, 0)), -1);  // past what was sent of it
    EXPECT_EQ(place(packet(69, 1)), -1);
    EXPECT_EQ(place(packet(71, 1)), 1005);
    EXPECT_EQ(place(packet(71, 2)), -1);
}

TEST_F(Map, AStragglerBehindTheLastPlaceOfALeftLayerHasNone) {
    map_.begin(packet(5, 0), 0);
    place(packet(5, 0));
    leave_out(packet(7, 0));  // 6 is on its way
    map_.begin(packet(70, 1), 0);
    EXPECT_EQ(place(packet(70, 1)), 1001);
    EXPECT_EQ(place(packet(6, 0)), -1);
}

TEST_F(Map, TakesTheSameLayerTwice) {
    map_.begin(packet(5, 0), 0);
    place(packet(5, 0));
    place(packet(7, 0));
    map_.begin(packet(70, 1), 0);
    place(packet(70, 1));
    map_.begin(packet(20, 0), 0);
    EXPECT_EQ(place(packet(20, 0)), 1004);
    EXPECT_EQ(place(packet(6, 0)), 1001);
    EXPECT_EQ(place(packet(19, 0)), -1);
}

TEST_F(Map, ARestartedLayerIsAnotherOne) {
    map_.begin(packet(5, 0, 0), 0);
    place(packet(5, 0, 0));
    EXPECT_EQ(place(packet(6, 0, 1)), -1);
    map_.begin(packet(6, 0, 1), 0);
    EXPECT_EQ(place(packet(6, 0, 1)), 1001);
}

TEST_F(Map, ForgetsPlacesRatherThanGuess) {
    map_.begin(packet(0), 0);
    std::int64_t index = 0;
    place(packet(index));
    for (int i = 0; i < 100; ++i) {  // media, a loss, padding: a hundred separate places left out
        place(packet(index + 1));
        leave_out(packet(index + 3));
        index += 3;
    }
    place(packet(index + 1));
    EXPECT_EQ(place(packet(2)), -1);                          // forgotten
    EXPECT_EQ(place(packet(index - 1)), map_.highest() - 1);  // remembered
}

TEST_F(Map, RefusesPlacesThatReceiversWouldTakeForNewOnes) {
    map_.begin(packet(0), 0);
    place(packet(0));
    place(packet(5000));
    EXPECT_EQ(place(packet(10)), -1);
    EXPECT_NE(place(packet(4000)), -1);
}

TEST_F(Map, PictureIdsGoOnAcrossASwitch) {
    map_.begin(picture(5, 0, 0x7FFE, 254), 0);
    EXPECT_EQ(patched(picture(5, 0, 0x7FFE, 254)).picture_id, 0x7FFE);
    EXPECT_EQ(patched(picture(6, 0, 0x7FFF, 255)).picture_id, 0x7FFF);
    EXPECT_EQ(patched(picture(8, 0, 1, 1)).picture_id, 1);  // a lost picture stays lost
    map_.begin(picture(70, 1, 4000, 77), 0);
    auto first = patched(picture(70, 1, 4000, 77));
    EXPECT_EQ(first.picture_id, 2);
    EXPECT_EQ(first.tl0_index, 2);
    EXPECT_EQ(patched(picture(7, 0, 0, 0)).picture_id, 0);  // a straggler keeps the old numbering
    auto second = patched(picture(71, 1, 4001, 78));
    EXPECT_EQ(second.picture_id, 3);
    EXPECT_EQ(second.tl0_index, 3);
}

TEST_F(Map, ShortPictureIdsWrapAt128) {
    map_.begin(picture(5, 0, 127, 0, false), 0);
    EXPECT_EQ(patched(picture(5, 0, 127, 0, false)).picture_id, 127);
    map_.begin(picture(5, 1, 50, 0, false), 0);
    EXPECT_EQ(patched(picture(5, 1, 50, 0, false)).picture_id, 0);
    EXPECT_EQ(patched(picture(6, 1, 51, 0, false)).picture_id, 1);
}

}  // namespace
}  // namespace parley::sfu
