// What a connection needs from the server that owns it. All of it runs on the control thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/tls.hpp"
#include "runtime/adopted_connection.hpp"
#include "server/counters.hpp"
#include "server/router.hpp"
#include "server/settings.hpp"

namespace parley::server {

class Connection;

class Control {
 public:
    virtual ~Control() = default;

    virtual const Settings& settings() const = 0;
    virtual Counters& counters() = 0;
    /// Null when the listeners speak plain HTTP.
    virtual const crypto::TlsContext* tls() const = 0;
    /// One buffer for all reads: an idle connection holds none.
    virtual BytesSpan scratch() = 0;
    virtual RequestTime time() const = 0;
    /// The media threads are behind: signaling sockets wait.
    virtual bool reads_paused() const = 0;
    virtual bool stopping() const = 0;

    virtual Routed route(HttpRequest request, const Caller& caller) = 0;
    virtual signal::ConnectionId new_socket_id() = 0;
    /// Tells the signaling service; its first messages may come before this returns.
    virtual void websocket_opened(Connection& connection, signal::ConnectionInfo info) = 0;
    virtual void websocket_text(signal::ConnectionId id, std::string_view text) = 0;
    virtual void websocket_pong(signal::ConnectionId id) = 0;
    /// The service is told once for each socket that it did not close itself.
    virtual void websocket_closed(signal::ConnectionId id, std::uint16_t code) = 0;
    /// False when it is not taken; it then ends with what was given.
    virtual bool adopt_tcp(runtime::AdoptedConnection connection) = 0;
    /// The connection is over; it may be destroyed after the current call returns.
    virtual void forget(Connection& connection) = 0;
};

}  // namespace parley::server
