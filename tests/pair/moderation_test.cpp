// Who is muted, what is a screen, who lacks a codec: what signaling tells a node about tracks, and
// what a publisher that changes its mind with every packet may do to others.

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

#include "tests/pair/camera.hpp"

namespace parley::testing {
namespace {

template <typename Event>
std::vector<Event> events_of(const World& world) {
    std::vector<Event> found;
    for (const auto& event : world.events) {
        if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
    }
    return found;
}

std::string track_of(World& world, Client& client, signal::TrackKind kind) {
    for (const auto& published : world.stats[world.id_of(client)].published) {
        if (published.info.kind == kind) return published.info.track;
    }
    return {};
}

/// The tracks that the client was told are active, and how often; nothing else was told.
std::map<std::string, int> told_active(const World& world, const Client& client) {
    std::map<std::string, int> told;
    for (const auto& change : events_of<signal::SubscriptionChanged>(world)) {
        EXPECT_EQ(change.subscriber, world.id_of(client));
        EXPECT_EQ(change.status, signal::SubscriptionStatus::kActive) << change.track;
        ++told[change.track];
    }
    return told;
}

std::vector<std::string> streams_offered_to(Client& client) {
    std::vector<std::string> streams;
    for (const auto& section : client.peer().negotiator().sections()) {
        if (section.state == peer::SectionState::kReceiving)
            streams.push_back(section.remote_stream);
    }
    std::sort(streams.begin(), streams.end());
    return streams;
}

TEST(Moderation, ForcedMuteDropsAllAudioUntilItIsLifted) {
    World world(21);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    world.command(signal::ForceMute{world.id_of(alice), "", true});
    world.run(200ms, [&] { a.tick(); });
    const auto muted_at = packets(bob, media::Codec::kOpus);
    const auto video_at = packets(bob, media::Codec::kVp8);
    EXPECT_GT(muted_at, 50U);
    world.run(2s, [&] { a.tick(); });
    EXPECT_EQ(packets(bob, media::Codec::kOpus), muted_at);
    EXPECT_GT(packets(bob, media::Codec::kVp8), video_at + 100) << "video is not meant";
    const auto told = events_of<signal::TrackPublished>(world);
    EXPECT_TRUE(std::any_of(told.begin(), told.end(), [](const auto& event) {
        return event.info.kind == signal::TrackKind::kAudio && event.info.force_muted;
    }));
    world.command(signal::ForceMute{world.id_of(alice), "", false});
    world.run(1s, [&] { a.tick(); });
    EXPECT_GT(packets(bob, media::Codec::kOpus), muted_at + 40);
}

TEST(Moderation, ATrackPublishedAnewIsStillMuted) {
    World world(22);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    const std::string track = track_of(world, alice, signal::TrackKind::kVideo);
    ASSERT_FALSE(track.empty());
    world.command(signal::ForceMute{world.id_of(alice), track, true});
    world.run(200ms, [&] { a.tick(); });
    const auto before = packets(bob, media::Codec::kVp8);
    const std::string mid = track.substr(track.find('.') + 1);
    for (const auto source : {signal::TrackSource::kScreen, signal::TrackSource::kCamera}) {
        world.command(signal::DescribeTrack{world.id_of(alice), mid, source, {}});
        world.run(1s, [&] { a.tick(); });
    }
    EXPECT_EQ(packets(bob, media::Codec::kVp8), before) << "naming it otherwise is no way out";
    world.command(signal::ForceMute{world.id_of(alice), track, false});
    world.run(1s, [&] { a.tick(); });
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 30);
}

TEST(Moderation, AScreenIsAStreamOfItsOwn) {
    World world(23);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    EXPECT_EQ(streams_offered_to(bob), (std::vector<std::string>{"alice", "alice"}));
    const std::string track = track_of(world, alice, signal::TrackKind::kVideo);
    const std::string mid = track.substr(track.find('.') + 1);
    world.command(signal::DescribeTrack{world.id_of(alice), mid, signal::TrackSource::kScreen, {}});
    const auto before = packets(bob, media::Codec::kVp8);
    world.run(2s, [&] { a.tick(); });
    EXPECT_EQ(streams_offered_to(bob), (std::vector<std::string>{"alice", "alice.screen"}));
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 60);
}

