// Whole flows: both ends and the ways between them.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sim/net/link.hpp"
#include "sim/net/media_receiver.hpp"
#include "sim/net/media_sender.hpp"
#include "sim/net/tcp.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

/// Links in the order in which packets cross them, there and back.
struct Ways {
    std::vector<Link*> forward;
    std::vector<Link*> backward;
};

class MediaFlow {
 public:
    MediaFlow(World& world, MediaSenderConfig sender, MediaReceiverConfig receiver, Ways ways)
        : id_(sender.flow),
          to_receiver_{std::move(ways.forward), nullptr},
          to_sender_{std::move(ways.backward), nullptr},
          sender_(world, std::move(sender), to_receiver_),
          receiver_(world, receiver, to_sender_) {
        to_receiver_.end = &receiver_;
        to_sender_.end = &sender_;
        sender_.on_round_trip = [this](Duration value) { receiver_.set_round_trip(value); };
    }
    MediaFlow(const MediaFlow&) = delete;
    MediaFlow& operator=(const MediaFlow&) = delete;

    FlowId id() const { return id_; }
    MediaSender& sender() { return sender_; }
    const MediaSender& sender() const { return sender_; }
    MediaReceiver& receiver() { return receiver_; }
    const MediaReceiver& receiver() const { return receiver_; }

 private:
    FlowId id_;
    Route to_receiver_;
    Route to_sender_;
    MediaSender sender_;
    MediaReceiver receiver_;
};

class TcpFlow {
 public:
    TcpFlow(World& world, FlowId id, Ways ways)
        : id_(id),
          to_receiver_{std::move(ways.forward), nullptr},
          to_sender_{std::move(ways.backward), nullptr},
          sender_(world, id, to_receiver_),
          receiver_(world, id, to_sender_) {
        to_receiver_.end = &receiver_;
        to_sender_.end = &sender_;
    }
    TcpFlow(const TcpFlow&) = delete;
    TcpFlow& operator=(const TcpFlow&) = delete;

    FlowId id() const { return id_; }
    TcpSender& sender() { return sender_; }
    const TcpSender& sender() const { return sender_; }
    const TcpReceiver& receiver() const { return receiver_; }

 private:
    FlowId id_;
    Route to_receiver_;
    Route to_sender_;
    TcpSender sender_;
    TcpReceiver receiver_;
};

}  // namespace parley::sim
