// Which transport-wide number each of the last packets of a stream had. Feedback of RFC 8888 names
// packets by stream and sequence number, controllers number what leaves one by one.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace parley::node {

class StreamNumbers {
 public:
    /// Packets of one stream: two seconds of 500 a second, of which reports come each 250 ms at
    /// worst.
    static constexpr std::size_t kWindow = 1024;
    /// Streams, retransmissions counted apart; a transport that has had more begins anew.
    static constexpr std::size_t kMaxStreams = 1024;

    /// An RTP packet, header first, that left with this number.
    void note(BytesView rtp, std::uint16_t number) {
        const std::uint16_t sequence = load_be16(&rtp[2]);
        Stream& stream = stream_of(Ssrc(load_be32(&rtp[8])));
        stream[sequence % kWindow] = {sequence, number, true};
    }
    /// Empty when that packet did not leave, or too long ago.
    std::optional<std::uint16_t> find(Ssrc ssrc, std::uint16_t sequence) {
        const auto found = streams_.find(ssrc);
        if (found == streams_.end()) return {};
        const Entry& entry = (*found->second)[sequence % kWindow];
        if (!entry.known || entry.sequence != sequence) return {};
        return entry.number;
    }
    void forget(Ssrc ssrc) { streams_.erase(ssrc); }
    void clear() { streams_.clear(); }

 private:
    struct Entry {
        std::uint16_t sequence = 0;
        std::uint16_t number = 0;
        bool known = false;
    };
    using Stream = std::array<Entry, kWindow>;

    Stream& stream_of(Ssrc ssrc) {
        auto found = streams_.find(ssrc);
        if (found == streams_.end()) {
            if (streams_.size() == kMaxStreams) streams_.clear();
            found = streams_.emplace(ssrc, std::make_unique<Stream>()).first;
        }
        return *found->second;
    }

    std::unordered_map<Ssrc, std::unique_ptr<Stream>> streams_;
};

}  // namespace parley::node