TEST(Moderation, WhatIsSaidBeforePublishingCounts) {
    World world(24);
    Client& bob = join(world, "bob");
    Client& alice = world.add_client("alice");
    alice.publish(kAudio, "opus", {}, world.now);
    alice.publish(kVideo, "VP8", {}, world.now);
    const std::string offer = alice.offer(world.now);
    auto source = signal::TrackSource::kScreenAudio;
    for (std::size_t at = 0; (at = offer.find("a=mid:", at)) != std::string::npos;) {
        at += 6;
        const std::string mid = offer.substr(at, offer.find('\r', at) - at);
        world.command(signal::DescribeTrack{world.id_of(alice), mid, source, true});
        source = signal::TrackSource::kScreen;
    }
    world.command(signal::RemoteDescription{world.id_of(alice), signal::SdpType::kOffer, offer});
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    EXPECT_EQ(streams_offered_to(bob), (std::vector<std::string>{"alice.screen", "alice.screen"}));
    for (const auto& event : events_of<signal::TrackPublished>(world)) {
        EXPECT_TRUE(event.info.muted);
    }
}

TEST(Moderation, ACodecThatASubscriberLacksIsAnnounced) {
    World world(25);
    Client& alice = join(world, "alice");
    Camera a(world, alice);
    world.configure = [](peer::PeerConfig& config) {
        std::erase_if(config.negotiation.capabilities.video.codecs,
                      [](const sdp::Codec& codec) { return !codec.is("H264"); });
    };
    Client& bob = world.add_client("bob");
    bob.publish(kAudio, "opus", {}, world.now);
    bob.publish(kVideo, "H264", {}, world.now);
    world.negotiate(bob);
    world.run(3s, [&] { a.tick(); });
    const auto changes = events_of<signal::SubscriptionChanged>(world);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].subscriber, world.id_of(bob));
    EXPECT_EQ(changes[0].status, signal::SubscriptionStatus::kCodecUnsupported);
    EXPECT_EQ(changes[0].codec, "VP8");
    EXPECT_EQ(packets(bob, media::Codec::kVp8), 0U);
    EXPECT_GT(packets(bob, media::Codec::kOpus), 80U) << "what it can decode, it gets";
    const auto& subscriptions = world.stats[world.id_of(bob)].subscriptions;
    EXPECT_EQ(std::count_if(subscriptions.begin(), subscriptions.end(),
                            [](const auto& s) {
                                return s.status == signal::SubscriptionStatus::kCodecUnsupported;
                            }),
              1);
}

TEST(Moderation, APublisherThatAlternatesCodecsPublishesAtMostOnceASecond) {
    World world(26);
    Client& alice = world.add_client("alice");
    alice.publish(kVideo, "VP8,H264", {}, world.now);
    world.negotiate(alice);
    Client& bob = join(world, "bob");
    world.run_until([&] { return world.connected(alice) && world.connected(bob); }, 3s);
    std::map<std::string, std::uint8_t> types;
    const auto sections = alice.peer().negotiator().sections();
    for (const auto& codec : sections[0].codecs) types.emplace(codec.name, codec.payload_type);
    ASSERT_TRUE(types.contains("VP8") && types.contains("H264"));
    world.events.clear();
    const auto vp8 = vp8_packet(1, true, true, 320, 180, 200);
    const std::vector<std::uint8_t> h264(200, 0x65);
    std::uint16_t number = 0;
    world.run(5s, [&] {
        if (to_ms(world.now.time_since_epoch()) % 5 != 0) return;
        const bool odd = ++number % 2 == 1;
        alice.send_as(0,
                      {true, odd ? types["VP8"] : types["H264"], number,
                       static_cast<std::uint32_t>(number * 450), Ssrc(77)},
                      odd ? vp8 : h264);
    });
    const auto published = events_of<signal::TrackPublished>(world).size();
    EXPECT_GE(published, 2U) << "a true change of codec works";
    EXPECT_LE(published, 7U);
    EXPECT_TRUE(world.connected(bob));
}

