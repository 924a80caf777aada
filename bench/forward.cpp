// A whole node that forwards one publisher to many subscribers in virtual time, without sockets:
// what bench/instructions.py runs under callgrind. The same seed does the same, so that counts of
// instructions compare from change to change where times do not.
//
//   bench_forward SUBSCRIBERS MILLISECONDS
//
// The mixture is that of `make bench`: bursts of five packets of 1,100 octets 30 times a second and
// 50 audio packets. Subscribers report, with transport-wide feedback, as those of `parley load`.
// callgrind counts inside the node's functions alone, from bench_window_begins() on.

#include <cstdio>
#include <cstdlib>

#include "tests/pair/camera.hpp"

extern "C" {
// callgrind knows them by name; the assembler line keeps the calls.
[[gnu::noinline]] void bench_window_begins() {
    asm volatile("" ::: "memory");
}
[[gnu::noinline]] void bench_window_ends() {
    asm volatile("" ::: "memory");
}
}

namespace {

using namespace parley;
using namespace parley::testing;

constexpr std::size_t kVideoPayload = 1100;
constexpr std::size_t kAudioPayload = 100;
constexpr int kPacketsOfFrame = 5;

/// Sends what is due in each millisecond.
class Source {
 public:
    Source(World& world, Client& client) : world_(world), client_(client) {}

    void tick() {
        const auto ms = to_ms(world_.now.time_since_epoch());
        if (ms % 20 == 0) {
            const std::vector<std::uint8_t> opus(kAudioPayload, 0x78);
            client_.send(0, opus, static_cast<std::uint32_t>(ms * 48), false, "", world_.now);
        }
        if (ms * 30 / 1000 == (ms - 1) * 30 / 1000) return;
        const bool keyframe = picture_ == 0 || client_.keyframe_requests() > answered_;
        answered_ = client_.keyframe_requests();
        for (int i = 0; i < kPacketsOfFrame; ++i) {
            const auto payload =
                vp8_packet(picture_ & 0x7FFF, i == 0, keyframe, 1280, 720, kVideoPayload);
            client_.send(1, payload, static_cast<std::uint32_t>(ms * 90), i + 1 == kPacketsOfFrame,
                         "", world_.now);
        }
        ++picture_;
    }

 private:
    World& world_;
    Client& client_;
    std::uint16_t picture_ = 0;
    std::uint64_t answered_ = 0;
};

std::uint64_t received(const std::vector<Client*>& subscribers) {
    std::uint64_t sum = 0;
    for (const Client* client : subscribers) {
        for (const auto& [ssrc, heard] : client->heard()) sum += heard.packets;
    }
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 50;
    const int milliseconds = argc > 2 ? std::atoi(argv[2]) : 2000;
    if (count < 1 || count > 200 || milliseconds < 1) {
        std::fprintf(stderr, "usage: bench_forward SUBSCRIBERS (1 to 200) MILLISECONDS\n");
        return 2;
    }
    // callgrind knows no AVX-512, so the cipher is one that counts the same everywhere.
    World world(7, {}, crypto::CipherPreference::kOpenssl);
    Client& publisher = join(world, "publisher");
    std::vector<Client*> subscribers;
    for (int i = 0; i < count; ++i) {
        Client& client = world.add_client("subscriber-" + std::to_string(i), "room", false, true);
        client.publish(kAudio, "opus", {}, world.now);
        world.negotiate(client);
        subscribers.push_back(&client);
    }
    Source source(world, publisher);
    world.run(3s, [&] { source.tick(); });

    const std::uint64_t before = received(subscribers);
    bench_window_begins();
    world.run(Duration(1ms) * milliseconds, [&] { source.tick(); });
    bench_window_ends();
    const std::uint64_t packets = received(subscribers) - before;
    std::printf("{\"subscribers\": %d, \"milliseconds\": %d, \"packets\": %llu}\n", count,
                milliseconds, static_cast<unsigned long long>(packets));
    const std::uint64_t expected =
        static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(milliseconds) / 5;
    return packets > expected * 9 / 10 ? 0 : 1;
}
