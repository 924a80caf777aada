// Our offers: when they are made, what stands in them, and what becomes of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peer/negotiation_testing.hpp"

namespace parley::peer {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A peer whose Chromium client has joined.
class NegotiatorOffer : public ::testing::Test {
 protected:
    NegotiatorOffer() { answered(negotiator_, recorded("chromium_seed")); }

    std::string offer(Duration when) {
        return negotiator_.create_offer(server_transport(), at(when));
    }
    void complete(Duration when, const std::function<void(sdp::Media&)>& edit = {}) {
        const auto result = negotiator_.set_remote_answer(answer_to(offer(when), edit), at(when));
        ASSERT_TRUE(result) << result.error().code << ": " << result.error().cause;
        ASSERT_FALSE(result->ignored);
    }
    std::vector<std::string> mids() const {
        std::vector<std::string> result;
        for (const auto& section : negotiator_.sections()) result.push_back(section.mid);
        return result;
    }

    Negotiator negotiator_ = negotiator_for_sfu();
};

TEST_F(NegotiatorOffer, CarriesThePublishedCodecWithTheClientsNumbers) {
    const auto video =
        negotiator_.add_sender(video_sender(1000, codec("VP9", "profile-id=0")), at(0ms));
    const auto audio = negotiator_.add_sender(audio_sender(3000), at(10ms));
    const auto text = offer(50ms);
    const auto description = parsed(text);
    ASSERT_EQ(description.media.size(), 4U) << text;
    EXPECT_THAT(description.bundle()->mids, ElementsAre("0", "1", "s0", "s1"));
    EXPECT_EQ(description.media[0].direction, sdp::Direction::kRecvOnly);
    EXPECT_EQ(description.media[0].simulcast->receive.size(), 3U);
    const auto& section = description.media[2];
    EXPECT_EQ(section.direction, sdp::Direction::kSendOnly);
    ASSERT_EQ(section.codecs.size(), 2U);
    EXPECT_EQ(section.codecs[0].payload_type, 98);
    EXPECT_EQ(section.codecs[1].payload_type, 99);
    EXPECT_THAT(section.codecs[0].feedback,
                ElementsAre("transport-cc", "goog-remb", "ccm fir", "nack", "nack pli"));
    EXPECT_EQ(section.transport.setup, sdp::Setup::kActpass);
    EXPECT_THAT(text, HasSubstr("a=msid:alice alice.v1000\r\n"));
    EXPECT_THAT(text, HasSubstr("a=ssrc-group:FID 1000 1001\r\na=ssrc:1000 cname:alice\r\n"));
    EXPECT_THAT(text, HasSubstr("a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"));
    EXPECT_EQ(std::ranges::count(section.extmaps, 4, &sdp::Extmap::id), 1);  // transport-cc
    EXPECT_EQ(description.media[3].codecs[0].payload_type, 111);
    EXPECT_EQ(negotiator_.sender_state(video), SenderState::kOffered);
    EXPECT_EQ(negotiator_.mid_of(video), "s0");
    EXPECT_EQ(negotiator_.section_of(video), nullptr);

    ASSERT_TRUE(negotiator_.set_remote_answer(answer_to(text), at(80ms)));
    EXPECT_EQ(negotiator_.sender_state(video), SenderState::kActive);
    EXPECT_EQ(negotiator_.sender_state(audio), SenderState::kActive);
    const auto* agreed = negotiator_.section_of(video);
    ASSERT_NE(agreed, nullptr);
    EXPECT_EQ(agreed->state, SectionState::kSending);
    EXPECT_EQ(agreed->payload_type, 98);
    EXPECT_EQ(agreed->rtx_payload_type, 99);
    EXPECT_TRUE(agreed->has_feedback(98, "nack pli"));
    EXPECT_EQ(negotiator_.sections()[0].state, SectionState::kReceiving);
    EXPECT_EQ(negotiator_.sections()[0].rids.size(), 3U);
}

TEST_F(NegotiatorOffer, AFormatWithoutNumberGetsAFreeOne) {
    auto fresh = negotiator_for_sfu();
    auto audio_only = parsed(recorded("chromium_seed"));
    audio_only.media.erase(audio_only.media.begin());
    audio_only.groups[0].mids = {"1"};
    answered(fresh, sdp::write(audio_only));
    EXPECT_EQ(fresh.codec_support(sdp::MediaKind::kVideo, codec("VP8")), CodecSupport::kUnknown);
    fresh.add_sender(video_sender(1, codec("VP8")), {});
    fresh.add_sender(video_sender(3, codec("VP8")), {});
    fresh.add_sender(video_sender(5, codec("VP9", "profile-id=2")), {});
    const auto description = parsed(fresh.create_offer(server_transport(), at(50ms)));
    ASSERT_EQ(description.media.size(), 4U);
    EXPECT_EQ(description.media[1].codecs[0].payload_type, 96);
    EXPECT_EQ(description.media[1].codecs[1].payload_type, 97);
    EXPECT_EQ(description.media[2].codecs, description.media[1].codecs);
    EXPECT_EQ(description.media[3].codecs[0].payload_type, 98);
    for (const auto& media : description.media) {
        for (const auto& extmap : media.extmaps) EXPECT_NE(extmap.id, 15);
    }
}

TEST_F(NegotiatorOffer, CodecSupportFollowsWhatTheRemoteCanReceive) {
    EXPECT_EQ(negotiator_.codec_support(sdp::MediaKind::kVideo, codec("VP8")), CodecSupport::kYes);
    EXPECT_EQ(negotiator_.codec_support(sdp::MediaKind::kVideo, codec("H265")), CodecSupport::kNo);
    EXPECT_EQ(negotiator_.codec_support(sdp::MediaKind::kAudio, codec("opus")), CodecSupport::kYes);
    auto sendonly = negotiator_for_sfu();
    answered(sendonly, replaced(recorded("chromium_seed"), "a=sendrecv", "a=sendonly"));
    EXPECT_EQ(sendonly.codec_support(sdp::MediaKind::kVideo, codec("H265")),
              CodecSupport::kUnknown);
    EXPECT_EQ(sendonly.codec_support(sdp::MediaKind::kVideo, codec("VP8")), CodecSupport::kUnknown);
    auto firefox = negotiator_for_sfu();
    answered(firefox, recorded("firefox_plain"));
    EXPECT_EQ(firefox.codec_support(sdp::MediaKind::kVideo,
                                    codec("H264", "packetization-mode=1;profile-level-id=42e01f")),
              CodecSupport::kNo);
}

TEST_F(NegotiatorOffer, RedIsOfferedAroundOpusAndTakenWhenAnswered) {
    auto spec = audio_sender(5);
    spec.red = true;
    const auto id = negotiator_.add_sender(spec, {});
    complete(50ms);
    EXPECT_EQ(negotiator_.section_of(id)->payload_type, 111);
    EXPECT_EQ(negotiator_.section_of(id)->red_payload_type, 63);
    EXPECT_EQ(negotiator_.section_of(id)->codec(63)->parameters.to_text(), "111/111");
}

TEST_F(NegotiatorOffer, NeverBeforeTheFirstOfferIsAnsweredAndMergedAfterwards) {
    auto fresh = negotiator_for_sfu();
    fresh.add_sender(video_sender(1), at(0ms));
    EXPECT_FALSE(fresh.wants_offer(at(1s)));
    EXPECT_EQ(fresh.next_timeout(), kNever);
    ASSERT_TRUE(fresh.set_remote_offer(recorded("chromium_seed"), at(2s)));
    EXPECT_FALSE(fresh.wants_offer(at(2s)));
    fresh.create_answer(server_transport(), at(2s));
    EXPECT_TRUE(fresh.wants_offer(at(2s)));  // its window is long over

    negotiator_.add_sender(video_sender(1), at(100ms));
    EXPECT_EQ(negotiator_.next_timeout(), at(150ms));
    negotiator_.add_sender(video_sender(3), at(140ms));  // does not prolong the window
    EXPECT_FALSE(negotiator_.wants_offer(at(149ms)));
    EXPECT_TRUE(negotiator_.wants_offer(at(150ms)));
    negotiator_.handle_timeout(at(150ms));
    EXPECT_EQ(negotiator_.next_timeout(), kNever);  // said once; wants_offer stays
    EXPECT_TRUE(negotiator_.wants_offer(at(150ms)));
    EXPECT_EQ(parsed(offer(150ms)).media.size(), 4U);
}

TEST_F(NegotiatorOffer, OneAtATimeAndLatenessIsReportedOnce) {
    negotiator_.add_sender(video_sender(1), at(0ms));
    const auto text = offer(50ms);
    negotiator_.add_sender(video_sender(3), at(60ms));
    EXPECT_FALSE(negotiator_.wants_offer(at(5s)));
    while (negotiator_.poll_event()) {
    }
    EXPECT_EQ(negotiator_.next_timeout(), at(10'050ms));
    negotiator_.handle_timeout(at(10'050ms));
    const auto event = negotiator_.poll_event();
    ASSERT_TRUE(event && std::holds_alternative<OfferUnanswered>(*event));
    EXPECT_EQ(std::get<OfferUnanswered>(*event).age, 10s);
    EXPECT_EQ(negotiator_.next_timeout(), kNever);
    ASSERT_TRUE(negotiator_.set_remote_answer(answer_to(text), at(20s)));
    EXPECT_TRUE(negotiator_.wants_offer(at(20s)));
}

TEST_F(NegotiatorOffer, NothingChangedMeansNoOffer) {
    EXPECT_FALSE(negotiator_.wants_offer(at(60min)));
    const auto id = negotiator_.add_sender(video_sender(1), at(1s));
    negotiator_.remove_sender(id, at(1s + 10ms));
    EXPECT_FALSE(negotiator_.wants_offer(at(2s)));
    EXPECT_EQ(negotiator_.next_timeout(), kNever);
    negotiator_.add_sender(video_sender(3), at(3s));
    EXPECT_FALSE(negotiator_.wants_offer(at(3s)));  // a window of its own
}

TEST_F(NegotiatorOffer, SectionsAreParkedAndReusedByTheirKind) {
    const auto first = negotiator_.add_sender(video_sender(1), {});
    const auto second = negotiator_.add_sender(audio_sender(3), {});
    complete(50ms);
    EXPECT_THAT(mids(), ElementsAre("0", "1", "s0", "s1"));
    negotiator_.remove_sender(first, at(1s));
    EXPECT_TRUE(negotiator_.wants_offer(at(1s + 50ms)));
    const auto text = offer(1s + 50ms);
    EXPECT_EQ(parsed(text).media[2].direction, sdp::Direction::kInactive);
    EXPECT_TRUE(parsed(text).media[2].msids.empty());
    ASSERT_TRUE(negotiator_.set_remote_answer(answer_to(text), at(1s + 60ms)));
    EXPECT_EQ(negotiator_.sections()[2].state, SectionState::kInactive);
    EXPECT_EQ(negotiator_.sender_state(first), SenderState::kUnknown);

    const auto sound = negotiator_.add_sender(audio_sender(5), at(2s));
    const auto picture = negotiator_.add_sender(video_sender(7), at(2s));
    complete(3s);
    EXPECT_THAT(mids(), ElementsAre("0", "1", "s0", "s1", "s2"));
    EXPECT_EQ(negotiator_.section_of(picture)->mid, "s0");
    EXPECT_EQ(negotiator_.section_of(sound)->mid, "s2");
    EXPECT_EQ(negotiator_.section_of(second)->mid, "s1");
}

TEST_F(NegotiatorOffer, ASenderWithoutPlaceGetsTheOneThatBecomesFree) {
    NegotiatorConfig config;
    config.max_sections = 3;
    negotiator_ = negotiator_for_sfu(config);
    answered(negotiator_, recorded("chromium_seed"));
    const auto first = negotiator_.add_sender(video_sender(1), {});
    const auto second = negotiator_.add_sender(video_sender(3), {});
    complete(50ms);
    EXPECT_EQ(negotiator_.sender_state(first), SenderState::kActive);
    EXPECT_EQ(negotiator_.sender_state(second), SenderState::kRefused);
    negotiator_.remove_sender(first, at(1s));
    EXPECT_EQ(negotiator_.sender_state(second), SenderState::kWaiting);
    complete(1s + 50ms);
    EXPECT_EQ(negotiator_.sender_state(second), SenderState::kActive);
    EXPECT_THAT(mids(), ElementsAre("0", "1", "s0"));
}

TEST_F(NegotiatorOffer, RejectedSectionRefusesItsSenderAndIsRecycledWithANewMid) {
    const auto refused = negotiator_.add_sender(video_sender(1), {});
    complete(50ms, [](sdp::Media& media) {
        if (media.mid == "s0") media.port = 0;
    });
    EXPECT_EQ(negotiator_.sender_state(refused), SenderState::kRefused);
    EXPECT_EQ(negotiator_.section_of(refused), nullptr);
    EXPECT_FALSE(negotiator_.wants_offer(at(10s)));
    std::vector<SenderChanged> changes;
    while (const auto event = negotiator_.poll_event()) {
        if (const auto* change = std::get_if<SenderChanged>(&*event)) changes.push_back(*change);
    }
    ASSERT_FALSE(changes.empty());
    EXPECT_EQ(changes.back().reason, RefusalReason::kSectionRejected);

    // Our own description has to show the refusal once before the section is given away.
    const auto first = negotiator_.add_sender(audio_sender(3), at(11s));
    complete(12s);
    EXPECT_THAT(mids(), ElementsAre("0", "1", "s0", "s1"));
    EXPECT_EQ(negotiator_.section_of(first)->mid, "s1");
    const auto second = negotiator_.add_sender(audio_sender(5), at(13s));
    complete(14s);
    EXPECT_THAT(mids(), ElementsAre("0", "1", "s2", "s1"));
    EXPECT_EQ(negotiator_.section_of(second)->kind, sdp::MediaKind::kAudio);
}

TEST_F(NegotiatorOffer, AnswerWithoutTheCodecRefusesTheSender) {
    const auto id = negotiator_.add_sender(video_sender(1, codec("AV1", "profile=0")), {});
    complete(50ms, [](sdp::Media& media) {
        if (media.mid != "s0") return;
        media.codecs = {codec("other")};
        media.codecs[0].payload_type = 50;
    });
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kRefused);
    EXPECT_EQ(negotiator_.codec_support(sdp::MediaKind::kVideo, codec("AV1", "profile=0")),
              CodecSupport::kNo);
    // The section is parked with a format, since an m= line needs one, and taken by the next.
    ASSERT_EQ(negotiator_.sections().size(), 3U);
    EXPECT_FALSE(negotiator_.sections()[2].codecs.empty());
    const auto next = negotiator_.add_sender(video_sender(3), at(1s));
    complete(2s);
    EXPECT_EQ(negotiator_.section_of(next)->mid, "s0");
}

TEST_F(NegotiatorOffer, AnswerWithoutRtxOrExtensionsIsRespected) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    complete(50ms, [](sdp::Media& media) {
        if (media.mid != "s0") return;
        std::erase_if(media.codecs, [](const sdp::Codec& item) { return item.is_rtx(); });
        media.codecs[0].feedback = {"nack", "ccm fir"};
        media.extmaps.clear();
    });
    const auto* section = negotiator_.section_of(id);
    EXPECT_FALSE(section->rtx_payload_type);
    EXPECT_TRUE(section->extensions.empty());
    EXPECT_TRUE(section->has_feedback(96, "ccm fir"));
    EXPECT_FALSE(section->has_feedback(96, "nack pli"));
    EXPECT_FALSE(section->has_feedback(96, "nack")) << "nothing could be sent again";
}

TEST_F(NegotiatorOffer, AnInactiveAnswerHoldsAndALaterOfferOfTheRemoteResumes) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    complete(50ms, [](sdp::Media& media) {
        if (media.mid == "s0") media.direction = sdp::Direction::kInactive;
    });
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kHeld);
    EXPECT_EQ(negotiator_.section_of(id)->state, SectionState::kInactive);
    EXPECT_FALSE(negotiator_.wants_offer(at(60min)));

    auto theirs = parsed(recorded("chromium_seed"));
    theirs.media.push_back(theirs.media[0]);
    theirs.media[2].mid = "s0";
    theirs.media[2].rids.clear();
    theirs.media[2].simulcast.reset();
    theirs.media[2].direction = sdp::Direction::kRecvOnly;
    theirs.groups[0].mids = {"0", "1", "s0"};
    const auto answer = answered(negotiator_, sdp::write(theirs), at(2s));
    ASSERT_EQ(answer.media.size(), 3U);
    EXPECT_EQ(answer.media[2].direction, sdp::Direction::kSendOnly);
    EXPECT_EQ(answer.media[2].codecs.size(), 2U);
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kActive);

