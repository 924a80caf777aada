// Details of STUN's encoding that the parser and the builder share.

#pragma once

#include <array>
#include <optional>

#include "net/address.hpp"
#include "stun/message.hpp"

namespace parley::stun::wire {

inline constexpr std::size_t kAttributeHeader = 4;
inline constexpr std::uint32_t kFingerprintXor = 0x5354554E;  // "STUN" (RFC 8489 §14.7)

constexpr std::size_t padded(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

// RFC 8489 §5: the class's two bits stand between the method's twelve.
constexpr std::uint16_t type_of(Class c, Method m) {
    const auto method = static_cast<unsigned>(m);
    const auto bits = static_cast<unsigned>(c);
    return static_cast<std::uint16_t>((method & 0x00F) | ((method & 0x070) << 1) |
                                      ((method & 0xF80) << 2) | ((bits & 1) << 4) |
                                      ((bits & 2) << 7));
}
constexpr Class class_of(std::uint16_t type) {
    return static_cast<Class>(((type >> 4) & 1) | ((type >> 7) & 2));
}
constexpr Method method_of(std::uint16_t type) {
    return static_cast<Method>((type & 0x00F) | ((type >> 1) & 0x070) | ((type >> 2) & 0xF80));
}

/// What an address is XORed with: the magic cookie and the transaction id (RFC 8489 §14.2); zeros
/// for a plain address.
using AddressMask = std::array<std::uint8_t, 16>;
AddressMask xor_mask(const TransactionId& id);

std::optional<net::SocketAddress> read_address(BytesView value, const AddressMask& mask);
/// The value of an address attribute, 8 or 20 octets; gives its size.
std::size_t write_address(const net::SocketAddress& address, const AddressMask& mask,
                          std::array<std::uint8_t, 20>& out);

}  // namespace parley::stun::wire
