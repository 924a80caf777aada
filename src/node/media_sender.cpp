#include "node/media_sender.hpp"

#include <algorithm>

#include "base/prefetch.hpp"
#include "node/member.hpp"

namespace parley::node {
namespace {

// RTP padding that evens a piece out costs octets on the wire; a piece that differs by more begins
// a train of its own. Browsers split a frame into sizes that differ by an octet or so, and the
// first and last packets carry extensions that the others lack.
constexpr std::size_t kMaxEvening = 16;
// Behind a keyframe that took long, what follows may be late by this much more.
constexpr Duration kGraceSlack = 200ms;

}  // namespace

void MediaSender::on_news(Outlet& outlet) {
    if (!outlet.open || outlet.in_news) return;
    (outlet.track->video() ? video_ : audio_).push_back(outlet);
    context_.wake_for_media(owner_);
}

void MediaSender::send_again(Outlet& outlet, const sfu::Retransmission& again) {
    const QueuedPacket packet{&outlet, again.slot, again.decision, true, again.rtx_sequence_number};
    if (!again_.push(packet)) context_.drops.add(trace::Drop::kQueueFull);
    context_.wake_for_media(owner_);
}

void MediaSender::forget(const Outlet& outlet) {
    audio_.remove(outlet);
    video_.remove(outlet);
    again_.forget(&outlet);
    for (auto* held : {&held_audio_, &held_}) {
        if (*held && (*held)->packet.outlet == &outlet) held->reset();
    }
}

void MediaSender::prefetch(Instant now) const {
    for (const Outlet* outlet : {audio_.front(), video_.front()}) {
        if (outlet == nullptr) continue;
        prefetch_until(*outlet, outlet->subscription);
        outlet->subscription.prefetch(now);
        parley::prefetch(outlet->format);
    }
}

void MediaSender::prefetch_far() const {
    const auto* srtp = owner_.peer().transport().srtp();
    for (const Outlet* outlet : {audio_.front(), video_.front()}) {
        if (outlet == nullptr) continue;
        outlet->subscription.prefetch_far();
        if (srtp != nullptr) srtp->prefetch_far(outlet->ssrc.value);
    }
}

bool MediaSender::has_media() const {
    return held_audio_ || held_ || !audio_.empty() || !again_.empty() || !video_.empty();
}

std::optional<QueuedPacket> MediaSender::next_packet(Instant now) {
    if (auto packet = next_of(audio_, now)) return packet;
    if (!path_.may_send(now)) return {};
    if (!again_.empty()) {
        const QueuedPacket packet = again_.front();
        again_.pop();
        return packet;
    }
    return next_of(video_, now);
}

std::optional<QueuedPacket> MediaSender::next_of(NewsList& list, Instant now) {
    while (!list.empty()) {
        if (auto packet = next_of(*list.front(), now)) return packet;
        list.pop_front();
    }
    return {};
}

// The next packet that the outlet lets through; looks at each that has come once.
std::optional<QueuedPacket> MediaSender::next_of(Outlet& outlet, Instant now) {
    sfu::Publication& publication = outlet.track->publication;
    const sfu::PacketRing& ring = publication.ring();
    while (true) {
        if (const auto forward = outlet.subscription.next_backlog(publication, now)) {
            return queued(outlet, forward->slot, forward->decision);
        }
        if (outlet.next >= ring.next()) return {};
        if (outlet.next < ring.oldest()) {  // it waited until the ring had turned
            if (outlet.track->video()) {
                fall_behind(outlet, now);
                continue;
            }
            context_.drops.add(trace::Drop::kTooOld,
                               static_cast<std::uint32_t>(ring.oldest() - outlet.next));
            outlet.next = ring.oldest();
            continue;
        }
        const sfu::StoredPacket& packet = *ring.find(outlet.next);
        if (outlet.track->video() && is_behind(outlet, packet, now)) {
            fall_behind(outlet, now);
            continue;
        }
        ++outlet.next;
        const auto decision = outlet.subscription.decide(publication, packet, now);
        if (decision.forward) return queued(outlet, packet.id, decision);
        context_.drops.add(decision.reason);
    }
}

QueuedPacket MediaSender::queued(Outlet& outlet, sfu::SlotId slot, const sfu::Decision& decision) {
    const bool again = outlet.format.rtx_payload_type && outlet.subscription.is_late(decision);
    const std::uint16_t number = again ? outlet.subscription.take_rtx_number() : std::uint16_t{0};
    return {&outlet, slot, decision, again, number};
}

// A keyframe that took long leaves what follows it as far behind; that catches up, because frames
// are smaller than what the path carries.
bool MediaSender::is_behind(Outlet& outlet, const sfu::StoredPacket& packet, Instant now) const {
    const Duration lag = now - packet.arrival;
    if (lag <= kMaxBehind) {
        outlet.grace = {};
        return false;
    }
    if (packet.facts.keyframe && lag <= kMaxKeyframeBehind) {
        outlet.grace = lag + kGraceSlack;
        return false;
    }
    return lag > outlet.grace;
}

void MediaSender::fall_behind(Outlet& outlet, Instant now) {
    sfu::Publication& publication = outlet.track->publication;
    const sfu::SlotId next = publication.ring().next();
    context_.drops.add(trace::Drop::kBehind, next - outlet.next);
    outlet.next = next;
    outlet.grace = {};
    outlet.subscription.fall_behind(publication, now);
}

sfu::SendStamp MediaSender::stamp(const Outlet& outlet, Instant now) const {
    if (!outlet.numbered) return {now, {}};
    return {now, path_.next_number()};
}

std::optional<TrainPiece> MediaSender::next_piece(Instant now) {
    if (held_audio_) return std::exchange(held_audio_, std::nullopt);
    if (held_ && path_.may_send(now)) return std::exchange(held_, std::nullopt);
    while (const auto packet = next_packet(now)) {
        const Outlet& outlet = *packet->outlet;
        const auto* stored = outlet.track->publication.ring().find(packet->slot);
        if (stored == nullptr) {  // a retransmission that waited until the ring had turned
            context_.drops.add(trace::Drop::kTooOld);
            continue;
        }
        const auto stamped = stamp(outlet, now);
        const auto& ring = outlet.track->publication.ring();
        const std::size_t size =
            packet->again
                ? sfu::rtx_size(*stored,
                                {packet->slot, packet->decision, packet->rtx_sequence_number},
                                outlet.format, stamped)
                : sfu::packet_size(*stored, packet->decision, outlet.format, stamped,
                                   sfu::copies_of(*stored, packet->decision, ring));
        return TrainPiece{*packet, size, cc::kNoProbe};
    }
    return {};
}

// Collects packets that can be the pieces of one train: sizes so close that padding evens them out,
// and a shorter one at the end. Returns the size of a full piece.
std::size_t MediaSender::gather(Instant now) {
    Train& train = context_.train;
    train.clear();
    std::size_t least = 0;
    std::size_t most = 0;
    while (!train.full()) {
        const auto piece = next_piece(now);
        if (!piece) break;
        const std::size_t size = piece->size;
        if (train.empty()) {
            least = most = size;
        } else if (std::max(most, size) - std::min(least, size) <= kMaxEvening) {
            least = std::min(least, size);
            most = std::max(most, size);
        } else if (size < least) {
            add(*piece, now);
            break;
        } else {
            hold(*piece);
            break;
        }
        add(*piece, now);
    }
    return most;
}

// Video may wait here for its budget while audio goes on: each has a place of its own.
void MediaSender::hold(const TrainPiece& piece) {
    (piece.packet.outlet->track->video() ? held_ : held_audio_) = piece;
}

void MediaSender::add(TrainPiece piece, Instant now) {
    piece.probe = path_.take(piece.size + protection_, now);
    context_.train.push(piece);
}

std::optional<net::Transmit> MediaSender::poll_train(Instant now, BytesSpan out) {
    while (has_media()) {
        const std::size_t most = gather(now);
        const Train& train = context_.train;
        if (train.empty()) break;  // the rest waits for its budget
        std::size_t used = 0;
        std::optional<net::Transmit> sent;
        std::size_t stride = 0;
        for (std::size_t i = 0; i < train.size(); ++i) {
            const bool last = i + 1 == train.size();
            const std::size_t padding = last ? 0 : most - std::min(most, train[i].size);
            const BytesSpan place = out.subspan(used);
            const std::size_t size = write(train[i], padding, now, place);
            const auto transmit = size == 0 ? std::nullopt : owner_.peer().send_rtp(place, size);
            if (!transmit) {
                context_.drops.add(size == 0 ? trace::Drop::kTooLarge : trace::Drop::kSendFailed);
                continue;
            }
            if (train[i].packet.outlet->marked) path_.note_stream_number(place);
            if (train[i].packet.outlet->numbered) {
                path_.on_sent(transmit->size, train[i].probe, now);
            }
            protection_ = transmit->size - size;
            if (!sent) stride = transmit->size;
            sent = transmit;
            used += transmit->size;
        }
        if (!sent) continue;
        if (!path_.may_send(now)) video_.rotate();
        owner_.count_sent(used, now);
        const bool single = used == stride;
        return net::Transmit{sent->path, used, static_cast<std::uint16_t>(single ? 0 : stride)};
    }
    return {};
}

std::size_t MediaSender::write(const TrainPiece& piece, std::size_t padding, Instant now,
                               BytesSpan out) {
    const QueuedPacket& packet = piece.packet;
    const Outlet& outlet = *packet.outlet;
    const auto& ring = outlet.track->publication.ring();
    const auto* stored = ring.find(packet.slot);
    if (stored == nullptr) return 0;
    const auto copies = sfu::copies_of(*stored, packet.decision, ring);
    if (outlet.format.red_payload_type) context_.frames_copied += copies.size();
    sfu::Decision decision = packet.decision;
    decision.padding = static_cast<std::uint8_t>(padding);
    const auto stamped = stamp(outlet, now);
    const std::size_t size =
        packet.again ? sfu::write_rtx(*stored, {packet.slot, decision, packet.rtx_sequence_number},
                                      outlet.format, stamped, out)
                     : sfu::write_packet(*stored, decision, outlet.format, stamped, out, copies);
    // Every piece but the last must be as large as was reckoned, or the train would be cut wrong.
    return size == piece.size + padding ? size : 0;
}

}  // namespace parley::node
