// AV1 in RTP (AV1 RTP payload format 1.0 §4).

#include <algorithm>
#include <iterator>

#include "load/layer_descriptor.hpp"
#include "load/packetizers.hpp"

namespace parley::load {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t kSequenceHeader = 1;
constexpr std::uint8_t kTemporalDelimiter = 2;

std::size_t leb128_size(std::size_t value) {
    return value < 0x80 ? 1 : 2;  // no element is larger than a payload
}

void append_leb128(std::size_t value, Bytes& out) {
    if (value >= 0x80) {
        out.push_back(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<std::uint8_t>(value));
}

struct Obu {
    std::uint8_t type = 0;
    Bytes bytes;  // without a size of its own, as RTP wants it
};

/// The OBUs of a temporal unit but its delimiter (§5 wants that left out).
std::vector<Obu> obus_of(BytesView unit) {
    std::vector<Obu> obus;
    ByteReader reader(unit);
    while (reader.remaining() > 0) {
        const std::uint8_t header = reader.u8();
        Obu obu;
        obu.type = header >> 3 & 0x0F;
        obu.bytes.push_back(header & static_cast<std::uint8_t>(~0x02));
        if ((header & 0x04) != 0) obu.bytes.push_back(reader.u8());
        std::size_t size = reader.remaining();
        if ((header & 0x02) != 0) {
            size = 0;
            for (unsigned shift = 0; shift < 56; shift += 7) {
                const std::uint8_t octet = reader.u8();
                size |= std::size_t{octet & 0x7FU} << shift;
                if ((octet & 0x80) == 0) break;
            }
        }
        const BytesView body = reader.take(size);
        if (!reader.ok()) break;
        obu.bytes.insert(obu.bytes.end(), body.begin(), body.end());
        if (obu.type != kTemporalDelimiter) obus.push_back(std::move(obu));
    }
    return obus;
}

/// One payload in the making: up to three elements, all but the last behind their sizes.
class Payload {
 public:
    bool empty() const { return elements_.empty(); }
    bool full() const { return elements_.size() == 3; }
    /// How much of an element still fits into `limit` octets.
    std::size_t room(std::size_t limit) const {
        const std::size_t used = size();
        if (full()) return 0;
        const std::size_t lengths = empty() ? 0 : leb128_size(elements_.back().size());
        return limit - std::min(limit, used + lengths);
    }
    std::size_t size() const {
        std::size_t size = 1;
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            const std::size_t element = elements_[i].size();
            size += element + (i + 1 < elements_.size() ? leb128_size(element) : 0);
        }
        return size;
    }
    void add(BytesView element, bool continues) {
        if (empty()) continues_ = continues;
        elements_.emplace_back(element.begin(), element.end());
    }
    /// |Z|Y| W |N|: `cut`: the last element goes on in the next packet.
    LoopPacket finish(bool cut, bool new_sequence) const {
        Bytes out{static_cast<std::uint8_t>((continues_ ? 0x80 : 0) | (cut ? 0x40 : 0) |
                                            elements_.size() << 4 | (new_sequence ? 0x08 : 0))};
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            if (i + 1 < elements_.size()) append_leb128(elements_[i].size(), out);
            out.insert(out.end(), elements_[i].begin(), elements_[i].end());
        }
        return {std::move(out)};
    }

 private:
    std::vector<Bytes> elements_;
    bool continues_ = false;
};

/// One layer's frame.
std::vector<LoopPacket> packetize_unit(BytesView unit, std::size_t wanted) {
    auto obus = obus_of(unit);
    if (obus.empty()) return {};
    // What stands before the frame takes its size as well, each packet an aggregation header.
    std::size_t content = 0;
    for (const auto& obu : obus) content += obu.bytes.size();
    for (std::size_t i = 0; i + 1 < obus.size(); ++i) content += leb128_size(obus[i].bytes.size());
    const std::size_t count = packets_for(std::max(wanted, content + packets_for(content)));
    const std::size_t total = std::max(wanted, content + count);
    obus.back().bytes.resize(obus.back().bytes.size() + total - content - count);
    const auto limit_of = [&](std::size_t i) {
        return part_start(total, count, i + 1) - part_start(total, count, i);
    };
    std::vector<LoopPacket> packets;
    Payload payload;
    const auto finish = [&](bool cut) {
        const bool first = packets.empty() && obus[0].type == kSequenceHeader;
        packets.push_back(payload.finish(cut, first));
        payload = Payload();
    };
    for (const auto& obu : obus) {
        BytesView left = obu.bytes;
        while (!left.empty()) {
            const std::size_t limit =
                packets.size() < count ? limit_of(packets.size()) : kMaxPayload;
            const std::size_t room = payload.room(limit);
            if (room == 0) {
                finish(false);
                continue;
            }
            const auto piece = left.first(std::min(room, left.size()));
            payload.add(piece, left.size() < obu.bytes.size());
            left = left.subspan(piece.size());
            if (!left.empty()) finish(true);
        }
    }
    finish(false);
    return packets;
}

}  // namespace

std::vector<LoopPacket> packetize_av1(const EncodedPicture& picture, std::size_t wanted) {
    const std::size_t layers = picture.layers.size();
    const auto shares = layer_shares(layers);
    std::vector<LoopPacket> packets;
    for (unsigned layer = 0; layer < layers; ++layer) {
        const auto part = static_cast<std::size_t>(static_cast<double>(wanted) * shares[layer]);
        auto own = packetize_unit(picture.layers[layer], part);
        for (std::size_t i = 0; i < own.size(); ++i) {
            own[i].spatial_id = static_cast<std::uint8_t>(layer);
            if (layers == 1) continue;
            own[i].descriptor =
                describe_layer({layer, picture.keyframe, i == 0, i + 1 == own.size(), picture.width,
                                picture.height});
        }
        std::ranges::move(own, std::back_inserter(packets));
    }
    packets.back().marker = true;
    return packets;
}

}  // namespace parley::load
