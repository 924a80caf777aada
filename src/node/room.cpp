#include "node/room.hpp"

#include <algorithm>
#include <utility>

#include "node/member.hpp"

namespace parley::node {
namespace {

bool is_muted(const Track& track) {
    return track.info.muted || track.info.force_muted;
}

}  // namespace

void Room::join(Member& member) {
    members_.push_back(&member);
    member.who().speech_rank = static_cast<std::uint32_t>(by_speech_.size());
    by_speech_.push_back(&member.who());
}

void Room::leave(Member& member, Instant now) {
    std::erase(members_, &member);
    remove_speaker(member.who(), now);
}

void Room::add_speaker(Participant& who, Instant now) {
    by_speech_.push_back(&who);
    rank_by_speech({}, now);
}

void Room::remove_speaker(Participant& who, Instant now) {
    speakers_.remove(who.id.value, now);
    context_.timers.set(timer, next_timeout());
    std::erase(by_speech_, &who);
    rank_by_speech({}, now);
}

template <typename Visit>
void Room::for_each_track(Visit&& visit) const {
    for (Member* member : members_) {
        for (const auto& track : member->publisher().tracks()) visit(*track);
    }
    for (const auto& member : shards_.members()) {
        for (const auto& track : member->tracks) visit(*track);
    }
}

void Room::add_track(Track& track, Instant now) {
    for (Member* member : members_) {
        if (&member->who() == track.publisher || !member->may_subscribe()) continue;
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
    for (Member* member : members_) member->subscriber().forget(track);
    if (track.voice == 0) return;
    loudest_.remove(std::exchange(track.voice, 0), now);
    settle_voices(now);
}

void Room::attach_tracks(Member& member, Instant now) {
    for_each_track([&](Track& track) {
        if (track.publisher != &member.who()) member.subscriber().attach(track, now);
    });
}

void Room::forward(Track& track) {
    if (!track.heard) return context_.drops.add(trace::Drop::kNotLoudest);
    if (track.has_news) return;
    track.has_news = true;
    context_.news.push_back(&track);
}

void Room::on_audio_level(Track& track, std::uint8_t level, Instant now) {
    speakers_.on_level(track.publisher->id.value, level, now);
    context_.timers.set(timer, next_timeout());
    if (loudest_.places() == 0 || is_screen(track.info.source)) return;
    if (track.voice == 0) {  // who never says a level is not among them, and is always heard
        track.voice = ++last_voice_;
        loudest_.add(track.voice, is_muted(track), now);
    }
    loudest_.on_level(track.voice, level, now);
    settle_voices(now);
}

void Room::on_muted(Track& track, Instant now) {
    for (Outlet* outlet : track.outlets) outlet->subscriber->subscriber().on_speech_ranks(now);
    if (track.voice == 0) return;
    loudest_.set_muted(track.voice, is_muted(track), now);
    settle_voices(now);
}

void Room::settle_voices(Instant now) {
    for (const auto& change : loudest_.take_changes()) {
        Track* track = find_voice(change.id);
        if (track == nullptr || track->heard == change.heard) continue;
        track->heard = change.heard;
        for (Outlet* outlet : track->outlets) {
            outlet->subscriber->subscriber().set_heard(*outlet, change.heard, now);
        }
    }
}

Track* Room::find_voice(std::uint64_t voice) const {
    Track* found = nullptr;
    for_each_track([&](Track& track) {
        if (track.voice == voice) found = &track;
    });
    return found;
}

void Room::handle_timeout(Instant now) {
    shards_.handle_timeout(now);
    speakers_.handle_timeout(now);
    announce_speakers(now);
}

// Those who speak come first, in the order of their list; the others follow as they were.
void Room::rank_by_speech(std::span<const sfu::Speaker> speakers, Instant now) {
    auto place = by_speech_.begin();
    for (const auto& speaker : speakers) {
        const auto at = std::find_if(place, by_speech_.end(), [&](const Participant* who) {
            return who->id.value == speaker.id;
        });
        if (at == by_speech_.end()) continue;
        std::rotate(place, at, at + 1);
        ++place;
    }
    for (std::size_t i = 0; i < by_speech_.size(); ++i) {
        by_speech_[i]->speech_rank = static_cast<std::uint32_t>(i);
    }
    for (Member* member : members_) member->subscriber().on_speech_ranks(now);
}

void Room::announce_speakers(Instant now) {
    const auto list = speakers_.poll();
    if (!list) return;
    rank_by_speech(*list, now);
    if (!shards_.speaks_for_room()) return;
    signal::ActiveSpeakers event;
    event.room = name_;
    for (const auto& speaker : *list) {
        const auto who = std::ranges::find_if(
            by_speech_, [&](const Participant* one) { return one->id.value == speaker.id; });
        if (who == by_speech_.end()) continue;
        event.speakers.push_back({(*who)->name, speaker.level});
    }
    context_.emit(std::move(event));
}

}  // namespace parley::node
