#include "node/track.hpp"

#include "node/member.hpp"

namespace parley::node {

void note_revision(Track& track, Instant now) {
    if (track.seen_revision == track.publication.revision()) {
        track.tell_at = kNever;
        return;
    }
    if (track.told_at != Instant::min() && now - track.told_at < kTellInterval) {
        track.tell_at = track.told_at + kTellInterval;
        return;
    }
    track.seen_revision = track.publication.revision();
    track.told_at = now;
    track.tell_at = kNever;
    for (const Outlet* outlet : track.outlets) {
        outlet->subscriber->subscriber().allocation().touch(now);
    }
    track.upstream->review_layers(track, now);
}

}  // namespace parley::node
