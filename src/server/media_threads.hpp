// The media plane in life: one node::Node in one runtime::MediaLoop for each media thread. A room
// lives on one thread, chosen by its name; commands and events cross by mailbox.

#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "crypto/dtls_engine.hpp"
#include "runtime/mailbox.hpp"
#include "server/media_plane.hpp"

namespace parley::server {

class MediaThread;

class MediaThreads final : public MediaPlane {
 public:
    explicit MediaThreads(SecretRandom& secret);
    ~MediaThreads() override;

    std::expected<void, std::string> start(const MediaSettings& settings,
                                           std::function<void()> wake) override;
    void stop() override;
    void post(signal::MediaCommand command) override;
    bool congested() const override;
    std::optional<signal::MediaEvent> poll_event() override;
    bool adopt_tcp(int fd, std::vector<std::uint8_t> already_read, net::SocketAddress local,
                   net::SocketAddress remote) override;
    std::vector<MetricFamily> metrics() const override;
    std::string describe() const override;
    std::string problem() const override;

 private:
    std::size_t thread_of_room(const std::string& room) const;

    SecretRandom& secret_;
    std::shared_ptr<const crypto::DtlsContext> dtls_;
    std::vector<std::unique_ptr<MediaThread>> threads_;
    std::unordered_map<signal::PeerId, std::size_t> thread_of_peer_;
    std::deque<signal::MediaEvent> events_;
    std::string description_;
};

}  // namespace parley::server
