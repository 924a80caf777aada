// What media nodes say, as clients and the API see it.

#include "signal/harness_test.hpp"

namespace parley::signal {
namespace {

struct Media : testing::Test {
    Harness h;
    ConnectionId a, b;
    std::string a_id, b_id;
    PeerId a_peer, b_peer;

    void SetUp() override {
        std::tie(a, a_id) = h.join("r");
        a_peer = h.last_peer();
        std::tie(b, b_id) = h.join("r");
        b_peer = h.last_peer();
    }
    TrackInfo camera() const {
        return {a_id + ".1", a_id, "1", TrackKind::kVideo, TrackSource::kCamera, "VP8"};
    }
};

TEST_F(Media, TracksAreAnnouncedToAll) {
    h.event(TrackPublished{a_peer, camera()});
    for (const auto id : {a, b}) {
        EXPECT_EQ(h.last(id, "track-published")["track"], (Json{{"id", a_id + ".1"},
                                                                {"participant", a_id},
                                                                {"mid", "1"},
                                                                {"kind", "video"},
                                                                {"source", "camera"},
                                                                {"codec", "VP8"},
                                                                {"muted", false},
                                                                {"forceMuted", false},
                                                                {"simulcast", false}}));
    }
    h.event(TrackPublished{a_peer, camera()});
    EXPECT_EQ(h.all(b, "track-published").size(), 1U);
    EXPECT_TRUE(h.all(b, "track-changed").empty()) << "nothing changed";
    auto muted = camera();
    muted.muted = true;
    muted.simulcast = true;
    h.event(TrackPublished{a_peer, muted});
    EXPECT_EQ(h.last(b, "track-changed")["track"]["muted"], true);
    const auto [c, c_id] = h.join("r");
    EXPECT_EQ(h.last(c, "joined")["participants"][0]["tracks"][0]["simulcast"], true);
    h.event(TrackUnpublished{a_peer, a_id + ".1"});
    h.event(TrackUnpublished{a_peer, a_id + ".1"});
    EXPECT_EQ(h.all(c, "track-unpublished").size(), 1U);
}

TEST_F(Media, DescribingReachesTheNode) {
    h.say(a, {{"type", "describe-track"}, {"mid", "3"}, {"source", "screen-audio"}});
    h.say(a, {{"type", "describe-track"}, {"mid", "3"}, {"muted", true}});
    const auto described = h.commands_of<DescribeTrack>();
    ASSERT_EQ(described.size(), 2U);
    EXPECT_EQ(described[0].source, TrackSource::kScreenAudio);
    EXPECT_FALSE(described[0].muted);
    EXPECT_EQ(described[1].muted, true);
    EXPECT_FALSE(described[1].source);
    EXPECT_EQ(described[1].mid, "3");
}

TEST_F(Media, LayerWishesAreForTracksOfTheRoom) {
    h.event(TrackPublished{a_peer, camera()});
    const auto [c, c_id] = h.join("other");
    h.say(b, {{"type", "layer-wish"}, {"track", a_id + ".1"}, {"layer", "off"}});
    ASSERT_EQ(h.commands_of<SetLayerWish>().size(), 1U);
    EXPECT_EQ(h.commands_of<SetLayerWish>()[0].subscriber, b_peer);
    EXPECT_EQ(h.commands_of<SetLayerWish>()[0].wish, LayerWish::kOff);
    // Another room's track, a missing one, and one's own get the same answer.
    h.say(c, {{"type", "layer-wish"}, {"track", a_id + ".1"}, {"layer", "low"}});
    h.say(b, {{"type", "layer-wish"}, {"track", a_id + ".9"}, {"layer", "low"}});
    h.say(a, {{"type", "layer-wish"}, {"track", a_id + ".1"}, {"layer", "low"}});
    EXPECT_EQ(h.last_code(c), "not_found");
    EXPECT_EQ(h.last(c, "error"), h.last(b, "error"));
    EXPECT_EQ(h.last(c, "error"), h.last(a, "error"));
    EXPECT_EQ(h.commands_of<SetLayerWish>().size(), 1U);
}

TEST_F(Media, VideoLimitsReachTheNode) {
    h.say(b, {{"type", "video-limit"}, {"count", 4}});
    h.say(b, {{"type", "video-limit"}});
    h.say(b, {{"type", "video-limit"}, {"count", 1001}});
    EXPECT_EQ(h.last_code(b), "invalid_message");
    const auto limits = h.commands_of<SetVideoLimit>();
    ASSERT_EQ(limits.size(), 2U);
    EXPECT_EQ(limits[0].subscriber, b_peer);
    EXPECT_EQ(limits[0].count, 4);
    EXPECT_FALSE(limits[1].count);
}

TEST_F(Media, ACodecThatCannotBeDeliveredIsTold) {
    h.event(
        SubscriptionChanged{b_peer, a_id + ".1", SubscriptionStatus::kCodecUnsupported, "H264"});
    const auto status = h.last(b, "subscription-status");
    EXPECT_EQ(status["status"], "codec_unsupported");
    EXPECT_EQ(status["codec"], "H264");
    EXPECT_TRUE(h.all(a, "subscription-status").empty());
}

TEST_F(Media, ARefusedDescriptionIsAnErrorWithCauseAndRemedy) {
    h.event(
        DescriptionRefused{a_peer, SdpType::kOffer, "sdp_invalid", "No BUNDLE.", "Use BUNDLE."});
    const auto error = h.last(a, "error");
    EXPECT_EQ(error["code"], "sdp_invalid");
    EXPECT_EQ(error["cause"], "No BUNDLE.");
    EXPECT_EQ(error["inReplyTo"], "offer");
    EXPECT_EQ(h.error_count("sdp_invalid"), 1U);
}

TEST_F(Media, WhoseKeysAreUsedUpIsTold) {
    h.event(MediaKeysUsedUp{a_peer});
    EXPECT_EQ(h.last_code(a), "media_keys_used_up");
    EXPECT_TRUE(h.all(b, "error").empty());
    EXPECT_FALSE(h.is_closed(a));
}

TEST_F(Media, AFailedConnectionKeepsTheSession) {
    h.event(PeerStateChanged{a_peer, PeerState::kConnected, ""});
    EXPECT_EQ(h.last(a, "media-state")["state"], "connected");
    h.event(PeerStateChanged{a_peer, PeerState::kFailed, "No consent for 30 s."});
    EXPECT_EQ(h.last(a, "media-state")["state"], "failed");
    EXPECT_EQ(h.last_code(a), "media_failed");
    EXPECT_EQ(h.last(a, "error")["cause"], "No consent for 30 s.");
    EXPECT_TRUE(h.all(b, "media-state").empty());
    h.say(a, offer_for("sfu", "restart"));
    EXPECT_EQ(h.commands_of<RemoteDescription>().size(), 1U);
    EXPECT_EQ(h.service.counters().media_failures, 1U);
}

TEST_F(Media, SpeakersAreTold) {
    h.event(ActiveSpeakers{"r", {{a_id, 0.7}, {b_id, 7.0}}});
    EXPECT_EQ(h.last(b, "active-speakers")["speakers"],
              (Json::array({{{"id", a_id}, {"level", 0.7}}, {{"id", b_id}, {"level", 1.0}}})));
    h.event(ActiveSpeakers{"nowhere", {}});
}

TEST_F(Media, QualityFollowsTheThresholds) {
    struct Case {
        double rtt, up, down;
        const char* quality;
    };
    for (const auto& [rtt, up, down, quality] :
         {Case{50, 0, 0.005, "excellent"}, Case{51, 0, 0, "good"}, Case{1, 0.0051, 0, "good"},
          Case{150, 0, 0.02, "good"}, Case{151, 0, 0, "fair"}, Case{1, 0, 0.021, "fair"},
          Case{300, 0.05, 0, "fair"}, Case{301, 0, 0, "poor"}, Case{1, 0.051, 0, "poor"},
          Case{-1, 0, 0, "excellent"}}) {
        PeerStats stats{.peer = a_peer, .state = PeerState::kConnected, .rtt_ms = rtt};
        stats.loss_up = up;
        stats.loss_down = down;
        h.event(stats);
        h.advance(1s);
        const auto told = h.last(b, "connection-quality");
        ASSERT_EQ(told["participants"].size(), 1U);
        EXPECT_EQ(told["participants"][0]["quality"], quality) << rtt << " " << up << " " << down;
        EXPECT_EQ(told["participants"][0]["id"], a_id);
    }
    h.event(PeerStateChanged{a_peer, PeerState::kDisconnected, ""});
    h.advance(1s);
    EXPECT_EQ(h.last(b, "connection-quality")["participants"][0]["quality"], "poor");
}

TEST_F(Media, QualityIsToldAtMostOnceASecondAndOnlyWhenItChanges) {
    for (int i = 0; i < 100; ++i) {
        h.event(PeerStats{
            .peer = a_peer, .state = PeerState::kConnected, .rtt_ms = i % 2 ? 10. : 400.});
        h.advance(100ms);
    }
    EXPECT_LE(h.all(b, "connection-quality").size(), 11U);
    h.advance(2s);
    h.forget(b);
    for (int i = 0; i < 100; ++i) {
        h.event(PeerStats{.peer = a_peer, .state = PeerState::kConnected, .rtt_ms = 10.});
        h.advance(100ms);
    }
    EXPECT_LE(h.all(b, "connection-quality").size(), 1U);
}

TEST_F(Media, LayersAreToldToTheSubscriberWhenTheyChange) {
    h.event(TrackPublished{a_peer, camera()});
    PeerStats stats{.peer = b_peer, .state = PeerState::kConnected};
    stats.subscriptions.push_back({.track = a_id + ".1",
                                   .participant = a_id,
                                   .mid = "2",
                                   .wanted = LayerWish::kAuto,
                                   .layer_sent = "high",
                                   .reason = "bandwidth allows"});
    h.event(stats);
    h.advance(1s);
    h.event(stats);
    h.advance(2s);
    ASSERT_EQ(h.all(b, "subscription-layers").size(), 1U);
    EXPECT_EQ(h.last(b, "subscription-layers")["subscriptions"],
              (Json::array({{{"track", a_id + ".1"},
                             {"wanted", "auto"},
                             {"sent", "high"},
                             {"reason", "bandwidth allows"}}})));
    EXPECT_TRUE(h.all(a, "subscription-layers").empty());
}

TEST_F(Media, AWishCarriesViewAndPriority) {
    h.event(TrackPublished{a_peer, camera()});
    h.say(b, {{"type", "layer-wish"},
              {"track", a_id + ".1"},
              {"layer", "auto"},
              {"width", 640},
              {"height", 360},
              {"priority", 80}});
    h.say(b, {{"type", "layer-wish"}, {"track", a_id + ".1"}, {"layer", "auto"}});
    const auto wishes = h.commands_of<SetLayerWish>();
    ASSERT_EQ(wishes.size(), 2U);
    EXPECT_EQ(wishes[0].width, 640);
    EXPECT_EQ(wishes[0].height, 360);
    EXPECT_EQ(wishes[0].priority, 80);
    EXPECT_EQ(wishes[1].width, 0);
    EXPECT_FALSE(wishes[1].priority);
    for (const Json& wrong : {Json(-1), Json(101), Json(1.5), Json("80")}) {
        h.say(b, {{"type", "layer-wish"},
                  {"track", a_id + ".1"},
                  {"layer", "auto"},
                  {"priority", wrong}});
        EXPECT_EQ(h.last_code(b), "invalid_message") << wrong;
    }
    EXPECT_EQ(h.commands_of<SetLayerWish>().size(), 2U);
}

TEST_F(Media, APauseIsToldWithItsReason) {
    h.event(TrackPublished{a_peer, camera()});
    h.event(
        SubscriptionChanged{b_peer, a_id + ".1", SubscriptionStatus::kPaused, "VP8", "bandwidth"});
    EXPECT_EQ(h.last(b, "subscription-status")["status"], "paused");
    EXPECT_EQ(h.last(b, "subscription-status")["reason"], "bandwidth");
    h.event(SubscriptionChanged{b_peer, a_id + ".1", SubscriptionStatus::kActive, "VP8", ""});
    EXPECT_EQ(h.last(b, "subscription-status")["status"], "active");
    EXPECT_FALSE(h.last(b, "subscription-status").contains("reason"));
}

TEST_F(Media, ThePublisherIsToldWhichLayersAreWatched) {
    h.event(TrackPublished{a_peer, camera()});
    h.event(TrackLayers{a_peer, a_id + ".1", "1", {{"low", true}, {"high", false}}});
    EXPECT_EQ(
        h.last(a, "track-layers")["layers"],
        (Json::array({{{"rid", "low"}, {"active", true}}, {{"rid", "high"}, {"active", false}}})));
    EXPECT_TRUE(h.all(b, "track-layers").empty());
}

TEST_F(Media, ATimelineIsKeptForSomeMinutes) {
    h.event(TrackPublished{a_peer, camera()});
    const auto timeline = [&] { return *h.service.timeline("r", b_id, h.now); };
    for (int second = 0; second < 600; ++second) {
        PeerStats stats{.peer = b_peer, .state = PeerState::kConnected};
        stats.estimate_down_bps = 1000 * second;
        stats.estimate_reason = "delay";
        if (second % 10 == 0) {
            stats.changes.push_back(
                {.age_ms = 400, .track = a_id + ".1", .layer = "low", .reason = "estimate"});
        }
        h.event(stats);
        h.advance(1s);
    }
    const auto kept = timeline();
    EXPECT_NEAR(static_cast<double>(kept["samples"].size()), 60, 2);
    EXPECT_NEAR(static_cast<double>(kept["changes"].size()), 30, 2);
    EXPECT_LE(kept["changes"][0]["msAgo"], 302'000);
    EXPECT_EQ(kept["changes"].back()["msAgo"], 10'400);
    EXPECT_EQ(kept["changes"].back()["reason"], "estimate");
    EXPECT_EQ(kept["samples"].back()["estimateReason"], "delay");
    for (int i = 0; i < 50; ++i) {
        PeerStats stats{.peer = b_peer, .state = PeerState::kConnected};
        stats.changes.resize(60);
        h.event(stats);
    }
    EXPECT_EQ(timeline()["changes"].size(), 200U);
    EXPECT_FALSE(h.service.timeline("r", "nobody", h.now));
    EXPECT_FALSE(h.service.timeline("elsewhere", b_id, h.now));
}

TEST_F(Media, RoomsAreReported) {
    h.event(TrackPublished{a_peer, camera()});
    PeerStats stats{
        .peer = a_peer, .state = PeerState::kConnected, .transport = "udp", .rtt_ms = 12.5};
    stats.published.push_back(
        {camera(), {{.rid = "high", .ssrc = 5, .live = true, .bitrate_bps = 900'000}}});
    stats.drops = {{"replay", 3}};
    h.event(stats);
    PeerStats subscriber{.peer = b_peer, .state = PeerState::kConnected};
    subscriber.subscriptions.push_back({.track = a_id + ".1",
                                        .wanted = LayerWish::kHigh,
                                        .layer_sent = "low",
                                        .reason = "estimate too low"});
    h.event(subscriber);
    h.advance(5s);
    const auto list = h.service.list_rooms(h.now);
    ASSERT_EQ(list["rooms"].size(), 1U);
    EXPECT_EQ(list["rooms"][0]["name"], "r");
    EXPECT_EQ(list["rooms"][0]["participants"], 2);
    EXPECT_EQ(list["rooms"][0]["tracks"], 1);
    EXPECT_EQ(list["rooms"][0]["ageMs"], 5000);
    const auto detail = h.service.room_detail("r", h.now);
    ASSERT_TRUE(detail);
    const auto& first = (*detail)["participants"][0];
    EXPECT_EQ(first["tracks"][0]["layers"][0]["bitrateBps"], 900'000);
    EXPECT_EQ(first["media"]["rttMs"], 12.5);
    EXPECT_EQ(first["media"]["drops"]["replay"], 3);
    EXPECT_TRUE(first["media"]["estimateDownBps"].is_null());
    const auto& second = (*detail)["participants"][1]["subscriptions"][0];
    EXPECT_EQ(second["wanted"], "high");
    EXPECT_EQ(second["sent"], "low");
    EXPECT_EQ(second["reason"], "estimate too low");
    EXPECT_FALSE(h.service.room_detail("nowhere", h.now));
    EXPECT_EQ(detail->dump().find(std::string(text_of(h.last(a, "welcome"), "resumeToken"))),
              std::string::npos);
}

TEST_F(Media, EventsForPeersThatAreGoneDoNothing) {
    h.say(a, {{"type", "leave"}});
    h.forget(a);
    h.forget(b);
    h.event(LocalDescription{a_peer, SdpType::kOffer, "v", {}});
    h.event(DescriptionRefused{a_peer, SdpType::kOffer, "x", "y", "z"});
    h.event(PeerStateChanged{a_peer, PeerState::kFailed, ""});
    h.event(TrackPublished{a_peer, camera()});
    h.event(TrackUnpublished{a_peer, a_id + ".1"});
    h.event(SubscriptionChanged{a_peer, "x", SubscriptionStatus::kActive, ""});
    h.event(PeerStats{.peer = a_peer});
    h.advance(2s);
    EXPECT_TRUE(h.types(a).empty());
    EXPECT_TRUE(h.types(b).empty());
}

}  // namespace
}  // namespace parley::signal
