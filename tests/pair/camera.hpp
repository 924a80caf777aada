// What the clients of a World send.

#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/pair/world.hpp"

namespace parley::testing {

inline constexpr auto kVideo = sdp::MediaKind::kVideo;
inline constexpr auto kAudio = sdp::MediaKind::kAudio;

/// Sends 25 frames a second of three packets for each layer, and audio every 20 ms; a keyframe when
/// one was asked for.
class Camera {
 public:
    Camera(World& world, Client& client, std::vector<std::string> rids = {""})
        : world_(world), client_(client), rids_(std::move(rids)) {}

    /// The size of a frame of each layer, in octets, instead of three small packets; keyframes are
    /// four times as large.
    std::vector<std::size_t> frame_bytes;
    bool silent = false;  // no audio
    /// As a client that does not know the message.
    bool ignores_track_layers = false;
    /// Layers that are off by request.
    const std::set<std::string>& off() const { return off_; }

    void tick() {
        const auto ms = to_ms(world_.now.time_since_epoch());
        if (ms % 20 == 0 && !silent) {
            const std::vector<std::uint8_t> opus(80, 0x78);
            client_.send(0, opus, static_cast<std::uint32_t>(ms * 48), false, "", world_.now);
        }
        if (ms % 40 != 0) return;
        listen();
        const bool keyframe = picture_ == 0 || client_.keyframe_requests() > answered_ ||
                              std::exchange(returned_, false);
        answered_ = client_.keyframe_requests();
        for (std::size_t layer = 0; layer < rids_.size(); ++layer) {
            if (off_.contains(rids_[layer])) continue;
            const auto width = static_cast<std::uint16_t>(160 << layer);
            std::size_t pieces = 3;
            std::size_t size = 300 + 200 * layer;
            if (!frame_bytes.empty()) {
                const std::size_t all = frame_bytes[layer] * (keyframe ? 4 : 1);
                pieces = (all + 1099) / 1100;
                size = all / pieces;
            }
            for (std::size_t i = 0; i < pieces; ++i) {
                const auto payload = vp8_packet(picture_, i == 0, keyframe, width, width / 2, size);
                client_.send(1, payload, static_cast<std::uint32_t>(ms * 90), i + 1 == pieces,
                             rids_[layer], world_.now);
            }
        }
        ++picture_;
    }

 private:
    void listen() {
        for (; heard_ < world_.events.size(); ++heard_) {
            const auto* event = std::get_if<signal::TrackLayers>(&world_.events[heard_]);
            if (event == nullptr || event->peer != world_.id_of(client_)) continue;
            if (ignores_track_layers) continue;
            for (const auto& layer : event->layers) {
                if (!layer.active) {
                    off_.insert(layer.rid);
                } else if (off_.erase(layer.rid) > 0) {
                    returned_ = true;
                }
            }
        }
    }

    World& world_;
    Client& client_;
    std::vector<std::string> rids_;
    std::uint16_t picture_ = 0;
    std::uint64_t answered_ = 0;
    std::set<std::string> off_;
    std::size_t heard_ = 0;
    bool returned_ = false;  // a layer begins again, with a keyframe
};

inline Client& join(World& world, const std::string& name, std::vector<std::string> rids = {}) {
    Client& client = world.add_client(name);
    client.publish(kAudio, "opus", {}, world.now);
    client.publish(kVideo, "VP8", std::move(rids), world.now);
    world.negotiate(client);
    return client;
}

/// What a client got of one codec, on all its streams.
inline std::uint64_t packets(const Client& client, media::Codec codec) {
    std::uint64_t sum = 0;
    for (const auto& [ssrc, heard] : client.heard()) {
        if (heard.codec == codec) sum += heard.packets;
    }
    return sum;
}

}  // namespace parley::testing
