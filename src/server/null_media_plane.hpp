// A media plane that carries no media: for tests of the control side, and for a signaling server
// that only joins meshes.

#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/media_plane.hpp"

namespace parley::server {

class NullMediaPlane : public MediaPlane {
 public:
    std::expected<void, std::string> start(const MediaSettings&, std::function<void()>) override {
        return {};
    }
    void stop() override {}
    void post(signal::MediaCommand) override {}
    std::optional<signal::MediaEvent> poll_event() override { return std::nullopt; }
    bool adopt_tcp(runtime::AdoptedConnection&&) override { return false; }
    std::vector<MetricFamily> metrics() const override { return {}; }
    std::string describe() const override { return "none"; }
};

}  // namespace parley::server
