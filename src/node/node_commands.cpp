// What signaling tells a node: peers that come and go, descriptions, wishes.

#include <algorithm>
#include <array>

#include "node/node.hpp"

namespace parley::node {
namespace {

// A room of any size may close at once; beyond this its members find out by themselves.
constexpr std::size_t kMaxFarewells = 4096;

}  // namespace

void Node::handle_command(const signal::MediaCommand& command, Instant now) {
    std::visit([&](const auto& value) { on(value, now); }, command);
}

Member* Node::find(signal::PeerId id) {
    const auto found = members_.find(id);
    return found == members_.end() ? nullptr : found->second.get();
}

Room& Node::room_named(const std::string& name) {
    auto& room = rooms_[name];
    if (room) return *room;
    room = std::make_unique<Room>(context_, name);
    room->timer = context_.timers.add();
    room_of_timer_.resize(std::max<std::size_t>(room_of_timer_.size(), room->timer + 1));
    member_of_timer_.resize(room_of_timer_.size());
    room_of_timer_[room->timer] = room.get();
    room->shards().open();
    return *room;
}

void Node::on(const signal::CreatePeer& command, Instant now) {
    if (members_.contains(command.peer)) return;
    if (members_.size() >= context_.config.max_members) {
        context_.emit(signal::PeerStateChanged{command.peer, signal::PeerState::kFailed,
                                               "the media node is full"});
        return;
    }
    Room& room = room_named(command.room);
    peer::PeerConfig config;
    config.ice.answer_only = true;
    config.candidates = context_.config.candidates;
    config.negotiation.session_id = context_.random()() >> 2;  // RFC 9429 §5.2.1: 62 bits
    config.negotiation.capabilities.max_simulcast_layers = sfu::kMaxLayers;
    if (!context_.config.video_codecs.empty()) {
        config.negotiation.capabilities.prefer(sdp::MediaKind::kVideo,
                                               context_.config.video_codecs);
    }
    config.local_ssrc = context_.fresh_ssrc([](Ssrc) { return false; });
    config.cname = "parley";
    auto member = std::make_unique<Member>(context_, room, command, std::move(config), now);
    member->timer = context_.timers.add();
    member_of_timer_.resize(std::max<std::size_t>(member_of_timer_.size(), member->timer + 1));
    room_of_timer_.resize(member_of_timer_.size());
    member_of_timer_[member->timer] = member.get();
    room.join(*member);
    update_ufrags(*member);
    context_.wake(*member);
    members_.emplace(command.peer, std::move(member));
}

void Node::update_ufrags(Member& member) {
    const ice::Agent& ice = member.peer().transport().ice();
    // The usual case, without a copy: this is also asked with every timeout.
    if (ice.previous_local_credentials() == nullptr && member.ufrags.size() == 1 &&
        member.ufrags[0] == ice.local_credentials().ufrag) {
        return;
    }
    std::vector<std::string> current{ice.local_credentials().ufrag};
    if (const auto* previous = ice.previous_local_credentials()) {
        current.push_back(previous->ufrag);
    }
    if (current == member.ufrags) return;
    for (const auto& ufrag : member.ufrags) by_ufrag_.erase(ufrag);
    for (const auto& ufrag : current) by_ufrag_[ufrag] = &member;
    member.ufrags = std::move(current);
}

void Node::on(const signal::ClosePeer& command, Instant now) {
    if (Member* member = find(command.peer)) remove(*member, now);
}

void Node::remove(Member& member, Instant now) {
    Room& room = member.room();
    member.close(now);
    keep_farewell(member, now);
    room.leave(member, now);
    for (const auto& ufrag : member.ufrags) by_ufrag_.erase(ufrag);
    std::erase_if(by_path_, [&](const auto& entry) { return entry.second.member == &member; });
    for (auto& probe : probes_) {
        if (probe.member == &member) probe.member = nullptr;
    }
    std::erase_if(context_.sources, [&](const auto& entry) { return entry.second == &member; });
    for (std::size_t i = working_; i < context_.work.size(); ++i) {
        if (context_.work[i] != &member) continue;
        context_.work.erase(context_.work.begin() + static_cast<std::ptrdiff_t>(i));
        break;
    }
    member_of_timer_[member.timer] = nullptr;
    context_.timers.remove(member.timer);
    members_.erase(member.id());
    if (!room.empty()) return;
    room.shards().close(now);
    room_of_timer_[room.timer] = nullptr;
    context_.timers.remove(room.timer);
    rooms_.erase(room.name());
}

// close_notify (RFC 8446 §6.1 by way of RFC 6347) tells a client at once, also one whose signaling
// is gone; without it the client would wait until its consent has expired.
void Node::keep_farewell(Member& member, Instant now) {
    std::array<std::uint8_t, net::kMaxDatagram> buffer;
    while (farewells_.size() < kMaxFarewells) {
        const auto transmit = member.peer().poll_transmit(now, buffer);
        if (!transmit) break;
        farewells_.push_back({*transmit, {buffer.data(), buffer.data() + transmit->size}});
    }
}

std::optional<net::Transmit> Node::poll_farewell(BytesSpan out) {
    while (!farewells_.empty()) {
        const Farewell farewell = std::move(farewells_.front());
        farewells_.pop_front();
        if (farewell.bytes.size() > out.size()) continue;
        std::copy(farewell.bytes.begin(), farewell.bytes.end(), out.begin());
        ++datagrams_out_;
        bytes_out_ += farewell.bytes.size();
        return farewell.transmit;
    }
    return {};
}

void Node::on(const signal::RemoteDescription& command, Instant now) {
    Member* member = find(command.peer);
    if (member == nullptr) return;
    member->on_remote_description(command, now);
    update_ufrags(*member);
}

void Node::on(const signal::RemoteCandidate& command, Instant now) {
    if (Member* member = find(command.peer)) member->on_remote_candidate(command, now);
}

void Node::on(const signal::DescribeTrack& command, Instant now) {
    if (Member* member = find(command.peer)) member->publisher().describe(command, now);
}

void Node::on(const signal::ForceMute& command, Instant now) {
    if (Member* member = find(command.peer)) member->publisher().force_mute(command, now);
}

void Node::on(const signal::SetLayerWish& command, Instant now) {
    Member* member = find(command.subscriber);
    if (member == nullptr) return;
    member->subscriber().set_wish(command, now);
}

void Node::on(const signal::SetVideoLimit& command, Instant now) {
    Member* member = find(command.subscriber);
    if (member != nullptr) member->subscriber().set_video_limit(command.count, now);
}

}  // namespace parley::node