TEST(Moderation, ATrackBeyondTheLimitComesWhenAnotherGoes) {
    node::NodeConfig config;
    config.max_outlets_per_member = 2;
    World world(30, config);
    Client& alice = join(world, "alice");
    Client& carol = join(world, "carol");
    Camera a(world, alice);
    Camera c(world, carol);
    world.run(2s, [&] {
        a.tick();
        c.tick();
    });
    world.events.clear();
    Client& bob = join(world, "bob");
    world.run(2s, [&] {
        a.tick();
        c.tick();
    });
    EXPECT_EQ(bob.mappings.size(), 2U);
    const auto changes = events_of<signal::SubscriptionChanged>(world);
    EXPECT_EQ(std::ranges::count_if(changes,
                                    [&](const auto& change) {
                                        return change.subscriber == world.id_of(bob) &&
                                               change.reason == "too_many_tracks";
                                    }),
              2);
    const auto first = bob.mappings[0].track;
    world.events.clear();
    Client& gone = first.starts_with("alice") ? alice : carol;
    Client& other = &gone == &alice ? carol : alice;
    world.leave(gone);
    const auto before = packets(bob, media::Codec::kVp8);
    world.run(2s, [&] { &other == &alice ? a.tick() : c.tick(); });
    ASSERT_EQ(bob.mappings.size(), 2U);
    EXPECT_TRUE(bob.mappings[0].track.starts_with(other.name()));
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 60);
    // Its microphone came as well, and both are said to be back, once.
    const auto told = told_active(world, bob);
    EXPECT_EQ(told.size(), 2U);
    for (const auto& [track, times] : told) {
        EXPECT_TRUE(track.starts_with(other.name())) << track;
        EXPECT_EQ(times, 1) << track;
    }
}

// A description has room for 256 sections (sdp::kMaxSections).
TEST(Moderation, ATrackBeyondTheSectionsOfADescriptionComesWhenOthersGo) {
    constexpr std::size_t kPublishers = 9;
    World world(31);
    std::vector<Client*> publishers;
    for (std::size_t i = 0; i < kPublishers; ++i) {
        Client& client = world.add_client("publisher" + std::to_string(i), "room", true, false);
        for (std::size_t n = 0; n < node::kMaxTracksPerMember; ++n) {
            client.publish(kAudio, "opus", {}, world.now);
        }
        world.negotiate(client);
        publishers.push_back(&client);
    }
    Client& bob = join(world, "bob");
    const std::vector<std::uint8_t> frame_of_voice(80, 0x78);
    std::uint32_t frame = 0;
    const auto speak = [&] {
        if (to_ms(world.now.time_since_epoch()) % 100 != 0) return;
        ++frame;
        for (Client* client : publishers) {
            if (!world.connected(*client)) continue;
            for (std::size_t n = 0; n < node::kMaxTracksPerMember; ++n) {
                client->send(n, frame_of_voice, frame * 4800, false, "", world.now);
            }
        }
    };
    world.run(5s, speak);
    const std::size_t places = sdp::kMaxSections - 2;  // its own camera and microphone have two
    ASSERT_EQ(bob.mappings.size(), places);
    const std::size_t waiting = kPublishers * node::kMaxTracksPerMember - places;
    EXPECT_EQ(events_of<signal::SubscriptionChanged>(world).size(), waiting);
    world.events.clear();
    world.leave(*publishers.front());
    publishers.erase(publishers.begin());
    world.run(5s, speak);
    const auto told = told_active(world, bob);
    EXPECT_EQ(bob.mappings.size(), places);
    EXPECT_EQ(told.size(), node::kMaxTracksPerMember) << "for each that went, one that waited";
    for (const auto& [track, times] : told) EXPECT_EQ(times, 1) << track;
}

