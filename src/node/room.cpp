#include "node/room.hpp"

#include <algorithm>

#include "node/member.hpp"

namespace parley::node {

void Room::join(Member& member) {
    members_.push_back(&member);
}

void Room::leave(Member& member, Instant now) {
    speakers_.remove(member.id().value, now);
    context_.timers.set(timer, speakers_.next_timeout());
    std::erase(members_, &member);
}

void Room::add_track(Track& track, Instant now) {
    for (Member* member : members_) {
        if (member == track.publisher || !member->may_subscribe()) continue;
        // Before a member's first description nothing is known of what it can decode.
        if (!member->peer().negotiator().negotiated()) continue;
        member->subscriber().attach(track, now);
    }
}

void Room::remove_track(Track& track, Instant now) {
    std::erase(context_.news, &track);
    std::erase(context_.looked_at, &track);
    while (!track.outlets.empty())
        track.outlets.back()->subscriber->subscriber().detach(track, now);
}

void Room::attach_tracks(Member& member, Instant now) {
    for (Member* other : members_) {
        if (other == &member) continue;
        for (const auto& track : other->publisher().tracks()) {
            member.subscriber().attach(*track, now);
        }
    }
}

void Room::forward(Track& track) {
    if (track.has_news) return;
    track.has_news = true;
    context_.news.push_back(&track);
}

void Room::on_audio_level(const Member& member, std::uint8_t level, Instant now) {
    speakers_.on_level(member.id().value, level, now);
    context_.timers.set(timer, speakers_.next_timeout());
}

void Room::handle_timeout(Instant now) {
    speakers_.handle_timeout(now);
    announce_speakers();
}

void Room::announce_speakers() {
    const auto list = speakers_.poll();
    if (!list) return;
    signal::ActiveSpeakers event;
    event.room = name_;
    for (const auto& speaker : *list) {
        const auto member = std::find_if(members_.begin(), members_.end(), [&](const Member* m) {
            return m->id().value == speaker.id;
        });
        if (member == members_.end()) continue;
        event.speakers.push_back({(*member)->participant(), speaker.level});
    }
    context_.emit(std::move(event));
}

}  // namespace parley::node
