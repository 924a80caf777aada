// A bounded queue between two threads, with a file descriptor that tells the reader to look.

#pragma once

#include <cstdint>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "runtime/file_descriptor.hpp"

namespace parley::runtime {

/// Wakes a loop that waits in epoll.
class WakeUp {
 public:
    WakeUp() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    int fd() const { return fd_.get(); }
    void signal() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
    }
    void clear() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
    }

 private:
    FileDescriptor fd_;
};

/// Any number of writers, one reader. Two lists take turns, so that nothing is allocated for a
/// value once both are warm.
template <typename T>
class Mailbox {
 public:
    explicit Mailbox(std::size_t limit) : limit_(limit) {}

    /// Whether a value makes the reader look, or may wait until it looks for another reason.
    enum class Wake : std::uint8_t { kNow, kNever };

    /// False when the queue is full; the value is then untouched and the caller decides.
    bool post(T&& value, Wake wake = Wake::kNow) {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= limit_) return false;
        queue_.push_back(std::move(value));
        // Told under the lock, so that the reader finds the descriptor readable whenever it finds
        // that it was told.
        if (wake == Wake::kNow && !std::exchange(told_, true)) wake_.signal();
        return true;
    }

    /// Takes everything that is there and calls `handle(T&&)` for each, outside the lock.
    template <typename Handle>
    std::size_t drain(Handle&& handle) {
        {
            const std::lock_guard lock(mutex_);
            if (std::exchange(told_, false)) wake_.clear();
            taken_.swap(queue_);
        }
        const std::size_t count = taken_.size();
        for (auto& value : taken_) handle(std::move(value));
        taken_.clear();
        if (taken_.capacity() > kKept) taken_ = std::vector<T>();  // a storm is over
        return count;
    }

    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return queue_.size();
    }
    int fd() const { return wake_.fd(); }

 private:
    static constexpr std::size_t kKept = 1024;

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::vector<T> queue_;
    std::vector<T> taken_;  // the reader's
    bool told_ = false;     // the reader was woken and has not looked since
    WakeUp wake_;
};

}  // namespace parley::runtime
