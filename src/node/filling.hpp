// What fills a probe up while media alone is too little for it: packets sent a moment ago, again on
// the retransmission stream (RFC 4588), where a receiver drops what it has and takes what it had
// lost; before there are any, padding alone on that stream (RFC 3550 §5.1). No decoder sees either.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/datagram.hpp"
#include "node/context.hpp"
#include "node/send_path.hpp"
#include "node/track.hpp"

namespace parley::node {

class Filling {
 public:
    using Outlets = std::vector<std::unique_ptr<Outlet>>;
    /// Pieces smaller than this are padding: a packet of media is larger than needed.
    static constexpr std::uint32_t kLeastMedia = 300;

    Filling(Member& owner, const Outlets& outlets, SendPath& path)
        : owner_(owner), outlets_(outlets), path_(path) {}

    /// Whether the outlet's retransmission stream can carry it.
    static bool usable(const Outlet& outlet) {
        return outlet.open && outlet.numbered && outlet.track->video() &&
               outlet.format.rtx_payload_type.has_value();
    }
    /// Writes and protects the next piece, if one is due.
    std::optional<net::Transmit> poll(Instant now, BytesSpan out);

 private:
    Outlet* next_outlet();
    std::size_t write(Outlet& outlet, std::uint32_t wanted, Instant now, BytesSpan out);

    Member& owner_;
    const Outlets& outlets_;
    SendPath& path_;
    std::size_t next_ = 0;
};

}  // namespace parley::node
