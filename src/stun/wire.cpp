#include "stun/wire.hpp"

#include <algorithm>

namespace parley::stun::wire {
namespace {

constexpr std::uint8_t kFamilyV4 = 0x01;
constexpr std::uint8_t kFamilyV6 = 0x02;

}  // namespace

AddressMask xor_mask(const TransactionId& id) {
    AddressMask mask;
    store_be32(mask.data(), kMagicCookie);
    std::copy(id.begin(), id.end(), mask.begin() + 4);
    return mask;
}

std::optional<net::SocketAddress> read_address(BytesView value, const AddressMask& mask) {
    if (value.size() < 4) return {};
    const std::size_t size = value[1] == kFamilyV4 ? 4 : value[1] == kFamilyV6 ? 16 : 0;
    if (size == 0 || value.size() != 4 + size) return {};
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t i = 0; i < size; ++i) octets[i] = value[4 + i] ^ mask[i];
    const auto port = static_cast<std::uint16_t>(load_be16(&value[2]) ^ load_be16(mask.data()));
    const auto ip =
        size == 4 ? net::IpAddress::v4(load_be32(octets.data())) : net::IpAddress::v6(octets);
    return net::SocketAddress{ip, port};
}

std::size_t write_address(const net::SocketAddress& address, const AddressMask& mask,
                          std::array<std::uint8_t, 20>& out) {
    const auto octets = address.ip.octets();
    out[0] = 0;
    out[1] = address.ip.is_v4() ? kFamilyV4 : kFamilyV6;
    store_be16(&out[2], static_cast<std::uint16_t>(address.port ^ load_be16(mask.data())));
    for (std::size_t i = 0; i < octets.size(); ++i) out[4 + i] = octets[i] ^ mask[i];
    return 4 + octets.size();
}

}  // namespace parley::stun::wire
