#include "node/publisher.hpp"

#include <algorithm>

#include "node/member.hpp"
#include "node/room.hpp"

namespace parley::node {
namespace {

// Another codec means another track, which all subscribers negotiate: not with every packet.
constexpr Duration kMinTrackAge = 1s;

// What a client that says nothing most likely sends.
signal::TrackSource default_source(bool video) {
    return video ? signal::TrackSource::kCamera : signal::TrackSource::kMicrophone;
}

/// RED is a wrapper: the track's codec is what stands in its blocks (RFC 2198).
std::optional<std::uint8_t> media_type(const peer::ReceiveSection& section,
                                       const peer::ReceiveStream& stream) {
    const auto* own = section.formats[stream.payload_type];
    if (own != nullptr && own->codec != media::Codec::kRed) return stream.payload_type;
    for (const auto& format : section.formats) {
        if (format.codec == media::Codec::kOpus) return format.payload_type;
    }
    return {};
}

const peer::ReceiveFormat* media_format(const peer::ReceiveSection& section,
                                        const peer::ReceiveStream& stream) {
    const auto type = media_type(section, stream);
    return type ? section.formats[*type] : nullptr;
}

std::optional<std::uint8_t> red_payload_type(const peer::ReceiveSection& section) {
    if (section.video) return {};
    for (const auto& format : section.formats) {
        if (format.codec == media::Codec::kRed) return format.payload_type;
    }
    return {};
}

}  // namespace

void Publisher::on_media(peer::IncomingPacket& incoming, Instant now) {
    Place* place = place_of(incoming, now);
    if (place == nullptr) return context_.drops.add(trace::Drop::kNotPublished);
    Track& track = *place->track;
    const bool was_simulcast = track.info.simulcast;
    const auto stored =
        track.publication.on_packet(place->layer, incoming.packet, incoming.frame, now);
    if (!stored) context_.drops.add(stored.error());
    // Redundancy brought them: nobody need ask for them any more.
    for (const std::uint16_t found : track.publication.found()) {
        if (incoming.stream->nack) incoming.stream->nacks.on_packet(found, false, now);
    }
    context_.frames_found += track.publication.found().size();
    if (!track.video() && !track.publication.muted()) {
        if (const auto level = track.publication.audio_level()) {
            owner_.room().on_audio_level(track, *level, now);
        }
    }
    if (stored || !track.publication.found().empty()) {
        owner_.room().forward(track);
        owner_.room().shards().relay(track, place->layer, incoming.packet.bytes, incoming.frame);
    }
    note_revision(track, now);
    track.info.simulcast = track.publication.simulcast();
    if (track.info.simulcast != was_simulcast) announce(track);
    pump_keyframe_requests(track, now);
}

Publisher::Place* Publisher::place_of(const peer::IncomingPacket& incoming, Instant now) {
    const peer::ReceiveStream& stream = *incoming.stream;
    Place& place = places_[stream.index];
    const bool same_codec =
        place.track != nullptr &&
        (stream.codec == place.track->publication.codec() || stream.codec == media::Codec::kRed);
    if (same_codec && !incoming.stream_is_new) return &place;
    if (!owner_.may_publish()) return nullptr;

    const peer::ReceiveSection& section = owner_.peer().receiver().sections()[stream.section];
    Track* track = track_in(stream.section);
    const peer::ReceiveFormat* format = media_format(section, stream);
    if (format == nullptr) return nullptr;
    if (track != nullptr && track->publication.codec() != format->codec) {
        // Subscribers negotiated the old codec: the track starts anew with the new one.
        if (now - track->published_at < kMinTrackAge) return nullptr;
        const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                        [&](const auto& t) { return t.get() == track; });
        unpublish(static_cast<std::size_t>(found - tracks_.begin()), now);
        track = nullptr;
    }
    if (track == nullptr) track = publish(section, stream, now);
    if (track == nullptr) return nullptr;
    return fill_place(stream, *track);
}

