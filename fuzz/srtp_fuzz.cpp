// SRTP and SRTCP from the wire. The first octet chooses profile, protocol and direction: hostile
// packets for unprotect, or any packet through protect and back, which must give the same octets.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "crypto/cipher_engine.hpp"
#include "srtp/session.hpp"

namespace {

using namespace parley;

struct World {
    explicit World(crypto::SrtpProfile profile) {
        crypto::SrtpKeys keys;
        keys.profile = profile;
        for (std::size_t i = 0; i < key_size(profile); ++i) {
            keys.local.key[i] = static_cast<std::uint8_t>(i);
            keys.remote.key[i] = static_cast<std::uint8_t>(i + 100);
        }
        crypto::SrtpKeys swapped = keys;
        std::swap(swapped.local, swapped.remote);
        // Making an engine costs more than the rest; it has no state that a packet could change.
        static const auto engine = crypto::make_cipher_engine(crypto::CipherPreference::kFastest);
        sender.emplace(keys, *engine);
        receiver.emplace(swapped, *engine);
    }
    std::optional<srtp::Session> sender;
    std::optional<srtp::Session> receiver;
};

void require(bool condition) {
    if (!condition) std::abort();
}

void there_and_back(World& world, bool rtcp, std::vector<std::uint8_t> packet) {
    const auto plain = packet;
    packet.resize(plain.size() + srtp::kMaxOverhead);
    const auto sealed = rtcp ? world.sender->protect_rtcp(packet, plain.size())
                             : world.sender->protect_rtp(packet, plain.size());
    if (!sealed) return;
    const BytesSpan wire = BytesSpan(packet).first(*sealed);
    const auto opened =
        rtcp ? world.receiver->unprotect_rtcp(wire) : world.receiver->unprotect_rtp(wire);
    require(opened.has_value() && *opened == plain.size());
    packet.resize(*opened);
    require(packet == plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr crypto::SrtpProfile kProfiles[] = {crypto::SrtpProfile::kAeadAes128Gcm,
                                                        crypto::SrtpProfile::kAeadAes256Gcm,
                                                        crypto::SrtpProfile::kAes128CmHmacSha1_80};
    if (size == 0) return 0;
    World world(kProfiles[(data[0] >> 2) % 3]);
    const bool rtcp = (data[0] & 1) != 0;
    std::vector<std::uint8_t> packet(data + 1, data + size);
    if ((data[0] & 2) != 0) {
        there_and_back(world, rtcp, std::move(packet));
    } else {
        const auto result =
            rtcp ? world.receiver->unprotect_rtcp(packet) : world.receiver->unprotect_rtp(packet);
        require(!result || *result < packet.size());
    }
    return 0;
}
