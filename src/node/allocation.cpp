#include "node/allocation.hpp"

#include <algorithm>

#include "node/member.hpp"

namespace parley::node {
namespace {

// Report blocks that come within this time belong to one compound packet or one round of reports.
constexpr Duration kLossRound = 300ms;
// A path that carries less than this many times what is sent may soon need the next layer below,
// which is kept ready.
constexpr double kComfort = 1.5;
// How old the options that a track's subscribers share may be.
constexpr Duration kOptionsAge = 50ms;

}  // namespace

std::string_view text(cc::EstimateReason reason) {
    switch (reason) {
        case cc::EstimateReason::kStart: return "start";
        case cc::EstimateReason::kProbe: return "probe";
        case cc::EstimateReason::kIncrease: return "increase";
        case cc::EstimateReason::kDelay: return "delay";
        case cc::EstimateReason::kLoss: return "loss";
        case cc::EstimateReason::kEcn: return "ecn";
        case cc::EstimateReason::kRemb: return "remb";
        case cc::EstimateReason::kNoFeedback: return "no_feedback";
        case cc::EstimateReason::kPushback: return "pushback";
        case cc::EstimateReason::kLimit: return "limit";
    }
    return "unknown";
}

std::string layer_name(const Track& track, const std::optional<sfu::LayerId>& layer) {
    if (!layer) return {};
    return layer->stream < track.rids.size() ? track.rids[layer->stream] : "single";
}

int layer_number(std::uint8_t layer) {
    return layer == sfu::LayerId::kAll ? -1 : layer;
}

const sfu::LayerOptions& options_of(Track& track, Instant now) {
    const std::uint32_t revision = track.publication.revision();
    if (track.options_revision != revision || now - track.options_at >= kOptionsAge) {
        track.options = track.publication.options(now);
        track.options_revision = revision;
        track.options_at = now;
    }
    return track.options;
}

void Allocation::on_estimate(const cc::Estimate& estimate, Instant now) {
    // Layers follow what lasts: the pacer holds back what a queue must not be fed meanwhile.
    estimate_ = estimate.lasting;
    estimate_reason_ = text(estimate.reason);
    allocator_.on_estimate(estimate.lasting, now);
    allocator_.on_blind(estimate.blind);
    touch(now);
}

void Allocation::on_receiver_estimate(Bitrate estimate, Instant now) {
    estimate_ = estimate;
    estimate_reason_ = text(cc::EstimateReason::kRemb);
    allocator_.on_receiver_estimate(estimate, now);
    touch(now);
}

void Allocation::on_loss(double fraction, Instant now) {
    if (now - loss_at_ > kLossRound) flush_loss(now);
    if (loss_blocks_ == 0) loss_at_ = now;
    loss_sum_ += fraction;
    ++loss_blocks_;
}

void Allocation::flush_loss(Instant now) {
    if (loss_blocks_ == 0) return;
    allocator_.on_loss(loss_sum_ / loss_blocks_, now);
    loss_sum_ = 0;
    loss_blocks_ = 0;
    touch(now);
}

void Allocation::on_path_changed(Instant now) {
    estimate_.reset();
    estimate_reason_ = {};
    allocator_.on_path_changed();
    touch(now);
}

void Allocation::touch(Instant now) {
    const Instant earliest =
        reviewed_ == Instant::min() ? now : std::max(now, reviewed_ + kLeastInterval);
    if (due_ <= earliest) return;
    due_ = earliest;
    context_.wake(owner_);
}

void Allocation::handle_timeout(Instant now) {
    if (due_ <= now) review(now);
}

void Allocation::gather(Instant now) {
    streams_.clear();
    of_stream_.clear();
    for (const auto& outlet : outlets_) {
        if (!outlet->open) continue;
        Track& track = *outlet->track;
        sfu::AllocationStream stream;
        stream.id = outlet->ssrc.value;
        stream.kind = track.video() ? sfu::Kind::kVideo : sfu::Kind::kAudio;
        stream.screen = is_screen(track.info.source);
        stream.idle = track.publication.muted() || !track.publication.any_live() || !track.heard;
        stream.wish = outlet->wish;
        if (track.video()) {
            stream.options = &options_of(track, now);
        } else {
            stream.bitrate = outlet->subscription.bitrate(now);
        }
        streams_.push_back(stream);
        of_stream_.push_back(outlet.get());
    }
}

bool Allocation::set_video_limit(std::optional<std::size_t> limit) {
    const bool is_news = limit != wished_video_limit_;
    wished_video_limit_ = limit;
    return is_news;
}

std::optional<std::size_t> Allocation::video_limit() const {
    const std::size_t of_room = context_.config.last_video;
    if (of_room == 0) return wished_video_limit_;
    return std::min(of_room, wished_video_limit_.value_or(of_room));
}

void Allocation::leave_out_beyond_last_n() {
    const auto limit = video_limit();
    if (!limit) return;
    videos_.clear();
    stream_of_video_.clear();
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        const sfu::AllocationStream& stream = streams_[i];
        if (stream.kind != sfu::Kind::kVideo) continue;
        const Track& track = *of_stream_[i]->track;
        sfu::VideoCandidate video;
        video.rank = track.publisher->speech_rank;
        video.exempt = stream.screen || stream.wish.priority > sfu::kCameraPriority;
        // Not by what arrives: nothing does while nobody watches.
        video.idle =
            track.info.muted || track.info.force_muted || stream.wish.layer == sfu::Wish::kOff;
        videos_.push_back(video);
        stream_of_video_.push_back(i);
    }
    last_n_.choose(videos_, *limit);
    for (std::size_t i = 0; i < videos_.size(); ++i) {
        streams_[stream_of_video_[i]].beyond_last_n = !videos_[i].sent;
    }
}

