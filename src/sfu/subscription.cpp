#include "sfu/subscription.hpp"

#include <algorithm>
#include <utility>

namespace parley::sfu {
namespace {

// How often a choice is looked at again without news from the publication.
constexpr Duration kReviewInterval = 100ms;
// A keyframe's first packet that is later than this many behind its layer is no start any more:
// what followed it may have left the ring.
constexpr std::int64_t kMaxLateStart = 128;
// As many slots are searched for packets that came before a late keyframe start, other layers'
// packets included.
constexpr SlotId kBacklogSearch = kMaxLateStart * kMaxLayers;
// Encoders have switching points between frame rates many times a second; without one in this time,
// a keyframe makes one.
constexpr Duration kSwitchPatience = 1s;

}  // namespace

Subscription::Subscription(const SubscriptionConfig& config, Random& random)
    : wish_(config.wish),
      timeline_(random.next_u32()),
      // The upper half is left to grow into: RFC 3711 §3.3.1 cannot tell an early wrap from loss.
      history_(config.retransmit, static_cast<std::uint16_t>(random.next_u16() & 0x7FFF)),
      sequence_(static_cast<std::uint16_t>(random.next_u16() & 0x7FFF)) {}

void Subscription::prefetch(Instant now) const {
    prefetch_until(*this, rate_);
    rate_.prefetch(now);
}

void Subscription::prefetch_far() const {
    history_.prefetch();
    sequence_.prefetch();
}

void Subscription::start(Publication& publication, Instant now) {
    started_ = true;
    looked_to_ = publication.ring().next();
    review(publication, now);
    if (!withheld_) resume(publication, now);
}

// Begins with a keyframe of the recent past, or asks for one.
void Subscription::resume(Publication& publication, Instant now) {
    if (!choice_.layer || follows_target(publication)) return;
    const auto slot = publication.replayable_keyframe(choice_.layer->stream, now);
    const StoredPacket* keyframe = slot ? publication.ring().find(*slot) : nullptr;
    if (keyframe != nullptr && !sequence_.is_passed(*keyframe)) {
        backlog_next_ = *slot;
        begin(publication, *keyframe);
        backlog_end_ = looked_to_;
    } else {
        publication.request_keyframe(choice_.layer->stream);
    }
}

void Subscription::interrupt() {
    started_ = false;
    pause();
}

void Subscription::withhold(std::optional<Reason> why) {
    withheld_ = why;
    if (why) pause();
}

void Subscription::pause() {
    sequence_.stop();
    backlog_end_ = 0;
}

void Subscription::fall_behind(Publication& publication, Instant now) {
    looked_to_ = publication.ring().next();
    pause();
    if (started_ && wish_ != Wish::kOff && !withheld_) resume(publication, now);
}

void Subscription::assign(std::optional<LayerId> target, Reason why, Publication& publication,
                          Instant now) {
    const bool was_paused = !choice_.layer;
    assigned_ = true;
    choice_ = {target, why};
    if (!target) return pause();
    if (!started_ || wish_ == Wish::kOff || withheld_) return;
    review(publication, now);
    if (was_paused) resume(publication, now);
}

void Subscription::set_wish(Wish wish, Publication& publication, Instant now) {
    if (wish == wish_) return;
    const bool was_off = wish_ == Wish::kOff;
    wish_ = wish;
    if (wish == Wish::kOff) pause();
    if (!started_ || withheld_) return;
    review(publication, now);
    if (was_off) resume(publication, now);
}

void Subscription::on_keyframe_request(Publication& publication) {
    ++keyframe_requests_;
    refresh(publication);
}

void Subscription::refresh(Publication& publication) {
    // Also of the layer that is being left: its viewer sees nothing until the other begins.
    if (const auto* current = sequence_.current()) publication.request_keyframe(current->layer);
    if (choice_.layer) publication.request_keyframe(choice_.layer->stream);
}

std::optional<Retransmission> Subscription::on_nack(std::uint16_t sequence_number,
                                                    const Publication& publication, Instant now,
                                                    std::optional<Duration> rtt) {
    return history_.answer(sequence_number, publication.ring(), now, rtt);
}

void Subscription::review(Publication& publication, Instant now) {
    seen_revision_ = publication.revision();
    next_review_ = now + kReviewInterval;
    if (!assigned_) choose(publication, now);
    if (!choice_.layer) return;
    if (follows_target(publication)) {
        aim(publication, now);
    } else {
        off_aim_ = false;
        publication.request_keyframe(choice_.layer->stream);
    }
}

std::uint8_t Subscription::target_in(const media::LayerStructure& structure) const {
    return structure.resolve(choice_.layer->spatial, choice_.layer->temporal);
}

// Inside the stream that is sent.
void Subscription::aim(Publication& publication, Instant now) {
    const auto& current = *sequence_.current();
    const auto& structure = publication.layer(current.layer).structure();
    aim_ = target_in(structure);
    const bool was_off = std::exchange(off_aim_, aim_ != current.target());
    if (!off_aim_) return;
    if (!was_off) off_aim_since_ = now;
    if (needs_keyframe(structure, current.target(), aim_) ||
        now - off_aim_since_ > kSwitchPatience) {
        publication.request_keyframe(current.layer);
    }
}

void Subscription::step(const Publication& publication, const StoredPacket& packet) {
    if (!sequence_.is_ahead(packet)) return;
    const auto& structure = publication.layer(packet.layer).structure();
    const std::uint8_t now = sequence_.current()->target();
    const std::uint8_t next = next_target(structure, packet.facts, now, aim_);
    if (next == now) return;
    sequence_.set_target(packet, next);
    off_aim_ = next != aim_;
    targets_changed_ = true;
    ++switches_;
}

void Subscription::choose(const Publication& publication, Instant now) {
    const LayerOptions options = publication.options(now);
    choice_ = choose_layer(wish_, options);
    if (!publication.any_live() && wish_ != Wish::kOff) choice_.reason = Reason::kNothingArrives;
}

// The chosen layer is the one being sent.
bool Subscription::follows_target(const Publication& publication) const {
    const auto* current = sequence_.current();
    return current != nullptr && choice_.layer && choice_.layer->stream == current->layer &&
           current->epoch == publication.layer(current->layer).epoch();
}

bool Subscription::may_begin(const Publication& publication, const StoredPacket& packet) const {
    if (packet.layer != choice_.layer->stream || packet.padding_only) return false;
    if (!packet.facts.starts_keyframe() || follows_target(publication)) return false;
    if (sequence_.is_passed(packet)) return false;
    const Layer& source = publication.layer(packet.layer);
    return packet.epoch == source.epoch() && packet.index + kMaxLateStart > source.highest_index();
}

void Subscription::begin(const Publication& publication, const StoredPacket& packet) {
    const auto* before = sequence_.current();
    const LayerClock* previous = nullptr;
    if (last_layer_ && publication.layer(*last_layer_).epoch() == last_epoch_) {
        previous = &publication.layer(*last_layer_).clock();
    }
    const Layer& source = publication.layer(packet.layer);
    const std::uint32_t offset =
        timeline_.begin(packet, source.clock(), previous, publication.clock());
    if (before != nullptr && before->layer != packet.layer) ++switches_;
    aim_ = target_in(source.structure());
    off_aim_ = false;
    targets_changed_ = true;
    sequence_.begin(packet, offset, aim_);
    recent_.clear();
    report_wanted_ = true;
    spurt_begins_ = publication.kind() == Kind::kAudio;
    // Its later packets that came before it were turned away; now they have a place.
    if (packet.index < source.highest_index()) {
        const SlotId oldest = publication.ring().oldest();
        backlog_next_ = std::max(oldest, packet.id - std::min(packet.id, kBacklogSearch));
        backlog_end_ = packet.id;
    }
}

Decision Subscription::decide(Publication& publication, const StoredPacket& packet, Instant now) {
    looked_to_ = packet.id + 1;
    if (!started_ || withheld_) return Decision::drop(trace::Drop::kPaused);
    if (publication.revision() != seen_revision_ || now >= next_review_) review(publication, now);
    if (wish_ == Wish::kOff || !choice_.layer) return decide_while_paused(publication, packet, now);
    if (may_begin(publication, packet)) {
        begin(publication, packet);
    } else if (off_aim_ && packet.facts.starts_frame) {
        step(publication, packet);
    }
    const Decision decision = place(publication, packet, now);
    if (!decision.forward && decision.reason == trace::Drop::kWaitingForKeyframe) {
        publication.request_keyframe(choice_.layer->stream);
    }
    return decision;
}

// What was lost before the pause still goes to its place.
Decision Subscription::decide_while_paused(const Publication& publication,
                                           const StoredPacket& packet, Instant now) {
    const Decision decision = place(publication, packet, now);
    if (decision.forward) return decision;
    return Decision::drop(wish_ == Wish::kOff ? trace::Drop::kPaused
                                              : trace::Drop::kLayerNotSelected);
}

Decision Subscription::place(const Publication& publication, const StoredPacket& packet,
                             Instant now) {
    using Fate = SequenceMap::Fate;
    const auto place = sequence_.place(packet);
    if (place.fate == Fate::kNoPlace) return Decision::drop(why_no_place(packet));
    if (place.fate == Fate::kLeftOut) {
        return Decision::drop(packet.padding_only ? trace::Drop::kPaddingOnly
                                                  : trace::Drop::kLayerNotSelected);
    }
    Decision decision;
    decision.forward = true;
    decision.sequence_number = static_cast<std::uint16_t>(place.number);
    decision.timestamp = packet.timestamp + place.segment->timestamp_offset;
    if (place.fate == Fate::kFiller) {
        // Or it would be asked for.
        decision.empty = true;
    } else {
        // RFC 9628 §4.1: the marker ends the picture, which for this subscriber is here.
        const bool is_top = packet.facts.spatial_layer == media::spatial_of(place.target);
        decision.marker = packet.marker || (packet.facts.ends_layer && is_top);
        // RFC 3551 §4.1: of audio it says that a talkspurt begins.
        if (place.newest && std::exchange(spurt_begins_, false)) decision.marker = true;
        sequence_.patch(packet, place, decision);
        if (decision.patch_descriptor) {
            announce_targets(publication, packet, place.target, decision);
        }
    }
    if (place.newest) {
        timeline_.on_sent(packet, decision.timestamp);
        last_layer_ = packet.layer;
        last_epoch_ = packet.epoch;
    }
    std::size_t bytes = decision.empty ? 0 : packet.payload.size();
    if (publication.kind() == Kind::kAudio && !decision.empty) {
        bytes += take_copies(publication, packet, place, decision, now);
    }
    history_.record(place.number, packet.id, decision, bytes, now);
    rate_.add(bytes, 0, now);
    ++packets_;
    bytes_ += bytes;
    return decision;
}

// Frames sent just before go along. What comes late goes alone: those after it had no place for it.
std::size_t Subscription::take_copies(const Publication& publication, const StoredPacket& packet,
                                      const SequenceMap::Place& place, Decision& decision,
                                      Instant now) {
    if (packet.red) return 0;  // it has its own
    std::size_t octets = 0;
    if (redundancy_ > 0 && place.newest) {
        octets = recent_.choose(place.number, packet, redundancy_, publication.ring(), decision);
    }
    recent_.note(place.number, packet.id);
    if (octets == 0) return 0;  // nearly always, and what follows is far away
    for (unsigned n = 0; n < kMaxCopies; ++n) copies_ += decision.copy(n) != 0 ? 1 : 0;
    copies_rate_.add(octets, 0, now);
    return octets;
}

// AV1 RTP payload format §A.4: who leaves out layers says which decode targets remain.
void Subscription::announce_targets(const Publication& publication, const StoredPacket& packet,
                                    std::uint8_t target, Decision& decision) {
    const media::DescriptorInfo& descriptor = packet.facts.descriptor;
    const bool changed = targets_changed_ && packet.facts.starts_frame;
    if (!changed && !descriptor.has_structure && !descriptor.has_active_targets) return;
    if (descriptor.decode_target_count == 0) return;
    if (changed) targets_changed_ = false;
    decision.active_decode_targets =
        publication.layer(packet.layer).structure().decode_targets[target];
}

trace::Drop Subscription::why_no_place(const StoredPacket& packet) const {
    const auto* current = sequence_.current();
    const bool is_current = current != nullptr && packet.layer == current->layer;
    if (is_current && packet.epoch == current->epoch) return trace::Drop::kTooOld;
    if (choice_.layer && packet.layer == choice_.layer->stream)
        return trace::Drop::kWaitingForKeyframe;
    return trace::Drop::kLayerNotSelected;
}

std::optional<Forward> Subscription::next_backlog(Publication& publication, Instant now) {
    const auto* current = sequence_.current();
    while (current != nullptr && backlog_next_ < backlog_end_) {
        const StoredPacket* packet = publication.ring().find(backlog_next_++);
        if (packet == nullptr || packet->layer != current->layer ||
            packet->epoch != current->epoch || packet->index < current->first) {
            continue;
        }
        const Decision decision = place(publication, *packet, now);
        if (decision.forward) return Forward{packet->id, decision};
    }
    return {};
}

bool Subscription::sender_report_due(Instant now) const {
    return sequence_.current() != nullptr && packets_ > 0 &&
           (report_wanted_ || now - last_report_ >= kSenderReportInterval);
}

std::optional<SenderReportValues> Subscription::make_sender_report(const Publication& publication,
                                                                   const WallAnchor& wall,
                                                                   Instant now) {
    const auto* current = sequence_.current();
    if (current == nullptr || packets_ == 0) return {};
    const Layer& source = publication.layer(current->layer);
    if (source.epoch() != current->epoch || !source.clock().known()) return {};
    report_wanted_ = false;
    last_report_ = now;
    const std::uint32_t timestamp =
        source.clock().timestamp_at(now, publication.clock()) + current->timestamp_offset;
    return SenderReportValues{wall.at(now).ntp(), timestamp, static_cast<std::uint32_t>(packets_),
                              static_cast<std::uint32_t>(bytes_)};
}

std::optional<LayerId> Subscription::layer(const Publication& publication) const {
    const auto* current = sequence_.current();
    if (current == nullptr) return {};
    LayerId id{.stream = current->layer};
    const auto& structure = publication.layer(current->layer).structure();
    if (structure.spatial_layers > 1) id.spatial = media::spatial_of(current->target());
    if (structure.temporal_layers > 1) id.temporal = media::temporal_of(current->target());
    return id;
}

Reason Subscription::reason(const Publication& publication) const {
    if (wish_ == Wish::kOff) return Reason::kOff;
    if (publication.muted()) return Reason::kMuted;
    if (withheld_) return *withheld_;
    if (!choice_.layer || choice_.reason == Reason::kNothingArrives) return choice_.reason;
    if (!follows_target(publication)) return Reason::kWaitingForKeyframe;
    const auto& current = *sequence_.current();
    const auto& structure = publication.layer(current.layer).structure();
    if (off_aim_ && needs_keyframe(structure, current.target(), aim_)) {
        return Reason::kWaitingForKeyframe;
    }
    return choice_.reason;
}

SubscriptionStats Subscription::stats(const Publication& publication, Instant now) const {
    SubscriptionStats stats;
    stats.wish = wish_;
    stats.layer = layer(publication);
    stats.target = choice_.layer;
    stats.reason = reason(publication);
    stats.bitrate = rate_.bitrate(now);
    stats.packets = packets_;
    stats.bytes = bytes_;
    stats.loss = loss_;
    stats.nacks = history_.asked();
    stats.retransmissions = history_.sent();
    stats.keyframe_requests = keyframe_requests_;
    stats.layer_switches = switches_;
    stats.copies = copies_;
    return stats;
}

}  // namespace parley::sfu
