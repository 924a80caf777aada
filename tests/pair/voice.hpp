// Audio in tests whose frames say their number, and what of it is heard.

#pragma once

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <set>
#include <span>
#include <vector>

#include "rtp/red.hpp"
#include "tests/pair/camera.hpp"

namespace parley::testing {

/// A voice of 50 frames a second, each with `copies` frames before it if it is redundant.
class Voice {
 public:
    Voice(World& world, Client& client) : world_(world), client_(client) {}

    std::size_t copies = 0;
    bool redundant = false;  // in packets of RFC 2198
    std::size_t size = 80;
    Ssrc ssrc{0xA0D10};

    void tick() {
        const auto ms = to_ms(world_.now.time_since_epoch());
        if (ms % 20 != 0) return;
        const auto* section = client_.section_of(0);
        if (section == nullptr) return;
        ++number_;
        recent_.push_back(frame());
        while (recent_.size() > copies + 1) recent_.pop_front();
        const auto timestamp = static_cast<std::uint32_t>(ms * 48);
        const bool red = redundant && section->red_payload_type;
        const auto type = red ? *section->red_payload_type : section->payload_type;
        client_.send_as(0, {false, type, static_cast<std::uint16_t>(number_), timestamp, ssrc},
                        red ? pack(section->payload_type) : recent_.back());
    }
    std::uint32_t sent() const { return number_; }

 private:
    std::vector<std::uint8_t> frame() const {
        std::vector<std::uint8_t> bytes(size, 0x78);
        store_be32(&bytes[1], number_);
        return bytes;
    }
    std::vector<std::uint8_t> pack(std::uint8_t type) const {
        std::vector<rtp::RedBlock> blocks;
        for (std::size_t i = 0; i < recent_.size(); ++i) {
            const auto age = static_cast<std::uint16_t>((recent_.size() - 1 - i) * 960);
            blocks.push_back({type, age, recent_[i]});
        }
        std::vector<std::uint8_t> out(1200);
        const std::span earlier(blocks.data(), blocks.size() - 1);
        out.resize(rtp::write_red(out, earlier, blocks.back()));
        return out;
    }

    World& world_;
    Client& client_;
    std::uint32_t number_ = 0;
    std::deque<std::vector<std::uint8_t>> recent_;
};

/// What one client hears of one voice.
class Ear {
 public:
    explicit Ear(Client& client) {
        client.on_packet = [this](const peer::IncomingPacket& incoming) { hear(incoming); };
    }

    /// Between two frame numbers: the part of them that did not come.
    double missing(std::uint32_t from, std::uint32_t to) const {
        return 1 - static_cast<double>(count(from, to)) / (to - from);
    }
    /// The longest run of them that did not come.
    std::uint32_t longest_gap(std::uint32_t from, std::uint32_t to) const {
        std::uint32_t longest = 0;
        std::uint32_t run = 0;
        for (std::uint32_t n = from; n < to; ++n) {
            run = frames_.contains(n) ? 0 : run + 1;
            longest = std::max(longest, run);
        }
        return longest;
    }
    std::uint64_t plain() const { return plain_; }
    std::uint64_t red() const { return red_; }
    const std::set<std::uint16_t>& numbers() const { return numbers_; }
    std::size_t most_blocks() const { return most_blocks_; }

 private:
    std::ptrdiff_t count(std::uint32_t from, std::uint32_t to) const {
        return std::distance(frames_.lower_bound(from), frames_.lower_bound(to));
    }
    void hear(const peer::IncomingPacket& incoming) {
        numbers_.insert(incoming.packet.sequence_number);
        const BytesView payload = incoming.packet.payload;
        if (incoming.stream->codec == media::Codec::kOpus) {
            ++plain_;
            frames_.insert(load_be32(&payload[1]));
        } else if (incoming.stream->codec == media::Codec::kRed) {
            ++red_;
            const auto blocks = rtp::parse_red(payload);
            ASSERT_TRUE(blocks);
            most_blocks_ = std::max(most_blocks_, blocks->size());
            for (const auto& block : *blocks) frames_.insert(load_be32(&block.payload[1]));
        }
    }

    std::set<std::uint32_t> frames_;
    std::set<std::uint16_t> numbers_;
    std::uint64_t plain_ = 0;
    std::uint64_t red_ = 0;
    std::size_t most_blocks_ = 0;
};

}  // namespace parley::testing
