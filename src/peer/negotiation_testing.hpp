// For tests: recorded offers, transports, and a remote that answers as a browser would.

#pragma once

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "base/source_dir_testing.hpp"
#include "peer/negotiator.hpp"

namespace parley::peer::testing {

inline std::string recorded(const std::string& name) {
    std::ifstream stream(std::string(kSourceDir) + "/src/peer/testdata/" + name + ".sdp",
                         std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline TransportParameters server_transport() {
    TransportParameters transport;
    transport.ice_ufrag = "srvU";
    transport.ice_pwd = "serverserverserverserver";
    transport.fingerprint = {"sha-256", "AA"};
    for (int i = 0; i < 31; ++i) transport.fingerprint.value += ":AA";
    transport.candidates = {"candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host",
                            "candidate:2 1 tcp 1675624447 203.0.113.5 40000 typ host tcptype "
                            "passive"};
    return transport;
}

inline TransportParameters client_transport() {
    auto transport = server_transport();
    transport.ice_ufrag = "cliU";
    transport.ice_pwd = "clientclientclientclient";
    transport.fingerprint.value[0] = 'B';
    transport.candidates.clear();
    return transport;
}

inline Instant at(Duration since_start) {
    return Instant{} + since_start;
}

inline sdp::Description parsed(std::string_view text) {
    auto result = sdp::parse(text);
    return result ? std::move(*result) : sdp::Description{};
}

/// Replaces every occurrence.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// The answer of a browser that takes everything; `edit` may change its sections.
inline std::string answer_to(std::string_view offer_text,
                             const std::function<void(sdp::Media&)>& edit = {}) {
    auto answer = parsed(offer_text);
    const auto transport = client_transport();
    for (auto& media : answer.media) {
        if (media.rejected()) continue;
        const auto offered = media.direction.value_or(sdp::Direction::kSendRecv);
        media.direction = sdp::reversed(offered);
        media.port = 9;
        media.candidates.clear();
        media.ssrcs.clear();
        media.ssrc_groups.clear();
        media.msids.clear();
        media.transport = {};
        media.transport.ice_ufrag = transport.ice_ufrag;
        media.transport.ice_pwd = transport.ice_pwd;
        media.transport.fingerprints = {transport.fingerprint};
        media.transport.setup = sdp::Setup::kActive;
        if (edit) edit(media);
    }
    for (auto& group : answer.groups) {
        std::erase_if(group.mids,
                      [&](const std::string& mid) { return answer.find_media(mid)->rejected(); });
    }
    return sdp::write(answer);
}

inline sdp::Codec codec(std::string_view name, std::string_view parameters = {}) {
    sdp::Codec result;
    result.name = name;
    result.clock_rate = result.is("opus") || result.is("red") ? 48'000 : 90'000;
    result.channels = result.is("opus") || result.is("red") ? 2 : 1;
    result.parameters = sdp::FormatParameters::parse(parameters);
    return result;
}

inline SenderSpec video_sender(std::uint32_t ssrc, sdp::Codec format = codec("VP8")) {
    SenderSpec spec;
    spec.kind = sdp::MediaKind::kVideo;
    spec.codecs = {std::move(format)};
    spec.stream_id = "alice";
    spec.track_id = "alice.v" + std::to_string(ssrc);
    spec.cname = "alice";
    spec.ssrc = Ssrc(ssrc);
    spec.rtx_ssrc = Ssrc(ssrc + 1);
    return spec;
}

inline SenderSpec audio_sender(std::uint32_t ssrc) {
    auto spec = video_sender(ssrc, codec("opus", "minptime=10;useinbandfec=1"));
    spec.kind = sdp::MediaKind::kAudio;
    spec.rtx = false;
    return spec;
}

inline Negotiator negotiator_for_sfu(NegotiatorConfig config = {}) {
    config.session_id = 4711;
    return Negotiator(std::move(config));
}

/// Takes the offer and answers it.
inline sdp::Description answered(Negotiator& negotiator, const std::string& offer,
                                 Instant now = {}) {
    if (!negotiator.set_remote_offer(offer, now)) return {};
    return parsed(negotiator.create_answer(server_transport(), now));
}

}  // namespace parley::peer::testing
