// The header extensions that say something about the media rather than about the hop, kept by type
// so that each subscriber's ids can be put to them: elements of type, size, data.
//
// Left out on purpose: mid, rid and send times belong to the hop; the layers allocation describes
// what a subscriber does not get as it is. The absolute capture time is of the publisher's clock
// and stays so from end to end. The dependency descriptor is kept; the packet writer changes in it
// what differs for a subscriber.

#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "rtp/extension.hpp"
#include "rtp/packet.hpp"

namespace parley::sfu {

bool is_forwarded(rtp::ExtensionType type);

/// The kept elements of a packet; more than fit are left out.
class FilteredExtensions {
 public:
    FilteredExtensions(const rtp::PacketView& packet, const rtp::ExtensionMap& ids);
    BytesView bytes() const { return {buffer_.data(), size_}; }

 private:
    // A structure of three by three layers takes some 100 octets.
    std::array<std::uint8_t, 320> buffer_;
    std::size_t size_ = 0;
};

struct KeptExtension {
    rtp::ExtensionType type{};
    BytesView data;
};
/// Walks what FilteredExtensions made.
class KeptExtensionReader {
 public:
    explicit KeptExtensionReader(BytesView bytes) : bytes_(bytes) {}
    std::optional<KeptExtension> next();

 private:
    BytesView bytes_;
};

}  // namespace parley::sfu