    theirs.media[2].direction = sdp::Direction::kInactive;
    answered(negotiator_, sdp::write(theirs), at(3s));
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kHeld);
    theirs.media[2].port = 0;
    theirs.groups[0].mids = {"0", "1"};
    answered(negotiator_, sdp::write(theirs), at(4s));
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kRefused);
}

// addTrack puts a new track into a transceiver that so far only received: a section of ours.
TEST_F(NegotiatorOffer, TheRemoteMaySendInASectionOfOurs) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    complete(50ms);
    auto theirs = parsed(recorded("chromium_seed"));
    theirs.media.push_back(theirs.media[0]);
    theirs.media[2].mid = "s0";
    theirs.media[2].rids.clear();
    theirs.media[2].simulcast.reset();
    theirs.media[2].msids = {{"screen", "s1"}};
    theirs.groups[0].mids = {"0", "1", "s0"};
    const auto answer = answered(negotiator_, sdp::write(theirs), at(1s));
    ASSERT_EQ(answer.media.size(), 3U);
    EXPECT_EQ(answer.media[2].direction, sdp::Direction::kSendRecv);
    EXPECT_EQ(answer.media[2].msids.size(), 1U);
    const auto& section = negotiator_.sections()[2];
    EXPECT_EQ(section.state, SectionState::kReceiving);
    EXPECT_TRUE(section.sends);
    EXPECT_EQ(section.remote_stream, "screen");
    EXPECT_EQ(section.sender, id);
    EXPECT_EQ(section.payload_type, 96);
    EXPECT_EQ(section.rtx_payload_type, 97);
    EXPECT_GT(section.codecs.size(), 2U);
    EXPECT_TRUE(section.has_feedback(96, "transport-cc") && section.has_feedback(96, "goog-remb"));
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kActive);

    negotiator_.add_sender(video_sender(3), at(2s));
    complete(3s);
    EXPECT_EQ(negotiator_.sections()[2].state, SectionState::kReceiving);
    EXPECT_TRUE(negotiator_.sections()[2].sends);
    negotiator_.remove_sender(id, at(4s));
    EXPECT_EQ(parsed(offer(5s)).media[2].direction, sdp::Direction::kRecvOnly);
}

