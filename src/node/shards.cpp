#include "node/shards.hpp"

#include <algorithm>

#include "node/member.hpp"
#include "node/room.hpp"

namespace parley::node {

void Shards::open() {
    life_ = context_.relay.fresh_id();
    for (ShardIndex to = 0; to < context_.relay.shards(); ++to) {
        if (to == context_.relay.self()) continue;
        context_.relay.post(to, ShardOpened{room_.name(), life_, {}});
    }
}

// Also to those who have not answered yet: they may know this shard.
void Shards::close(Instant now) {
    for (ShardIndex to = 0; to < context_.relay.shards(); ++to) {
        if (to != context_.relay.self()) context_.relay.post(to, ShardClosed{room_.name()});
    }
    others_.clear();
    for (const auto& member : members_) {
        while (!member->tracks.empty()) remove(*member, member->tracks.size() - 1, now);
    }
    drop_empty_members(now);
}

bool Shards::knows(ShardIndex shard) const {
    return std::ranges::any_of(others_, [&](const Other& other) { return other.shard == shard; });
}

bool Shards::speaks_for_room() const {
    return std::ranges::none_of(
        others_, [&](const Other& other) { return other.shard < context_.relay.self(); });
}

void Shards::offer(Track& track) {
    if (context_.relay.shards() < 2) return;
    if (track.relay.id == RelayId{}) {
        track.relay.id = context_.relay.fresh_id();
        track.relay.wished.resize(context_.relay.shards());
        context_.relayed[track.relay.id] = &track;
    }
    for (const Other& other : others_) offer_to(other, track);
}

void Shards::offer_to(const Other& other, const Track& track) {
    auto offered = std::make_unique<OfferedTrack>();
    offered->to = other.life;
    offered->room = room_.name();
    offered->track = track.relay.id;
    offered->publisher = track.publisher->id;
    offered->info = track.info;
    offered->config = track.publication.config();
    offered->codec = track.codec;
    offered->rids = track.rids;
    offered->on = track.use.mask();
    context_.relay.post(other.shard, TrackOffered(std::move(offered)));
}

void Shards::withdraw(Track& track) {
    context_.relayed.erase(track.relay.id);
    for (const Other& other : others_) {
        context_.relay.post(other.shard, TrackWithdrawn{track.relay.id});
    }
}

void Shards::turn_layers(const Track& track) {
    for (const Other& other : others_) {
        context_.relay.post(other.shard, LayersTurned{track.relay.id, track.use.mask()});
    }
}

void Shards::relay(const Track& track, std::size_t layer, BytesView packet,
                   const media::FrameInfo& frame) {
    for (const Other& other : others_) {
        if (!context_.relay.relay(other.shard, track.relay.id, layer, packet, frame)) {
            context_.drops.add(trace::Drop::kRelayFull);
        }
    }
}

void Shards::report(const Track& track, std::size_t layer, NtpTime ntp, std::uint32_t timestamp) {
    for (const Other& other : others_) {
        context_.relay.post(
            other.shard,
            SenderReported{track.relay.id, static_cast<std::uint8_t>(layer), ntp, timestamp});
    }
}

// An answer to a shard that this node had before says nothing about this one.
void Shards::on_opened(ShardIndex from, const ShardOpened& opened) {
    if (opened.answers && *opened.answers != life_) return;
    if (!opened.answers) context_.relay.post(from, ShardOpened{room_.name(), life_, opened.life});
    if (knows(from)) return;
    const Other other = others_.emplace_back(Other{from, opened.life});
    for (Member* member : room_.members()) {
        for (const auto& track : member->publisher().tracks()) offer_to(other, *track);
    }
}

void Shards::on_closed(ShardIndex from, Instant now) {
    std::erase_if(others_, [&](const Other& other) { return other.shard == from; });
    for (const auto& member : members_) {
        if (member->shard != from) continue;
        while (!member->tracks.empty()) remove(*member, member->tracks.size() - 1, now);
    }
    drop_empty_members(now);
    for (Member* member : room_.members()) {
        for (const auto& track : member->publisher().tracks()) {
            track->relay.wished[from] = 0;
            track->upstream->review_layers(*track, now);
        }
    }
}

RemoteMember& Shards::member_of(ShardIndex from, const OfferedTrack& offered, Instant now) {
    for (const auto& member : members_) {
        if (member->who.id == offered.publisher) return *member;
    }
    auto& member = *members_.emplace_back(std::make_unique<RemoteMember>());
    member.who.id = offered.publisher;
    member.who.name = offered.info.participant;
    member.shard = from;
    room_.add_speaker(member.who, now);
    return member;
}

void Shards::on_offered(ShardIndex from, const OfferedTrack& offered, Instant now) {
    if (offered.to != life_) return;
    const auto known = context_.relayed.find(offered.track);
    if (known == context_.relayed.end()) {
        RemoteMember& member = member_of(from, offered, now);
        auto made = std::make_unique<Track>(offered.config, member.clock);
        made->publisher = &member.who;
        made->upstream = this;
        made->relay.replica_in = this;
        made->published_at = now;
        made->codec = offered.codec;
        made->rids = offered.rids;
        made->relay.id = offered.track;
        made->info = offered.info;
        made->publication.set_muted(offered.info.force_muted);
        Track& track = *member.tracks.emplace_back(std::move(made));
        context_.relayed[offered.track] = &track;
        on_turned(track, offered.on, now);
        return room_.add_track(track, now);
    }
    Track& track = *known->second;
    track.info = offered.info;
    track.publication.set_muted(offered.info.force_muted);
    on_turned(track, offered.on, now);
    room_.on_muted(track, now);
}

void Shards::on_withdrawn(Track& track, Instant now) {
    for (const auto& member : members_) {
        for (std::size_t i = 0; i < member->tracks.size(); ++i) {
            if (member->tracks[i].get() != &track) continue;
            remove(*member, i, now);
            return drop_empty_members(now);
        }
    }
}

void Shards::remove(RemoteMember& member, std::size_t index, Instant now) {
    Track& track = *member.tracks[index];
    context_.relayed.erase(track.relay.id);
    room_.remove_track(track, now);
    member.tracks.erase(member.tracks.begin() + static_cast<std::ptrdiff_t>(index));
}

void Shards::drop_empty_members(Instant now) {
    for (std::size_t i = members_.size(); i-- > 0;) {
        if (!members_[i]->tracks.empty()) continue;
        room_.remove_speaker(members_[i]->who, now);
        members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

// A layer that the publisher was asked to leave out is not dead.
void Shards::on_turned(Track& track, sfu::StreamMask on, Instant now) {
    const auto changed = static_cast<sfu::StreamMask>(track.relay.on ^ on);
    track.relay.on = on;
    for (std::size_t i = 0; i < track.publication.layer_count(); ++i) {
        const sfu::StreamMask bit = sfu::stream_bit(i);
        if ((changed & bit) != 0) track.publication.set_wanted(i, (on & bit) != 0, now);
    }
    note_revision(track, now);
    note_due(track);
}

void Shards::on_packet(Track& track, std::size_t layer, BytesView bytes,
                       const media::FrameInfo& frame, Instant now) {
    const auto packet = rtp::parse_packet(bytes);
    if (!packet) return context_.drops.add(trace::Drop::kMalformed);
    const auto stored = track.publication.on_packet(layer, *packet, frame, now);
    if (!stored) context_.drops.add(stored.error());
    if (!track.video() && !track.publication.muted()) {
        if (const auto level = track.publication.audio_level()) {
            room_.on_audio_level(track, *level, now);
        }
    }
    if (stored || !track.publication.found().empty()) room_.forward(track);
    note_revision(track, now);
    pump_keyframe_requests(track, now);
}

void Shards::on_report(Track& track, const SenderReported& report, Instant now) {
    track.publication.on_sender_report(report.layer, report.ntp, report.timestamp, now);
}

// Layers that have never come here may be off because nobody watched them: they are wished until
// they have come once, for without that nobody here could choose them.
void Shards::review_layers(Track& track, Instant) {
    if (!track.video()) return;
    sfu::StreamMask needed = 0;
    for (const Outlet* outlet : track.outlets) needed |= outlet->needs;
    for (std::size_t i = 0; i < track.publication.layer_count(); ++i) {
        const bool known = track.publication.layer(i).arrived();
        if (!known && !track.outlets.empty()) needed |= sfu::stream_bit(i);
    }
    if (needed == track.relay.told) return;
    track.relay.told = needed;
    context_.relay.post(RelayBox::shard_of(track.relay.id), LayersWished{track.relay.id, needed});
}

void Shards::pump_keyframe_requests(Track& track, Instant now) {
    while (const auto layer = track.publication.poll_keyframe_request(now)) {
        context_.relay.post(RelayBox::shard_of(track.relay.id),
                            KeyframeWished{track.relay.id, static_cast<std::uint8_t>(*layer)});
    }
    note_due(track);
}

void Shards::note_due(const Track& track) {
    const Instant at = node::next_timeout(track);
    if (at >= due_) return;
    due_ = at;
    context_.timers.set(room_.timer, room_.next_timeout());
}

void Shards::handle_timeout(Instant now) {
    if (due_ > now) return;
    due_ = kNever;
    for (const auto& member : members_) {
        for (const auto& track : member->tracks) {
            if (node::next_timeout(*track) <= now) {
                track->publication.handle_timeout(now);
                note_revision(*track, now);
                pump_keyframe_requests(*track, now);
            }
            due_ = std::min(due_, node::next_timeout(*track));
        }
    }
}

}  // namespace parley::node
