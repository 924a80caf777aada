// What enters and leaves a machine.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "net/address.hpp"

namespace parley::net {

/// Explicit congestion notification bits (RFC 3168 §5).
enum class Ecn : std::uint8_t { kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3 };

/// One received datagram, or one RFC 4571 frame of a TCP connection. The bytes are borrowed and may
/// be changed in place (decryption).
struct Datagram {
    Path path;
    BytesSpan bytes;
    Ecn ecn = Ecn::kNotEct;
};

/// What poll_transmit() wrote into the caller's buffer. With segment 0 it is one datagram; else a
/// train of datagrams of `segment` octets each, only the last of which may be shorter.
struct Transmit {
    Path path;
    std::size_t size = 0;
    std::uint16_t segment = 0;
    Ecn ecn = Ecn::kNotEct;
};

/// The largest datagram that a machine may write: 1,200 octets of payload plus what RTP, SRTP and
/// an RTX header add stay under every common path MTU; received datagrams may be larger.
inline constexpr std::size_t kMaxDatagram = 1500;

}  // namespace parley::net
