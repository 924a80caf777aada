// How offers of real stacks are answered, and which are refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "peer/negotiation_testing.hpp"

namespace parley::peer {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> payload_types(const sdp::Media& media) {
    std::vector<int> result;
    for (const auto& codec : media.codecs) result.push_back(codec.payload_type);
    return result;
}

std::vector<std::string> names(const sdp::Media& media) {
    std::vector<std::string> result;
    for (const auto& codec : media.codecs) result.push_back(codec.name);
    return result;
}

std::string refusal(const std::string& offer, NegotiatorConfig config = {}) {
    auto negotiator = negotiator_for_sfu(std::move(config));
    const auto result = negotiator.set_remote_offer(offer, {});
    EXPECT_EQ(negotiator.state() == SignalingState::kStable, !result.has_value());
    if (result) return "accepted";
    EXPECT_FALSE(result.error().cause.empty());
    EXPECT_FALSE(result.error().remedy.empty());
    return result.error().code;
}

TEST(NegotiatorAnswer, ChromiumWithSimulcast) {
    auto negotiator = negotiator_for_sfu();
    const auto summary = negotiator.set_remote_offer(recorded("chromium_seed"), {});
    ASSERT_TRUE(summary) << summary.error().cause;
    EXPECT_TRUE(summary->first);
    EXPECT_FALSE(summary->ice_restart);
    ASSERT_TRUE(summary->transport);
    EXPECT_EQ(summary->transport->ice_ufrag, "qa76");
    EXPECT_TRUE(summary->transport->trickle);
    const auto text = negotiator.create_answer(server_transport(), {});
    const auto answer = parsed(text);
    ASSERT_EQ(answer.media.size(), 2U) << text;
    EXPECT_TRUE(answer.extmap_allow_mixed);
    EXPECT_THAT(answer.bundle()->mids, ElementsAre("0", "1"));

    const auto& video = answer.media[0];
    EXPECT_EQ(video.direction, sdp::Direction::kRecvOnly);
    EXPECT_THAT(payload_types(video), ElementsAre(96, 97, 98, 99, 100, 101, 108, 109, 114, 115, 102,
                                                  103, 104, 107, 116, 117, 39, 40, 45, 46));
    EXPECT_EQ(video.transport.setup, sdp::Setup::kPassive);
    EXPECT_TRUE(video.rtcp_mux && video.rtcp_rsize);
    EXPECT_EQ(video.simulcast->receive.size(), 3U);
    EXPECT_THAT(text, HasSubstr("a=simulcast:recv high;medium;low\r\n"));
    EXPECT_THAT(text, HasSubstr("a=rid:medium recv\r\n"));
    EXPECT_THAT(text, HasSubstr("a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"));
    EXPECT_THAT(video.find_codec(96)->feedback,
                ElementsAre("transport-cc", "ccm fir", "nack", "nack pli"));
    EXPECT_EQ(video.candidates.size(), 2U);
    EXPECT_TRUE(video.end_of_candidates);
    EXPECT_EQ(video.port, 40000);
    EXPECT_EQ(video.connections, std::vector<std::string>{"IN IP4 203.0.113.5"});
    EXPECT_TRUE(video.ssrcs.empty());

    const auto& audio = answer.media[1];
    EXPECT_THAT(names(audio), ElementsAre("opus", "red"));
    EXPECT_TRUE(audio.candidates.empty());  // the bundle's first section has them
    EXPECT_EQ(audio.transport.ice_ufrag, "srvU");

    ASSERT_EQ(negotiator.sections().size(), 2U);
    const auto& section = negotiator.sections()[0];
    EXPECT_EQ(section.state, SectionState::kReceiving);
    EXPECT_THAT(section.rids, ElementsAre("high", "medium", "low"));
    EXPECT_TRUE(section.has_feedback(96, "nack"));
    EXPECT_EQ(section.extension_map().id(rtp::ExtensionType::kRid), 10);
    EXPECT_EQ(section.remote_stream, "44fa00a0-db72-4833-8683-e4c37c888f04");
    ASSERT_EQ(negotiator.sections()[1].sources.size(), 1U);
    EXPECT_EQ(negotiator.sections()[1].sources[0].cname, "M+zTUHi4ZhA8xKGe");
    EXPECT_EQ(negotiator.dtls_role(), sdp::Setup::kPassive);
    EXPECT_EQ(negotiator.version(), 1U);
}

TEST(NegotiatorAnswer, DataChannelAndReceivingSections) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, recorded("chromium_full"));
    ASSERT_EQ(answer.media.size(), 4U);
    EXPECT_THAT(answer.bundle()->mids, ElementsAre("0", "1", "2"));
    EXPECT_EQ(answer.media[2].direction, sdp::Direction::kInactive);
    const auto& data = answer.media[3];
    EXPECT_TRUE(data.rejected());
    EXPECT_EQ(data.mid, "3");
    EXPECT_THAT(data.formats, ElementsAre("webrtc-datachannel"));
    EXPECT_EQ(negotiator.sections()[3].state, SectionState::kRejected);
}

