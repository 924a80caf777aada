// What leaves: paced checks (RFC 8445 §6.1.4), their copies (RFC 8489 §6.2.1), consent requests,
// and answers.

#include <algorithm>

#include "base/assert.hpp"
#include "ice/agent.hpp"
#include "stun/builder.hpp"
#include "stun/credentials.hpp"

namespace parley::ice {
namespace {

/// An answer to a consent request that comes later than this is not waited for.
constexpr Duration kConsentAnswer = 10s;
/// Ti: how long a request over TCP waits for its answer (RFC 8489 §6.2.2).
constexpr Duration kTcpAnswer = 39500ms;

std::string_view reason_of(std::uint16_t code) {
    switch (code) {
        case 400: return "Bad Request";
        case 420: return "Unknown Attribute";
        case 487: return "Role Conflict";
        default: return "";
    }
}

/// RFC 8445 §7.1.1: the priority that our candidate would have if it were peer-reflexive.
std::uint32_t reflexive_priority(const Pair& pair) {
    const auto reflexive =
        candidate_priority(CandidateType::kPeerReflexive, pair.path.protocol, TcpType::kNone, 0);
    return (reflexive & 0xFF000000U) | (pair.local_priority & 0x00FFFFFFU);
}

}  // namespace

bool Agent::has_remote(const Pair& pair) const {
    return remote_[pair.generation & 1].has_value();
}

/// A server never checks what was merely listed; a full agent stops looking once it has a path.
bool Agent::ordinary_checks() const {
    if (config_.answer_only) return false;
    return !selected_is_current() || state_ == State::kDisconnected;
}

void Agent::pace(Instant now) {
    if (!remote_[current_] || now < next_check_at_) return;
    auto* pair = list_.next(ordinary_checks(), generation_);
    if (pair == nullptr) return;
    start_check(*pair, now);
    next_check_at_ = now + config_.timings.ta;
}

void Agent::start_check(Pair& pair, Instant now) {
    pair.triggered = false;
    pair.state = PairState::kInProgress;
    pair.last_check = now;
    if (pair.path.protocol == net::Protocol::kTcp && pair.path.connection == 0) {
        if (!pair.connecting) emit(TcpConnectWanted{pair.path.local, pair.path.remote});
        pair.connecting = true;
        return;
    }
    transactions_.cancel_checks(pair.id);
    Transaction check;
    secret_.fill(check.id);
    check.pair = pair.id;
    check.purpose = Purpose::kCheck;
    check.use_candidate = controlling_ && pair.nominating;
    check.controlling = controlling_;
    check.created = now;
    // RFC 8445 §14.3.
    check.rto = std::max(config_.timings.rto,
                         config_.timings.ta * static_cast<std::int64_t>(list_.active()));
    transactions_.add(check);
}

void Agent::start_consent(Pair& pair, Instant now) {
    const auto jitter = 0.8 + 0.4 * random_.uniform();
    next_consent_at_ =
        now + std::chrono::duration_cast<Duration>(config_.timings.consent_interval * jitter);
    last_probe_ = now;
    if (!has_remote(pair)) return;
    Transaction consent;
    secret_.fill(consent.id);
    consent.pair = pair.id;
    consent.purpose = Purpose::kConsent;
    // The path in use is named again, so that a peer that sees us at a new address follows.
    consent.use_candidate = controlling_ && pair.generation == generation_;
    consent.controlling = controlling_;
    consent.created = now;
    transactions_.add(consent);
}

void Agent::run_transactions(Instant now) {
    auto& all = transactions_.all();
    for (std::size_t i = 0; i < all.size();) {
        auto& transaction = all[i];
        if (transaction.due || now < transaction.next_at) {
            ++i;
            continue;
        }
        const auto* pair = list_.find(transaction.pair);
        const bool again = pair != nullptr && !transaction.cancelled &&
                           transaction.purpose == Purpose::kCheck &&
                           pair->path.protocol == net::Protocol::kUdp &&
                           transaction.sent < config_.timings.max_sends;
        if (again) {
            transaction.due = true;
            ++i;
            continue;
        }
        const Transaction over = transaction;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
        const bool check_failed = over.purpose == Purpose::kCheck && !over.cancelled;
        if (check_failed) {
            on_check_timeout(over.pair);
            i = 0;  // a pair may have been forgotten, with its transactions
        }
    }
}

/// RFC 8445 §7.2.5.2.3.
void Agent::on_check_timeout(PairId id) {
    auto* pair = list_.find(id);
    if (pair == nullptr) return;
    pair->nominating = false;
    if (pair->triggered) return;
    pair->state = PairState::kFailed;
    if (selected_ != id) pair->confirmed = false;
    // An address that only media came from, and that does not answer: a stranger's.
    if (!pair->proven && pair->first_unproven_media != kNever) forget(id);
}

std::optional<net::Transmit> Agent::poll_transmit(Instant now, BytesSpan out) {
    PARLEY_ASSERT(out.size() >= kMaxMessage);
    if (!replies_.empty()) {
        const Reply reply = replies_[0];
        replies_.erase_at(0);
        ++stats_.responses_sent;
        return net::Transmit{reply.path, write_reply(reply, out)};
    }
    while (auto* transaction = transactions_.next_due()) {
        auto* pair = list_.find(transaction->pair);
        if (pair == nullptr || !has_remote(*pair)) {
            const auto id = transaction->id;
            transactions_.erase(id);
            continue;
        }
        const auto size = write_request(*transaction, *pair, out);
        note_sent(*transaction, *pair, now);
        return net::Transmit{pair->path, size};
    }
    return {};
}

void Agent::note_sent(Transaction& transaction, Pair& pair, Instant now) {
    transaction.due = false;
    ++transaction.sent;
    if (transaction.sent == 1) transaction.created = now;
    if (transaction.purpose == Purpose::kConsent) {
        ++stats_.consent_sent;
        transaction.next_at = now + kConsentAnswer;
        return;
    }
    ++(transaction.sent == 1 ? stats_.checks_sent : stats_.checks_resent);
    if (pair.path.protocol == net::Protocol::kTcp) {
        transaction.next_at = now + kTcpAnswer;
    } else if (transaction.sent >= config_.timings.max_sends) {
        transaction.next_at = now + config_.timings.rto * config_.timings.last_wait;
    } else {
        transaction.next_at = now + transaction.rto;
        transaction.rto *= 2;
    }
}

Instant Agent::next_timeout() const {
    if (state_ == State::kClosed) return kNever;
    auto next = std::min({failure_at_, nominate_at_, selection_timeout()});
    if (remote_[current_] && list_.has_next(ordinary_checks(), generation_)) {
        next = std::min(next, next_check_at_);
    }
    for (const auto& transaction : transactions_.all()) {
        if (!transaction.due) next = std::min(next, transaction.next_at);
    }
    return next;
}

std::size_t Agent::write_request(const Transaction& transaction, const Pair& pair,
                                 BytesSpan out) const {
    const auto& local = local_[pair.generation & 1];
    const auto& remote = *remote_[pair.generation & 1];
    stun::Builder builder(out, stun::Class::kRequest, stun::Method::kBinding, transaction.id);
    builder.username(remote.ufrag, local.ufrag)
        .u32(stun::Attribute::kPriority, reflexive_priority(pair))
        .u64(transaction.controlling ? stun::Attribute::kIceControlling
                                     : stun::Attribute::kIceControlled,
             tie_breaker_);
    if (transaction.use_candidate) builder.flag(stun::Attribute::kUseCandidate);
    builder.integrity(stun::short_term_key(remote.pwd)).fingerprint();
    return builder.finish();
}

std::size_t Agent::write_reply(const Reply& reply, BytesSpan out) const {
    const bool success = reply.error == 0;
    stun::Builder builder(out, success ? stun::Class::kSuccess : stun::Class::kError,
                          stun::Method::kBinding, reply.transaction);
    if (success) {
        builder.xor_address(stun::Attribute::kXorMappedAddress, reply.path.remote);
    } else {
        builder.error_code(reply.error, reason_of(reply.error));
        if (!reply.unknown.empty()) builder.unknown_attributes(reply.unknown);
    }
    builder.integrity(stun::short_term_key(local_[reply.slot].pwd)).fingerprint();
    return builder.finish();
}

}  // namespace parley::ice
