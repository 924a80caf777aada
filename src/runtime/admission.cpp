#include "runtime/admission.hpp"

namespace parley::runtime {

Admission::Admission(const Limits& limits) : limits_(limits), counts_(std::make_shared<Counts>()) {}

std::expected<Admission::Place, Admission::Refusal> Admission::enter(
    const net::IpAddress& address) {
    const auto client = net::client_prefix(address);
    const std::lock_guard lock(counts_->mutex);
    if (counts_->total >= limits_.total) return std::unexpected(Refusal::kTooMany);
    const auto found = counts_->of_client.find(client);
    const std::size_t held = found == counts_->of_client.end() ? 0 : found->second;
    if (held >= limits_.per_client) return std::unexpected(Refusal::kTooManyOfClient);
    ++counts_->of_client[client];
    ++counts_->total;
    return Place(counts_, client);
}

std::size_t Admission::size() const {
    const std::lock_guard lock(counts_->mutex);
    return counts_->total;
}

void Admission::Place::leave() {
    const auto counts = std::exchange(counts_, nullptr);
    if (!counts) return;
    const std::lock_guard lock(counts->mutex);
    --counts->total;
    const auto found = counts->of_client.find(client_);
    if (--found->second == 0) counts->of_client.erase(found);
}

}  // namespace parley::runtime
