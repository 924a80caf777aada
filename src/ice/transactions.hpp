// Binding requests on their way: their ids, and when each is sent again (RFC 8489 §6.2.1).

#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "ice/check_list.hpp"
#include "stun/message.hpp"

namespace parley::ice {

enum class Purpose : std::uint8_t {
    kCheck,    // retransmitted with back-off, fails its pair
    kConsent,  // sent once; the next one is another transaction (RFC 7675 §5.1)
};

struct Transaction {
    stun::TransactionId id{};
    PairId pair = 0;
    Purpose purpose = Purpose::kCheck;
    bool use_candidate = false;
    bool controlling = false;  // the role that the request claims
    bool due = true;           // to be written by the next poll_transmit
    bool cancelled = false;    // sent no more, but an answer still counts (RFC 8445 §7.3.1.4)
    std::uint8_t sent = 0;
    Duration rto{};
    Instant created{};         // when the first copy was sent
    Instant next_at = kNever;  // resend, or give up after the last copy
};

class Transactions {
 public:
    explicit Transactions(std::size_t limit) : limit_(limit) {}

    /// The oldest makes room when the table is full.
    Transaction& add(Transaction transaction);
    Transaction* find(const stun::TransactionId& id);
    void erase(const stun::TransactionId& id);
    void erase_pair(PairId pair);
    /// Stops the copies of a pair's checks; answers still count until they expire.
    void cancel_checks(PairId pair);
    bool checking(PairId pair) const;
    std::vector<Transaction>& all() { return all_; }
    const std::vector<Transaction>& all() const { return all_; }
    Transaction* next_due();
    void clear() { all_.clear(); }

 private:
    std::size_t limit_;
    std::vector<Transaction> all_;
};

}  // namespace parley::ice
