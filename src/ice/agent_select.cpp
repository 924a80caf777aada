// Which path carries media: nomination (RFC 8445 §8), moves after a NAT rebinding, consent
// (RFC 7675), and what happens when a path goes quiet.

#include <algorithm>
#include <utility>

#include "ice/agent.hpp"

namespace parley::ice {
namespace {

/// The pair in use is left for a repeated nomination of a worse one only when its own nomination
/// has not been repeated for so long: longer than the interval of browsers' checks on a path in
/// use.
constexpr Duration kNominationAge = 5s;
/// Consent that was not renewed for this part of its life is asked for every second.
constexpr int kConsentWorry = 4;
constexpr Duration kWorriedInterval = 1s;

}  // namespace

/// The peer is known to receive there, by an answer not older than consent may be.
bool Agent::has_consent(const Pair& pair, Instant now) {
    return pair.confirmed && !pair.consent_lost && now < pair.consent_until;
}

bool Agent::selected_is_current() const {
    const auto* pair = selected();
    return pair != nullptr && pair->generation == generation_;
}

void Agent::heard(Pair& pair, Instant now) {
    pair.heard = now;
    if (selected_ != pair.id) return;
    selected_heard_ = now;
    if (state_ == State::kDisconnected) set_state(connected_state(), Reason::kHeardAgain);
}

/// A confirmed pair that the peer nominated, as the controlled side. The latest nomination wins.
/// An agent that nominates aggressively names every pair again and again: then the better one
/// stays, as it will choose too (RFC 5245 §8.1.1.2).
void Agent::consider_nominated(Pair& pair, Instant now) {
    if (!has_consent(pair, now)) return;
    const bool fresh = pair.nomination_fresh;
    pair.nomination_fresh = false;
    if (selected_ == pair.id) return;
    const auto* used = selected();
    const bool move = used == nullptr || used->generation != generation_ || used->consent_lost ||
                      fresh || pair.priority > used->priority ||
                      used->last_nomination + kNominationAge <= now ||
                      selected_heard_ + config_.timings.quiet_probe <= now;
    if (move) select(pair, now);
}

/// Media came from a confirmed pair that is not the selected one. When the old path is silent, the
/// peer's address has changed under it (NAT rebinding), or the peer has left it for this pair and
/// will name it only with its next check (Chromium: up to 2.5 s later): what we send follows.
void Agent::consider_move(Pair& pair, Instant now) {
    const auto* used = selected();
    if (used == nullptr || used->id == pair.id) return;
    if (!has_consent(pair, now)) return;
    const auto& timings = config_.timings;
    const bool has_media = pair.last_media > used->created && pair.last_media + 1s > now;
    const bool silent =
        selected_heard_ + timings.silent <= now && selected_heard_ <= pair.last_media;
    if (!has_media || !silent) return;
    if (controlling_) {
        if (!pair.nominating) nominate(pair);
    } else {
        select(pair, now);
    }
}

void Agent::nominate(Pair& pair) {
    nominate_at_ = kNever;
    pair.nominating = true;
    list_.trigger(pair);
}

/// RFC 8445 §8.1.1: the controlling agent picks the best valid pair once nothing better can be
/// expected, and repeats its check with USE-CANDIDATE.
void Agent::nominate_if_ready(Instant now) {
    if (!controlling_ || selected_is_current() || !remote_[current_]) return;
    Pair* best = nullptr;
    for (auto& pair : list_.pairs()) {
        if (pair.generation != generation_) continue;
        if (pair.nominating) return;
        if (!has_consent(pair, now)) continue;
        if (best == nullptr || pair.priority > best->priority) best = &pair;
    }
    if (best == nullptr) {
        nominate_at_ = kNever;
        return;
    }
    const bool better_may_come = std::ranges::any_of(list_.pairs(), [&](const Pair& pair) {
        return pair.generation == generation_ && pair.priority > best->priority &&
               pair.state != PairState::kSucceeded && pair.state != PairState::kFailed;
    });
    if (better_may_come && now < nominate_at_) {
        if (nominate_at_ == kNever) nominate_at_ = now + config_.timings.nomination_delay;
        return;
    }
    nominate(*best);
}

void Agent::select(Pair& pair, Instant now) {
    if (selected_ == pair.id) return;
    if (selected_) ++stats_.path_changes;
    selected_ = pair.id;
    selected_path_ = pair.path;
    path_lost_ = false;
    selected_heard_ = pair.heard;
    next_consent_at_ = now + std::chrono::duration_cast<Duration>(config_.timings.consent_interval *
                                                                  (0.8 + 0.4 * random_.uniform()));
    last_probe_ = Instant::min();
    nominate_at_ = kNever;
    failure_at_ = kNever;
    emit(PathSelected{pair.path});
    set_state(connected_state(), Reason::kPathSelected);
    if (previous_alive_ && pair.generation == generation_) {
        // RFC 8445 §9: the new session has a path, so that the old one is over. `pair` may move.
        previous_alive_ = false;
        forget_generation(static_cast<std::uint8_t>(generation_ - 1), {});
    }
}

void Agent::lose_selected(State state, Reason reason, Instant now) {
    selected_.reset();
    selected_path_.reset();
    path_lost_ = true;
    set_state(state, reason);
    failure_at_ = state == State::kFailed ? kNever : now + config_.timings.consent_expiry;
    if (std::exchange(previous_alive_, false)) {
        forget_generation(static_cast<std::uint8_t>(generation_ - 1), {});
    }
    retry_other_pairs();
}

/// Looks for another way: everything on a full agent, on a server only where the peer was heard.
void Agent::retry_other_pairs() {
    for (auto& pair : list_.pairs()) {
        if (pair.generation != generation_ || pair.id == selected_ || pair.consent_lost) continue;
        if (pair.connecting || pair.state == PairState::kInProgress) continue;
        if (pair.proven) {
            list_.trigger(pair);
        } else if (!config_.answer_only) {
            pair.state = PairState::kWaiting;
        }
    }
}

void Agent::check_consent(Instant now) {
    auto* pair = selected();
    if (pair == nullptr) return;
    if (!pair->consent_lost && now >= pair->consent_until) {
        // RFC 7675 §5.1: stop sending, until a restart.
        pair->consent_lost = true;
        pair->triggered = false;
        selected_path_.reset();
        transactions_.erase_pair(pair->id);
        emit(ConsentLost{pair->path});
        retry_other_pairs();
    }
    // A peer that has never renewed it (FFmpeg answers checks until its handshake is done) keeps
    // its state while it is heard. Any other is to know that it gets nothing; what it sends is
    // taken nonetheless.
    const bool over = pair->consents || now >= selected_heard_ + config_.timings.consent_expiry;
    if (pair->consent_lost && over) {
        lose_selected(State::kFailed, Reason::kConsentExpired, now);
        return;
    }
    if (!pair->consent_lost && now >= consent_due(*pair)) start_consent(*pair, now);
}

void Agent::check_quiet(Instant now) {
    if (!selected_ || (state_ != State::kConnected && state_ != State::kCompleted)) return;
    if (now < selected_heard_ + config_.timings.disconnected_after) return;
    set_state(State::kDisconnected, Reason::kQuiet);
    retry_other_pairs();
}

void Agent::check_failure(Instant now) {
    if (now < failure_at_) return;
    failure_at_ = kNever;
    if (selected_) return;
    // Nothing more is sent until a check arrives or the owner restarts.
    transactions_.clear();
    for (auto& pair : list_.pairs()) {
        pair.triggered = pair.nominating = pair.connecting = pair.confirmed = false;
        pair.state = PairState::kFailed;
    }
    set_state(State::kFailed, Reason::kNoPathFound);
}

// Deviates: RFC 7675 §5.1 asks every 5 s. A path that has gone quiet is asked sooner, and so is
// one whose consent nears its end, so that loss is not mistaken for silence.
Instant Agent::consent_due(const Pair& pair) const {
    const auto& timings = config_.timings;
    const auto every = state_ == State::kDisconnected ? kWorriedInterval : timings.probe_interval;
    const auto quiet = std::max(selected_heard_ + timings.quiet_probe, last_probe_ + every);
    const auto worry =
        pair.consent_until - timings.consent_expiry + timings.consent_expiry / kConsentWorry;
    const auto worried = std::max(worry, last_probe_ + kWorriedInterval);
    return std::min({next_consent_at_, quiet, worried});
}

Instant Agent::selection_timeout() const {
    const auto* pair = selected();
    if (pair == nullptr) return kNever;
    if (pair->consent_lost) {
        const auto silence = selected_heard_ + config_.timings.consent_expiry;
        const bool connected = state_ == State::kConnected || state_ == State::kCompleted;
        return connected ? std::min(silence, selected_heard_ + config_.timings.disconnected_after)
                         : silence;
    }
    auto next = std::min(pair->consent_until, consent_due(*pair));
    if (state_ != State::kDisconnected) {
        next = std::min(next, selected_heard_ + config_.timings.disconnected_after);
    }
    return next;
}

void Agent::on_media(const net::Path& path, Instant now) {
    if (state_ == State::kClosed) return;
    auto* used = selected();
    if (used != nullptr && used->path == path) {
        heard(*used, now);
        return;
    }
    auto* pair = list_.find(path, generation_);
    if (pair == nullptr || !pair->proven) {
        on_media_from_unproven_path(path, now);
        return;
    }
    heard(*pair, now);
    pair->last_media = now;
    if (pair->consent_lost) return;
    if (has_consent(*pair, now)) {
        consider_move(*pair, now);
        step(now);
    } else {
        check_for_media(*pair, now);
    }
}

/// Asks whether the peer receives where its media comes from, a few times a second.
void Agent::check_for_media(Pair& pair, Instant now) {
    const auto interval = config_.timings.media_check_interval;
    if (pair.triggered || pair.last_media_trigger + interval > now) return;
    pair.last_media_trigger = now;
    ++stats_.media_checks;
    list_.trigger(pair);
    step(now);
}

void Agent::on_media_from_unproven_path(const net::Path& path, Instant now) {
    if (state_ == State::kClosed || !remote_[current_]) return;
    auto* pair = list_.find(path, generation_);
    if (pair != nullptr && pair->proven) return on_media(path, now);
    if (pair == nullptr || pair->first_unproven_media == kNever) {
        const auto waiting = std::ranges::count_if(list_.pairs(), [](const Pair& p) {
            return !p.proven && p.first_unproven_media != kNever;
        });
        if (static_cast<std::size_t>(waiting) >= config_.limits.unproven_media_paths) {
            ++stats_.dropped_limit;
            return;
        }
        if (pair == nullptr) pair = pair_from_packet(path, {}, now);
        if (pair == nullptr) return;
        pair->first_unproven_media = now;
    }
    pair->last_media = now;
    check_for_media(*pair, now);
}

// A completed DTLS handshake holds fresh random numbers of both sides, so the peer received what we
// sent there. It is as good a proof as an answered check, once (docs/rfc/ice.md).
void Agent::on_handshake_completed(const net::Path& path, Instant now) {
    auto* pair = list_.find(path, generation_);
    if (state_ == State::kClosed || pair == nullptr || !pair->proven || !has_remote(*pair)) return;
    if (has_consent(*pair, now) || pair->consent_lost) return;
    pair->confirmed = true;
    pair->consent_until = now + config_.timings.consent_expiry;
    heard(*pair, now);
    if (!controlling_ && pair->nominated_by_peer) consider_nominated(*pair, now);
    step(now);
}

}  // namespace parley::ice
