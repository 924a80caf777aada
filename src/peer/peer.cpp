#include "peer/peer.hpp"

#include <algorithm>

namespace parley::peer {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};

}  // namespace

ReceiveSection receive_section(const Section& section) {
    ReceiveSection table;
    table.mid = section.mid;
    table.video = section.kind == sdp::MediaKind::kVideo;
    table.extensions = section.extension_map();
    if (section.state != SectionState::kReceiving) return table;
    for (const auto& codec : section.codecs) {
        if (codec.payload_type > 127) continue;
        ReceiveFormat format;
        format.codec = media::codec_from_name(codec.name);
        format.clock_rate = codec.clock_rate;
        format.apt = codec.apt().value_or(0);
        format.description = codec;
        format.nack = section.has_feedback(codec.payload_type, "nack");
        format.pli = section.has_feedback(codec.payload_type, "nack pli");
        format.fir = section.has_feedback(codec.payload_type, "ccm fir");
        format.transport_cc = section.has_feedback(codec.payload_type, kTransportWideFeedback);
        format.ccfb = section.has_feedback(codec.payload_type, kCongestionFeedback);
        format.remb = section.has_feedback(codec.payload_type, "goog-remb");
        table.formats.set(codec.payload_type, std::move(format));
    }
    table.rids = section.rids;
    for (const auto& source : section.sources) {
        const auto is_rtx = [&](const auto& pair) { return pair.second == source.ssrc; };
        if (std::any_of(section.repair.begin(), section.repair.end(), is_rtx)) continue;
        ListedSource listed{source.ssrc, {}};
        for (const auto& [media, rtx] : section.repair) {
            if (media == source.ssrc) listed.rtx = rtx;
        }
        table.sources.push_back(listed);
    }
    table.stream_id = section.remote_stream;
    table.track_id = section.remote_track;
    return table;
}

Peer::Peer(const TransportServices& services, PeerConfig config, Instant now)
    : config_(std::move(config)),
      negotiator_(config_.negotiation),
      transport_(services, config_.ice),
      receiver_(config_.local_ssrc) {
    for (const auto& candidate : config_.candidates) {
        transport_.add_local_candidate(candidate, now);
    }
}

Result<std::string, NegotiationError> Peer::accept_offer(std::string_view sdp, Instant now) {
    auto summary = negotiator_.set_remote_offer(sdp, now);
    if (!summary) return fail(std::move(summary.error()));
    if (summary->ice_restart) transport_.restart_ice(now);
    std::string answer = negotiator_.create_answer(transport_.parameters(), now);
    read_sections();
    apply_remote(summary->transport, now);
    return answer;
}

Result<AnswerSummary, NegotiationError> Peer::accept_answer(std::string_view sdp, Instant now) {
    auto summary = negotiator_.set_remote_answer(sdp, now);
    if (!summary || summary->ignored) return summary;
    read_sections();
    apply_remote(summary->transport, now);
    return summary;
}

std::string Peer::create_offer(Instant now) {
    return negotiator_.create_offer(transport_.parameters(), now);
}

void Peer::apply_remote(const std::optional<RemoteTransport>& remote, Instant now) {
    if (!remote) return;
    const bool client = negotiator_.dtls_role() == sdp::Setup::kActive;
    transport_.set_remote(*remote, client ? dtls::Role::kClient : dtls::Role::kServer, now);
}

void Peer::read_sections() {
    if (negotiator_.version() == sections_version_) return;
    sections_version_ = negotiator_.version();
    std::vector<ReceiveSection> tables;
    for (const auto& section : negotiator_.sections()) tables.push_back(receive_section(section));
    receiver_.set_sections(std::move(tables));
}

Result<void, trace::Drop> Peer::handle_receive(net::Datagram& datagram, PeerObserver& observer,
                                               Instant now) {
    const auto plain = transport_.handle_receive(datagram, now);
    if (!plain) return fail(plain.error());
    if (plain->kind == net::PacketClass::kRtp) {
        auto incoming = receiver_.on_packet(plain->bytes, datagram.ecn, now);
        if (!incoming) return fail(incoming.error());
        observer.on_media(*incoming, now);
    } else if (plain->kind == net::PacketClass::kRtcp) {
        handle_rtcp(plain->bytes, observer, now);
    }
    return {};
}

void Peer::handle_rtcp(BytesView compound, PeerObserver& observer, Instant now) {
    const auto blocks = [&](const rtp::ReportBlocks& list) {
        for (std::size_t i = 0; i < list.size(); ++i) observer.on_report_block(list[i], now);
    };
    const Overloaded visit{
        [&](const rtp::SenderReport& report) {
            if (ReceiveStream* stream = receiver_.on_sender_report(report, now)) {
                observer.on_sender_report(*stream, now);
            }
            blocks(report.blocks);
        },
        [&](const rtp::ReceiverReport& report) { blocks(report.blocks); },
        [&](const rtp::Nack& nack) {
            nack.for_each([&](std::uint16_t number) { observer.on_nack(nack.media, number, now); });
        },
        [&](const rtp::PictureLossIndication& pli) {
            observer.on_keyframe_request(pli.media, now);
        },
        [&](const rtp::FullIntraRequest& fir) {
            for (std::size_t i = 0; i < fir.size(); ++i) {
                observer.on_keyframe_request(fir[i].media, now);
            }
        },
        [&](const rtp::Remb& remb) { observer.on_remb(remb.bitrate, now); },
        [&](const rtp::TransportFeedback& feedback) {
            observer.on_transport_feedback(feedback, now);
        },
        [&](const rtp::CongestionFeedback& feedback) {
            observer.on_congestion_feedback(feedback, now);
        },
        [](const auto&) {},
    };
    rtp::for_each_rtcp(compound,
                       [&](const rtp::RtcpMessage& message) { std::visit(visit, message); });
}

void Peer::handle_timeout(Instant now) {
    transport_.handle_timeout(now);
    negotiator_.handle_timeout(now);
    if (const auto rtt = transport_.round_trip_time()) receiver_.on_rtt(*rtt);
}

Instant Peer::next_timeout() const {
    Instant next = std::min(transport_.next_timeout(), negotiator_.next_timeout());
    if (transport_.media_path()) next = std::min(next, receiver_.next_timeout());
    return next;
}

std::optional<net::Transmit> Peer::poll_transmit(Instant now, BytesSpan out) {
    if (auto transmit = transport_.poll_transmit(now, out)) return transmit;
    if (!transport_.media_path() || !receiver_.has_rtcp(now)) return {};
    const auto size = receiver_.poll_rtcp(now, config_.cname, out);
    return size == 0 ? std::nullopt : send_rtcp(out, size);
}

std::optional<net::Transmit> Peer::send_rtp(BytesSpan out, std::size_t size) {
    if (!transport_.media_path()) return {};
    return protected_media(transport_.srtp()->protect_rtp(out, size));
}

std::optional<net::Transmit> Peer::send_rtcp(BytesSpan out, std::size_t size) {
    if (!transport_.media_path()) return {};
    return protected_media(transport_.srtp()->protect_rtcp(out, size));
}

// A stream beyond what the keys serve for is not sent; the others go on.
std::optional<net::Transmit> Peer::protected_media(const Result<std::size_t, srtp::Error>& size) {
    if (!size) {
        keys_used_up_ |= size.error() == srtp::Error::kTooManySsrcs ||
                         size.error() == srtp::Error::kKeyExhausted;
        return {};
    }
    return net::Transmit{*transport_.media_path(), *size, 0, net::Ecn::kNotEct};
}

}  // namespace parley::peer
