#include "node/track.hpp"

#include "node/member.hpp"

namespace parley::node {

void note_revision(Track& track, Instant now) {
    if (track.seen_revision == track.publication.revision()) return;
    track.seen_revision = track.publication.revision();
    for (const Outlet* outlet : track.outlets) {
        outlet->subscriber->subscriber().allocation().touch(now);
    }
    track.upstream->review_layers(track, now);
}

}  // namespace parley::node
