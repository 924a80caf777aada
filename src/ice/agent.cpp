// The agent's public face and its life cycle.

#include "ice/agent.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace parley::ice {
namespace {

/// Nothing could be sent there, or it would reach more than one host.
bool usable(const net::SocketAddress& address) {
    return address.valid() && !address.ip.is_unspecified() && !address.ip.is_multicast();
}

}  // namespace

Agent::Agent(Config config, SecretRandom& secret, Random& random)
    : config_(std::move(config)),
      secret_(secret),
      random_(random),
      controlling_(config_.controlling),
      tie_breaker_(secret.next_u64()),
      list_(config_.limits.pairs),
      transactions_(kMaxTransactions) {
    local_[current_] = config_.credentials ? *config_.credentials : Credentials::generate(secret_);
    PARLEY_ASSERT(local_[current_].valid());
}

Result<Handled, Error> Agent::handle_receive(net::Datagram& datagram, Instant now) {
    if (state_ == State::kClosed) return fail(Error::kClosed);
    const auto message = stun::Message::parse(datagram.bytes);
    if (!message) {
        ++stats_.dropped_malformed;
        return fail(Error::kMalformed);
    }
    if (message->method() != stun::Method::kBinding) return fail(Error::kUnsupported);
    Result<Handled, Error> result = Handled::kIndication;
    switch (message->message_class()) {
        case stun::Class::kRequest: result = handle_request(*message, datagram.path, now); break;
        case stun::Class::kSuccess:
        case stun::Class::kError: result = handle_response(*message, datagram.path, now); break;
        case stun::Class::kIndication: break;  // a keepalive, not authenticated: means nothing
    }
    step(now);
    return result;
}

void Agent::handle_timeout(Instant now) {
    if (state_ != State::kClosed) step(now);
}

void Agent::step(Instant now) {
    run_transactions(now);
    check_consent(now);
    check_quiet(now);
    nominate_if_ready(now);
    check_failure(now);
    pace(now);
}

std::optional<Event> Agent::poll_event() {
    if (next_event_ == events_.size()) {
        events_.clear();
        next_event_ = 0;
        return {};
    }
    return std::move(events_[next_event_++]);
}

bool Agent::add_local_candidate(Candidate candidate, Instant now) {
    if (state_ == State::kClosed) return false;
    if (local_candidates_.size() >= config_.limits.local_candidates) {
        ++stats_.dropped_limit;
        return false;
    }
    if (!candidate.base.valid()) candidate.base = candidate.address;
    if (candidate.foundation.empty()) {
        candidate.foundation =
            make_foundation(candidate.type, candidate.base.ip, candidate.protocol);
    }
    if (candidate.priority == 0) {
        // Earlier candidates are preferred; one preference for each (RFC 8445 §5.1.2.1).
        const auto preference = static_cast<std::uint16_t>(65535 - 256 * local_candidates_.size());
        candidate.priority =
            candidate_priority(candidate.type, candidate.protocol, candidate.tcp_type, preference);
    }
    local_candidates_.push_back(std::move(candidate));
    for (const auto& remote : remote_candidates_) pair_up(local_candidates_.back(), remote, now);
    step(now);
    return true;
}

void Agent::remove_local_candidate(const net::SocketAddress& base, Instant now) {
    std::erase_if(local_candidates_, [&](const Candidate& c) { return c.base == base; });
    const auto* pair = selected();
    if (pair != nullptr && pair->path.local == base) {
        lose_selected(State::kDisconnected, Reason::kCandidateRemoved, now);
    }
    for (std::size_t i = list_.pairs().size(); i-- > 0;) {
        if (list_.pairs()[i].path.local == base) forget(list_.pairs()[i].id);
    }
    step(now);
}

void Agent::set_remote_credentials(Credentials credentials, Instant now) {
    if (state_ == State::kClosed || remote_[current_] == credentials) return;
    // Other credentials without a restart of ours: the peer restarted. Ours stay, the path too.
    if (remote_[current_]) restart(now, local_[current_]);
    if (!early_remote_ufrag_.empty() && early_remote_ufrag_ != credentials.ufrag) {
        forget_generation(generation_, {});
    }
    early_remote_ufrag_.clear();
    remote_[current_] = std::move(credentials);
    // Checks that came before the description are answered by checks of ours now.
    for (auto& pair : list_.pairs()) {
        if (pair.generation == generation_ && pair.proven) list_.trigger(pair);
    }
    start_checking(Reason::kChecksStarted, now);
    step(now);
}

