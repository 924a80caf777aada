#include "peer/capabilities.hpp"

#include <algorithm>
#include <string_view>

namespace parley::peer {

namespace {

sdp::Codec codec(std::string_view name, std::uint32_t clock_rate, std::uint8_t channels,
                 std::string_view parameters) {
    sdp::Codec result;
    result.name = name;
    result.clock_rate = clock_rate;
    result.channels = channels;
    result.parameters = sdp::FormatParameters::parse(parameters);
    return result;
}

sdp::Codec video(std::string_view name, std::string_view parameters = {}) {
    return codec(name, 90'000, 1, parameters);
}

KindCapabilities sfu_audio() {
    using rtp::ExtensionType;
    KindCapabilities audio;
    audio.codecs = {codec("opus", 48'000, 2, "minptime=10;useinbandfec=1"),
                    codec("red", 48'000, 2, "")};
    audio.receive_feedback = {std::string(kTransportWideFeedback), std::string(kCongestionFeedback),
                              "nack"};
    audio.send_feedback = audio.receive_feedback;
    audio.extensions = {{ExtensionType::kMid},
                        {ExtensionType::kAudioLevel},
                        {ExtensionType::kAbsSendTime},
                        {ExtensionType::kTransportSequenceNumber},
                        {ExtensionType::kAbsCaptureTime}};
    return audio;
}

KindCapabilities sfu_video() {
    using rtp::ExtensionType;
    KindCapabilities kind;
    // Constrained Baseline first: it is what hardware and every browser has.
    kind.codecs = {video("VP8"), video("VP9", "profile-id=0"), video("VP9", "profile-id=2")};
    for (const std::string_view profile : {"42e01f", "42001f", "4d001f"}) {
        for (const std::string_view mode : {"1", "0"}) {
            auto h264 = video("H264", "level-asymmetry-allowed=1");
            h264.parameters.set("packetization-mode", mode);
            h264.parameters.set("profile-level-id", profile);
            kind.codecs.push_back(std::move(h264));
        }
    }
    kind.codecs.push_back(video("AV1", "profile=0"));
    kind.rtx = true;
    kind.receive_feedback = {std::string(kTransportWideFeedback),
                             std::string(kCongestionFeedback),
                             "goog-remb",
                             "ccm fir",
                             "nack",
                             "nack pli"};
    kind.send_feedback = kind.receive_feedback;
    kind.extensions = {{ExtensionType::kMid},
                       {ExtensionType::kRid, true, false},
                       {ExtensionType::kRepairedRid, true, false},
                       {ExtensionType::kAbsSendTime},
                       {ExtensionType::kVideoOrientation},
                       {ExtensionType::kDependencyDescriptor},
                       {ExtensionType::kTransportSequenceNumber},
                       {ExtensionType::kVideoLayersAllocation, true, false},
                       {ExtensionType::kAbsCaptureTime}};
    return kind;
}

}  // namespace

Capabilities Capabilities::sfu() {
    return {sfu_audio(), sfu_video()};
}

void Capabilities::drop_feedback(std::string_view feedback) {
    for (KindCapabilities* kind : {&audio, &video}) {
        std::erase(kind->receive_feedback, feedback);
        std::erase(kind->send_feedback, feedback);
    }
}

void Capabilities::prefer(sdp::MediaKind kind, const std::vector<std::string>& names) {
    if (of(kind) == nullptr) return;
    auto& codecs = (kind == sdp::MediaKind::kAudio ? audio : video).codecs;
    std::vector<sdp::Codec> ordered;
    for (const auto& name : names) {
        for (auto& item : codecs) {
            if (item.is(name)) ordered.push_back(item);
        }
        std::erase_if(codecs, [&](const sdp::Codec& item) { return item.is(name); });
    }
    ordered.insert(ordered.end(), codecs.begin(), codecs.end());
    codecs = std::move(ordered);
}

std::optional<std::size_t> preference(const KindCapabilities& capabilities,
                                      const sdp::Codec& codec) {
    for (std::size_t i = 0; i < capabilities.codecs.size(); ++i) {
        if (sdp::same_format(capabilities.codecs[i], codec)) return i;
    }
    return std::nullopt;
}

}  // namespace parley::peer