Publisher::Place* Publisher::fill_place(const peer::ReceiveStream& stream, Track& track) {
    std::size_t layer = 0;
    if (!track.rids.empty()) {
        const auto rid = std::find(track.rids.begin(), track.rids.end(), stream.rid);
        if (rid == track.rids.end()) return nullptr;  // a layer beyond those we take
        layer = static_cast<std::size_t>(rid - track.rids.begin());
    }
    Place& place = places_[stream.index];
    clear_place(place);
    track.streams[layer] = stream.index;
    place = {&track, layer, stream.ssrc};
    // Two publishers with the same number: the first one is recognised.
    context_.sources.try_emplace(stream.ssrc, &owner_);
    return &place;
}

void Publisher::clear_place(Place& place) {
    if (place.track != nullptr) {
        auto& stream = place.track->streams[place.layer];
        if (stream == static_cast<peer::StreamIndex>(&place - places_.data())) stream.reset();
    }
    if (place.source) {
        const auto found = context_.sources.find(*place.source);
        if (found != context_.sources.end() && found->second == &owner_) {
            context_.sources.erase(found);
        }
    }
    place = {};
}

Track* Publisher::track_in(std::size_t section) {
    for (const auto& track : tracks_) {
        if (track->section == section) return track.get();
    }
    return nullptr;
}

Track* Publisher::publish(const peer::ReceiveSection& section, const peer::ReceiveStream& stream,
                          Instant now) {
    if (tracks_.size() >= context_.config.max_tracks_per_member) return nullptr;
    if (!publications_.take(now)) return nullptr;
    const peer::ReceiveFormat* format = media_format(section, stream);
    sfu::PublicationConfig config;
    config.kind = section.video ? sfu::Kind::kVideo : sfu::Kind::kAudio;
    config.codec = format->codec;
    config.clock_rate = format->clock_rate;
    config.payload_type = media_type(section, stream).value_or(0);
    config.red_payload_type = red_payload_type(section);
    config.extensions = section.extensions;
    config.rids = section.rids;
    if (config.rids.size() > sfu::kMaxLayers) config.rids.resize(sfu::kMaxLayers);

    auto track = std::make_unique<Track>(config, clock_);
    track->publisher = &owner_.who();
    track->upstream = this;
    track->published_at = now;
    track->section = stream.section;
    track->codec = format->description;
    track->section_rids = section.rids;
    track->rids = config.rids;
    track->info.track = owner_.participant() + "." + section.mid;
    track->info.participant = owner_.participant();
    track->info.mid = section.mid;
    track->info.kind = section.video ? signal::TrackKind::kVideo : signal::TrackKind::kAudio;
    track->info.codec = media::name(format->codec);
    const auto described = descriptions_.find(section.mid);
    const Description description =
        described == descriptions_.end() ? Description{} : described->second;
    track->info.source = description.source == signal::TrackSource::kUnknown
                             ? default_source(section.video)
                             : description.source;
    track->info.muted = description.muted;
    track->info.force_muted =
        (force_muted_audio_ && !section.video) || force_muted_.contains(track->info.track);
    track->publication.set_muted(track->info.force_muted);
    Track& published = *tracks_.emplace_back(std::move(track));
    announce(published);
    owner_.room().add_track(published, now);
    return &published;
}

