// Which videos a subscriber is sent where only those of the last N who spoke are, beside those that
// it insists on.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::sfu {

struct VideoCandidate {
    /// Of its publisher among all of the room: who spoke last has the lowest.
    std::uint32_t rank = 0;
    /// It is sent in any case and takes no place: a screen, or what the subscriber wants more than
    /// a usual camera.
    bool exempt = false;
    /// It takes no place, since there is nothing to send of it: switched off by its owner, muted by
    /// a moderator, or not wanted.
    bool idle = false;
    bool sent = false;  // the outcome
};

class LastN {
 public:
    /// Marks those that are sent. Of videos with the same rank the first ones come first.
    void choose(std::span<VideoCandidate> candidates, std::size_t places);

 private:
    std::vector<std::size_t> order_;
};

}  // namespace parley::sfu
