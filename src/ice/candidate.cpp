#include "ice/candidate.hpp"

#include <algorithm>
#include <charconv>

#include "ice/credentials.hpp"

namespace parley::ice {
namespace {

constexpr std::string_view kIceChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_ice_chars(std::string_view text, std::size_t min, std::size_t max) {
    return text.size() >= min && text.size() <= max &&
           text.find_first_not_of(kIceChars) == std::string_view::npos;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Cuts the next word at single or repeated spaces; empty at the end.
std::string_view next_word(std::string_view& text) {
    const auto start = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(start);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

/// A name as it may stand in a candidate: no spaces or control characters, DNS length.
bool is_host_name(std::string_view text) {
    constexpr std::size_t kMaxDnsName = 255;  // RFC 1035 §2.3.4
    const auto fine = [](char c) { return c > ' ' && c < 0x7F; };
    return !text.empty() && text.size() <= kMaxDnsName && std::ranges::all_of(text, fine);
}

std::optional<CandidateType> parse_type(std::string_view text) {
    for (const auto type : {CandidateType::kHost, CandidateType::kPeerReflexive,
                            CandidateType::kServerReflexive, CandidateType::kRelayed}) {
        if (equals_ignoring_case(text, name(type))) return type;
    }
    return {};
}

std::optional<TcpType> parse_tcp_type(std::string_view text) {
    for (const auto type : {TcpType::kActive, TcpType::kPassive, TcpType::kSimultaneousOpen}) {
        if (equals_ignoring_case(text, name(type))) return type;
    }
    return {};
}

/// "foundation component transport priority address port typ type" (RFC 8839 §5.1).
Result<void, CandidateError> parse_fixed_part(std::string_view& text, Candidate& candidate) {
    const auto foundation = next_word(text);
    const auto component = number<std::uint16_t>(next_word(text));
    const auto transport = next_word(text);
    const auto priority = number<std::uint32_t>(next_word(text));
    const auto host = next_word(text);
    const auto port = number<std::uint16_t>(next_word(text));
    const auto typ = next_word(text);
    const auto type_word = next_word(text);
    if (!is_ice_chars(foundation, 1, 32) || !component || *component < 1 || *component > 256 ||
        !priority || !port || !equals_ignoring_case(typ, "typ") || type_word.empty()) {
        return fail(CandidateError::kSyntax);
    }
    const auto type = parse_type(type_word);
    const bool tcp = equals_ignoring_case(transport, "tcp");
    if (!type || !(tcp || equals_ignoring_case(transport, "udp"))) {
        return fail(CandidateError::kUnsupported);
    }
    candidate.foundation = foundation;
    candidate.component = *component;
    candidate.protocol = tcp ? net::Protocol::kTcp : net::Protocol::kUdp;
    candidate.priority = *priority;
    candidate.type = *type;
    candidate.address.port = *port;
    if (const auto ip = net::IpAddress::parse(host)) {
        candidate.address.ip = *ip;
    } else if (is_host_name(host)) {
        candidate.host_name = host;
    } else {
        return fail(CandidateError::kSyntax);
    }
    return {};
}

/// Pairs of words: raddr, rport, tcptype, ufrag, and extensions that mean nothing here.
Result<void, CandidateError> parse_extensions(std::string_view text, Candidate& candidate) {
    std::optional<net::IpAddress> related_ip;
    std::optional<std::uint16_t> related_port;
    for (auto key = next_word(text); !key.empty(); key = next_word(text)) {
        const auto value = next_word(text);
        if (equals_ignoring_case(key, "raddr")) {
            related_ip = net::IpAddress::parse(value);
        } else if (equals_ignoring_case(key, "rport")) {
            related_port = number<std::uint16_t>(value);
        } else if (equals_ignoring_case(key, "tcptype")) {
            const auto tcp_type = parse_tcp_type(value);
            if (!tcp_type) return fail(CandidateError::kUnsupported);
            candidate.tcp_type = *tcp_type;
        } else if (equals_ignoring_case(key, "ufrag") && is_ice_chars(value, 4, 256)) {
            candidate.ufrag = value;
        }
    }
    if (related_ip) candidate.related = net::SocketAddress{*related_ip, related_port.value_or(0)};
    return {};
}

std::uint32_t type_preference(CandidateType type, net::Protocol protocol) {
    // RFC 8445 §5.1.2.2 recommends 126, 110, 100, 0. TCP stands below every UDP candidate that is
    // not relayed (RFC 6544 §4.2).
    const bool udp = protocol == net::Protocol::kUdp;
    switch (type) {
        case CandidateType::kHost: return udp ? 126 : 90;
        case CandidateType::kPeerReflexive: return udp ? 110 : 80;
        case CandidateType::kServerReflexive: return udp ? 100 : 70;
        case CandidateType::kRelayed: return 0;
    }
    return 0;
}

std::uint32_t direction_preference(CandidateType type, TcpType tcp_type) {
    // RFC 6544 §4.2: host candidates prefer active, reflexive ones simultaneous-open.
    const bool host = type == CandidateType::kHost || type == CandidateType::kRelayed;
    switch (tcp_type) {
        case TcpType::kActive: return host ? 6 : 4;
        case TcpType::kPassive: return host ? 4 : 2;
        case TcpType::kSimultaneousOpen: return host ? 2 : 6;
        case TcpType::kNone: return 0;
    }
    return 0;
}

std::uint32_t fnv1a(std::uint32_t hash, BytesView bytes) {
    for (const auto octet : bytes) hash = (hash ^ octet) * 16777619U;
    return hash;
}

}  // namespace

std::string_view name(CandidateType type) {
    switch (type) {
        case CandidateType::kHost: return "host";
        case CandidateType::kPeerReflexive: return "prflx";
        case CandidateType::kServerReflexive: return "srflx";
        case CandidateType::kRelayed: return "relay";
    }
    return "unknown";
}

std::string_view name(TcpType type) {
    switch (type) {
        case TcpType::kNone: return "none";
        case TcpType::kActive: return "active";
        case TcpType::kPassive: return "passive";
        case TcpType::kSimultaneousOpen: return "so";
    }
    return "unknown";
}

Result<Candidate, CandidateError> parse_candidate(std::string_view text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
    if (text.size() > kMaxCandidateText) return fail(CandidateError::kTooLong);
    if (text.starts_with("a=")) text.remove_prefix(2);
    constexpr std::string_view kPrefix = "candidate:";
    if (!equals_ignoring_case(text.substr(0, kPrefix.size()), kPrefix)) {
        return fail(CandidateError::kSyntax);
    }
    text.remove_prefix(kPrefix.size());
    Candidate candidate;
    if (const auto fixed = parse_fixed_part(text, candidate); !fixed) return fail(fixed.error());
    if (const auto rest = parse_extensions(text, candidate); !rest) return fail(rest.error());
    const bool tcp = candidate.protocol == net::Protocol::kTcp;
    // RFC 6544 §4.5: a TCP candidate must say its type, a UDP candidate has none.
    if (tcp && candidate.tcp_type == TcpType::kNone) return fail(CandidateError::kSyntax);
    if (!tcp) candidate.tcp_type = TcpType::kNone;
    return candidate;
}

std::string write_candidate(const Candidate& candidate) {
    const bool tcp = candidate.protocol == net::Protocol::kTcp;
    std::string text = "candidate:" + candidate.foundation;
    text += " " + std::to_string(candidate.component);
    text += tcp ? " tcp " : " udp ";
    text += std::to_string(candidate.priority) + " ";
    text += candidate.host_name.empty() ? candidate.address.ip.to_string() : candidate.host_name;
    text += " " + std::to_string(candidate.address.port);
    text += " typ " + std::string(name(candidate.type));
    if (candidate.related) {
        text += " raddr " + candidate.related->ip.to_string();
        text += " rport " + std::to_string(candidate.related->port);
    }
    if (tcp) text += " tcptype " + std::string(name(candidate.tcp_type));
    if (!candidate.ufrag.empty()) text += " ufrag " + candidate.ufrag;
    return text;
}

std::uint32_t candidate_priority(CandidateType type, net::Protocol protocol, TcpType tcp_type,
                                 std::uint16_t local_preference, std::uint16_t component) {
    std::uint32_t local = local_preference;
    if (protocol == net::Protocol::kTcp) {
        // RFC 6544 §4.2: 3 bits of direction above 13 bits of the rest.
        local = (direction_preference(type, tcp_type) << 13) | (local_preference >> 3);
    }
    return (type_preference(type, protocol) << 24) | (local << 8) | (256U - component);
}

std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) {
    const std::uint64_t g = controlling;
    const std::uint64_t d = controlled;
    return (std::min(g, d) << 32) + 2 * std::max(g, d) + (g > d ? 1 : 0);
}

std::string make_foundation(CandidateType type, const net::IpAddress& base, net::Protocol protocol,
                            const net::IpAddress& server) {
    const std::uint8_t kinds[] = {static_cast<std::uint8_t>(type),
                                  static_cast<std::uint8_t>(protocol)};
    std::uint32_t hash = fnv1a(2166136261U, kinds);
    hash = fnv1a(hash, base.octets());
    hash = fnv1a(hash, server.octets());
    return std::to_string(hash);
}

bool Credentials::valid() const {
    return is_ice_chars(ufrag, 4, 256) && is_ice_chars(pwd, 22, 256);
}

}  // namespace parley::ice
