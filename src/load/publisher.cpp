#include "load/publisher.hpp"

#include <algorithm>

#include "load/send_time.hpp"
#include "rtp/extension_values.hpp"

namespace parley::load {
namespace {

constexpr Duration kReportInterval = 1s;

Ssrc fresh_ssrc(Random& random) {
    return Ssrc(random.next_u32() | 1);
}

sdp::Codec codec_named(std::string_view name) {
    const auto capabilities = peer::Capabilities::sfu();
    for (const auto* kind : {&capabilities.audio, &capabilities.video}) {
        for (const auto& codec : kind->codecs) {
            if (codec.is(name)) return codec;
        }
    }
    return {};
}

std::uint32_t ticks(Duration duration, std::int64_t clock_rate) {
    return static_cast<std::uint32_t>(duration.count() / 1000 * clock_rate / 1'000'000);
}

}  // namespace

Publisher::Publisher(const MediaLoops& loops, bool spread, std::string name, OutContext& context,
                     Random& random)
    : loops_(loops),
      name_(std::move(name)),
      context_(context),
      timestamp_base_(random.next_u32()),
      phase_(static_cast<std::int64_t>(
          random.below(static_cast<std::uint64_t>(kFrameInterval.count())))) {
    for (std::size_t i = 0; i < loops.video.size(); ++i) {
        const std::string rid = i < loops.rids.size() ? loops.rids[i] : "";
        layers_.push_back(
            {&loops.video[i], rid,
             OutStream(fresh_ssrc(random), fresh_ssrc(random), 90'000, rid, true, random),
             FrameSchedule(loops.video[i], spread)});
        layers_.back().first_picture_id = random.next_u16() & 0x3FFF;
    }
    if (!loops.audio.empty()) {
        audio_.emplace(fresh_ssrc(random), Ssrc(), 48'000, "", false, random);
    }
}

void Publisher::announce(Random& random, Instant now) {
    auto& negotiator = context_.peer.negotiator();
    const auto spec = [&](sdp::MediaKind kind, std::string_view codec) {
        peer::SenderSpec result;
        result.kind = kind;
        result.codecs = {codec_named(codec)};
        result.stream_id = name_;
        result.track_id = name_ + "-" + std::string(codec);
        result.cname = name_;
        return result;
    };
    // A subscriber offers a section too, in which it stays silent: a description needs one.
    auto audio = spec(sdp::MediaKind::kAudio, "opus");
    audio.ssrc = audio_ ? audio_->ssrc() : fresh_ssrc(random);
    const bool silent = !audio_ && layers_.empty();
    if (audio_ || silent) audio_sender_ = negotiator.add_sender(std::move(audio), now);
    if (layers_.empty()) return;
    auto video = spec(sdp::MediaKind::kVideo, media::name(layers_[0].loop->codec));
    video.ssrc = layers_[0].stream.ssrc();
    video.rtx_ssrc = layers_[0].stream.rtx_ssrc();
    video.rids = loops_.rids;
    video_sender_ = negotiator.add_sender(std::move(video), now);
}

void Publisher::start(Instant now) {
    if (started_) return;
    started_ = true;
    started_at_ = now;
    reports_due_ = now + kReportInterval / 4;
    for (auto& layer : layers_) layer.schedule.start(now + phase_);
    if (audio_) audio_due_ = now + phase_;
}

void Publisher::refresh_formats() {
    auto& negotiator = context_.peer.negotiator();
    if (negotiator.version() == formats_version_) return;
    formats_version_ = negotiator.version();
    const auto read = [&](std::optional<peer::SenderId> sender, std::optional<SendFormat>& format) {
        format.reset();
        if (!sender) return;
        const auto* section = negotiator.section_of(*sender);
        if (section != nullptr && section->sends) format = SendFormat::of(*section);
    };
    read(video_sender_, video_format_);
    read(audio_sender_, audio_format_);
}

Instant Publisher::next_timeout() const {
    if (!started_) return kNever;
    Instant next = std::min(audio_due_, reports_due_);
    for (const auto& layer : layers_) next = std::min(next, layer.schedule.next());
    return next;
}

void Publisher::handle_timeout(Instant now, const Window& window) {
    if (!started_) return;
    refresh_formats();
    if (audio_due_ <= now) send_audio(now, window);
    for (auto& layer : layers_) {
        if (layer.schedule.next() <= now) send_video(layer, now, window);
    }
    if (reports_due_ <= now) send_reports(now);
}

void Publisher::send_video(Layer& layer, Instant now, const Window& window) {
    do {
        const LoopPacket* loop = layer.schedule.take(now);
        if (loop == nullptr) return;
        const std::uint64_t number = layer.schedule.frames();
        OutPacket packet{loop->payload};
        packet.timestamp =
            timestamp_base_ + ticks(layer.schedule.frame_due() - started_at_, 90'000);
        packet.marker = loop->marker;
        packet.picture_id_at = loop->picture_id_at;
        packet.tl0_index_at = loop->tl0_index_at;
        packet.picture_id = static_cast<std::uint16_t>((layer.first_picture_id + number) & 0x7FFF);
        packet.descriptor = loop->descriptor;
        // Each spatial layer of a picture is a frame of its own.
        packet.frame_number =
            static_cast<std::uint16_t>(number * layer.loop->spatial_layers + loop->spatial_id);
        packet.sent = send_time(now, context_.anchor);
        if (video_format_ && layer.stream.send(packet, *video_format_, context_, now)) {
            video_packets_ += window.contains(sent_at(packet.sent, context_.anchor)) ? 1 : 0;
        }
    } while (!layer.schedule.between_frames());
}

void Publisher::send_audio(Instant now, const Window& window) {
    if (now - audio_due_ > kMaxLateness) audio_due_ = now;
    const AudioFrame& frame = loops_.audio[audio_frame_];
    audio_frame_ = (audio_frame_ + 1) % loops_.audio.size();
    OutPacket packet{frame.payload, timestamp_base_ + ticks(audio_due_ - started_at_, 48'000)};
    packet.audio_level = rtp::write_audio_level({frame.voice, frame.level})[0];
    packet.sent = send_time(now, context_.anchor);
    if (audio_format_ && audio_->send(packet, *audio_format_, context_, now)) {
        audio_packets_ += window.contains(sent_at(packet.sent, context_.anchor)) ? 1 : 0;
    }
    audio_due_ += kAudioFrame;
}

void Publisher::send_reports(Instant now) {
    reports_due_ = now + kReportInterval;
    if (audio_) audio_->send_report(name_, context_, now);
    for (auto& layer : layers_) {
        if (layer.schedule.active()) layer.stream.send_report(name_, context_, now);
    }
}

void Publisher::on_nack(Ssrc media, std::uint16_t sequence_number, Instant now,
                        const Window& window) {
    refresh_formats();
    for (auto& layer : layers_) {
        if (layer.stream.ssrc() != media || !video_format_) continue;
        const bool again = layer.stream.resend(sequence_number, *video_format_, context_, now);
        resent_ += again && window.contains(now) ? 1 : 0;
    }
}

void Publisher::on_keyframe_request(Ssrc media) {
    for (auto& layer : layers_) {
        if (layer.stream.ssrc() != media) continue;
        layer.schedule.want_keyframe();
        ++keyframe_requests_;
    }
}

void Publisher::on_track_layers(const TrackLayers& message, Instant now) {
    refresh_formats();
    if (!video_format_ || video_format_->mid != message.mid) return;
    for (const auto& told : message.layers) {
        for (auto& layer : layers_) {
            if (layer.rid == told.rid) layer.schedule.set_active(told.active, now);
        }
    }
}

Published Publisher::published() const {
    return {!layers_.empty(), audio_.has_value(), video_packets_, audio_packets_};
}

}  // namespace parley::load
