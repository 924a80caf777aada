#include "ice/transactions.hpp"

#include <algorithm>

namespace parley::ice {

Transaction& Transactions::add(Transaction transaction) {
    if (all_.size() >= limit_) {
        all_.erase(std::ranges::min_element(all_, {}, &Transaction::created));
    }
    all_.push_back(transaction);
    return all_.back();
}

Transaction* Transactions::find(const stun::TransactionId& id) {
    const auto found = std::ranges::find(all_, id, &Transaction::id);
    return found == all_.end() ? nullptr : &*found;
}

void Transactions::erase(const stun::TransactionId& id) {
    std::erase_if(all_, [&](const Transaction& transaction) { return transaction.id == id; });
}

void Transactions::erase_pair(PairId pair) {
    std::erase_if(all_, [=](const Transaction& transaction) { return transaction.pair == pair; });
}

void Transactions::cancel_checks(PairId pair) {
    for (auto& transaction : all_) {
        if (transaction.pair != pair || transaction.purpose != Purpose::kCheck) continue;
        transaction.cancelled = true;
        transaction.due = false;
    }
}

bool Transactions::checking(PairId pair) const {
    return std::ranges::any_of(all_, [=](const Transaction& transaction) {
        return transaction.pair == pair && transaction.purpose == Purpose::kCheck &&
               !transaction.cancelled;
    });
}

Transaction* Transactions::next_due() {
    const auto found = std::ranges::find(all_, true, &Transaction::due);
    return found == all_.end() ? nullptr : &*found;
}

}  // namespace parley::ice
