// How many connections there are, in all and of each client, counted from the one's coming until
// its end: each holds a place, and gives it back in whichever thread it ends.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "net/address.hpp"

namespace parley::runtime {

class Admission {
    struct Counts;

 public:
    struct Limits {
        std::size_t total = 0;
        std::size_t per_client = 0;  // by net::client_prefix()
    };
    enum class Refusal : std::uint8_t { kTooMany, kTooManyOfClient };

    /// Moves with the connection and outlives the Admission where it must. An empty one counts
    /// nowhere.
    class Place {
     public:
        Place() = default;
        Place(Place&&) noexcept = default;
        Place& operator=(Place&& other) noexcept {
            if (this == &other) return *this;
            leave();
            counts_ = std::move(other.counts_);
            client_ = other.client_;
            return *this;
        }
        ~Place() { leave(); }

        explicit operator bool() const { return counts_ != nullptr; }
        void leave();

     private:
        friend Admission;
        Place(std::shared_ptr<Counts> counts, const net::IpAddress& client)
            : counts_(std::move(counts)), client_(client) {}

        std::shared_ptr<Counts> counts_;
        net::IpAddress client_;
    };

    explicit Admission(const Limits& limits);

    std::expected<Place, Refusal> enter(const net::IpAddress& address);
    std::size_t size() const;

 private:
    struct Counts {
        mutable std::mutex mutex;
        std::size_t total = 0;
        std::map<net::IpAddress, std::size_t> of_client;  // no entry is 0
    };

    Limits limits_;
    std::shared_ptr<Counts> counts_;
};

}  // namespace parley::runtime