TEST(NegotiatorAnswer, FirefoxWithBundleOnlySections) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, recorded("firefox_full"));
    ASSERT_EQ(answer.media.size(), 4U);
    EXPECT_THAT(answer.bundle()->mids, ElementsAre("0", "1", "2"));
    EXPECT_NE(answer.media[1].port, 0);
    EXPECT_THAT(payload_types(answer.media[1]), ElementsAre(120, 124, 121, 125, 99, 100));
    EXPECT_EQ(answer.media[1].simulcast->receive.size(), 3U);
    const auto& section = negotiator.sections()[1];
    ASSERT_EQ(section.repair.size(), 3U);
    EXPECT_EQ(section.repair[0], std::pair(Ssrc(3404533841), Ssrc(789887049)));
    // Firefox sends the dependency descriptor and does not receive it: so do we the reverse.
    const auto& extmaps = answer.media[1].extmaps;
    const auto descriptor = std::ranges::find(extmaps, 8, &sdp::Extmap::id);
    ASSERT_NE(descriptor, extmaps.end());
    EXPECT_EQ(descriptor->direction, sdp::Direction::kRecvOnly);
    EXPECT_EQ(
        answered(*std::make_unique<Negotiator>(negotiator_for_sfu()), recorded("firefox_seed"))
            .media[0]
            .simulcast->receive.size(),
        3U);
}

TEST(NegotiatorAnswer, ConfiguredOrderWins) {
    NegotiatorConfig config;
    config.capabilities.prefer(sdp::MediaKind::kVideo, {"AV1", "h264"});
    auto negotiator = negotiator_for_sfu(config);
    const auto answer = answered(negotiator, recorded("chromium_plain"));
    const auto& video = answer.media[1];
    ASSERT_EQ(video.kind, sdp::MediaKind::kVideo);
    EXPECT_EQ(video.codecs[0].name, "AV1");
    EXPECT_EQ(video.codecs[1].apt(), video.codecs[0].payload_type);
    EXPECT_EQ(video.codecs[2].parameters.get("profile-level-id"), "42e01f");
}

TEST(NegotiatorAnswer, FfmpegIsDtlsServer) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, recorded("ffmpeg_whip"));
    ASSERT_EQ(answer.media.size(), 2U);
    EXPECT_EQ(answer.media[0].transport.setup, sdp::Setup::kActive);
    EXPECT_EQ(negotiator.dtls_role(), sdp::Setup::kActive);
    EXPECT_THAT(payload_types(answer.media[1]), ElementsAre(106));
    EXPECT_EQ(answer.media[1].find_codec(106)->parameters.get("profile-level-id"), "42c01f");
    EXPECT_LT(sdp::write(answer).size(), 8192U);
}

TEST(NegotiatorAnswer, OfTwoKindsOfFeedbackRfc8888IsTaken) {
    auto theirs = parsed(recorded("chromium_seed"));
    for (auto& media : theirs.media) {
        if (media.is_rtp()) media.wildcard_feedback = {"ack ccfb"};
    }
    auto negotiator = negotiator_for_sfu();
    const auto text = sdp::write(answered(negotiator, sdp::write(theirs)));
    EXPECT_NE(text.find("a=rtcp-fb:* ack ccfb\r\n"), std::string::npos);
    EXPECT_EQ(text.find("transport-cc"), std::string::npos);
    EXPECT_EQ(text.find("transport-wide-cc"), std::string::npos);
    EXPECT_EQ(text.find("goog-remb"), std::string::npos);
}

