#include "ice/candidate.hpp"

#include <gtest/gtest.h>

#include "ice/credentials.hpp"

namespace parley::ice {
namespace {

TEST(IceCandidate, ParsesWhatBrowsersWrite) {
    const auto candidate = parse_candidate(
        "candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 10.0.0.5 rport "
        "54321 generation 0 ufrag Ab+/ network-id 1 network-cost 10");
    ASSERT_TRUE(candidate);
    EXPECT_EQ(candidate->foundation, "842163049");
    EXPECT_EQ(candidate->component, 1);
    EXPECT_EQ(candidate->protocol, net::Protocol::kUdp);
    EXPECT_EQ(candidate->priority, 1677729535U);
    EXPECT_EQ(candidate->address.to_string(), "203.0.113.9:46154");
    EXPECT_EQ(candidate->type, CandidateType::kServerReflexive);
    ASSERT_TRUE(candidate->related);
    EXPECT_EQ(candidate->related->to_string(), "10.0.0.5:54321");
    EXPECT_EQ(candidate->ufrag, "Ab+/");
}

TEST(IceCandidate, KeepsNamesAsText) {
    const auto candidate = parse_candidate(
        "a=candidate:0 1 UDP 2122252543 0c1e4b0a-9a52-4ac3-8e39-6d56c9a1c4a5.local 40678 typ host");
    ASSERT_TRUE(candidate);
    EXPECT_EQ(candidate->host_name, "0c1e4b0a-9a52-4ac3-8e39-6d56c9a1c4a5.local");
    EXPECT_FALSE(candidate->address.valid());
    EXPECT_EQ(candidate->address.port, 40678);
}

TEST(IceCandidate, ParsesTcpTypes) {
    for (const auto type : {TcpType::kActive, TcpType::kPassive, TcpType::kSimultaneousOpen}) {
        const auto text = "candidate:1 1 tcp 1518280447 2001:db8::1 9 typ host tcptype " +
                          std::string(name(type));
        const auto candidate = parse_candidate(text);
        ASSERT_TRUE(candidate);
        EXPECT_EQ(candidate->tcp_type, type);
        EXPECT_TRUE(candidate->address.ip.is_v6());
        EXPECT_EQ(write_candidate(*candidate), text);
    }
}

TEST(IceCandidate, WritesWhatItParses) {
    for (const auto* text :
         {"candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host",
          "candidate:2 1 udp 1694498815 192.0.2.1 4000 typ srflx raddr 10.0.0.1 rport 4001",
          "candidate:3 2 udp 1862270975 2001:db8::2 4000 typ prflx raddr :: rport 0 ufrag abcd",
          "candidate:4 1 udp 16777215 198.51.100.1 3478 typ relay raddr 0.0.0.0 rport 0",
          "candidate:5 1 udp 1 name.local 4000 typ host"}) {
        const auto candidate = parse_candidate(text);
        ASSERT_TRUE(candidate) << text;
        EXPECT_EQ(write_candidate(*candidate), text);
    }
}

TEST(IceCandidate, RefusesNonsense) {
    for (const auto* text :
         {"", "candidate:", "candidate:1", "1 1 udp 1 192.0.2.1 4000 typ host",
          "candidate:1 0 udp 1 192.0.2.1 4000 typ host",
          "candidate:1 257 udp 1 192.0.2.1 4000 typ host",
          "candidate:1 1 udp 4294967296 192.0.2.1 4000 typ host",
          "candidate:1 1 udp -1 192.0.2.1 4000 typ host",
          "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
          "candidate:1 1 udp 1 192.0.2.1 4000 type host", "candidate:1 1 udp 1 192.0.2.1 4000 typ",
          "candidate:1! 1 udp 1 192.0.2.1 4000 typ host",
          "candidate:1 1 udp 1 na\x01me 4000 typ host",
          "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 4000 typ host",
          "candidate:1 1 tcp 1 192.0.2.1 4000 typ host"}) {
        const auto candidate = parse_candidate(text);
        ASSERT_FALSE(candidate) << text;
        EXPECT_EQ(candidate.error(), CandidateError::kSyntax) << text;
    }
    EXPECT_EQ(parse_candidate("candidate:1 1 sctp 1 192.0.2.1 4000 typ host").error(),
              CandidateError::kUnsupported);
    EXPECT_EQ(parse_candidate("candidate:1 1 udp 1 192.0.2.1 4000 typ moon").error(),
              CandidateError::kUnsupported);
    EXPECT_EQ(parse_candidate("candidate:" + std::string(2000, '1')).error(),
              CandidateError::kTooLong);
}

TEST(IceCandidate, PrioritiesOfTheStandard) {
    // RFC 8445 §5.1.2.1 with type preference 126 and local preference 65535.
    EXPECT_EQ(candidate_priority(CandidateType::kHost, net::Protocol::kUdp, TcpType::kNone, 65535),
              2130706431U);
    // RFC 8445 §6.1.2.3.
    EXPECT_EQ(pair_priority(1, 2), (1ULL << 32) + 4);
    EXPECT_EQ(pair_priority(2, 1), (1ULL << 32) + 5);
    const auto tcp = [](TcpType type) {
        return candidate_priority(CandidateType::kHost, net::Protocol::kTcp, type, 65535);
    };
    EXPECT_GT(tcp(TcpType::kActive), tcp(TcpType::kPassive));
    EXPECT_GT(tcp(TcpType::kPassive), tcp(TcpType::kSimultaneousOpen));
    EXPECT_LT(tcp(TcpType::kActive), candidate_priority(CandidateType::kServerReflexive,
                                                        net::Protocol::kUdp, TcpType::kNone, 0));
}

TEST(IceCandidate, FoundationsTellBasesApart) {
    const auto a = net::IpAddress::v4(192, 0, 2, 1);
    const auto b = net::IpAddress::v4(192, 0, 2, 2);
    using enum CandidateType;
    EXPECT_EQ(make_foundation(kHost, a, net::Protocol::kUdp),
              make_foundation(kHost, a, net::Protocol::kUdp));
    EXPECT_NE(make_foundation(kHost, a, net::Protocol::kUdp),
              make_foundation(kHost, b, net::Protocol::kUdp));
    EXPECT_NE(make_foundation(kHost, a, net::Protocol::kUdp),
              make_foundation(kHost, a, net::Protocol::kTcp));
    EXPECT_NE(make_foundation(kServerReflexive, a, net::Protocol::kUdp, a),
              make_foundation(kServerReflexive, a, net::Protocol::kUdp, b));
}

TEST(IceCredentials, AreLongEnoughAndOfTheRightLetters) {
    SeededSecret secret(1);
    const auto credentials = Credentials::generate(secret);
    EXPECT_EQ(credentials.ufrag.size(), 8U);
    EXPECT_EQ(credentials.pwd.size(), 24U);
    EXPECT_TRUE(credentials.valid());
    EXPECT_FALSE((Credentials{"abc", credentials.pwd}.valid()));
    EXPECT_FALSE((Credentials{"abcd", "short"}.valid()));
    EXPECT_FALSE((Credentials{"ab:d", credentials.pwd}.valid()));
}

}  // namespace
}  // namespace parley::ice
