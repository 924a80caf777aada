// A room on a media node: who is in it, which tracks there are, who speaks.

#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "node/context.hpp"
#include "node/shards.hpp"
#include "node/timer_queue.hpp"
#include "node/track.hpp"
#include "sfu/loudest.hpp"
#include "sfu/speakers.hpp"

namespace parley::node {

class Member;

class Room {
 public:
    Room(Context& context, std::string name)
        : context_(context),
          name_(std::move(name)),
          shards_(context, *this),
          loudest_(context.config.loudest_audio) {}

    const std::string& name() const { return name_; }
    bool empty() const { return members_.empty(); }
    const std::vector<Member*>& members() const { return members_; }

    /// The room's part on other nodes.
    Shards& shards() { return shards_; }

    void join(Member& member);
    void leave(Member& member, Instant now);
    void add_speaker(Participant& who, Instant now);
    void remove_speaker(Participant& who, Instant now);

    void add_track(Track& track, Instant now);
    void remove_track(Track& track, Instant now);
    /// Everything that the others publish, for a member that has just negotiated.
    void attach_tracks(Member& member, Instant now);
    /// A track has a new packet: its subscribers look at it once the whole batch has been read.
    void forward(Track& track);

    /// Of a packet that is in the track's ring, before it is forwarded.
    void on_audio_level(Track& track, std::uint8_t level, Instant now);
    /// The track was muted, or is not any more.
    void on_muted(Track& track, Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const {
        return std::min(speakers_.next_timeout(), shards_.next_timeout());
    }

    TimerQueue::Id timer = 0;

 private:
    void announce_speakers(Instant now);
    void rank_by_speech(std::span<const sfu::Speaker> speakers, Instant now);
    void settle_voices(Instant now);
    template <typename Visit>
    void for_each_track(Visit&& visit) const;
    Track* find_voice(std::uint64_t voice) const;

    Context& context_;
    std::string name_;
    std::vector<Member*> members_;
    /// Who spoke last comes first, those who never did as they came.
    std::vector<Participant*> by_speech_;
    Shards shards_;
    sfu::SpeakerDetector speakers_;
    sfu::Loudest loudest_;
    std::uint64_t last_voice_ = 0;
};

}  // namespace parley::node