void Publisher::unpublish(std::size_t index, Instant now) {
    Track& track = *tracks_[index];
    owner_.room().shards().withdraw(track);
    owner_.room().remove_track(track, now);
    for (auto& place : places_) {
        if (place.track == &track) clear_place(place);
    }
    if (quieted_.contains(track.info.mid)) {
        // What the client sends there next is a track of its own, with all that it has.
        track.use = {};
        tell_layers(track);
    }
    context_.emit(signal::TrackUnpublished{owner_.id(), track.info.track});
    tracks_.erase(tracks_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Publisher::unpublish_all(Instant now) {
    while (!tracks_.empty()) unpublish(tracks_.size() - 1, now);
}

void Publisher::on_sections_changed(Instant now) {
    const auto sections = owner_.peer().negotiator().sections();
    for (std::size_t i = tracks_.size(); i-- > 0;) {
        const Track& track = *tracks_[i];
        const bool stays = track.section < sections.size() &&
                           sections[track.section].mid == track.info.mid &&
                           sections[track.section].state == peer::SectionState::kReceiving &&
                           sections[track.section].rids == track.section_rids;
        if (!stays) unpublish(i, now);
    }
}

void Publisher::announce(Track& track) {
    owner_.room().shards().offer(track);
    context_.emit(signal::TrackPublished{owner_.id(), track.info});
}

void Publisher::tell_layers(const Track& track) {
    signal::TrackLayers event{owner_.id(), track.info.track, track.info.mid, {}};
    bool all = true;
    for (std::size_t i = 0; i < track.publication.layer_count(); ++i) {
        event.layers.push_back({i < track.rids.size() ? track.rids[i] : "", track.use.on(i)});
        all = all && track.use.on(i);
    }
    if (all) {
        quieted_.erase(track.info.mid);
    } else {
        quieted_.insert(track.info.mid);
    }
    context_.emit(std::move(event));
}

void Publisher::review_layers(Track& track, Instant now) {
    if (!track.video()) return;
    sfu::StreamMask wanted = 0;
    for (const Outlet* outlet : track.outlets) wanted |= outlet->needs;
    for (const sfu::StreamMask elsewhere : track.relay.wished) wanted |= elsewhere;
    for (std::size_t i = 0; i < sfu::kMaxLayers; ++i) {
        // Only what arrives is turned off: what the client does not send is its own choice.
        const bool arrives = i < track.publication.layer_count() && track.publication.live(i);
        if (!arrives && track.use.on(i)) wanted |= sfu::stream_bit(i);
    }
    const sfu::StreamMask changed = track.use.update(wanted, now);
    context_.wake(owner_);  // for its timer
    if (changed == 0) return;
    for (std::size_t i = 0; i < track.publication.layer_count(); ++i) {
        const bool is_changed = (changed & sfu::stream_bit(i)) != 0;
        if (is_changed) track.publication.set_wanted(i, track.use.on(i), now);
    }
    // Its own doing is no news; what waits to be told stays so.
    if (track.tell_at == kNever) track.seen_revision = track.publication.revision();
    owner_.room().shards().turn_layers(track);
    tell_layers(track);
}

void Publisher::describe(const signal::DescribeTrack& said, Instant now) {
    if (!descriptions_.contains(said.mid) && descriptions_.size() >= kMaxDescriptions) return;
    Description& description = descriptions_[said.mid];
    const bool was_screen = is_screen(description.source);
    if (said.source) description.source = *said.source;
    if (said.muted) description.muted = *said.muted;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        Track& track = *tracks_[i];
        if (track.info.mid != said.mid) continue;
        if (is_screen(description.source) != was_screen) {
            // Another stream id for subscribers: the next packet publishes it again.
            return unpublish(i, now);
        }
        if (said.source) track.info.source = *said.source;
        track.info.muted = description.muted;
        owner_.room().on_muted(track, now);
        announce(track);
    }
}

void Publisher::force_mute(const signal::ForceMute& command, Instant now) {
    if (command.track.empty()) {
        force_muted_audio_ = command.muted;
        if (!command.muted) force_muted_.clear();
    }
    for (const auto& track : tracks_) {
        const bool named = track->info.track == command.track;
        if (!named && (!command.track.empty() || track->video())) continue;
        if (!command.track.empty() && command.muted) {
            if (force_muted_.size() < kMaxDescriptions) force_muted_.insert(command.track);
        } else {
            force_muted_.erase(track->info.track);
        }
        track->info.force_muted = command.muted;
        track->publication.set_muted(command.muted);
        note_revision(*track, now);
        owner_.room().on_muted(*track, now);
        announce(*track);
    }
}

void Publisher::on_sender_report(const peer::ReceiveStream& stream, Instant now) {
    const Place& place = places_[stream.index];
    if (place.track == nullptr || place.source != stream.ssrc || !stream.sender_info) return;
    const NtpTime ntp = stream.sender_info->ntp;
    const std::uint32_t timestamp = stream.sender_info->rtp_timestamp;
    place.track->publication.on_sender_report(place.layer, ntp, timestamp, now);
    Instant& next_report = place.track->relay.next_report[place.layer];
    if (now < next_report) return;
    next_report = now + TrackRelay::kReportInterval;
    owner_.room().shards().report(*place.track, place.layer, ntp, timestamp);
}

void Publisher::pump_keyframe_requests(Track& track, Instant now) {
    while (const auto layer = track.publication.poll_keyframe_request(now)) {
        const auto& stream = track.streams[*layer];
        if (!stream) continue;
        owner_.peer().receiver().request_keyframe(owner_.peer().receiver().streams()[*stream]);
        context_.wake(owner_);
    }
}

void Publisher::handle_timeout(Instant now) {
    for (const auto& track : tracks_) {
        if (track->use.next_timeout() <= now) review_layers(*track, now);
        if (node::next_timeout(*track) > now) continue;
        track->publication.handle_timeout(now);
        note_revision(*track, now);
        pump_keyframe_requests(*track, now);
    }
}

Instant Publisher::next_timeout() const {
    Instant next = kNever;
    for (const auto& track : tracks_) {
        next = std::min({next, node::next_timeout(*track), track->use.next_timeout()});
    }
    return next;
}

double Publisher::take_loss() {
    std::int64_t packets = 0;
    std::int64_t lost = 0;
    for (const auto& stream : owner_.peer().receiver().streams()) {
        packets += static_cast<std::int64_t>(stream.statistics.packets());
        lost += stream.statistics.lost();
    }
    // Sums fall when a stream begins anew.
    const auto grown = [](std::int64_t sum, std::int64_t before) {
        return static_cast<double>(std::max<std::int64_t>(0, sum - before));
    };
    const double new_packets = grown(packets, counted_packets_);
    const double new_lost = grown(lost, counted_lost_);
    counted_packets_ = packets;
    counted_lost_ = lost;
    return new_lost + new_packets > 0 ? new_lost / (new_lost + new_packets) : 0;
}

std::vector<signal::PublishedTrackStats> Publisher::stats(Instant now) const {
    std::vector<signal::PublishedTrackStats> all;
    for (const auto& track : tracks_) {
        signal::PublishedTrackStats& stats = all.emplace_back();
        stats.info = track->info;
        for (std::size_t i = 0; i < track->publication.layer_count(); ++i) {
            if (!track->streams[i]) continue;
            const auto& stream = owner_.peer().receiver().streams()[*track->streams[i]];
            const auto layer = track->publication.layer_stats(i, now);
            signal::PublishedLayerStats& out = stats.layers.emplace_back();
            out.rid = layer.rid;
            out.ssrc = layer.ssrc.value;
            out.live = layer.live;
            out.bitrate_bps = layer.bitrate.bps;
            out.width = layer.width;
            out.height = layer.height;
            out.frames_per_second = layer.frames_per_second;
            out.packets = layer.packets;
            out.bytes = layer.bytes;
            out.lost = stream.statistics.lost();
            out.jitter_ms = to_seconds(stream.statistics.jitter()) * 1000;
            out.nacks_sent = stream.nacks_sent;
            out.keyframes_requested = layer.keyframes_requested;
            out.retransmissions_received = stream.retransmissions;
            if (!track->video()) out.found = track->publication.total_found();
        }
    }
    return all;
}

}  // namespace parley::node
