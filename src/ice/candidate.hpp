// ICE candidates: what they are, their priorities (RFC 8445 §5.1.2, RFC 6544 §4.2), and the SDP
// candidate attribute (RFC 8839 §5.1, RFC 6544 §4.5).
//
// Names (".local" of mDNS, or any FQDN) are kept as text and never resolved here.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/address.hpp"

namespace parley::ice {

enum class CandidateType : std::uint8_t { kHost, kPeerReflexive, kServerReflexive, kRelayed };
/// RFC 6544 §4.5; kNone for UDP.
enum class TcpType : std::uint8_t { kNone, kActive, kPassive, kSimultaneousOpen };

struct Candidate {
    std::string foundation;  // 1 to 32 ice-chars
    std::uint16_t component = 1;
    net::Protocol protocol = net::Protocol::kUdp;
    TcpType tcp_type = TcpType::kNone;
    CandidateType type = CandidateType::kHost;
    std::uint32_t priority = 0;
    /// Invalid IP when the candidate names a host; the port is valid either way.
    net::SocketAddress address;
    /// The name, when the candidate has one instead of an address.
    std::string host_name;
    std::optional<net::SocketAddress> related;
    /// The ufrag extension that browsers add to trickled candidates; empty when absent.
    std::string ufrag;
    /// Local candidates only, never written: where datagrams leave from. Invalid: the address.
    net::SocketAddress base;

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

enum class CandidateError : std::uint8_t {
    kSyntax,       // not a candidate attribute
    kTooLong,      // longer than kMaxCandidateText
    kUnsupported,  // well-formed, but of an unknown transport or type: ignore it
};

inline constexpr std::size_t kMaxCandidateText = 1024;

/// Parses "candidate:..." with or without "a=" before it. Unknown extensions are skipped.
Result<Candidate, CandidateError> parse_candidate(std::string_view text);
/// "candidate:..." without "a=".
std::string write_candidate(const Candidate& candidate);

/// RFC 8445 §5.1.2.1.
std::uint32_t candidate_priority(CandidateType type, net::Protocol protocol, TcpType tcp_type,
                                 std::uint16_t local_preference, std::uint16_t component = 1);
/// RFC 8445 §6.1.2.3: `controlling` and `controlled` are the priorities of that side's candidate.
std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled);
/// Equal for candidates of the same type, base address, protocol and server (RFC 8445 §5.1.1.3).
std::string make_foundation(CandidateType type, const net::IpAddress& base, net::Protocol protocol,
                            const net::IpAddress& server = {});

std::string_view name(CandidateType type);
std::string_view name(TcpType type);

}  // namespace parley::ice
