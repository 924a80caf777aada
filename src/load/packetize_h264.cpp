// H.264 in RTP (RFC 6184), non-interleaved mode.

#include "load/packetizers.hpp"

namespace parley::load {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t kSps = 7;
constexpr std::uint8_t kPps = 8;
constexpr std::uint8_t kFiller = 12;
constexpr std::uint8_t kStapA = 24;
constexpr std::uint8_t kFuA = 28;

/// The units between start codes (H.264 Annex B).
std::vector<BytesView> units_of(BytesView stream) {
    std::vector<BytesView> units;
    std::size_t start = stream.size();
    for (std::size_t at = 0; at + 3 <= stream.size(); ++at) {
        if (stream[at] != 0 || stream[at + 1] != 0 || stream[at + 2] != 1) continue;
        if (start < at) {
            const bool long_code = stream[at - 1] == 0;
            units.push_back(stream.subspan(start, at - start - (long_code ? 1 : 0)));
        }
        start = at + 3;
        at += 2;
    }
    if (start < stream.size()) units.push_back(stream.subspan(start));
    return units;
}

std::uint8_t type_of(BytesView unit) {
    return unit[0] & 0x1F;
}

/// §5.7.1: the parameter sets together, as browsers send them.
Bytes aggregate(const std::vector<BytesView>& units) {
    Bytes payload{static_cast<std::uint8_t>((units[0][0] & 0x60) | kStapA)};
    for (const auto unit : units) {
        payload.push_back(static_cast<std::uint8_t>(unit.size() >> 8));
        payload.push_back(static_cast<std::uint8_t>(unit.size()));
        payload.insert(payload.end(), unit.begin(), unit.end());
    }
    return payload;
}

/// §5.8, or the unit alone where it fits.
void add_unit(BytesView unit, std::vector<Bytes>& payloads) {
    if (unit.size() <= kMaxPayload) {
        payloads.emplace_back(unit.begin(), unit.end());
        return;
    }
    const BytesView body = unit.subspan(1);
    const std::size_t count = (body.size() + kMaxPayload - 3) / (kMaxPayload - 2);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t from = part_start(body.size(), count, i);
        const std::size_t to = part_start(body.size(), count, i + 1);
        const auto flags = static_cast<std::uint8_t>((i == 0 ? 0x80 : 0) |
                                                     (i + 1 == count ? 0x40 : 0) | type_of(unit));
        Bytes payload{static_cast<std::uint8_t>((unit[0] & 0x60) | kFuA), flags};
        const auto part = body.subspan(from, to - from);
        payload.insert(payload.end(), part.begin(), part.end());
        payloads.push_back(std::move(payload));
    }
}

/// H.264 §7.3.2.7: octets of ones, then the stop bit.
void add_fillers(std::size_t octets, std::vector<Bytes>& payloads) {
    constexpr std::size_t kSmallest = 2;
    if (octets < kSmallest) return;
    const std::size_t count = packets_for(octets);
    for (std::size_t i = 0; i < count; ++i) {
        Bytes payload(part_start(octets, count, i + 1) - part_start(octets, count, i), 0xFF);
        payload.front() = kFiller;
        payload.back() = 0x80;
        payloads.push_back(std::move(payload));
    }
}

}  // namespace

std::vector<LoopPacket> packetize_h264(BytesView frame, std::size_t wanted) {
    std::vector<Bytes> payloads;
    std::vector<BytesView> parameters;
    for (const auto unit : units_of(frame)) {
        if (type_of(unit) == kSps || type_of(unit) == kPps) {
            parameters.push_back(unit);
            continue;
        }
        if (!parameters.empty()) payloads.push_back(aggregate(parameters));
        parameters.clear();
        add_unit(unit, payloads);
    }
    std::size_t used = 0;
    for (const auto& payload : payloads) used += payload.size();
    if (used < wanted) add_fillers(wanted - used, payloads);
    std::vector<LoopPacket> packets;
    for (auto& payload : payloads) packets.push_back({std::move(payload)});
    packets.back().marker = true;
    return packets;
}

}  // namespace parley::load
