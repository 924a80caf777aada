#include "peer/receiver.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rtp/extension_values.hpp"
#include "rtp/rtx.hpp"

namespace parley::peer {
namespace {

// Reports once a second keep round-trip times and loss figures fresh; RFC 3550 §6.2 would allow
// longer, and libwebrtc does the same for video.
constexpr Duration kReportInterval = 1s;
// Audio is of no use after this (a jitter buffer that waits longer is a bad call); video waits for
// what it needs.
constexpr Duration kAudioGiveUp = 500ms;
constexpr Duration kVideoGiveUp = 5s;
// One RTCP packet of ours stays below the path MTU.
constexpr std::size_t kMaxRtcp = 1200;

}  // namespace

void Receiver::set_sections(std::vector<ReceiveSection> sections) {
    // Streams point to sections by place; a section keeps its place in a session (RFC 9429 §5.2.2),
    // so a mid that changed or vanished at a place ends the streams of the place.
    for (auto& stream : streams_) {
        const bool stays = stream.section < sections.size() && stream.section < sections_.size() &&
                           sections[stream.section].mid == sections_[stream.section].mid &&
                           !sections[stream.section].mid.empty();
        if (stays || !bound(stream)) continue;
        remove_source(stream.ssrc);
        if (stream.rtx_ssrc) remove_source(*stream.rtx_ssrc);
        stream.rtx_ssrc.reset();
        stream.nacks.reset();
        stream.keyframe_wanted = false;
    }
    sections_ = std::move(sections);
    find_feedback();
}

const Receiver::Source* Receiver::find(Ssrc ssrc) const {
    const auto found = std::find_if(sources_.begin(), sources_.end(),
                                    [&](const Source& source) { return source.ssrc == ssrc; });
    return found == sources_.end() ? nullptr : found;
}

bool Receiver::bound(const ReceiveStream& stream) const {
    const Source* source = find(stream.ssrc);
    return source != nullptr && source->stream == stream.index && !source->rtx;
}

bool Receiver::add_source(Source source) {
    remove_source(source.ssrc);
    return sources_.push_back(source);
}

void Receiver::remove_source(Ssrc ssrc) {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (sources_[i].ssrc == ssrc) return sources_.erase_at(i);
    }
}

ReceiveStream* Receiver::stream_of(std::size_t section, std::string_view rid) {
    for (auto& stream : streams_) {
        if (stream.section == section && stream.rid == rid && bound(stream)) return &stream;
    }
    return nullptr;
}

ReceiveStream* Receiver::free_stream() {
    for (auto& stream : streams_) {
        if (bound(stream)) continue;
        if (stream.rtx_ssrc) remove_source(*stream.rtx_ssrc);
        stream.rtx_ssrc.reset();
        return &stream;
    }
    if (streams_.size() == kMaxSources) return nullptr;
    ReceiveStream& stream = streams_.emplace_back();
    stream.index = static_cast<StreamIndex>(streams_.size() - 1);
    return &stream;
}

// RFC 9143 §10.2: by mid where the packet has one, else by the listed source, else by a payload
// type that only one section uses.
std::optional<std::size_t> Receiver::section_of(const rtp::PacketView& packet) const {
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        const auto mid =
            rtp::read_mid(sections_[i].extensions.find(packet, rtp::ExtensionType::kMid));
        if (!mid) continue;
        if (*mid == sections_[i].mid) return i;
        // Ids mean the same in the whole bundle: look the mid up among the others.
        for (std::size_t k = 0; k < sections_.size(); ++k) {
            if (sections_[k].mid == *mid) return k;
        }
        return {};
    }
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        for (const auto& source : sections_[i].sources) {
            if (source.media == packet.ssrc || source.rtx == packet.ssrc) return i;
        }
    }
    std::optional<std::size_t> only;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        if (!sections_[i].formats[packet.payload_type]) continue;
        if (only) return {};
        only = i;
    }
    return only;
}