TEST_F(NegotiatorOffer, OnCollisionWeYieldAndOfferAgain) {
    const auto id = negotiator_.add_sender(video_sender(1), at(0ms));
    const auto crossed = offer(50ms);
    auto theirs = parsed(recorded("chromium_seed"));
    theirs.media.push_back(theirs.media[1]);
    theirs.media[2].mid = "2";
    theirs.groups[0].mids = {"0", "1", "2"};
    const auto summary = negotiator_.set_remote_offer(sdp::write(theirs), at(60ms));
    ASSERT_TRUE(summary);
    EXPECT_TRUE(summary->collision);
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kWaiting);
    EXPECT_FALSE(negotiator_.wants_offer(at(5s)));
    const auto answer = parsed(negotiator_.create_answer(server_transport(), at(70ms)));
    EXPECT_EQ(answer.media.size(), 3U);

    const auto version = negotiator_.version();
    const auto late = negotiator_.set_remote_answer(answer_to(crossed), at(80ms));
    ASSERT_TRUE(late);
    EXPECT_TRUE(late->ignored);
    EXPECT_EQ(negotiator_.version(), version);

    EXPECT_TRUE(negotiator_.wants_offer(at(130ms)));
    const auto again = offer(130ms);
    EXPECT_EQ(parsed(again).media.size(), 4U);
    EXPECT_EQ(parsed(again).media[3].direction, sdp::Direction::kSendOnly);
    // An answer to the old offer has another shape: it is refused, and the offer still stands.
    const auto old = negotiator_.set_remote_answer(answer_to(crossed), at(140ms));
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error().code, "section_order");
    ASSERT_TRUE(negotiator_.set_remote_answer(answer_to(again), at(150ms)));
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kActive);
}

