// A vector with a fixed capacity and no heap: for tables whose limit is part of the protocol.

#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace parley {

template <typename T, std::size_t Capacity>
class StaticVector {
 public:
    using value_type = T;

    bool push_back(T value) {
        if (size_ == Capacity) return false;
        items_[size_++] = std::move(value);
        return true;
    }
    void pop_back() { items_[--size_] = T{}; }
    void erase_at(std::size_t index) {
        for (std::size_t i = index + 1; i < size_; ++i) items_[i - 1] = std::move(items_[i]);
        pop_back();
    }
    void clear() {
        while (size_ > 0) pop_back();
    }
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == Capacity; }
    std::size_t size() const { return size_; }
    static constexpr std::size_t capacity() { return Capacity; }
    T& operator[](std::size_t i) { return items_[i]; }
    const T& operator[](std::size_t i) const { return items_[i]; }
    T& back() { return items_[size_ - 1]; }
    const T& back() const { return items_[size_ - 1]; }
    T* data() { return items_.data(); }
    const T* data() const { return items_.data(); }
    T* begin() { return items_.data(); }
    T* end() { return items_.data() + size_; }
    const T* begin() const { return items_.data(); }
    const T* end() const { return items_.data() + size_; }

 private:
    std::array<T, Capacity> items_{};
    std::size_t size_ = 0;
};

}  // namespace parley
