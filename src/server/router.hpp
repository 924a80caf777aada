// What each HTTP request gets: the app, signaling, health, metrics, the API. A pure function of the
// request and the state it is given; no socket is touched here.

#pragma once

#include <optional>
#include <string>

#include "server/access.hpp"
#include "server/counters.hpp"
#include "server/http.hpp"
#include "server/media_plane.hpp"
#include "server/settings.hpp"
#include "server/static_files.hpp"
#include "signal/service.hpp"

namespace parley::server {

/// The answer; with `upgrade` it is 101 and the connection becomes a signaling socket. The
/// connection's id is filled in by whoever allocates it.
struct Routed {
    HttpResponse response;
    std::optional<signal::ConnectionInfo> upgrade;
};

class Router {
 public:
    Router(const Settings& settings, signal::Service& service, MediaPlane& media,
           const StaticFiles& files, Counters& counters, RequestTime started);

    Routed route(HttpRequest request, const Caller& caller, RequestTime time);
    /// The body for a request that could not be read.
    static HttpResponse refuse(const Refusal& refusal);

 private:
    Routed dispatch(const HttpRequest& request, const Caller& caller, RequestTime time);
    Routed signaling(const HttpRequest& request, const Caller& caller, RequestTime time);
    HttpResponse health(RequestTime time) const;
    HttpResponse metrics(RequestTime time);
    HttpResponse limits() const;
    HttpResponse api(const HttpRequest& request, RequestTime time);
    HttpResponse api_room(const HttpRequest& request, const std::string& room, RequestTime time);
    HttpResponse api_participant(const HttpRequest& request, const std::string& room,
                                 const std::string& participant, RequestTime time);
    HttpResponse api_timeline(const HttpRequest& request, const std::string& room,
                              const std::string& participant, RequestTime time) const;
    HttpResponse api_mute(const HttpRequest& request, const std::string& room,
                          const std::string& participant, RequestTime time);

    const Settings& settings_;
    signal::Service& service_;
    MediaPlane& media_;
    const StaticFiles& files_;
    Counters& counters_;
    CredentialGuard guard_;
    RequestTime started_;
};

}  // namespace parley::server
