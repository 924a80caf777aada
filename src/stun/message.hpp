// STUN messages (RFC 8489): a borrowed view of a received message, and a builder that writes into
// the caller's buffer. Method- and usage-specific meaning belongs to ice/ and turn/.
//
// Leaves out: RFC 3489 messages without the magic cookie, ALTERNATE-SERVER, PASSWORD-ALGORITHMS
// negotiation, OpaqueString preparation of user names and passwords (docs/rfc/stun.md).

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "net/address.hpp"

namespace parley::stun {

inline constexpr std::uint32_t kMagicCookie = 0x2112A442;  // RFC 8489 §5
inline constexpr std::size_t kHeaderSize = 20;
/// More attributes than any real message has; a longer message is refused.
inline constexpr std::size_t kMaxAttributes = 64;
/// A user name fragment of ICE has 4 to 256 characters (RFC 8839 §5.4).
inline constexpr std::size_t kMaxUfrag = 256;

enum class Class : std::uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

/// The methods that have names here; a received message may carry any other 12-bit number.
enum class Method : std::uint16_t {
    kBinding = 0x001,
    kAllocate = 0x003,  // RFC 8656 §17
    kRefresh = 0x004,
    kSend = 0x006,
    kData = 0x007,
    kCreatePermission = 0x008,
    kChannelBind = 0x009,
    kConnect = 0x00A,  // RFC 6062 §6.1
    kConnectionBind = 0x00B,
    kConnectionAttempt = 0x00C,
};

/// Attribute types (IANA "STUN Attributes"); a received message may carry any other number.
enum class Attribute : std::uint16_t {
    kMappedAddress = 0x0001,
    kUsername = 0x0006,
    kMessageIntegrity = 0x0008,
    kErrorCode = 0x0009,
    kUnknownAttributes = 0x000A,
    kChannelNumber = 0x000C,
    kLifetime = 0x000D,
    kXorPeerAddress = 0x0012,
    kData = 0x0013,
    kRealm = 0x0014,
    kNonce = 0x0015,
    kXorRelayedAddress = 0x0016,
    kRequestedAddressFamily = 0x0017,
    kEvenPort = 0x0018,
    kRequestedTransport = 0x0019,
    kDontFragment = 0x001A,
    kMessageIntegritySha256 = 0x001C,
    kPasswordAlgorithm = 0x001D,
    kUserhash = 0x001E,
    kXorMappedAddress = 0x0020,
    kReservationToken = 0x0022,
    kPriority = 0x0024,
    kUseCandidate = 0x0025,
    kConnectionId = 0x002A,
    kAdditionalAddressFamily = 0x8000,
    kAddressErrorCode = 0x8001,
    kPasswordAlgorithms = 0x8002,
    kAlternateDomain = 0x8003,
    kSoftware = 0x8022,
    kAlternateServer = 0x8023,
    kFingerprint = 0x8028,
    kIceControlled = 0x8029,
    kIceControlling = 0x802A,
};

/// RFC 8489 §14: a receiver must understand types below 0x8000 to process the message.
constexpr bool comprehension_required(Attribute type) {
    return static_cast<std::uint16_t>(type) < 0x8000;
}

using TransactionId = std::array<std::uint8_t, 12>;

enum class ParseError : std::uint8_t {
    kTooShort,            // fewer than 20 octets
    kNotStun,             // the top bits are set or the magic cookie is not there
    kBadLength,           // not a multiple of 4, or not what the datagram holds
    kBadAttribute,        // an attribute reaches past the end, or has an impossible size
    kTooManyAttributes,   // more than kMaxAttributes
    kMisplacedAttribute,  // FINGERPRINT not last, or an integrity attribute twice
    kBadFingerprint,      // FINGERPRINT does not match
};

enum class AttributeError : std::uint8_t { kAbsent, kMalformed };

struct AttributeView {
    Attribute type{};
    BytesView value;
};

struct ErrorCode {
    std::uint16_t code = 0;  // 300 to 699
    std::string_view reason;
};

/// The list of an UNKNOWN-ATTRIBUTES attribute, cut at 16 entries.
using UnknownAttributes = StaticVector<Attribute, 16>;

/// Walks attributes in order. Yields nothing from the first MESSAGE-INTEGRITY or
/// MESSAGE-INTEGRITY-SHA256 on: what follows is not authenticated and must be ignored
/// (RFC 8489 §14.5, §14.6).
class AttributeWalk {
 public:
    explicit AttributeWalk(BytesView attributes) : rest_(attributes) {}
    std::optional<AttributeView> next();

 private:
    BytesView rest_;
};

/// A view of one well-formed message; borrows the datagram. Well-formed means: the lengths are
/// true, and FINGERPRINT, if present, is last and matches. Nothing in it is authenticated until a
/// verify_*() said so.
class Message {
 public:
    /// The datagram must be exactly one message (RFC 8489 §6.3).
    static Result<Message, ParseError> parse(BytesView datagram);

    Class message_class() const { return class_; }
    Method method() const { return method_; }
    const TransactionId& transaction_id() const { return transaction_id_; }
    BytesView bytes() const { return bytes_; }
    bool is(Class c, Method m) const { return class_ == c && method_ == m; }

    /// Attributes before any integrity attribute.
    AttributeWalk attributes() const;
    /// The value of the first attribute of a type (RFC 8489 §14: later ones may be ignored).
    std::optional<BytesView> find(Attribute type) const;
    bool has(Attribute type) const { return find(type).has_value(); }

    Result<std::uint32_t, AttributeError> u32(Attribute type) const;
    Result<std::uint64_t, AttributeError> u64(Attribute type) const;
    std::optional<std::string_view> text(Attribute type) const;
    /// MAPPED-ADDRESS and its kin (RFC 8489 §14.1).
    Result<net::SocketAddress, AttributeError> address(Attribute type) const;
    /// XOR-MAPPED-ADDRESS, XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS (RFC 8489 §14.2).
    Result<net::SocketAddress, AttributeError> xor_address(Attribute type) const;
    Result<ErrorCode, AttributeError> error_code() const;
    UnknownAttributes unknown_attributes() const;
    std::optional<std::string_view> username() const { return text(Attribute::kUsername); }

    bool has_integrity() const { return integrity_at_ != 0; }
    bool has_integrity_sha256() const { return integrity256_at_ != 0; }
    bool has_fingerprint() const { return has_fingerprint_; }
    /// True if MESSAGE-INTEGRITY is present and matches; constant time in the tag.
    bool verify_integrity(BytesView key) const;
    /// The same for MESSAGE-INTEGRITY-SHA256, which may be truncated to 16 octets or more.
    bool verify_integrity_sha256(BytesView key) const;

    /// Comprehension-required attributes that are not in `understood` (for a 420 answer).
    UnknownAttributes unknown_required(std::span<const Attribute> understood) const;

 private:
    Result<void, ParseError> note(const AttributeView& attribute, std::size_t at, bool last);

    BytesView bytes_;
    TransactionId transaction_id_{};
    std::size_t integrity_at_ = 0;     // offset of the attribute's header; 0: absent
    std::size_t integrity256_at_ = 0;  // likewise
    Method method_{};
    Class class_{};
    bool has_fingerprint_ = false;
};

/// The local half of the USERNAME of a Binding request ("local:remote", RFC 8445 §7.2.2), for
/// finding the peer a first check belongs to. Touches only the header and attribute headers up to
/// USERNAME; safe on any octets; proves nothing.
std::optional<std::string_view> local_ufrag(BytesView datagram);

}  // namespace parley::stun