Result<Receiver::Source, trace::Drop> Receiver::resolve(const rtp::PacketView& packet) {
    if (const Source* known = find(packet.ssrc)) return *known;
    const auto index = section_of(packet);
    if (!index) return fail(trace::Drop::kUnknownSsrc);
    const ReceiveSection& section = sections_[*index];
    const auto* format = section.formats[packet.payload_type];
    if (!format) return fail(trace::Drop::kUnknownPayloadType);
    const bool rtx = format->codec == media::Codec::kRtx;
    const auto rid_type = rtx ? rtp::ExtensionType::kRepairedRid : rtp::ExtensionType::kRid;
    // Without simulcast a section has one stream, whatever rid its packets carry.
    std::string_view rid;
    if (!section.rids.empty()) {
        rid = rtp::read_rid(section.extensions.find(packet, rid_type)).value_or("");
        const bool known =
            std::find(section.rids.begin(), section.rids.end(), rid) != section.rids.end();
        if (!known) return fail(trace::Drop::kUnknownSsrc);
    }
    if (rtx) return bind_rtx(*index, rid, packet.ssrc);
    if (!media::is_audio(format->codec) && !media::is_video(format->codec)) {
        return fail(trace::Drop::kUnknownPayloadType);
    }
    return bind(*index, rid, packet.ssrc, *format, packet.payload_type);
}

Result<Receiver::Source, trace::Drop> Receiver::bind(std::size_t section, std::string_view rid,
                                                     Ssrc ssrc, const ReceiveFormat& format,
                                                     std::uint8_t payload_type) {
    ReceiveStream* stream = stream_of(section, rid);
    if (stream != nullptr) {
        // The publisher changed its source: the same layer goes on with another number.
        remove_source(stream->ssrc);
        if (stream->rtx_ssrc) remove_source(*stream->rtx_ssrc);
        stream->rtx_ssrc.reset();
    } else if ((stream = free_stream()) != nullptr) {
        stream->section = section;
        stream->rid = rid;
    } else {
        return fail(trace::Drop::kTooManySsrcs);
    }
    start(*stream, ssrc, format, payload_type);
    const Source source{ssrc, stream->index, false};
    if (!add_source(source)) return fail(trace::Drop::kTooManySsrcs);
    for (const auto& listed : sections_[section].sources) {
        // A source that is bound already stays what it is.
        if (listed.media != ssrc || !listed.rtx || find(*listed.rtx) != nullptr) continue;
        stream->rtx_ssrc = listed.rtx;
        add_source({*listed.rtx, stream->index, true});
    }
    return source;
}

Result<Receiver::Source, trace::Drop> Receiver::bind_rtx(std::size_t section, std::string_view rid,
                                                         Ssrc ssrc) {
    ReceiveStream* stream = stream_of(section, rid);
    if (stream == nullptr) return fail(trace::Drop::kUnknownSsrc);
    if (stream->rtx_ssrc) remove_source(*stream->rtx_ssrc);
    const Source source{ssrc, stream->index, true};
    if (!add_source(source)) return fail(trace::Drop::kTooManySsrcs);
    stream->rtx_ssrc = ssrc;
    return source;
}

void Receiver::start(ReceiveStream& stream, Ssrc ssrc, const ReceiveFormat& format,
                     std::uint8_t payload_type) {
    stream.ssrc = ssrc;
    stream.codec = format.codec;
    stream.payload_type = payload_type;
    stream.clock_rate = format.clock_rate;
    stream.nack = format.nack;
    stream.pli = format.pli;
    stream.fir = format.fir;
    stream.statistics = rtp::ReceiveStatistics(format.clock_rate);
    stream.nacks = rtp::NackTracker(sections_[stream.section].video ? kVideoGiveUp : kAudioGiveUp);
    stream.inspector = media::FrameInspector(format.codec);
    stream.sender_info.reset();
    stream.fresh = true;
}

// Ids mean the same in the whole bundle (RFC 8843 §9), and a packet says when it came whatever else
// is known of it: senders probe with padding before a stream has begun.
void Receiver::note_arrival(const rtp::PacketView& packet, net::Ecn ecn, Instant now) {
    if (ccfb_) marked_.on_packet(packet.ssrc, packet.sequence_number, ecn, now);
    if (transport_number_id_ == 0) return;
    const auto sequence =
        rtp::read_transport_sequence_number(packet.extension(transport_number_id_));
    if (!sequence) return;
    feedback_.on_packet(*sequence, now);
    feedback_media_ = packet.ssrc;
}

