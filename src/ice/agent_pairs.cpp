// Making pairs from candidates and from packets, and letting them go.

#include <algorithm>
#include <functional>

#include "base/assert.hpp"
#include "ice/agent.hpp"

namespace parley::ice {
namespace {

constexpr std::uint16_t kHighestPreference = 65535;

std::uint64_t hash(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

bool same_kind(const net::IpAddress& a, const net::IpAddress& b) {
    // RFC 8445 §6.1.2.2: link-local IPv6 reaches only link-local IPv6.
    return a.family() == b.family() && (a.is_v4() || a.is_link_local() == b.is_link_local());
}

/// RFC 6544 §6.2: pairs are made only where our side opens the connection.
bool may_connect(TcpType local, TcpType remote) {
    if (local == TcpType::kActive) return remote == TcpType::kPassive;
    return local == TcpType::kSimultaneousOpen && remote == TcpType::kSimultaneousOpen;
}

}  // namespace

void Agent::pair_up(const Candidate& local, const Candidate& remote, Instant now) {
    if (local.protocol != remote.protocol) return;
    if (!same_kind(local.base.ip, remote.address.ip)) return;
    if (local.protocol == net::Protocol::kTcp && !may_connect(local.tcp_type, remote.tcp_type)) {
        return;
    }
    Pair pair;
    pair.path = {local.protocol, local.base, remote.address, 0};
    if (auto* same = list_.find(pair.path, generation_)) {
        // Redundant (RFC 8445 §6.1.2.4): a reflexive candidate checks from its base. A
        // peer-reflexive remote becomes what the peer now says it is.
        same->remote_type = remote.type;
        return;
    }
    pair.tcp_type = local.tcp_type;
    pair.remote_type = remote.type;
    pair.local_priority = local.priority;
    pair.remote_priority = remote.priority;
    pair.foundation = hash(local.foundation) * 31 + hash(remote.foundation);
    pair.created = now;
    insert(std::move(pair));
}

Pair* Agent::pair_from_packet(const net::Path& path, std::optional<std::uint32_t> remote_priority,
                              Instant now) {
    if (events_.size() - next_event_ >= kMaxEvents) {
        ++stats_.dropped_limit;
        return nullptr;
    }
    const auto* local = local_candidate_at(path);
    const auto* remote = remote_candidate_at(path);
    Pair pair;
    pair.path = path;
    pair.tcp_type = local != nullptr ? local->tcp_type : TcpType::kNone;
    pair.local_priority = local != nullptr ? local->priority
                                           : candidate_priority(CandidateType::kHost, path.protocol,
                                                                pair.tcp_type, kHighestPreference);
    pair.remote_type = remote != nullptr ? remote->type : CandidateType::kPeerReflexive;
    pair.remote_priority = remote != nullptr ? remote->priority
                           : remote_priority
                               ? *remote_priority
                               : candidate_priority(CandidateType::kPeerReflexive, path.protocol,
                                                    TcpType::kNone, kHighestPreference);
    const auto local_foundation = local != nullptr ? hash(local->foundation) : 0;
    // RFC 8445 §7.3.1.3: a foundation unlike every other.
    const auto remote_foundation =
        remote != nullptr ? hash(remote->foundation) : std::hash<net::Path>{}(path);
    pair.foundation = local_foundation * 31 + remote_foundation;
    pair.created = now;
    // Not waiting: it is checked when it is triggered, and never in the ordinary order.
    pair.state = PairState::kFailed;
    const bool one_too_many = pair.remote_type == CandidateType::kPeerReflexive &&
                              list_.peer_reflexive() >= config_.limits.peer_reflexive_pairs;
    if (one_too_many) {
        const auto oldest = list_.oldest(selected_, true);
        if (!oldest) return nullptr;
        ++stats_.pairs_pruned;
        forget(*oldest);
    }
    return insert(std::move(pair));
}

Pair* Agent::insert(Pair pair) {
    if (list_.full()) {
        const auto oldest = list_.oldest(selected_, false);
        if (!oldest) return nullptr;
        ++stats_.pairs_pruned;
        forget(*oldest);
    }
    pair.generation = generation_;
    pair.priority = controlling_ ? pair_priority(pair.local_priority, pair.remote_priority)
                                 : pair_priority(pair.remote_priority, pair.local_priority);
    return &list_.add(std::move(pair));
}

void Agent::forget(PairId id) {
    const auto* pair = list_.find(id);
    if (pair == nullptr) return;
    PARLEY_ASSERT(selected_ != id);  // lose_selected() comes first
    if (pair->proven && !proven_by_another(*pair)) emit(PathForgotten{pair->path});
    transactions_.erase_pair(id);
    list_.erase(id);
}

void Agent::forget_generation(std::uint8_t generation, std::optional<PairId> keep) {
    for (std::size_t i = list_.pairs().size(); i-- > 0;) {
        const auto& pair = list_.pairs()[i];
        if (pair.generation == generation && pair.id != keep) forget(pair.id);
    }
}

void Agent::prove(Pair& pair) {
    if (pair.proven) return;
    pair.proven = true;
    if (!proven_by_another(pair)) emit(PathProven{pair.path});
}

bool Agent::proven_by_another(const Pair& pair) const {
    return std::ranges::any_of(list_.pairs(), [&](const Pair& other) {
        return other.proven && other.id != pair.id && other.path == pair.path;
    });
}

const Candidate* Agent::local_candidate_at(const net::Path& path) const {
    const auto found = std::ranges::find_if(local_candidates_, [&](const Candidate& c) {
        return c.protocol == path.protocol && c.base == path.local;
    });
    return found == local_candidates_.end() ? nullptr : &*found;
}

const Candidate* Agent::remote_candidate_at(const net::Path& path) const {
    const auto found = std::ranges::find_if(remote_candidates_, [&](const Candidate& c) {
        return c.protocol == path.protocol && c.address == path.remote;
    });
    return found == remote_candidates_.end() ? nullptr : &*found;
}

}  // namespace parley::ice