TEST(NegotiatorAnswer, WhatReportsByNumbersAlreadyGoesOnWithThem) {
    auto negotiator = negotiator_for_sfu();
    auto theirs = parsed(recorded("chromium_seed"));
    answered(negotiator, sdp::write(theirs));
    for (auto& media : theirs.media) {
        if (media.is_rtp()) media.wildcard_feedback = {"ack ccfb"};
    }
    const auto text = sdp::write(answered(negotiator, sdp::write(theirs)));
    EXPECT_EQ(text.find("ccfb"), std::string::npos);
    EXPECT_NE(text.find("transport-cc"), std::string::npos);
}

// Many sections times many extensions: the work grows with their sum.
TEST(NegotiatorAnswer, ManyIdsInManySectionsMeanWhatTheFirstSays) {
    auto theirs = parsed(recorded("chromium_seed"));
    theirs.media.erase(theirs.media.begin());  // audio: the shorter one
    theirs.groups[0].mids = {*theirs.media[0].mid};
    theirs.extmap_allow_mixed = true;
    for (std::uint16_t id = 20; id < 250; ++id) {
        theirs.extmaps.push_back({id, {}, "urn:ietf:params:rtp-hdrext:toffset", {}});
    }
    const auto section = theirs.media[0];
    for (int i = 10; i < 59; ++i) {
        theirs.media.push_back(section);
        theirs.media.back().mid = std::to_string(i);
        theirs.groups[0].mids.push_back(std::to_string(i));
    }
    for (auto& extmap : theirs.media[7].extmaps) {
        if (extmap.id == 4) extmap.uri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
    }
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, sdp::write(theirs));
    ASSERT_EQ(answer.media.size(), 50U);
    EXPECT_TRUE(
        std::ranges::any_of(answer.media[6].extmaps, [](const auto& e) { return e.id == 4; }));
    EXPECT_FALSE(
        std::ranges::any_of(answer.media[7].extmaps, [](const auto& e) { return e.id == 4; }));
}

TEST(NegotiatorAnswer, ObsWithoutTransportExtensionKeepsRemb) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, recorded("obs_whip"));
    ASSERT_EQ(answer.media.size(), 2U);
    EXPECT_THAT(answer.media[1].find_codec(96)->feedback,
                ElementsAre("goog-remb", "nack", "nack pli"));
    // What OBS says about its own sending is kept for the receiver and not claimed as ours.
    EXPECT_FALSE(answer.media[0].find_codec(111)->parameters.has("sprop-stereo"));
    EXPECT_EQ(answer.media[0].find_codec(111)->parameters.get("stereo"), "1");
    EXPECT_TRUE(negotiator.sections()[0].codec(111)->parameters.has("sprop-stereo"));
}

TEST(NegotiatorAnswer, GstreamerAndAiortc) {
    auto gstreamer = negotiator_for_sfu();
    const auto first = answered(gstreamer, recorded("gstreamer_webrtcbin"));
    ASSERT_EQ(first.media.size(), 2U);
    EXPECT_THAT(first.bundle()->mids, ElementsAre("video0", "audio1"));
    EXPECT_THAT(names(first.media[1]), ElementsAre("OPUS"));
    EXPECT_FALSE(first.extmap_allow_mixed);

    auto aiortc = negotiator_for_sfu();
    const auto second = answered(aiortc, recorded("aiortc"));
    ASSERT_EQ(second.media.size(), 2U);
    EXPECT_THAT(payload_types(second.media[1]), ElementsAre(97, 98, 101, 102, 99, 100));
    EXPECT_TRUE(aiortc.remote_transport()->end_of_candidates);
    EXPECT_EQ(aiortc.remote_transport()->candidates.size(), 1U);
}

