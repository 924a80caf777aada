#include "sdp/description.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "base/source_dir_testing.hpp"

namespace parley::sdp {
namespace {

constexpr std::string_view kHead = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
constexpr std::string_view kVideo = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n";

std::string with_head(std::string_view rest) {
    return std::string(kHead).append(rest);
}

/// The complaint about one video section with these lines, which start at line 6.
ParseError video_error(std::string_view lines) {
    const auto result = parse(with_head(std::string(kVideo).append(lines)));
    return result ? ParseError{0, ParseReason::kEmpty} : result.error();
}

std::vector<std::pair<std::string, std::string>> recorded_offers() {
    std::vector<std::pair<std::string, std::string>> offers;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(kSourceDir) + "/src/peer/testdata")) {
        std::ifstream stream(entry.path(), std::ios::binary);
        offers.emplace_back(entry.path().filename().string(),
                            std::string(std::istreambuf_iterator<char>(stream), {}));
    }
    return offers;
}

TEST(SdpParse, RecordedOffersSurviveARoundTrip) {
    const auto offers = recorded_offers();
    ASSERT_GE(offers.size(), 10U);
    for (const auto& [name, text] : offers) {
        const auto first = parse(text);
        ASSERT_TRUE(first) << name << ": " << to_text(first.error());
        const auto written = write(*first);
        const auto second = parse(written);
        ASSERT_TRUE(second) << name << ": " << to_text(second.error()) << "\n" << written;
        EXPECT_TRUE(*first == *second) << name;
        EXPECT_EQ(write(*second), written) << name;
    }
}

