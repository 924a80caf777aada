// The narrow face between the control thread and the media threads. The server calls every function
// from its control thread; the plane calls only `wake`, from any thread.

#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cc/types.hpp"
#include "net/address.hpp"
#include "runtime/adopted_connection.hpp"
#include "server/metric_family.hpp"
#include "signal/media_messages.hpp"

namespace parley::server {

/// What the configuration says about media ([media] in docs/operating.md).
struct MediaSettings {
    std::uint16_t port = 0;                 // core k binds port + k
    unsigned threads = 0;                   // 0: one for each processor
    std::vector<net::IpAddress> addresses;  // to bind; empty: all but loopback (design §6)
    std::vector<net::IpAddress> announce;   // public addresses put into candidates
    /// Where the server accepts ICE over TCP; ports of candidates. Empty: no TCP.
    std::vector<net::SocketAddress> tcp_listeners;
    std::vector<std::string> video_codecs;  // in order of preference: "VP8", "VP9", "H264", "AV1"
    std::size_t loudest_audio = 0;          // of each room; 0: all
    std::size_t last_video = 0;             // to each participant; 0: all
    std::size_t spread_above = 0;  // members of a room on one thread before others get some; 0: all
    cc::Limits estimate;           // of each participant's path
};

class MediaPlane {
 public:
    virtual ~MediaPlane() = default;

    /// Binds and starts the threads. `wake` is called from any thread, may be called often, and
    /// makes the control thread drain poll_event() soon. The error names the cause and the fix.
    virtual std::expected<void, std::string> start(const MediaSettings& settings,
                                                   std::function<void()> wake) = 0;
    /// Ends all peers and joins the threads. Nothing is called after it.
    virtual void stop() = 0;

    /// Hands a command to the thread that owns the peer. Never blocks.
    virtual void post(signal::MediaCommand command) = 0;
    /// The mailboxes are more than half full: the server stops reading client sockets until a wake
    /// finds this false.
    virtual bool congested() const { return false; }
    /// The next event for the signal machine; nullopt when there is none.
    virtual std::optional<signal::MediaEvent> poll_event() = 0;

    /// Takes over a TCP connection that starts with an RFC 4571 frame holding STUN. `already_read`
    /// has been taken off the socket and holds at least the first whole frame. False, and
    /// untouched, when too many wait.
    virtual bool adopt_tcp(runtime::AdoptedConnection&& connection) = 0;

    /// Figures of all media threads for /metrics, named parley_media_*.
    virtual std::vector<MetricFamily> metrics() const = 0;
    /// One line for the banner: "udp 7882-7883 on 192.0.2.7".
    virtual std::string describe() const = 0;
    /// Empty while media can flow; else why it cannot (for /healthz).
    virtual std::string problem() const { return {}; }
};

}  // namespace parley::server
