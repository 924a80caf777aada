// What waits to be sent on one connection. Small pieces that wait together go out together. Holds
// no memory while empty.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace parley::server {

class OutQueue {
 public:
    void push(std::string text) {
        if (text.empty()) return;
        bytes_ += text.size();
        if (grows_ && chunks_.back().own.size() + text.size() <= kMaxGrown) {
            chunks_.back().own += text;
            return;
        }
        chunks_.push_back({std::move(text), nullptr});
        grows_ = true;
    }
    void push(std::shared_ptr<const std::string> text) {
        if (!text || text->empty()) return;
        bytes_ += text->size();
        chunks_.push_back({{}, std::move(text)});
        grows_ = false;
    }

    bool empty() const { return bytes_ == 0; }
    std::size_t bytes() const { return bytes_; }
    /// The octets to send next, up to the end of their chunk, which stays as it is from now on: TLS
    /// wants to see the same octets again when it could not send them.
    BytesView front() {
        if (at_ + 1 == chunks_.size()) grows_ = false;
        return as_bytes(chunks_[at_].text()).subspan(offset_);
    }
    void consume(std::size_t size) {
        bytes_ -= size;
        offset_ += size;
        if (offset_ < chunks_[at_].text().size()) return;
        chunks_[at_] = {};
        offset_ = 0;
        ++at_;
        if (bytes_ == 0) {
            chunks_ = {};
            at_ = 0;
            grows_ = false;
        } else if (at_ >= kCompactAt && at_ * 2 >= chunks_.size()) {
            chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(at_));
            at_ = 0;
        }
    }
    /// Forgets all but a chunk that is partly sent: what follows must not begin inside a frame.
    void keep_started() {
        if (empty()) return;
        std::vector<Chunk> kept;
        if (offset_ > 0) kept.push_back(std::move(chunks_[at_]));
        chunks_ = std::move(kept);
        at_ = 0;
        grows_ = false;
        bytes_ = chunks_.empty() ? 0 : chunks_[0].text().size() - offset_;
    }

 private:
    struct Chunk {
        std::string own;
        std::shared_ptr<const std::string> shared;
        const std::string& text() const { return shared ? *shared : own; }
    };
    static constexpr std::size_t kCompactAt = 64;
    static constexpr std::size_t kMaxGrown = 16'384;  // a TLS record

    std::vector<Chunk> chunks_;
    std::size_t at_ = 0;
    std::size_t offset_ = 0;
    std::size_t bytes_ = 0;
    bool grows_ = false;  // the last chunk may be added to
};

}  // namespace parley::server