TEST_F(NegotiatorOffer, RollbackForgetsTheOfferOnly) {
    const auto kept = negotiator_.add_sender(video_sender(1), {});
    complete(50ms);
    const auto version = negotiator_.version();
    const auto added = negotiator_.add_sender(video_sender(3), at(1s));
    offer(2s);
    negotiator_.rollback(at(3s));
    EXPECT_EQ(negotiator_.state(), SignalingState::kStable);
    EXPECT_EQ(negotiator_.version(), version);
    EXPECT_EQ(negotiator_.sections().size(), 3U);
    EXPECT_EQ(negotiator_.sender_state(kept), SenderState::kActive);
    EXPECT_EQ(negotiator_.sender_state(added), SenderState::kWaiting);
    EXPECT_TRUE(negotiator_.wants_offer(at(4s)));
}

TEST_F(NegotiatorOffer, ASenderRemovedWhileItIsOfferedIsTakenBackByTheNextOffer) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    const auto text = offer(50ms);
    negotiator_.remove_sender(id, at(60ms));
    ASSERT_TRUE(negotiator_.set_remote_answer(answer_to(text), at(70ms)));
    EXPECT_TRUE(negotiator_.wants_offer(at(200ms)));
    EXPECT_EQ(parsed(offer(200ms)).media[2].direction, sdp::Direction::kInactive);
}