// Each publication takes sources of every subscriber, and of those its keys allow so many.
TEST(Moderation, APublisherThatChangesItsMindForEverRunsOutOfPublications) {
    World world(28);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    const std::string track = track_of(world, alice, signal::TrackKind::kVideo);
    const std::string mid = track.substr(track.find('.') + 1);
    world.events.clear();
    bool screen = false;
    world.run(20s, [&] {
        a.tick();
        if (to_ms(world.now.time_since_epoch()) % 50 != 0) return;
        screen = !screen;
        const auto source = screen ? signal::TrackSource::kScreen : signal::TrackSource::kCamera;
        world.command(signal::DescribeTrack{world.id_of(alice), mid, source, {}});
    });
    const auto published = events_of<signal::TrackPublished>(world).size();
    EXPECT_GE(published, 20U);
    EXPECT_LE(published, 69U) << "64 at once, then one in five seconds";
    EXPECT_TRUE(world.connected(bob));
    const auto before = packets(bob, media::Codec::kVp8);
    world.run(10s, [&] { a.tick(); });
    EXPECT_GT(packets(bob, media::Codec::kVp8), before + 100) << "and it goes on";
}

TEST(Moderation, AStreamBeyondWhatKeysServeForLeavesTheOthersAlone) {
    World world(29);
    Client& alice = join(world, "alice");
    ASSERT_TRUE(world.run_until([&] { return world.connected(alice); }, 3s));
    std::array<std::uint8_t, 200> packet{};
    const auto send = [&](std::uint32_t ssrc, std::uint16_t number) {
        rtp::HeaderWriter writer(packet, {false, 96, number, 1, Ssrc(ssrc)});
        return alice.peer().send_rtp(packet, writer.finish() + 50).has_value();
    };
    std::uint32_t ssrc = 1000;
    while (ssrc < 20'000 && send(ssrc, 1)) ++ssrc;
    EXPECT_LT(ssrc, 20'000U);
    EXPECT_TRUE(send(1000, 2));
    EXPECT_TRUE(world.connected(alice));
}

// Each track that comes takes a stream of its viewer's keys, and those serve for so many.
TEST(Moderation, AViewerWhoseKeysAreUsedUpIsToldOnceAndKeepsTheRest) {
    node::NodeConfig config;
    config.srtp.outbound_ssrcs = 8;
    World world(32, config);
    Client& alice = join(world, "alice");
    Client& bob = join(world, "bob");
    Camera a(world, alice);
    world.run(2s, [&] { a.tick(); });
    EXPECT_TRUE(events_of<signal::MediaKeysUsedUp>(world).empty());
    const std::string track = track_of(world, alice, signal::TrackKind::kVideo);
    const std::string mid = track.substr(track.find('.') + 1);
    bool screen = false;
    world.run(20s, [&] {
        a.tick();
        if (to_ms(world.now.time_since_epoch()) % 1000 != 0) return;
        screen = !screen;
        const auto source = screen ? signal::TrackSource::kScreen : signal::TrackSource::kCamera;
        world.command(signal::DescribeTrack{world.id_of(alice), mid, source, {}});
    });
    const auto told = events_of<signal::MediaKeysUsedUp>(world);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].peer, world.id_of(bob));
    const auto before = packets(bob, media::Codec::kOpus);
    world.run(1s, [&] { a.tick(); });
    EXPECT_EQ(packets(bob, media::Codec::kOpus), before + 50) << "what was sent before goes on";
    world.leave(bob);
    Client& again = join(world, "bob2");
    world.run(2s, [&] { a.tick(); });
    EXPECT_GT(packets(again, media::Codec::kVp8), 50U) << "new keys";
}

TEST(Moderation, APublisherOfManySourcesFillsNoTable) {
    World world(27);
    Client& alice = join(world, "alice");
    world.run_until([&] { return world.connected(alice); }, 3s);
    const auto type = alice.peer().negotiator().sections()[1].payload_type;
    std::uint32_t ssrc = 1000;
    world.run(3s, [&] {
        alice.send_as(1, {true, type, 5, 9000, Ssrc(++ssrc)},
                      vp8_packet(1, true, true, 320, 180, 100));
    });
    EXPECT_LE(world.node().stats().sources, 2U);
    EXPECT_EQ(world.stats[world.id_of(alice)].published.size(), 1U);
}

}  // namespace
}  // namespace parley::testing