void Allocation::review(Instant now) {
    reviewed_ = now;
    if (loss_blocks_ > 0 && now - loss_at_ > kLossRound) flush_loss(now);
    gather(now);
    leave_out_beyond_last_n();
    const auto assignments = allocator_.allocate(streams_, now);
    bool video = false;
    for (std::size_t i = 0; i < assignments.size(); ++i) {
        if (streams_[i].kind != sfu::Kind::kVideo) continue;
        video = true;
        apply(*of_stream_[i], assignments[i], now);
        update_needs(*of_stream_[i], now);
    }
    owner_.subscriber().review_redundancy(now);
    due_ = kNever;
    if (video) due_ = now + (allocator_.constrained() ? kBusyInterval : kCalmInterval);
}

void Allocation::apply(Outlet& outlet, const sfu::Assignment& assignment, Instant now) {
    const sfu::Assignment before = outlet.assignment;
    outlet.assignment = assignment;
    if (before.target == assignment.target && before.reason == assignment.reason &&
        outlet.assigned) {
        return;
    }
    outlet.assigned = true;
    Track& track = *outlet.track;
    outlet.subscription.assign(assignment.target, assignment.reason, track.publication, now);
    owner_.subscriber().sender().on_news(outlet);  // a recent keyframe may be sent from the ring
    track.upstream->pump_keyframe_requests(track, now);
    keep_change(outlet, now);
    tell_status(outlet);
}

void Allocation::tell_status(Outlet& outlet) {
    Subscriber& subscriber = owner_.subscriber();
    if (!outlet.assignment.paused) {
        return subscriber.set_status(outlet, signal::SubscriptionStatus::kActive);
    }
    subscriber.set_status(outlet, signal::SubscriptionStatus::kPaused,
                          sfu::text(outlet.assignment.reason));
}

void Allocation::keep_change(const Outlet& outlet, Instant now) {
    if (changes_.size() >= kMaxChanges) changes_.pop_front();
    const sfu::Assignment& assignment = outlet.assignment;
    signal::LayerChange change;
    change.track = outlet.track->info.track;
    change.layer = layer_name(*outlet.track, assignment.target);
    if (assignment.target) {
        change.spatial = layer_number(assignment.target->spatial);
        change.temporal = layer_number(assignment.target->temporal);
    }
    change.reason = sfu::text(assignment.reason);
    change.paused = assignment.paused;
    change.share_bps = assignment.share.bps;
    changes_.push_back({now, std::move(change)});
}

std::vector<signal::LayerChange> Allocation::take_changes(Instant now) {
    std::vector<signal::LayerChange> changes;
    for (Change& one : changes_) {
        one.change.age_ms = to_ms(now - one.at);
        changes.push_back(std::move(one.change));
    }
    changes_.clear();
    return changes;
}

// What it is sent and what was chosen for it; the next one up where it would get more with more
// bandwidth; the next one down where bandwidth may soon be short.
sfu::StreamMask Allocation::needs_of(const Outlet& outlet) const {
    const sfu::Assignment& assignment = outlet.assignment;
    if (assignment.reason == sfu::Reason::kOff) return 0;
    if (assignment.reason == sfu::Reason::kLastN) return 0;  // it may return after long
    sfu::StreamMask needs = 0;
    if (const auto sent = outlet.subscription.layer(outlet.track->publication))
        needs |= sfu::stream_bit(sent->stream);
    const sfu::LayerOptions& options = outlet.track->options;
    if (!assignment.target) {
        if (!options.empty()) needs |= sfu::stream_bit(options[0].id.stream);
        return needs;
    }
    const std::uint8_t target = assignment.target->stream;
    needs |= sfu::stream_bit(target);
    const auto limit = allocator_.limit();
    const bool tight = limit && allocator_.used() * kComfort > *limit;
    const bool more = assignment.wanted && assignment.wanted != assignment.target;
    std::optional<std::uint8_t> below;
    bool passed = false;
    for (const sfu::LayerOption& option : options) {
        if (option.id.stream == target) {
            passed = true;
        } else if (!passed) {
            below = option.id.stream;
        } else if (more && assignment.wanted->stream != target) {
            needs |= sfu::stream_bit(option.id.stream);
            break;
        }
    }
    if (tight && below) needs |= sfu::stream_bit(*below);
    return needs;
}

void Allocation::update_needs(Outlet& outlet, Instant now) {
    const sfu::StreamMask needs = needs_of(outlet);
    if (needs == outlet.needs) return;
    outlet.needs = needs;
    outlet.track->upstream->review_layers(*outlet.track, now);
}

}  // namespace parley::node
