// The media plane in life: one node::Node in one runtime::MediaLoop for each media thread. A room
// starts on one thread, chosen by its name, and spreads over more when it becomes large; commands,
// events and relayed media cross by mailbox.

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
    bool adopt_tcp(runtime::AdoptedConnection&& connection) override;
    std::vector<MetricFamily> metrics() const override;
    std::string describe() const override;
    std::string problem() const override;

 private:
    /// Where the next member of the room goes.
    std::size_t choose_thread(const std::string& room) const;
    void count_member(const std::string& room, std::size_t thread);
    void forget_member(signal::PeerId peer);

    SecretRandom& secret_;
    std::shared_ptr<const crypto::DtlsContext> dtls_;
    std::vector<std::unique_ptr<MediaThread>> threads_;
    struct Place {
        std::size_t thread = 0;
        std::string room;
    };
    std::unordered_map<signal::PeerId, Place> place_of_peer_;
    std::unordered_map<std::string, std::vector<std::size_t>> members_of_room_;  // by thread
    std::size_t spread_above_ = 0;
    std::deque<signal::MediaEvent> events_;
    std::string description_;
};

}  // namespace parley::server