void Receiver::find_feedback() {
    transport_number_id_ = 0;
    ccfb_ = false;
    for (const auto& section : sections_) {
        bool numbered = false;
        for (const auto& format : section.formats) {
            ccfb_ |= format.ccfb;
            numbered |= format.transport_cc;
        }
        if (!numbered || transport_number_id_ != 0) continue;
        transport_number_id_ = section.extensions.id(rtp::ExtensionType::kTransportSequenceNumber);
    }
}

Result<IncomingPacket, trace::Drop> Receiver::on_packet(BytesSpan bytes, net::Ecn ecn,
                                                        Instant now) {
    const auto packet = rtp::parse_packet(bytes);
    if (!packet) return fail(trace::Drop::kMalformed);
    note_arrival(*packet, ecn, now);
    const auto source = resolve(*packet);
    if (!source) return fail(source.error());
    ReceiveStream& stream = streams_[source->stream];
    if (next_report_ == kNever) next_report_ = now + kReportInterval;
    if (source->rtx) return on_rtx(stream, bytes, *packet, now);
    return on_media(stream, *packet, false, now);
}

Result<IncomingPacket, trace::Drop> Receiver::on_rtx(ReceiveStream& stream, BytesSpan bytes,
                                                     const rtp::PacketView& packet, Instant now) {
    const auto* format = sections_[stream.section].formats[packet.payload_type];
    if (!format || format->codec != media::Codec::kRtx) {
        return fail(trace::Drop::kUnknownPayloadType);
    }
    // Browsers probe the path with empty retransmissions; they carry nothing.
    if (packet.payload.empty()) return fail(trace::Drop::kPaddingOnly);
    const auto original = rtp::unwrap_rtx(bytes, format->apt, stream.ssrc);
    if (!original) return fail(trace::Drop::kMalformed);
    const auto unwrapped = rtp::parse_packet(*original);
    if (!unwrapped) return fail(trace::Drop::kMalformed);
    auto incoming = on_media(stream, *unwrapped, true, now);
    if (incoming) ++stream.retransmissions;
    return incoming;
}

Result<IncomingPacket, trace::Drop> Receiver::on_media(ReceiveStream& stream,
                                                       const rtp::PacketView& packet,
                                                       bool recovered, Instant now) {
    const auto* format = sections_[stream.section].formats[packet.payload_type];
    if (!format || media::is_repair(format->codec)) {
        return fail(trace::Drop::kUnknownPayloadType);
    }
    if (packet.payload_type != stream.payload_type) {  // the publisher changed its codec
        stream.payload_type = packet.payload_type;
        stream.codec = format->codec;
        stream.inspector.set_codec(format->codec);
    }
    IncomingPacket incoming;
    incoming.packet = packet;
    incoming.stream = &stream;
    incoming.recovered = recovered;
    if (recovered) {
        if (!stream.statistics.on_recovered(packet.sequence_number)) {
            return fail(trace::Drop::kDuplicate);
        }
    } else {
        const auto kind = stream.statistics.on_packet(packet, now);
        if (kind == rtp::ArrivalKind::kDuplicate) return fail(trace::Drop::kDuplicate);
        if (kind == rtp::ArrivalKind::kRestarted) {
            stream.nacks.reset();
            incoming.restarted = true;
        }
    }
    // A packet without payload is padding that probes the path: it fills its number, no more.
    if (!packet.payload.empty()) {
        const auto frame = stream.inspector.on_packet(
            packet, sections_[stream.section].extensions.find(
                        packet, rtp::ExtensionType::kDependencyDescriptor));
        if (!frame) return fail(trace::Drop::kMalformed);
        incoming.frame = *frame;
    }
    if (stream.nack) {
        const bool keyframe = incoming.frame.keyframe && sections_[stream.section].video;
        stream.nacks.on_packet(packet.sequence_number, keyframe, now);
    }
    incoming.stream_is_new = std::exchange(stream.fresh, false);
    return incoming;
}

