// DTLS endpoints in named states, given datagrams: the first octet chooses the state, then each
// datagram follows behind its size in two octets. Between datagrams time passes and timers fire.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "crypto/certificate.hpp"
#include "crypto/dtls_engine.hpp"
#include "dtls/endpoint.hpp"

namespace {

using namespace parley;

enum State : std::uint8_t {
    kServerBeforeHello,
    kClientAfterHello,
    kServerAfterHello,
    kClientAfterServerFlight,
    kServerConnected,
    kClientConnected,
    kStateCount,
};

std::shared_ptr<const crypto::DtlsContext> context() {
    static const auto shared = crypto::make_openssl_dtls_context(
        *crypto::Certificate::generate(WallTime{1'700'000'000'000'000}));
    return shared;
}

struct World {
    World() : client(context()), server(context()) {
        const auto fingerprint = context()->certificate().fingerprint();
        client.set_remote_fingerprints({fingerprint});
        server.set_remote_fingerprints({fingerprint});
        server.start(dtls::Role::kServer, now, 20ms);
        client.start(dtls::Role::kClient, now, 20ms);
    }
    // One flight from one to the other.
    void flight(dtls::Endpoint& from, dtls::Endpoint& to) {
        std::array<std::uint8_t, 1500> buffer;
        while (const auto size = from.poll_transmit(now, buffer)) {
            (void)to.handle_receive(BytesView(buffer).first(*size), now);
        }
    }
    Instant now{1s};
    dtls::Endpoint client;
    dtls::Endpoint server;
};

std::unique_ptr<World> make_world(State state) {
    auto world = std::make_unique<World>();
    if (state >= kServerAfterHello) world->flight(world->client, world->server);
    if (state >= kClientAfterServerFlight) world->flight(world->server, world->client);
    if (state >= kServerConnected) world->flight(world->client, world->server);
    if (state >= kServerConnected) world->flight(world->server, world->client);
    return world;
}

// A handshake costs milliseconds, so connected pairs serve until something ends them: hostile
// datagrams must not, so that is nearly for ever.
World& connected_world() {
    static std::unique_ptr<World> world;
    if (!world || world->client.state() != dtls::State::kConnected ||
        world->server.state() != dtls::State::kConnected) {
        world = make_world(kClientConnected);
    }
    return *world;
}

void drain(dtls::Endpoint& endpoint, Instant now) {
    std::array<std::uint8_t, 1500> buffer;
    for (int i = 0; endpoint.poll_transmit(now, buffer); ++i) {
        if (i > 1000) std::abort();
    }
    while (endpoint.poll_event()) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto state = static_cast<State>(data[0] % kStateCount);
    std::unique_ptr<World> fresh;
    if (state < kServerConnected) fresh = make_world(state);
    World& world = fresh ? *fresh : connected_world();
    const bool server =
        state == kServerBeforeHello || state == kServerAfterHello || state == kServerConnected;
    dtls::Endpoint& endpoint = server ? world.server : world.client;

    ByteReader reader(BytesView(data, size).subspan(1));
    for (int count = 0; reader.remaining() > 2 && count < 64; ++count) {
        const std::size_t length = std::min<std::size_t>(reader.u16(), reader.remaining());
        (void)endpoint.handle_receive(reader.take(length), world.now);
        drain(endpoint, world.now);
        if (state < kServerConnected) world.now += 30ms;
        endpoint.handle_timeout(world.now);
        drain(endpoint, world.now);
    }
    return 0;
}
