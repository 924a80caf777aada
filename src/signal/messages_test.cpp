#include "signal/messages.hpp"

#include <gtest/gtest.h>

#include "signal/state.hpp"

namespace parley::signal {
namespace {

TEST(ParticipantText, SaysWhatTheDocumentSays) {
    Session session("k3f9\"x", 1, Limits{}, Instant{});
    EXPECT_EQ(Json::parse(participant_text(session)), participant_json(session));
    session.connection = ConnectionId(7);
    session.metadata = {{"name", "A \"quote\" and \xff"}, {"list", {1, 2, nullptr}}};
    session.grant = RoomGrant{};
    session.grant->identity = "ada\n";
    session.grant->name = "Ada \u00e9";
    session.quality = Quality::kGood;
    for (const char* mid : {"0", "1"}) {
        TrackInfo track;
        track.track = std::string("k3f9.") + mid;
        track.mid = mid;
        session.tracks.emplace(track.track, track);
    }
    EXPECT_EQ(Json::parse(participant_text(session)),
              Json::parse(to_text(participant_json(session))));
    EXPECT_EQ(Json::parse(participant_text(session))["tracks"].size(), 2U);
}

}  // namespace
}  // namespace parley::signal