TEST_F(NegotiatorOffer, BadAnswersChangeNothing) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    const auto text = offer(50ms);
    const auto good = answer_to(text);
    const auto code = [&](const std::string& answer) {
        const auto result = negotiator_.set_remote_answer(answer, at(60ms));
        return result ? "accepted" : result.error().code;
    };
    EXPECT_EQ(code("v=0"), "sdp_syntax");
    EXPECT_EQ(code(replaced(good, "a=setup:active", "a=setup:actpass")), "role_conflict");
    EXPECT_EQ(code(replaced(good, "a=ice-ufrag:", "a=x:")), "ice_credentials_missing");
    EXPECT_EQ(code(replaced(good, "a=rtcp-mux\r\n", "")), "rtcp_mux_required");
    EXPECT_EQ(code(recorded("chromium_seed")), "section_order");
    EXPECT_EQ(negotiator_.state(), SignalingState::kHaveLocalOffer);
    EXPECT_EQ(negotiator_.sender_state(id), SenderState::kOffered);
    EXPECT_EQ(code(good), "accepted");
    EXPECT_EQ(code(good), "accepted");  // ignored: nothing waits for it
    EXPECT_EQ(negotiator_.version(), 2U);
}

TEST_F(NegotiatorOffer, ARemoteWithoutTransportFeedbackKeepsRemb) {
    const auto id = negotiator_.add_sender(video_sender(1), {});
    complete(50ms, [](sdp::Media& media) {
        for (auto& codec : media.codecs) std::erase(codec.feedback, "transport-cc");
        std::erase_if(media.extmaps, [](const auto& extmap) { return extmap.id == 4; });
    });
    const Section& section = *negotiator_.section_of(id);
    EXPECT_TRUE(section.has_feedback(96, "goog-remb"));
    EXPECT_FALSE(section.has_feedback(96, "transport-cc"));
}