TEST(NegotiatorAnswer, AnExtensionIdKeepsItsFirstMeaningInTheBundle) {
    auto negotiator = negotiator_for_sfu();
    const auto offer = replaced(recorded("aiortc"), "a=extmap:3 ", "a=extmap:2 ");
    answered(negotiator, offer);
    EXPECT_EQ(negotiator.sections()[0].extension_map().id(rtp::ExtensionType::kAudioLevel), 2);
    for (const auto& extension : negotiator.sections()[1].extensions) EXPECT_NE(extension.id, 2);

    negotiator.add_sender(audio_sender(3000), {});
    negotiator.add_sender(video_sender(1000), {});
    std::map<int, std::string> meaning;
    const auto ours = parsed(negotiator.create_offer(server_transport(), {}));
    ASSERT_EQ(ours.media.size(), 4U);
    for (const auto& media : ours.media) {
        for (const auto& extmap : media.extmaps) {
            EXPECT_EQ(meaning.try_emplace(extmap.id, extmap.uri).first->second, extmap.uri);
        }
    }
}

TEST(NegotiatorAnswer, OneSectionWithoutBundleOrMid) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(negotiator, recorded("one_section_no_bundle"));
    ASSERT_EQ(answer.media.size(), 1U);
    EXPECT_EQ(answer.bundle(), nullptr);
    EXPECT_FALSE(answer.media[0].mid);
    EXPECT_EQ(answer.media[0].direction, sdp::Direction::kRecvOnly);
    EXPECT_FALSE(answer.media[0].candidates.empty());
    EXPECT_FALSE(negotiator.sections()[0].mid.empty());
    // There is no room for a second section, so nothing can be sent to such a client.
    const auto id = negotiator.add_sender(audio_sender(1), {});
    EXPECT_EQ(negotiator.sender_state(id), SenderState::kRefused);
    EXPECT_FALSE(negotiator.wants_offer(at(1s)));
}

