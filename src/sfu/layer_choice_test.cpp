#include "sfu/layer_choice.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sfu/layer_order.hpp"

namespace parley::sfu {
namespace {

// 'x': live, '-': not; low to high. Layer numbers are reversed, so that rank and number differ.
LayerOptions options(const std::string& live, std::int64_t kbps = 0) {
    LayerOptions out;
    for (std::size_t i = 0; i < live.size(); ++i) {
        LayerOption option;
        option.id.stream = static_cast<std::uint8_t>(live.size() - 1 - i);
        option.live = live[i] == 'x';
        option.bitrate = Bitrate::from_kbps(kbps << (2 * i));
        out.push_back(option);
    }
    return out;
}

struct Row {
    Wish wish;
    const char* live;
    int rank;  // -1: none
    Reason reason;
};

TEST(ChooseLayer, FollowsTheWishAsFarAsLayersAreLive) {
    const Row rows[] = {
        {Wish::kLow, "xxx", 0, Reason::kWish},
        {Wish::kMedium, "xxx", 1, Reason::kWish},
        {Wish::kHigh, "xxx", 2, Reason::kWish},
        {Wish::kAuto, "xxx", 2, Reason::kAuto},
        {Wish::kHigh, "xx-", 1, Reason::kLowerLayerOnlyLive},
        {Wish::kHigh, "x--", 0, Reason::kLowerLayerOnlyLive},
        {Wish::kMedium, "x-x", 0, Reason::kLowerLayerOnlyLive},
        {Wish::kMedium, "--x", 2, Reason::kHigherLayerOnlyLive},
        {Wish::kLow, "-xx", 1, Reason::kHigherLayerOnlyLive},
        {Wish::kLow, "--x", 2, Reason::kHigherLayerOnlyLive},
        {Wish::kAuto, "-x-", 1, Reason::kAuto},
        {Wish::kMedium, "xx", 0, Reason::kWish},
        {Wish::kHigh, "xx", 1, Reason::kWish},
        {Wish::kLow, "x", 0, Reason::kOnlyLayer},
        {Wish::kHigh, "x", 0, Reason::kOnlyLayer},
        {Wish::kAuto, "---", -1, Reason::kNothingArrives},
        {Wish::kHigh, "-", -1, Reason::kNothingArrives},
        {Wish::kOff, "xxx", -1, Reason::kOff},
    };
    for (const Row& row : rows) {
        const auto all = options(row.live);
        const auto choice = choose_layer(row.wish, all);
        const std::string what = std::string(row.live) + " " + std::to_string(int(row.wish));
        EXPECT_EQ(choice.reason, row.reason) << what << " " << text(choice.reason);
        if (row.rank < 0) {
            EXPECT_FALSE(choice.layer) << what;
        } else {
            EXPECT_EQ(choice.layer, all[static_cast<std::size_t>(row.rank)].id) << what;
        }
    }
}

// Wishes speak of sizes; all the frames of a size come with it as far as they arrive.
TEST(ChooseLayer, AWishIsOfASizeAndTakesItsFullFrameRate) {
    LayerOptions all;
    for (std::uint8_t i = 0; i < 9; ++i) {
        LayerOption option;
        option.id = {0, static_cast<std::uint8_t>(i / 3), static_cast<std::uint8_t>(i % 3)};
        option.live = true;
        all.push_back(option);
    }
    EXPECT_EQ(choose_layer(Wish::kLow, all).layer, (LayerId{0, 0, 2}));
    EXPECT_EQ(choose_layer(Wish::kMedium, all).layer, (LayerId{0, 1, 2}));
    EXPECT_EQ(choose_layer(Wish::kHigh, all).layer, (LayerId{0, 2, 2}));
    all[5].live = false;
    EXPECT_EQ(choose_layer(Wish::kMedium, all).layer, (LayerId{0, 1, 1}));
    EXPECT_EQ(choose_layer(Wish::kMedium, all).reason, Reason::kWish);
    for (std::size_t i = 0; i < 3; ++i) all[i].live = false;
    EXPECT_EQ(choose_layer(Wish::kLow, all).layer, (LayerId{0, 1, 1}));
    EXPECT_EQ(choose_layer(Wish::kLow, all).reason, Reason::kHigherLayerOnlyLive);

    LayerOptions temporal;
    for (std::uint8_t i = 0; i < 3; ++i) temporal.push_back(all[i]);
    for (std::size_t i = 0; i < 3; ++i) temporal[i].live = true;
    EXPECT_EQ(choose_layer(Wish::kLow, temporal).layer, (LayerId{0, 0, 2}));
    EXPECT_EQ(choose_layer(Wish::kLow, temporal).reason, Reason::kOnlyLayer);
}

TEST(LayerOrder, GoesBySizeThenRateThenName) {
    LayerRanks by_size;
    by_size.push_back({0, "high", 640 * 360, Bitrate::from_kbps(1)});
    by_size.push_back({1, "low", 160 * 90, Bitrate::from_kbps(900)});
    by_size.push_back({2, "medium", 320 * 180, {}});
    sort_layers(by_size);
    EXPECT_EQ(by_size[0].layer, 1);
    EXPECT_EQ(by_size[1].layer, 2);
    EXPECT_EQ(by_size[2].layer, 0);

    LayerRanks by_rate;
    by_rate.push_back({0, "a", 0, Bitrate::from_kbps(900)});
    by_rate.push_back({1, "b", 0, Bitrate::from_kbps(100)});
    sort_layers(by_rate);
    EXPECT_EQ(by_rate[0].layer, 1);

    LayerRanks by_name;
    by_name.push_back({0, "f", 0, {}});
    by_name.push_back({1, "h", 0, {}});
    by_name.push_back({2, "q", 0, {}});
    sort_layers(by_name);
    EXPECT_EQ(by_name[0].layer, 2);
    EXPECT_EQ(by_name[2].layer, 0);

    LayerRanks unknown;
    unknown.push_back({0, "r0", 0, {}});
    unknown.push_back({1, "r1", 0, {}});
    sort_layers(unknown);
    EXPECT_EQ(unknown[0].layer, 0);
}

TEST(LayerOrder, SimilarRatesDoNotChangePlaces) {
    LayerRanks ranks;
    ranks.push_back({0, "a", 0, Bitrate::from_kbps(110)});
    ranks.push_back({1, "b", 0, Bitrate::from_kbps(100)});
    sort_layers(ranks);
    EXPECT_EQ(ranks[0].layer, 0);
}

}  // namespace
}  // namespace parley::sfu
