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
    p.facts.has_picture_id = p.facts.has_tl0_index = true;
    p.facts.picture_id_is_long = is_long;
    p.facts.picture_id = id;
    p.facts.tl0_index = tl0;
    return p;
}

class Map : public testing::Test {
 protected:
    SequenceMap map_{999};

    std::int64_t place(const StoredPacket& p) {
        const auto place = map_.place(p);
        return place ? place->number : -1;
    }
    Decision patched(const StoredPacket& p) {
        Decision decision;
        const auto place = map_.place(p);
        EXPECT_TRUE(place);
        if (place) map_.patch(p, *place, decision);
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
    EXPECT_TRUE(map_.leave_out(packet(6)));
    EXPECT_TRUE(map_.leave_out(packet(7)));
    EXPECT_EQ(place(packet(9)), 1002);  // 8 is lost
    EXPECT_TRUE(map_.leave_out(packet(10)));
    EXPECT_EQ(place(packet(11)), 1003);
    EXPECT_EQ(place(packet(8)), 1001);
    EXPECT_EQ(place(packet(7)), -1);          // it was left out
    EXPECT_FALSE(map_.leave_out(packet(8)));  // a gap was shown already
}

TEST_F(Map, APacketLeftOutAfterItsGapWasShownFillsIt) {
    map_.begin(packet(5), 0);
    place(packet(5));
    place(packet(7));
    EXPECT_FALSE(map_.leave_out(packet(6)));
    EXPECT_EQ(place(packet(6)), 1001);
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
    map_.leave_out(packet(7, 0));  // 6 is on its way
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
        map_.leave_out(packet(index + 3));
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