TEST_F(NegotiatorOffer, OffersBothKindsOfFeedbackAndFollowsTheAnswer) {
    auto theirs = parsed(recorded("chromium_seed"));
    for (auto& media : theirs.media) {
        for (auto& codec : media.codecs) std::erase(codec.feedback, "transport-cc");
    }
    negotiator_ = negotiator_for_sfu();
    answered(negotiator_, sdp::write(theirs));
    const auto id = negotiator_.add_sender(video_sender(1), {});
    const auto text = offer(50ms);
    EXPECT_NE(text.find("a=rtcp-fb:* ack ccfb\r\n"), std::string::npos);
    EXPECT_NE(text.find("transport-cc\r\n"), std::string::npos);
    negotiator_.rollback(at(60ms));
    // Chromium says it of each format, and drops what it does not use.
    complete(100ms, [](sdp::Media& media) {
        if (media.wildcard_feedback.empty()) return;
        media.wildcard_feedback.clear();
        for (auto& codec : media.codecs) {
            std::erase(codec.feedback, "transport-cc");
            codec.feedback.emplace_back("ack ccfb");
        }
        std::erase_if(media.extmaps, [](const auto& extmap) { return extmap.id == 4; });
    });
    const Section& section = *negotiator_.section_of(id);
    EXPECT_TRUE(section.has_feedback(96, "ack ccfb"));
    EXPECT_FALSE(section.has_feedback(96, "transport-cc"));

    negotiator_.add_sender(video_sender(3), at(2s));
    const auto next = parsed(offer(3s)).media.back();
    EXPECT_EQ(next.wildcard_feedback, std::vector<std::string>{"ack ccfb"});
    EXPECT_TRUE(std::ranges::none_of(next.codecs, [](const sdp::Codec& codec) {
        return std::ranges::find(codec.feedback, "transport-cc") != codec.feedback.end();
    })) << "a transport has one kind";
}

TEST_F(NegotiatorOffer, ATransportThatReportsByNumbersGoesOnWithThem) {
    negotiator_.add_sender(video_sender(1), {});
    complete(50ms, [](sdp::Media& media) { media.wildcard_feedback.clear(); });
    negotiator_.add_sender(video_sender(3), at(2s));
    const auto next = offer(3s);
    EXPECT_EQ(next.find("ccfb"), std::string::npos);
    EXPECT_NE(next.find("transport-cc"), std::string::npos);
}

}  // namespace
}  // namespace parley::peer