ReceiveStream* Receiver::on_sender_report(const rtp::SenderReport& report, Instant now) {
    const Source* source = find(report.sender);
    if (source == nullptr || source->rtx) return nullptr;
    ReceiveStream& stream = streams_[source->stream];
    stream.statistics.on_sender_report(report.info.ntp, now);
    stream.sender_info = report.info;
    stream.sender_info_at = now;
    return &stream;
}

void Receiver::on_rtt(Duration rtt) {
    for (auto& stream : streams_) stream.nacks.on_rtt(rtt);
}

void Receiver::request_keyframe(ReceiveStream& stream) {
    if (!stream.pli && !stream.fir) return;
    stream.keyframe_wanted = true;
    keyframes_wanted_ = true;
}

Instant Receiver::next_timeout() const {
    if (keyframes_wanted_) return Instant{};
    Instant next = std::min({next_report_, feedback_.next_timeout(), marked_.next_timeout()});
    for (const auto& stream : streams_) {
        if (stream.nack) next = std::min(next, stream.nacks.next_timeout());
    }
    return next;
}

std::size_t Receiver::poll_rtcp(Instant now, std::string_view cname, BytesSpan out) {
    rtp::RtcpWriter writer(out.first(std::min(out.size(), kMaxRtcp)));
    if (next_report_ <= now) {
        write_reports(writer, now, cname);
        next_report_ = now + kReportInterval;
    }
    for (auto& stream : streams_) {
        if (stream.nack) write_nacks(writer, stream, now);
        if (stream.keyframe_wanted) write_keyframe_request(writer, stream);
    }
    keyframes_wanted_ = std::any_of(streams_.begin(), streams_.end(),
                                    [](const auto& stream) { return stream.keyframe_wanted; });
    write_feedback(writer, now);
    return writer.size();
}

void Receiver::write_reports(rtp::RtcpWriter& writer, Instant now, std::string_view cname) {
    StaticVector<rtp::ReportBlock, 31> blocks;  // RFC 3550 §6.4.2: five bits of count
    for (auto& stream : streams_) {
        const bool fresh = stream.statistics.active() &&
                           now - stream.statistics.last_arrival() < 5 * kReportInterval;
        if (!fresh || !bound(stream) || blocks.full()) continue;
        blocks.push_back(stream.statistics.make_report_block(stream.ssrc, now));
    }
    writer.receiver_report(local_ssrc_, std::span(blocks.begin(), blocks.size()));
    writer.cname(local_ssrc_, cname);
}

void Receiver::write_nacks(rtp::RtcpWriter& writer, ReceiveStream& stream, Instant now) {
    std::array<std::uint16_t, 128> lost{};
    while (true) {
        // Twelve octets of header and four an item at worst: take only what surely fits.
        const std::size_t room = writer.remaining() < 16 ? 0 : (writer.remaining() - 12) / 4;
        const std::size_t count =
            stream.nacks.poll(now, std::span(lost).first(std::min(room, lost.size())));
        if (count == 0) break;
        writer.nack(local_ssrc_, stream.ssrc, std::span(lost).first(count));
        stream.nacks_sent += count;
    }
    if (stream.nacks.take_keyframe_wish()) request_keyframe(stream);
}

void Receiver::write_keyframe_request(rtp::RtcpWriter& writer, ReceiveStream& stream) {
    const bool written = stream.pli ? writer.pli(local_ssrc_, stream.ssrc)
                                    : writer.fir(local_ssrc_, stream.ssrc, stream.fir_sequence);
    if (!written) return;  // the next compound has room
    if (!stream.pli) ++stream.fir_sequence;
    stream.keyframe_wanted = false;
    ++stream.keyframes_requested;
}

void Receiver::write_feedback(rtp::RtcpWriter& writer, Instant now) {
    while (writer.remaining() >= rtp::TransportFeedbackRecorder::kMinFeedbackBuffer) {
        const std::size_t size = feedback_.poll(now, local_ssrc_, feedback_media_, writer.rest());
        if (size == 0) break;
        writer.advance(size);
    }
    while (writer.remaining() >= rtp::CongestionFeedbackRecorder::kMinBuffer) {
        const std::size_t size = marked_.poll(now, local_ssrc_, writer.rest());
        if (size == 0) break;
        writer.advance(size);
    }
}

}  // namespace parley::peer
