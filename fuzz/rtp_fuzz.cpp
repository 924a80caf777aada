// RTP packets, RTX, and the controllers that count arrivals: what a peer's media thread runs on
// octets that SRTP let through.

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.hpp"
#include "rtp/nack_tracker.hpp"
#include "rtp/packet.hpp"
#include "rtp/receive_statistics.hpp"
#include "rtp/rtx.hpp"
#include "rtp/transport_feedback_recorder.hpp"

namespace {

using namespace parley;
using namespace parley::rtp;

void walk(BytesView input) {
    const auto packet = parse_packet(input);
    const auto header = header_size(input);
    if (!packet) return;
    PARLEY_ASSERT(header && *header == packet->header_size());
    auto reader = packet->extension_reader();
    std::size_t elements = 0;
    while (const auto element = reader.next()) {
        PARLEY_ASSERT(element->id != 0);
        PARLEY_ASSERT(++elements <= packet->extensions.size());
    }
    std::vector<std::uint8_t> wrapped(input.size() + kRtxHeaderSize);
    const std::size_t size = write_rtx(wrapped, *packet, 97, Ssrc(9), 1);
    PARLEY_ASSERT(size > 0);
    const auto original =
        unwrap_rtx(BytesSpan(wrapped).first(size), packet->payload_type, packet->ssrc);
    PARLEY_ASSERT(original.has_value());
    const auto again = parse_packet(*original);
    PARLEY_ASSERT(again && again->sequence_number == packet->sequence_number);
    PARLEY_ASSERT(std::ranges::equal(again->payload, packet->payload));
    std::vector<std::uint8_t> copy(input.begin(), input.end());
    (void)unwrap_rtx(copy, 96, Ssrc(1));
}

// Reads the input as arrivals: sequence number, milliseconds since the last, flags.
void arrive(BytesView input) {
    ReceiveStatistics statistics(90'000);
    NackTracker nacks;
    TransportFeedbackRecorder recorder;
    std::array<std::uint8_t, 128> out{};
    std::array<std::uint16_t, 64> missing{};
    Instant now(1s);
    for (std::size_t at = 0; at + 4 <= input.size(); at += 4) {
        const std::uint16_t sequence = load_be16(&input[at]);
        now += input[at + 2] * 1ms;
        PacketView packet;
        packet.sequence_number = sequence;
        packet.timestamp = input[at + 3] * 0x0100'0000U;
        statistics.on_packet(packet, now);
        nacks.on_packet(sequence, (input[at + 3] & 1) != 0, now);
        recorder.on_packet(sequence, now);
        PARLEY_ASSERT(nacks.missing() <= kMaxMissing);
        if (nacks.next_timeout() <= now) (void)nacks.poll(now, missing);
        for (int i = 0; i < 4 && recorder.poll(now, Ssrc(1), Ssrc(2), out) > 0; ++i) {
        }
    }
    (void)statistics.make_report_block(Ssrc(1), now);
    (void)statistics.bitrate(now);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk({data, size});
    arrive({data, size});
    return 0;
}
