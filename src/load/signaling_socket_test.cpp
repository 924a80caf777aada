#include "load/signaling_socket.hpp"

#include <cerrno>
#include <gtest/gtest.h>

namespace parley::load {
namespace {

TEST(ConnectionProblem, SaysWhatToTryWhenNothingWasReached) {
    const auto reset = connection_problem("127.0.0.1:1", ECONNRESET, false, false);
    EXPECT_NE(reset.find("cannot reach 127.0.0.1:1"), std::string::npos) << reset;
    EXPECT_NE(reset.find("wss://"), std::string::npos) << reset;
    const auto tls = connection_problem("127.0.0.1:1", ECONNRESET, true, false);
    EXPECT_EQ(tls.find("wss://"), std::string::npos) << tls;
    const auto refused = connection_problem("127.0.0.1:1", ECONNREFUSED, false, false);
    EXPECT_NE(refused.find("is the server running"), std::string::npos) << refused;
}

TEST(ConnectionProblem, AConnectionThatWasUpHasReachedIt) {
    const auto text = connection_problem("127.0.0.1:1", ECONNRESET, false, true);
    EXPECT_EQ(text.find("cannot reach"), std::string::npos) << text;
    EXPECT_EQ(text.find("wss://"), std::string::npos) << text;
    EXPECT_NE(text.find("has the server ended?"), std::string::npos) << text;
}

TEST(TlsProblem, TellsACertificateFromAServerWithoutTls) {
    const auto distrust = tls_problem("h", "certificate verify failed");
    EXPECT_NE(distrust.find("--insecure"), std::string::npos) << distrust;
    EXPECT_EQ(distrust.find("ws://"), std::string::npos) << distrust;
    for (const auto* cause : {"sslv3 alert handshake failure", "wrong version number"}) {
        EXPECT_NE(tls_problem("h", cause).find("use ws://"), std::string::npos) << cause;
    }
}

}  // namespace
}  // namespace parley::load
