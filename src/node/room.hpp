// A room on a media node: who is in it, which tracks there are, who speaks.

#pragma once

#include <string>
#include <vector>

#include "node/context.hpp"
#include "node/timer_queue.hpp"
#include "node/track.hpp"
#include "sfu/speakers.hpp"

namespace parley::node {

class Member;

class Room {
 public:
    Room(Context& context, std::string name) : context_(context), name_(std::move(name)) {}

    const std::string& name() const { return name_; }
    bool empty() const { return members_.empty(); }
    const std::vector<Member*>& members() const { return members_; }

    void join(Member& member);
    void leave(Member& member, Instant now);

    void add_track(Track& track, Instant now);
    void remove_track(Track& track, Instant now);
    /// Everything that the others publish, for a member that has just negotiated.
    void attach_tracks(Member& member, Instant now);
    /// A track has a new packet: its subscribers look at it once the whole batch has been read.
    void forward(Track& track);

    void on_audio_level(const Member& member, std::uint8_t level, Instant now);
    void handle_timeout(Instant now);
    Instant next_timeout() const { return speakers_.next_timeout(); }

    TimerQueue::Id timer = 0;

 private:
    void announce_speakers();

    Context& context_;
    std::string name_;
    std::vector<Member*> members_;
    sfu::SpeakerDetector speakers_;
};

}  // namespace parley::node
