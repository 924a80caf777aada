#include "load/layer_watch.hpp"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

class LayerWatchTest : public ::testing::Test {
 protected:
    std::size_t hears(const char* subscriptions) {
        return watch_.on_message({{"type", "subscription-layers"},
                                  {"subscriptions", signal::Json::parse(subscriptions)}});
    }
    LayerWatch watch_;
};

TEST_F(LayerWatchTest, CountsOtherLayersOfEachTrack) {
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"low"},{"track":"b.1","sent":"low"}])"), 0U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"high"},{"track":"b.1","sent":"low"}])"), 1U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":""},{"track":"b.1","sent":"high"}])"), 2U);
}

TEST_F(LayerWatchTest, CountsSpatialLayersButNotTemporalOnes) {
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"single"}])"), 0U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"single","spatial":1}])"), 1U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"single","spatial":1,"temporal":0}])"), 0U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"single","spatial":0}])"), 1U);
    EXPECT_EQ(hears(R"([{"track":"a.1","sent":"single"}])"), 1U);
}

TEST_F(LayerWatchTest, TakesNoOffenceAtOtherShapes) {
    EXPECT_EQ(watch_.on_message({{"type", "subscription-layers"}}), 0U);
    EXPECT_EQ(hears(R"(7)"), 0U);
    EXPECT_EQ(hears(R"([7,{"track":7},{"track":"a","sent":null,"spatial":"high"}])"), 0U);
}

}  // namespace
}  // namespace parley::load