void Agent::add_remote_candidate(const Candidate& candidate, Instant now) {
    if (state_ == State::kClosed) return;
    if (!candidate.host_name.empty()) {
        ++stats_.named_candidates;
        return;
    }
    const bool other_session = !candidate.ufrag.empty() && remote_[current_] &&
                               candidate.ufrag != remote_[current_]->ufrag;
    if (config_.answer_only || candidate.component != 1 || other_session ||
        !usable(candidate.address)) {
        ++stats_.ignored_candidates;
        return;
    }
    const bool known = std::ranges::any_of(remote_candidates_, [&](const Candidate& c) {
        return c.address == candidate.address && c.protocol == candidate.protocol;
    });
    if (known) return;
    if (remote_candidates_.size() >= config_.limits.remote_candidates) {
        ++stats_.dropped_limit;
        return;
    }
    ++stats_.remote_candidates;
    remote_candidates_.push_back(candidate);
    for (const auto& local : local_candidates_) pair_up(local, candidate, now);
    step(now);
}

void Agent::set_remote_end_of_candidates(Instant now) {
    remote_done_ = true;
    if (state_ == State::kConnected) set_state(State::kCompleted, Reason::kEndOfCandidates);
    if (state_ != State::kClosed) step(now);
}

void Agent::restart(Instant now, std::optional<Credentials> local) {
    if (state_ == State::kClosed) return;
    const auto* kept = selected();
    const bool keeps_older = kept != nullptr && !selected_is_current();
    if (keeps_older) {
        // A second restart before the first one selected a path: only the session between goes.
        forget_generation(generation_, {});
    } else {
        const auto leaving = generation_;
        ++generation_;
        current_ = generation_ & 1;
        forget_generation(leaving, selected_);
        previous_alive_ = kept != nullptr;
    }
    for (std::size_t i = replies_.size(); i-- > 0;) {
        if (replies_[i].slot == current_) replies_.erase_at(i);
    }
    local_[current_] = local ? std::move(*local) : Credentials::generate(secret_);
    PARLEY_ASSERT(local_[current_].valid());
    remote_[current_].reset();
    early_remote_ufrag_.clear();
    remote_candidates_.clear();
    remote_done_ = false;
    path_lost_ = false;
    nominate_at_ = kNever;
    failure_at_ = kNever;
    if (!selected_) set_state(State::kNew, Reason::kRestarted);
    step(now);
}

void Agent::on_tcp_connected(const net::Path& path, Instant now) {
    auto asked = path;
    asked.connection = 0;
    auto* pair = list_.find(asked, generation_);
    if (state_ == State::kClosed || pair == nullptr || !pair->connecting) return;
    pair->connecting = false;
    pair->path = path;
    list_.trigger(*pair);
    step(now);
}

void Agent::on_tcp_closed(const net::Path& path, Instant now) {
    if (state_ == State::kClosed) return;
    const auto* lost = selected();
    if (lost != nullptr && lost->path == path) {
        lose_selected(State::kDisconnected, Reason::kConnectionClosed, now);
    }
    for (std::size_t i = list_.pairs().size(); i-- > 0;) {
        if (list_.pairs()[i].path == path) close_connection(list_.pairs()[i]);
    }
    step(now);
}

/// A connection that we opened and that carried something is opened once more; one that could not
/// be opened, or that the peer opened, is gone.
void Agent::close_connection(Pair& pair) {
    if (pair.generation != generation_ || pair.tcp_type == TcpType::kNone ||
        pair.tcp_type == TcpType::kPassive) {
        forget(pair.id);
        return;
    }
    const bool was_open = pair.answered;
    transactions_.erase_pair(pair.id);
    if (pair.proven && !proven_by_another(pair)) emit(PathForgotten{pair.path});
    pair.path.connection = 0;
    pair.proven = pair.answered = pair.confirmed = pair.connecting = pair.triggered = false;
    pair.consent_lost = false;
    pair.nominating = pair.nominated_by_peer = pair.nomination_fresh = false;
    pair.state = was_open ? PairState::kWaiting : PairState::kFailed;
}

