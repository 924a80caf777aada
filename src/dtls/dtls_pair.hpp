// Two endpoints joined by a link in virtual time; for tests.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "dtls/endpoint.hpp"

namespace parley::dtls::testing {

inline crypto::Certificate make_certificate() {
    return *crypto::Certificate::generate(WallTime{1'700'000'000'000'000});
}

inline const crypto::Certificate& first_certificate() {
    static const crypto::Certificate certificate = make_certificate();
    return certificate;
}
inline const crypto::Certificate& second_certificate() {
    static const crypto::Certificate certificate = make_certificate();
    return certificate;
}

struct InFlight {
    Instant at;
    bool to_server = false;
    std::vector<std::uint8_t> bytes;
};

struct Side {
    explicit Side(std::shared_ptr<const crypto::DtlsContext> context, Options options = {})
        : endpoint(std::move(context), options) {}

    Endpoint endpoint;
    std::vector<Event> events;

    const Connected* connected() const { return find<Connected>(); }
    const Failed* failed() const { return find<Failed>(); }
    bool closed() const { return find<Closed>() != nullptr; }
    template <typename T>
    const T* find() const {
        for (const auto& event : events) {
            if (const auto* found = std::get_if<T>(&event)) return found;
        }
        return nullptr;
    }
};

class Pair {
 public:
    using Contexts = std::pair<std::shared_ptr<const crypto::DtlsContext>,
                               std::shared_ptr<const crypto::DtlsContext>>;

    static Contexts default_contexts() {
        return {crypto::make_openssl_dtls_context(first_certificate()),
                crypto::make_openssl_dtls_context(second_certificate())};
    }

    explicit Pair(const Contexts& contexts, Options client_options = {},
                  Options server_options = {})
        : client(contexts.first, client_options), server(contexts.second, server_options) {
        client.endpoint.set_remote_fingerprints({contexts.second->certificate().fingerprint()});
        server.endpoint.set_remote_fingerprints({contexts.first->certificate().fingerprint()});
    }

    void start(Duration round_trip = 40ms) {
        server.endpoint.start(Role::kServer, now, round_trip);
        client.endpoint.start(Role::kClient, now, round_trip);
        collect();
    }

    /// Runs until both sides know how it ended, or nothing is left to happen, or `until`.
    void run(Duration limit = 60s) {
        const Instant until = now + limit;
        while (!settled()) {
            Instant next = std::min(client.endpoint.next_timeout(), server.endpoint.next_timeout());
            for (const auto& datagram : link) next = std::min(next, datagram.at);
            if (next == kNever || next > until) return;
            now = std::max(now, next);
            step();
        }
    }

    /// Delivers and fires what is due at `now`.
    void step() {
        for (std::size_t i = 0; i < link.size();) {
            if (link[i].at > now) {
                ++i;
                continue;
            }
            const InFlight datagram = std::move(link[i]);
            link.erase(link.begin() + static_cast<std::ptrdiff_t>(i));
            auto& side = datagram.to_server ? server : client;
            (void)side.endpoint.handle_receive(datagram.bytes, now);
            collect();
            i = 0;
        }
        client.endpoint.handle_timeout(now);
        server.endpoint.handle_timeout(now);
        collect();
    }

    void collect() {
        collect(client, true);
        collect(server, false);
    }

    bool settled() const {
        const auto ended = [](const Side& side) {
            return side.endpoint.state() != State::kHandshaking;
        };
        return ended(client) && ended(server) && link.empty();
    }

    Instant now{1s};
    Duration delay = 20ms;
    Side client;
    Side server;
    std::vector<InFlight> link;
    std::size_t sent = 0;
    std::size_t largest = 0;
    std::size_t largest_to_server = 0;
    /// Says for the nth datagram whether it is lost; may look at it and change it.
    std::function<bool(std::size_t, InFlight&)> lost;

 private:
    void collect(Side& from, bool to_server) {
        std::array<std::uint8_t, 2048> buffer;
        while (const auto size = from.endpoint.poll_transmit(now, buffer)) {
            InFlight datagram{
                now + delay,
                to_server,
                {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)}};
            largest = std::max(largest, *size);
            if (!lost || !lost(sent, datagram)) link.push_back(std::move(datagram));
            ++sent;
        }
        while (auto event = from.endpoint.poll_event()) from.events.push_back(std::move(*event));
    }
};

}  // namespace parley::dtls::testing