TEST(SdpParse, RoundTripKeepsEveryLineOfABrowserOffer) {
    // Sorted, since the order of attributes within a level carries no meaning.
    std::ifstream stream(std::string(kSourceDir) + "/src/peer/testdata/chromium_full.sdp",
                         std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    const auto lines = [](std::string_view from) {
        std::vector<std::string> result;
        while (!from.empty()) {
            const auto end = from.find("\r\n");
            result.emplace_back(from.substr(0, end));
            from.remove_prefix(end + 2);
        }
        std::ranges::sort(result);
        return result;
    };
    EXPECT_EQ(lines(write(*parse(text))), lines(text));
}

TEST(SdpParse, ReadsWhatASectionSays) {
    const auto result = parse(with_head(
        "a=group:BUNDLE v\r\na=extmap-allow-mixed\r\na=ice-lite\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 0\r\nc=IN IP4 0.0.0.0\r\nb=AS:300\r\n"
        "a=mid:v\r\na=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=bundle-only\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle ice2\r\n"
        "a=setup:actpass\r\na=extmap:4/sendonly urn:x y z\r\na=msid:s t\r\n"
        "a=fmtp:96 profile-id=2; x-y=1 ;flag\r\na=rtpmap:96 VP9/90000\r\n"
        "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:* ccm fir\r\na=rtpmap:97 rtx/90000\r\n"
        "a=fmtp:97 apt=96\r\na=rid:h send pt=96;max-width=1280\r\na=rid:l send\r\n"
        "a=simulcast:send h,l;~l\r\na=ssrc:5 cname:c\r\na=ssrc-group:FID 5 6\r\n"
        "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\na=end-of-candidates\r\na=x-own:1\r\n"));
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_TRUE(result->ice_lite);
    ASSERT_NE(result->bundle(), nullptr);
    const auto& media = result->media[0];
    EXPECT_EQ(media.kind, MediaKind::kVideo);
    EXPECT_EQ(media.direction, Direction::kSendOnly);
    EXPECT_TRUE(media.rtcp_mux && media.rtcp_rsize && media.bundle_only);
    EXPECT_TRUE(media.end_of_candidates);
    ASSERT_EQ(media.codecs.size(), 3U);
    EXPECT_EQ(media.codecs[0].parameters.get("profile-id"), "2");
    EXPECT_EQ(media.codecs[0].parameters.get("X-Y"), "1");
    EXPECT_TRUE(media.codecs[0].parameters.has("flag"));
    EXPECT_EQ(media.codecs[1].apt(), 96);
    EXPECT_EQ(media.codecs[2].name, "PCMU");
    EXPECT_EQ(media.extmaps[0].direction, Direction::kSendOnly);
    EXPECT_EQ(media.extmaps[0].attributes, "y z");
    EXPECT_EQ(media.rids[0].payload_types, std::vector<std::uint8_t>{96});
    EXPECT_EQ(media.rids[0].restrictions.get("max-width"), "1280");
    ASSERT_EQ(media.simulcast->send.size(), 2U);
    EXPECT_EQ(media.simulcast->send[0][1].rid, "l");
    EXPECT_TRUE(media.simulcast->send[1][0].paused);
    EXPECT_EQ(media.candidates[0], "candidate:1 1 udp 1 10.0.0.1 9 typ host");
    ASSERT_NE(media.find_attribute("x-own"), nullptr);
}

TEST(SdpParse, ErrorsNameTheLine) {
    const struct {
        std::string_view lines;
        std::uint32_t line;
        ParseReason reason;
    } cases[] = {
        {"a=rtpmap:300 VP8/90000\r\n", 6, ParseReason::kBadRtpmap},
        {"a=rtpmap:128 VP8/90000\r\n", 6, ParseReason::kBadPayloadType},
        {"a=mid:0\r\na=rtpmap:96 VP8/0\r\n", 7, ParseReason::kBadClockRate},
        {"a=rtpmap:96 VP8\r\n", 6, ParseReason::kBadRtpmap},
        {"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=99\r\n", 6, ParseReason::kRtxWithoutApt},
        {"a=rtpmap:97 rtx/90000\r\n", 6, ParseReason::kRtxWithoutApt},
        {"a=mid:\r\n", 6, ParseReason::kBadMid},
        {"a=mid:12345678901234567\r\n", 6, ParseReason::kBadMid},
        {"a=ice-ufrag:abc\r\n", 6, ParseReason::kBadIceCredentials},
        {"a=ice-ufrag:ab:cd\r\n", 6, ParseReason::kBadIceCredentials},
        {"a=ice-pwd:short\r\n", 6, ParseReason::kBadIceCredentials},
        {"a=fingerprint:sha-256 AA:BB\r\n", 6, ParseReason::kBadFingerprint},
        {"a=fingerprint:x-new AA:B\r\n", 6, ParseReason::kBadFingerprint},
        {"a=setup:maybe\r\n", 6, ParseReason::kBadSetup},
        {"a=extmap:0 urn:x\r\n", 6, ParseReason::kBadExtmap},
        {"a=extmap:256 urn:x\r\n", 6, ParseReason::kBadExtmap},
        {"a=extmap:1/sideways urn:x\r\n", 6, ParseReason::kBadExtmap},
        {"a=extmap:1 urn:x\r\na=extmap:1 urn:y\r\n", 7, ParseReason::kDuplicateExtmap},
        {"a=ssrc:4294967296 cname:x\r\n", 6, ParseReason::kBadSsrc},
        {"a=ssrc-group:FID\r\n", 6, ParseReason::kBadSsrcGroup},
        {"a=rid:a sideways\r\n", 6, ParseReason::kBadRid},
        {"a=rid:a send pt=50\r\n", 6, ParseReason::kBadRid},
        {"a=rid:a send\r\na=rid:a recv\r\n", 7, ParseReason::kDuplicateRid},
        {"a=simulcast:send a\r\n", 6, ParseReason::kSimulcastOfUnknownRid},
        {"a=rid:a recv\r\na=simulcast:send a\r\n", 7, ParseReason::kSimulcastOfUnknownRid},
        {"a=simulcast:both a\r\n", 6, ParseReason::kBadSimulcast},
        {"b=AS:fast\r\n", 6, ParseReason::kBadBandwidth},
        {"c=IN\r\n", 6, ParseReason::kBadConnection},
        {"x=1\r\n", 6, ParseReason::kUnknownLine},
        {"nonsense\r\n", 6, ParseReason::kNotALine},
        {"m=audio 70000 UDP/TLS/RTP/SAVPF 0\r\n", 6, ParseReason::kBadPort},
        {"m=audio 9 UDP/TLS/RTP/SAVPF\r\n", 6, ParseReason::kBadMediaLine},
        {"m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n", 6, ParseReason::kBadPayloadType},
        {"m=audio 9 UDP/TLS/RTP/SAVPF 0 8 0\r\n", 6, ParseReason::kDuplicatePayloadType},
        {"a=mid:0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n", 8, ParseReason::kDuplicateMid},
    };
    for (const auto& item : cases) {
        const auto error = video_error(item.lines);
        EXPECT_EQ(error.reason, item.reason) << item.lines << to_text(error.reason);
        EXPECT_EQ(error.line, item.line) << item.lines;
    }
    EXPECT_EQ(to_text(ParseError{12, ParseReason::kBadClockRate}),
              "line 12: a clock rate must be a number above 0");
}

TEST(SdpParse, SessionErrors) {
    const auto reason = [](std::string_view text) {
        const auto result = parse(text);
        return result ? ParseReason::kNotALine : result.error().reason;
    };
    EXPECT_EQ(reason(""), ParseReason::kEmpty);
    EXPECT_EQ(reason("\r\n\r\n"), ParseReason::kVersionMissing);
    EXPECT_EQ(reason("o=- 1 2 IN IP4 x\r\n"), ParseReason::kVersionMissing);
    EXPECT_EQ(reason("garbage"), ParseReason::kVersionMissing);
    EXPECT_EQ(reason("v=1\r\n"), ParseReason::kVersionUnsupported);
    EXPECT_EQ(reason("v=0\r\ns=-\r\n"), ParseReason::kOriginMissing);
    EXPECT_EQ(reason("v=0\r\no=- x 2 IN IP4 x\r\n"), ParseReason::kBadOrigin);
    EXPECT_EQ(reason("v=0\r\no=- 1 2 IN IP4 x\r\nt=0\r\n"), ParseReason::kBadTiming);
    const auto bundle = parse(with_head("a=group:BUNDLE a\r\n"));
    ASSERT_FALSE(bundle);
    EXPECT_EQ(bundle.error(), (ParseError{5, ParseReason::kBundleOfUnknownMid}));
}

TEST(SdpParse, LineEndsMayMixAndTheLastMayMiss) {
    const auto mixed = parse("v=0\no=- 1 2 IN IP4 x\r\ns=\xC3\xA9t\xC3\xA9\nt=0 0\r\n\r\na=x");
    ASSERT_TRUE(mixed) << to_text(mixed.error());
    EXPECT_EQ(mixed->name, "\xC3\xA9t\xC3\xA9");
    EXPECT_EQ(mixed->attributes.size(), 1U);
}

TEST(SdpParse, ControlCharactersAreRefused) {
    EXPECT_EQ(video_error(std::string_view("a=x:\0y\r\n", 8)).reason,
              ParseReason::kControlCharacter);
    EXPECT_EQ(video_error("a=x:\ry\r\n").reason, ParseReason::kControlCharacter);
}

TEST(SdpParse, LimitsHold) {
    EXPECT_EQ(parse(std::string(kMaxSize + 1, 'a')).error().reason, ParseReason::kTooLarge);
    EXPECT_EQ(video_error("a=" + std::string(kMaxLineSize, 'x')).reason, ParseReason::kLineTooLong);
    std::string sections;
    for (int i = 0; i < 1000; ++i) sections += "m=audio 9 RTP/SAVPF 0\r\n";
    EXPECT_EQ(parse(with_head(sections)).error().reason, ParseReason::kTooManySections);
    std::string attributes;
    for (int i = 0; i < 10'000; ++i) attributes += "a=x\r\n";
    EXPECT_EQ(video_error(attributes).reason, ParseReason::kTooManyAttributes);
    std::string rids;
    for (int i = 0; i < 20; ++i) rids += "a=rid:r" + std::to_string(i) + " send\r\n";
    EXPECT_EQ(video_error(rids).reason, ParseReason::kTooManyRids);
    EXPECT_EQ(video_error("a=rid:" + std::string(255, 'a') + " send\r\n").reason,
              ParseReason::kBadRid);
    EXPECT_EQ(parse(std::string(with_head("")) + std::string(kMaxLines + 1, '\n')).error().reason,
              ParseReason::kTooManyLines);
}

// Texts that would be slow if any reader were quadratic, at the largest size that is read at all:
// with the limits they take milliseconds; without, this test would not come to its end.
TEST(SdpParse, TheWorstTextsAreReadToTheirEnd) {
    std::string groups = with_head("");
    for (int i = 0; i < 64; ++i) {
        groups += "a=group:BUNDLE";
        for (int j = 0; j < 2000; ++j) groups += " a";
        groups += "\r\n";
    }
    EXPECT_EQ(parse(groups).error().reason, ParseReason::kBadGroup);

    std::string formats = with_head("");
    for (std::size_t i = 0; i < kMaxSections; ++i) {
        formats += "m=video 9 UDP/TLS/RTP/SAVPF";
        for (int j = 0; j < 128; ++j) formats += " " + std::to_string(j);
        formats += "\r\na=rtpmap:127 rtx/1\r\na=fmtp:127 apt=1\r\n";
    }
    EXPECT_EQ(parse(formats)->media.size(), kMaxSections);

    std::string parameters = "a=rid:a send ";
    for (int i = 0; i < 1000; ++i) parameters += "pt=;";
    EXPECT_TRUE(parse(with_head(std::string(kVideo) + parameters)));
    EXPECT_EQ(parse(std::string(1'046'271, 'a')).error().reason, ParseReason::kTooLarge);
}

TEST(SdpWrite, ValuesCannotInjectLines) {
    Description description;
    description.name = "x\r\na=evil";
    Media media;
    media.kind = MediaKind::kAudio;
    media.codecs.push_back({});
    media.msids.push_back({"stream\na=evil", "track"});
    description.media.push_back(media);
    EXPECT_EQ(write(description).find("evil"), std::string::npos);
}

}  // namespace
}  // namespace parley::sdp
