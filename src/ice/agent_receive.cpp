// What arrives: checks of the peer (RFC 8445 §7.3) and answers to ours (§7.2.5).

#include <algorithm>

#include "ice/agent.hpp"
#include "stun/credentials.hpp"

namespace parley::ice {
namespace {

// Comprehension-required attributes that a Binding exchange may carry. REALM, NONCE and the
// like are known, and mean nothing with short-term credentials.
constexpr stun::Attribute kUnderstood[] = {stun::Attribute::kMappedAddress,
                                           stun::Attribute::kUsername,
                                           stun::Attribute::kErrorCode,
                                           stun::Attribute::kUnknownAttributes,
                                           stun::Attribute::kRealm,
                                           stun::Attribute::kNonce,
                                           stun::Attribute::kUserhash,
                                           stun::Attribute::kPasswordAlgorithm,
                                           stun::Attribute::kXorMappedAddress,
                                           stun::Attribute::kPriority,
                                           stun::Attribute::kUseCandidate};

constexpr std::uint16_t kBadRequestCode = 400;
constexpr std::uint16_t kUnknownAttributeCode = 420;
constexpr std::uint16_t kRoleConflictCode = 487;

template <typename T>
bool malformed(const Result<T, stun::AttributeError>& value) {
    return !value && value.error() == stun::AttributeError::kMalformed;
}

Error error_of(std::uint16_t code) {
    switch (code) {
        case kUnknownAttributeCode: return Error::kUnknownAttribute;
        case kRoleConflictCode: return Error::kRoleConflict;
        default: return Error::kBadRequest;
    }
}

}  // namespace

// Deviates: RFC 8489 §9.1.3 answers a request without credentials with 400 and one with wrong ones
// with 401. Here both are dropped, so that strangers learn nothing and nothing is amplified.
std::optional<std::uint8_t> Agent::authenticate(const stun::Message& message) const {
    const auto username = message.username();
    if (!username) return {};
    // RFC 8445 §7.3: valid if its first half is a user name fragment of ours.
    const auto ours = username->substr(0, username->find(':'));
    if (ours.size() == username->size()) return {};
    for (const auto slot : {current_, static_cast<std::uint8_t>(current_ ^ 1)}) {
        if (slot != current_ && !previous_alive_) continue;
        if (local_[slot].ufrag != ours) continue;
        if (message.verify_integrity(stun::short_term_key(local_[slot].pwd))) return slot;
    }
    return {};
}

Result<Handled, Error> Agent::handle_request(const stun::Message& message, const net::Path& path,
                                             Instant now) {
    const auto slot = authenticate(message);
    if (!slot) {
        ++stats_.dropped_unauthenticated;
        return fail(Error::kUnauthenticated);
    }
    if (replies_.full()) {
        ++stats_.dropped_limit;
        return fail(Error::kLimit);
    }
    ++stats_.requests_received;
    Reply reply{path, message.transaction_id(), 0, *slot, {}};
    reply.error = refusal(message, *slot, reply.unknown);
    replies_.push_back(reply);
    if (reply.error != 0) return fail(error_of(reply.error));
    on_check(message, path, *slot, now);
    return Handled::kRequest;
}

/// The error code to answer an authenticated request with; 0 when there is nothing wrong with it.
std::uint16_t Agent::refusal(const stun::Message& message, std::uint8_t slot,
                             stun::UnknownAttributes& unknown) {
    unknown = message.unknown_required(kUnderstood);  // RFC 8489 §6.3.1
    if (!unknown.empty()) return kUnknownAttributeCode;
    const auto controlling = message.u64(stun::Attribute::kIceControlling);
    const auto controlled = message.u64(stun::Attribute::kIceControlled);
    if (malformed(message.u32(stun::Attribute::kPriority)) || malformed(controlling) ||
        malformed(controlled) || (controlling && controlled)) {
        return kBadRequestCode;
    }
    if (slot == current_ && !resolve_role_conflict(message)) return kRoleConflictCode;
    return 0;
}

/// RFC 8445 §7.3.1.1. False when the peer is to change its role. A peer that names no role (FFmpeg)
/// has no conflict.
bool Agent::resolve_role_conflict(const stun::Message& message) {
    const auto theirs = message.u64(controlling_ ? stun::Attribute::kIceControlling
                                                 : stun::Attribute::kIceControlled);
    if (!theirs) return true;
    ++stats_.role_conflicts;
    const bool we_lead = tie_breaker_ >= *theirs;
    if (we_lead == controlling_) return false;
    switch_role(!controlling_);
    return true;
}

/// Before the remote description, checks of one session only are remembered: the first one's.
bool Agent::remote_ufrag_fits(const stun::Message& message) {
    if (remote_[current_]) return true;
    const auto username = *message.username();
    const auto theirs = username.substr(username.find(':') + 1);
    if (theirs.size() > stun::kMaxUfrag) return false;
    if (early_remote_ufrag_.empty()) early_remote_ufrag_ = theirs;
    return early_remote_ufrag_ == theirs;
}

void Agent::on_check(const stun::Message& message, const net::Path& path, std::uint8_t slot,
                     Instant now) {
    if (slot != current_) {
        // The session before the restart: keeps its path alive, and changes nothing else.
        auto* old = list_.find(path, static_cast<std::uint8_t>(generation_ - 1));
        if (old != nullptr) heard(*old, now);
        return;
    }
    if (!remote_ufrag_fits(message)) return;
    auto* pair = list_.find(path, generation_);
    if (pair == nullptr) {
        // RFC 8445 §7.3.1.3: a peer-reflexive candidate. FFmpeg sends no PRIORITY.
        const auto priority = message.u32(stun::Attribute::kPriority);
        pair = pair_from_packet(path, priority ? std::optional(*priority) : std::nullopt, now);
        if (pair == nullptr) return;
    }
    heard(*pair, now);
    prove(*pair);
    // Nothing can be found where consent was lost; only a restart helps there.
    if ((state_ == State::kNew || state_ == State::kFailed) && !pair->consent_lost) {
        start_checking(Reason::kChecksStarted, now);
    }
    if (message.has(stun::Attribute::kUseCandidate) && !controlling_) {
        pair->nomination_fresh = pair->nomination_fresh || !pair->nominated_by_peer;
        pair->nominated_by_peer = true;
        pair->last_nomination = now;
    }
    answer_check_by_check(*pair, now);
}

/// RFC 8445 §7.3.1.4 and, for a pair that is valid already, §7.3.1.5.
void Agent::answer_check_by_check(Pair& pair, Instant now) {
    if (pair.consent_lost) return;  // RFC 7675 §5.1: not with these credentials
    if (has_consent(pair, now)) {
        if (!controlling_ && pair.nominated_by_peer) consider_nominated(pair, now);
        return;
    }
    const bool just_checked =
        pair.state == PairState::kInProgress && pair.last_check + 2 * config_.timings.ta > now;
    if (!just_checked) list_.trigger(pair);
}

Result<Handled, Error> Agent::handle_response(const stun::Message& message, const net::Path& path,
                                              Instant now) {
    auto* transaction = transactions_.find(message.transaction_id());
    auto* pair = transaction == nullptr ? nullptr : list_.find(transaction->pair);
    if (pair == nullptr || transaction->sent == 0) {
        ++stats_.dropped_responses;
        return fail(Error::kUnknownTransaction);
    }
    const auto& remote = remote_[pair->generation & 1];
    if (!remote || !message.verify_integrity(stun::short_term_key(remote->pwd))) {
        ++stats_.dropped_unauthenticated;
        return fail(Error::kUnauthenticated);
    }
    // Deviates: RFC 8445 §7.2.5.2.1 fails the pair of an asymmetric answer at once. Here the
    // answer is dropped, and the pair fails when no other comes.
    if (pair->path != path) {
        ++stats_.dropped_responses;
        return fail(Error::kWrongPath);
    }
    if (!message.unknown_required(kUnderstood).empty()) {  // RFC 8489 §6.3.3
        ++stats_.dropped_responses;
        return fail(Error::kUnknownAttribute);
    }
    const Transaction answered = *transaction;
    transactions_.erase(answered.id);
    heard(*pair, now);
    if (message.message_class() == stun::Class::kError) {
        const auto code = message.error_code();
        on_error(answered, *pair, code ? code->code : std::uint16_t{0});
        return fail(Error::kErrorResponse);
    }
    if (answered.sent == 1) measure(*pair, now - answered.created);
    on_success(answered, *pair, now);
    return Handled::kResponse;
}

void Agent::on_success(const Transaction& transaction, Pair& pair, Instant now) {
    ++stats_.responses_received;
    if (transaction.purpose == Purpose::kConsent) ++stats_.consent_received;
    prove(pair);
    if (pair.consent_lost) return;
    pair.answered = true;
    pair.consents = pair.consents || transaction.purpose == Purpose::kConsent;
    pair.confirmed = true;
    pair.consent_until = now + config_.timings.consent_expiry;
    if (transaction.purpose == Purpose::kCheck) on_check_success(transaction, pair, now);
}

// The answer's XOR-MAPPED-ADDRESS may show a peer-reflexive candidate of ours (RFC 8445
// §7.2.5.3.1). It would be pruned for its base at once, so that the pair stands for the valid pair
// too.
void Agent::on_check_success(const Transaction& transaction, Pair& pair, Instant now) {
    const bool nomination_waits = pair.nominating && !transaction.use_candidate;
    if (!nomination_waits) {
        pair.triggered = false;
        pair.state = PairState::kSucceeded;
        transactions_.cancel_checks(pair.id);
    }
    list_.thaw(pair.foundation);
    const bool lost = state_ == State::kDisconnected || path_lost_;
    const bool lost_selected = lost && selected_ != pair.id;
    if (controlling_) {
        if (transaction.use_candidate && transaction.controlling) {
            pair.nominating = false;
            select(pair, now);
        } else if (lost_selected) {
            nominate(pair);
        } else {
            consider_move(pair, now);
        }
    } else if (lost_selected) {
        select(pair, now);
    } else if (pair.nominated_by_peer) {
        consider_nominated(pair, now);
    } else {
        consider_move(pair, now);
    }
}

void Agent::on_error(const Transaction& transaction, Pair& pair, std::uint16_t code) {
    if (transaction.purpose == Purpose::kConsent) return;
    if (code == kRoleConflictCode) {
        // RFC 8445 §7.2.5.1: change the role that the request claimed, take a new tie-breaker so
        // that equal ones do not meet again, and check anew.
        ++stats_.role_conflicts;
        if (transaction.controlling == controlling_) {
            switch_role(!controlling_);
            tie_breaker_ = secret_.next_u64();
        }
        list_.trigger(pair);
        return;
    }
    on_check_timeout(pair.id);  // RFC 8445 §7.2.5.2.4: any other error fails the pair
}

/// Smoothed as in RFC 6298 §2, with the first sample taken as it is.
void Agent::measure(Pair& pair, Duration sample) {
    pair.rtt = pair.rtt ? *pair.rtt * 7 / 8 + sample / 8 : sample;
    last_rtt_ = pair.rtt;
}

}  // namespace parley::ice
