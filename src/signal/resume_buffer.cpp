#include "signal/resume_buffer.hpp"

#include <algorithm>
#include <utility>

namespace parley::signal {

std::size_t ResumeBuffer::push(std::uint64_t seq, std::string_view text, StateKind kind,
                               Instant now) {
    if (kind != StateKind::kNone) {
        supersede(kind);
        newest_[std::to_underlying(kind)] = seq;
    }
    items_.push_back({seq, std::string(text), kind, now});
    ++live_;
    bytes_ += text.size();
    std::size_t evicted = 0;
    // Superseded items hold no text but do take a place, so they count against the deque as well.
    while (live_ > max_messages_ || bytes_ > max_bytes_ || items_.size() > 2 * max_messages_) {
        if (!items_.front().text.empty()) {
            lost_ = std::max(lost_, items_.front().seq);
            ++evicted;
        }
        drop_front();
    }
    return evicted;
}

void ResumeBuffer::supersede(StateKind kind) {
    const std::uint64_t seq = newest_[std::to_underlying(kind)];
    const auto at = std::ranges::lower_bound(items_, seq, {}, &Item::seq);
    if (seq == 0 || at == items_.end() || at->seq != seq || at->text.empty()) return;
    --live_;
    bytes_ -= at->text.size();
    std::string().swap(at->text);
    trim_superseded();
}

void ResumeBuffer::drop_front() {
    if (!items_.front().text.empty()) {
        --live_;
        bytes_ -= items_.front().text.size();
    }
    items_.pop_front();
}

void ResumeBuffer::trim_superseded() {
    while (!items_.empty() && items_.front().text.empty()) items_.pop_front();
}

void ResumeBuffer::acknowledge(std::uint64_t seq) {
    while (!items_.empty() && items_.front().seq <= seq) drop_front();
}

void ResumeBuffer::expire(std::uint64_t seq, Instant then) {
    while (!items_.empty() && items_.front().seq <= seq && items_.front().sent <= then) {
        if (!items_.front().text.empty()) lost_ = std::max(lost_, items_.front().seq);
        drop_front();
    }
}

std::optional<std::vector<std::string_view>> ResumeBuffer::after(std::uint64_t seq) const {
    if (seq < lost_) return std::nullopt;
    std::vector<std::string_view> texts;
    for (const auto& item : items_) {
        if (item.seq > seq && !item.text.empty()) texts.emplace_back(item.text);
    }
    return texts;
}

void ResumeBuffer::clear() {
    *this = ResumeBuffer(max_messages_, max_bytes_);
}

}  // namespace parley::signal
