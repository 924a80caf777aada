// The RTP header extensions that Parley knows by name, and which id a session gave to each
// (RFC 8285 §5). What the elements carry is read in extension_values.hpp,
// dependency_descriptor.hpp and video_layers_allocation.hpp.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "rtp/packet.hpp"

namespace parley::rtp {

enum class ExtensionType : std::uint8_t {
    kUnknown,
    kMid,                      // RFC 9143 §15
    kRid,                      // RFC 8852
    kRepairedRid,              // RFC 8852
    kTransportSequenceNumber,  // draft-holmer-rmcat-transport-wide-cc-extensions-01
    kAbsSendTime,
    kAudioLevel,      // RFC 6464
    kCsrcAudioLevel,  // RFC 6465
    kVideoOrientation,
    kDependencyDescriptor,
    kVideoLayersAllocation,
    kPlayoutDelay,
    kColorSpace,
    kVideoTiming,
    kContentType,
    kTransmissionOffset,  // RFC 5450
    kAbsCaptureTime,
    kCount,
};

/// The URI of an extension as SDP spells it; empty for kUnknown.
std::string_view uri(ExtensionType type);
/// The extension with this URI; kUnknown when there is none.
ExtensionType extension_from_uri(std::string_view uri);

/// Which id stands for which extension. A plain value of fixed size.
class ExtensionMap {
 public:
    /// False, and nothing changed, when the id is 0, or the id or the type is taken already by
    /// another. Id 15 is fine: it is only reserved in the one-byte form.
    bool set(std::uint8_t id, ExtensionType type);
    void erase(std::uint8_t id);
    void clear() { *this = {}; }

    /// kUnknown for an id that was not negotiated.
    ExtensionType type(std::uint8_t id) const { return types_[id]; }
    /// 0 for a type that was not negotiated.
    std::uint8_t id(ExtensionType type) const { return ids_[static_cast<std::size_t>(type)]; }
    bool has(ExtensionType type) const { return id(type) != 0; }
    /// True when an id is too large for the one-byte form.
    bool needs_two_byte_form() const { return large_ids_ > 0; }

    /// The data of the packet's first element of this type; empty if there is none.
    BytesView find(const PacketView& packet, ExtensionType type) const {
        const std::uint8_t wanted = id(type);
        return wanted == 0 ? BytesView{} : packet.extension(wanted);
    }

    friend bool operator==(const ExtensionMap&, const ExtensionMap&) = default;

 private:
    static constexpr std::uint8_t kMaxOneByteId = 14;  // RFC 8285 §4.2

    std::array<ExtensionType, 256> types_{};
    std::array<std::uint8_t, static_cast<std::size_t>(ExtensionType::kCount)> ids_{};
    std::uint8_t large_ids_ = 0;
};

}  // namespace parley::rtp