TEST(NegotiatorAnswer, RefusalsNameTheirReason) {
    const auto chromium = recorded("chromium_seed");
    EXPECT_EQ(refusal(chromium), "accepted");
    EXPECT_EQ(refusal("nonsense"), "sdp_syntax");
    EXPECT_EQ(refusal(replaced(chromium, "a=group:BUNDLE 0 1\r\n", "")), "bundle_required");
    EXPECT_EQ(refusal(replaced(chromium, "a=group:BUNDLE 0 1\r\n", "a=group:BUNDLE 0\r\n")),
              "bundle_required");
    EXPECT_EQ(refusal(replaced(chromium, "a=rtcp-mux\r\n", "")), "rtcp_mux_required");
    EXPECT_EQ(refusal(replaced(chromium, "a=ice-pwd:", "a=x-pwd:")), "ice_credentials_missing");
    EXPECT_EQ(refusal(replaced(chromium, "a=setup:actpass", "a=setup:holdconn")), "role_conflict");
    EXPECT_EQ(refusal(replaced(chromium, "a=mid:1\r\n", "")), "sdp_syntax");
    EXPECT_EQ(refusal(replaced(chromium, "a=fingerprint:", "a=x-print:")), "fingerprint_missing");
    const auto crypto = replaced(replaced(chromium, "a=fingerprint:", "a=x-print:"),
                                 "a=setup:actpass", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x");
    EXPECT_EQ(refusal(crypto), "unsupported_crypto");
    EXPECT_EQ(refusal(replaced(replaced(chromium, "UDP/TLS/RTP/SAVPF", "RTP/AVP"),
                               "a=fingerprint:", "a=x-print:")),
              "unsupported_protocol");
    auto clash = replaced(chromium, "SAVPF 111 63", "SAVPF 96 63");
    clash = replaced(replaced(clash, ":111 ", ":96 "), "111/111", "96/96");
    EXPECT_EQ(refusal(clash), "payload_type_conflict");
    EXPECT_EQ(refusal(replaced(recorded("one_section_no_bundle"), "opus/48000/2", "speex/16000")),
              "no_common_codec");
    NegotiatorConfig lite;
    lite.ice_lite = true;
    EXPECT_EQ(refusal(replaced(chromium, "a=extmap-allow-mixed", "a=ice-lite"), lite),
              "ice_lite_conflict");
    NegotiatorConfig small;
    small.max_sections = 1;
    EXPECT_EQ(refusal(chromium, small), "too_many_sections");
}

TEST(NegotiatorAnswer, ACauseNamesSectionAndLine) {
    auto negotiator = negotiator_for_sfu();
    const auto result =
        negotiator.set_remote_offer(replaced(recorded("chromium_seed"), "a=rtcp-mux\r\n", ""), {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().cause, "section 0 (m=video, mid 0, line 8) has no a=rtcp-mux");
}

TEST(NegotiatorAnswer, SimulcastIsLimitedAndNeedsItsExtension) {
    NegotiatorConfig config;
    config.capabilities.max_simulcast_layers = 2;
    auto limited = negotiator_for_sfu(config);
    EXPECT_EQ(answered(limited, recorded("chromium_seed")).media[0].simulcast->receive.size(), 2U);
    EXPECT_THAT(limited.sections()[0].rids, ElementsAre("high", "medium"));
    auto plain = negotiator_for_sfu();
    const auto answer =
        answered(plain, replaced(recorded("chromium_seed"), "sdes:rtp-stream-id", "sdes:other"));
    EXPECT_FALSE(answer.media[0].simulcast);
    EXPECT_TRUE(plain.sections()[0].rids.empty());
}

TEST(NegotiatorAnswer, ALayerNamedTwiceIsTakenOnce) {
    auto negotiator = negotiator_for_sfu();
    const auto answer = answered(
        negotiator, replaced(recorded("chromium_seed"), "send high;medium;low", "send high;high"));
    ASSERT_EQ(answer.media.size(), 2U);
    EXPECT_THAT(negotiator.sections()[0].rids, ElementsAre("high"));
    EXPECT_EQ(answer.media[0].rids.size(), 1U);
}

TEST(NegotiatorAnswer, UnknownKindsAreRefusedAlone) {
    auto negotiator = negotiator_for_sfu();
    const auto offer =
        replaced(recorded("chromium_plain"), "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
                 "m=text 9 UDP/TLS/RTP/SAVPF 98");
    const auto answer = answered(negotiator, offer);
    ASSERT_EQ(answer.media.size(), 3U);
    EXPECT_EQ(answer.media[2].port, 0);
    EXPECT_EQ(answer.media[2].kind_text, "text");
    EXPECT_EQ(answer.media[0].direction, sdp::Direction::kRecvOnly);
}

TEST(NegotiatorAnswer, OnlyADataChannelThenMediaFromUs) {
    auto negotiator = negotiator_for_sfu();
    auto offer = parsed(recorded("chromium_full"));
    offer.media = {offer.media[3]};
    offer.groups[0].mids = {"3"};
    const auto summary = negotiator.set_remote_offer(sdp::write(offer), {});
    ASSERT_TRUE(summary);
    EXPECT_FALSE(summary->transport);
    const auto answer = parsed(negotiator.create_answer(server_transport(), {}));
    EXPECT_EQ(answer.bundle(), nullptr);
    EXPECT_TRUE(answer.media[0].rejected());
    negotiator.add_sender(video_sender(100), {});
    const auto ours = negotiator.create_offer(server_transport(), at(60ms));
    const auto description = parsed(ours);
    ASSERT_EQ(description.media.size(), 2U);  // a refused data channel section is never reused
    EXPECT_EQ(description.bundle()->mids, std::vector<std::string>{"s0"});
    const auto result = negotiator.set_remote_answer(answer_to(ours), at(100ms));
    ASSERT_TRUE(result) << result.error().cause;
    EXPECT_TRUE(result->transport);
    EXPECT_EQ(negotiator.dtls_role(), sdp::Setup::kPassive);
}

TEST(NegotiatorAnswer, AnIceRestartIsReportedBeforeTheAnswer) {
    auto negotiator = negotiator_for_sfu();
    answered(negotiator, recorded("chromium_seed"));
    const auto again = negotiator.set_remote_offer(recorded("chromium_seed"), at(1s));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->ice_restart || again->first || again->fingerprint_changed);
    negotiator.rollback(at(1s));
    const auto restart = negotiator.set_remote_offer(
        replaced(recorded("chromium_seed"), "a=ice-ufrag:qa76", "a=ice-ufrag:new1"), at(2s));
    ASSERT_TRUE(restart);
    EXPECT_TRUE(restart->ice_restart);
    EXPECT_FALSE(restart->fingerprint_changed);
    EXPECT_EQ(negotiator.remote_transport()->ice_ufrag, "qa76");  // until it is answered
    negotiator.create_answer(server_transport(), at(2s));
    EXPECT_EQ(negotiator.remote_transport()->ice_ufrag, "new1");
}

TEST(NegotiatorAnswer, SectionsKeepOrderMidAndKind) {
    auto negotiator = negotiator_for_sfu();
    answered(negotiator, recorded("chromium_seed"));
    const auto code = [&](sdp::Description offer) {
        const auto result = negotiator.set_remote_offer(sdp::write(offer), {});
        return result ? "accepted" : result.error().code;
    };
    auto offer = parsed(recorded("chromium_seed"));
    std::swap(offer.media[0], offer.media[1]);
    EXPECT_EQ(code(offer), "section_order");
    offer = parsed(recorded("chromium_seed"));
    offer.media.pop_back();
    offer.groups[0].mids.pop_back();
    EXPECT_EQ(code(offer), "section_order");
    offer = parsed(recorded("chromium_seed"));
    std::swap(offer.media[0].mid, offer.media[1].mid);
    EXPECT_EQ(code(offer), "section_order");
    offer = parsed(recorded("chromium_seed"));
    offer.media[0].kind = sdp::MediaKind::kAudio;
    offer.media[0].kind_text = "audio";
    EXPECT_EQ(code(offer), "section_kind_changed");
    EXPECT_EQ(negotiator.version(), 1U);
    EXPECT_EQ(negotiator.sections()[0].state, SectionState::kReceiving);
}

TEST(NegotiatorAnswer, TheRemoteMayReuseASectionThatItStopped) {
    auto negotiator = negotiator_for_sfu();
    const auto first = parsed(recorded("chromium_seed"));
    answered(negotiator, sdp::write(first));
    auto stopped = first;
    stopped.media[0].port = 0;
    stopped.groups[0].mids = {"1"};
    EXPECT_TRUE(answered(negotiator, sdp::write(stopped)).media[0].rejected());
    auto reused = first;
    reused.media[0] = first.media[1];
    reused.media[0].mid = "2";
    reused.groups[0].mids = {"2", "1"};
    const auto answer = answered(negotiator, sdp::write(reused));
    ASSERT_EQ(answer.media.size(), 2U);
    EXPECT_EQ(answer.media[0].kind, sdp::MediaKind::kAudio);
    EXPECT_EQ(negotiator.find_section("2")->state, SectionState::kReceiving);
    EXPECT_EQ(negotiator.find_section("0"), nullptr);
}

TEST(NegotiatorAnswer, APlayersSectionsTakeWaitingSenders) {
    NegotiatorConfig config;
    config.attach_to_offered_sections = true;
    auto negotiator = negotiator_for_sfu(config);
    const auto video = negotiator.add_sender(video_sender(1000), {});
    const auto strange = negotiator.add_sender(video_sender(2000, codec("H265")), {});
    auto offer = parsed(recorded("chromium_plain"));
    for (auto& media : offer.media) media.direction = sdp::Direction::kRecvOnly;
    const auto answer = answered(negotiator, sdp::write(offer));
    ASSERT_EQ(answer.media.size(), 3U);
    EXPECT_EQ(answer.media[0].direction, sdp::Direction::kInactive);  // no audio waits
    const auto& section = answer.media[1];
    EXPECT_EQ(section.direction, sdp::Direction::kSendOnly);
    EXPECT_THAT(payload_types(section), ElementsAre(96, 97));
    EXPECT_EQ(section.msids, (std::vector<sdp::Msid>{{"alice", "alice.v1000"}}));
    EXPECT_EQ(section.ssrc_groups[0].ssrcs, (std::vector<std::uint32_t>{1000, 1001}));
    EXPECT_EQ(negotiator.sender_state(video), SenderState::kActive);
    EXPECT_EQ(negotiator.sender_state(strange), SenderState::kWaiting);
    EXPECT_EQ(negotiator.section_of(video)->payload_type, 96);
    EXPECT_EQ(negotiator.section_of(video)->rtx_payload_type, 97);
}

}  // namespace
}  // namespace parley::peer
