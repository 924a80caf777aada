#include "node/node.hpp"

#include <algorithm>
#include <span>

#include "base/prefetch.hpp"
#include "net/demux.hpp"
#include "stun/message.hpp"

namespace parley::node {
namespace {

// How many packets from unknown addresses are tried against a peer's keys in a second: enough for
// every publisher's NAT to rebind, too few to cost a flood's victim a core.
constexpr std::uint32_t kMaxRecognitions = 500;
// Addresses that are being asked about at a time, all peers together.
constexpr std::size_t kMaxProbes = 256;
// A peer that can forge its source address can prove another's path with its own credentials. It
// gets it only once the owner was not heard there for so long; consent checks come more often.
constexpr Duration kPathOwnership = 10s;

}  // namespace

Node::Node(NodeConfig config, const peer::TransportServices& services)
    : context_(std::move(config)) {
    context_.services = services;
    context_.services.srtp = context_.config.srtp;
}

Node::~Node() = default;

// The walk of ARCHITECTURE.md: stages 2 to 10 are the calls below this one.
void Node::handle_receive(net::Datagram& datagram, Instant now) {
    ++datagrams_in_;
    bytes_in_ += datagram.bytes.size();
    const auto kind = net::classify(datagram.bytes);
    PathOwner* owner = nullptr;
    Member* member = member_for(datagram, kind, owner, now);
    if (member == nullptr) return;
    const auto handled = member->handle_receive(datagram, now);
    if (!handled) return context_.drops.add(handled.error());
    if (owner != nullptr) {
        owner->heard = now;
    } else if (member->peer().transport().ice().proven(datagram.path)) {
        claim(datagram.path, *member, now);
    }
}

// A datagram belongs to the peer that ICE has proven its path for; a STUN request from elsewhere to
// the one whose ufrag it names.
Member* Node::member_for(net::Datagram& datagram, net::PacketClass kind, PathOwner*& owner,
                         Instant now) {
    if (kind == net::PacketClass::kStun) {
        if (const auto ufrag = stun::local_ufrag(datagram.bytes)) {
            const auto found = by_ufrag_.find(*ufrag);
            if (found != by_ufrag_.end()) return found->second;
            context_.drops.add(trace::Drop::kUnknownPeer);
            return nullptr;
        }
    }
    const auto found = by_path_.find(datagram.path);
    if (found != by_path_.end()) {
        owner = &found->second;
        return owner->member;
    }
    if (kind == net::PacketClass::kStun) {
        if (Member* prober = prober_of(datagram.path)) return prober;
    }
    if (kind == net::PacketClass::kRtp && recognise_media(datagram, now)) return nullptr;
    context_.drops.add(kind == net::PacketClass::kUnknown ? trace::Drop::kUnknownProtocol
                                                          : trace::Drop::kUnknownPeer);
    return nullptr;
}

// SRTP of a known stream from an unknown address: its NAT has probably rebound. If the packet is
// authentic, ICE checks the address.
bool Node::recognise_media(net::Datagram& datagram, Instant now) {
    if (datagram.bytes.size() < rtp::kFixedHeaderSize) return false;
    const auto found = context_.sources.find(Ssrc(load_be32(&datagram.bytes[8])));
    if (found == context_.sources.end()) return false;
    if (now - recognition_window_ >= 1s) {
        recognition_window_ = now;
        recognitions_ = 0;
    }
    if (++recognitions_ > kMaxRecognitions) return false;
    if (!found->second->peer().transport().recognise(datagram, now)) return false;
    context_.wake(*found->second);
    if (prober_of(datagram.path) == nullptr) {
        // The answer to the check that ICE sends there names nobody.
        if (probes_.size() < kMaxProbes) probes_.emplace_back();
        probes_[next_probe_] = {datagram.path, found->second};
        next_probe_ = (next_probe_ + 1) % kMaxProbes;
    }
    return true;
}

Member* Node::prober_of(const net::Path& path) {
    for (const auto& probe : probes_) {
        if (probe.member != nullptr && probe.path == path) return probe.member;
    }
    return nullptr;
}

void Node::claim(const net::Path& path, Member& member, Instant now) {
    const auto [entry, is_new] = by_path_.try_emplace(path, PathOwner{&member, now});
    PathOwner& owner = entry->second;
    if (owner.member != &member) {
        if (now - owner.heard < kPathOwnership) return;
        owner.member = &member;
    }
    owner.heard = now;
}

void Node::handle_timeout(Instant now) {
    // Bounded by the number of entries: each is due once, and is then set to a later time.
    for (std::size_t left = member_of_timer_.size() + 1; left > 0 && context_.timers.next() <= now;
         --left) {
        const TimerQueue::Id id = context_.timers.front();
        if (Member* member = member_of_timer_[id]) {
            member->handle_timeout(now);
            update_ufrags(*member);
            context_.timers.set(id, kNever);  // settle() sets the next one
        } else if (Room* room = room_of_timer_[id]) {
            room->handle_timeout(now);
            rearm(*room);
        }
    }
}

Instant Node::next_timeout() const {
    const bool work =
        working_ < context_.work.size() || !context_.news.empty() || !farewells_.empty();
    return work ? Instant{} : context_.timers.next();
}

std::optional<net::Transmit> Node::poll_transmit(Instant now, BytesSpan out) {
    if (auto transmit = poll_farewell(out)) return transmit;
    // Looking at packets may ask publishers for keyframes, which is work again: at most one round
    // for each, since a publisher is asked once in its interval.
    while (working_ < context_.work.size() || !context_.news.empty()) {
        spread_news();
        while (working_ < context_.work.size()) {
            Member& member = *context_.work[working_];
            if (member.has_control_work) settle(member, now);
            if (auto transmit = member.poll_transmit(now, out)) {
                count_out(*transmit);
                return transmit;
            }
            member.has_work = false;
            rearm(member);
            ++working_;
            look_ahead(now);
        }
        context_.work.clear();
        working_ = 0;
        ask_for_keyframes(now);
    }
    return {};
}

// A turn takes longer than memory does to answer.
void Node::look_ahead(Instant now) {
    const auto later = [&](std::size_t turns) -> const Member* {
        const std::size_t at = working_ + turns;
        return at < context_.work.size() ? context_.work[at] : nullptr;
    };
    if (const Member* member = later(3)) member->prefetch();
    if (const Member* member = later(2)) member->prefetch_media(now);
    if (const Member* member = later(1)) member->prefetch_far();
}

// Each subscriber looks at a track's new packets in one go, when its turn comes: what it needs to
// know of the subscriber is then fetched into the cache once a batch, not once a packet.
void Node::spread_news() {
    for (Track* track : context_.news) {
        track->has_news = false;
        // Each is far away, and so is what it points to.
        constexpr std::size_t kAhead = 8;
        const std::span<Outlet* const> outlets(track->outlets);
        for (std::size_t i = 0; i < outlets.size(); ++i) {
            if (i + 2 * kAhead < outlets.size()) prefetch(outlets[i + 2 * kAhead], kCacheLine);
            if (i + kAhead < outlets.size()) outlets[i + kAhead]->subscriber->prefetch_news();
            outlets[i]->subscriber->subscriber().sender().on_news(*outlets[i]);
        }
        context_.looked_at.push_back(track);
    }
    context_.news.clear();
}

void Node::ask_for_keyframes(Instant now) {
    for (Track* track : context_.looked_at) {
        track->upstream->pump_keyframe_requests(*track, now);
    }
    context_.looked_at.clear();
}

void Node::count_out(const net::Transmit& transmit) {
    const std::size_t stride = transmit.segment == 0 ? transmit.size : transmit.segment;
    datagrams_out_ += (transmit.size + stride - 1) / stride;
    bytes_out_ += transmit.size;
}

void Node::settle(Member& member, Instant now) {
    member.settle(now);
    while (const auto event = member.poll_path_event()) {
        if (const auto* added = std::get_if<peer::PathAdded>(&*event)) {
            claim(added->path, member, now);
        } else if (const auto* removed = std::get_if<peer::PathRemoved>(&*event)) {
            const auto found = by_path_.find(removed->path);
            if (found != by_path_.end() && found->second.member == &member) by_path_.erase(found);
        }
    }
}

std::optional<signal::MediaEvent> Node::poll_event() {
    if (context_.events.empty()) return {};
    auto event = std::move(context_.events.front());
    context_.events.pop_front();
    return event;
}

void Node::handle_connection_closed(const net::Path& path, Instant now) {
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return;
    Member& owner = *found->second.member;
    owner.peer().transport().handle_connection_closed(path, now);
    context_.wake(owner);
}

bool Node::knows_ufrag(std::string_view ufrag) const {
    return by_ufrag_.contains(ufrag);
}

NodeStats Node::stats() const {
    NodeStats stats;
    stats.members = members_.size();
    stats.rooms = rooms_.size();
    stats.datagrams_in = datagrams_in_;
    stats.bytes_in = bytes_in_;
    stats.datagrams_out = datagrams_out_;
    stats.bytes_out = bytes_out_;
    stats.paths = by_path_.size();
    stats.ufrags = by_ufrag_.size();
    stats.sources = context_.sources.size();
    stats.drops = context_.drops;
    stats.frames_copied = context_.frames_copied;
    stats.frames_found = context_.frames_found;
    stats.relayed = relayed_;
    return stats;
}

void Node::rearm(Member& member) {
    context_.timers.set(member.timer, member.next_timeout());
}
void Node::rearm(Room& room) {
    context_.timers.set(room.timer, room.next_timeout());
}

}  // namespace parley::node
