// A bounded queue between two threads, with a file descriptor that tells the reader to look.

#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

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

/// Any number of writers, one reader.
template <typename T>
class Mailbox {
 public:
    explicit Mailbox(std::size_t limit) : limit_(limit) {}

    /// False when the queue is full; the value is then untouched and the caller decides.
    bool post(T&& value) {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.size() >= limit_) return false;
            queue_.push_back(std::move(value));
            if (queue_.size() > 1) return true;  // the reader was told already
        }
        wake_.signal();
        return true;
    }

    /// Takes everything that is there and calls `handle(T&&)` for each, outside the lock.
    template <typename Handle>
    std::size_t drain(Handle&& handle) {
        wake_.clear();
        std::deque<T> taken;
        {
            const std::lock_guard lock(mutex_);
            taken.swap(queue_);
        }
        for (auto& value : taken) handle(std::move(value));
        return taken.size();
    }

    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return queue_.size();
    }
    int fd() const { return wake_.fd(); }

 private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<T> queue_;
    WakeUp wake_;
};

}  // namespace parley::runtime