void Agent::close(Instant) {
    if (state_ == State::kClosed) return;
    selected_.reset();
    selected_path_.reset();
    while (!list_.pairs().empty()) forget(list_.pairs().back().id);
    transactions_.clear();
    replies_.clear();
    set_state(State::kClosed, Reason::kClosed);
}

const Credentials* Agent::previous_local_credentials() const {
    return previous_alive_ ? &local_[current_ ^ 1] : nullptr;
}

std::optional<net::Path> Agent::handshake_path() const {
    if (selected_path_) return selected_path_;
    const Pair* best = nullptr;
    const auto rank = [](const Pair& pair) {
        return std::pair(pair.nominated_by_peer, pair.heard);
    };
    for (const auto& pair : list_.pairs()) {
        if (!pair.proven || pair.consent_lost) continue;
        if (best == nullptr || rank(*best) < rank(pair)) best = &pair;
    }
    if (best == nullptr) return {};
    return best->path;
}

bool Agent::proven(const net::Path& path) const {
    if (selected_path_ == path) return true;
    return std::ranges::any_of(list_.pairs(),
                               [&](const Pair& pair) { return pair.proven && pair.path == path; });
}

std::optional<Duration> Agent::round_trip_time() const {
    const auto* pair = selected();
    return pair != nullptr && pair->rtt ? pair->rtt : last_rtt_;
}

void Agent::set_state(State state, Reason reason) {
    if (state_ == state) return;
    state_ = state;
    emit(StateChanged{state, reason});
}

void Agent::set_controlling(bool controlling) {
    if (state_ == State::kNew && controlling_ != controlling) switch_role(controlling);
}

void Agent::switch_role(bool controlling) {
    controlling_ = controlling;
    nominate_at_ = kNever;
    list_.recompute_priorities(controlling);
    for (auto& pair : list_.pairs()) {
        pair.nominating = false;
        pair.nominated_by_peer = false;
        pair.nomination_fresh = false;
    }
    emit(RoleChanged{controlling});
}

void Agent::start_checking(Reason reason, Instant now) {
    failure_at_ = now + config_.timings.patience;
    if (!selected_) set_state(State::kChecking, reason);
}

std::string_view name(State state) {
    switch (state) {
        case State::kNew: return "new";
        case State::kChecking: return "checking";
        case State::kConnected: return "connected";
        case State::kCompleted: return "completed";
        case State::kDisconnected: return "disconnected";
        case State::kFailed: return "failed";
        case State::kClosed: return "closed";
    }
    return "unknown";
}

std::string_view name(Reason reason) {
    switch (reason) {
        case Reason::kNone: return "none";
        case Reason::kChecksStarted: return "checks_started";
        case Reason::kPathSelected: return "path_selected";
        case Reason::kEndOfCandidates: return "end_of_candidates";
        case Reason::kQuiet: return "quiet";
        case Reason::kHeardAgain: return "heard_again";
        case Reason::kConsentExpired: return "consent_expired";
        case Reason::kNoPathFound: return "no_path_found";
        case Reason::kConnectionClosed: return "connection_closed";
        case Reason::kCandidateRemoved: return "candidate_removed";
        case Reason::kRestarted: return "restarted";
        case Reason::kClosed: return "closed";
    }
    return "unknown";
}

std::string_view name(Error error) {
    switch (error) {
        case Error::kMalformed: return "malformed";
        case Error::kUnsupported: return "unsupported";
        case Error::kUnauthenticated: return "unauthenticated";
        case Error::kUnknownTransaction: return "unknown_transaction";
        case Error::kWrongPath: return "wrong_path";
        case Error::kUnknownAttribute: return "unknown_attribute";
        case Error::kBadRequest: return "bad_request";
        case Error::kRoleConflict: return "role_conflict";
        case Error::kErrorResponse: return "error_response";
        case Error::kLimit: return "limit";
        case Error::kClosed: return "closed";
    }
    return "unknown";
}

}  // namespace parley::ice
