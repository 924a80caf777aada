// RTCP compounds: every message is read to its last octet.

#include <array>
#include <vector>

#include "base/assert.hpp"
#include "rtp/congestion_feedback_recorder.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/sender_statistics.hpp"

namespace {

using namespace parley;
using namespace parley::rtp;

struct Touch {
    std::uint64_t sum = 0;

    void blocks(const ReportBlocks& blocks) {
        PARLEY_ASSERT(blocks.size() <= 31);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            sum += blocks[i].jitter;
            if (const auto rtt = round_trip_time(blocks[i], {sum})) {
                PARLEY_ASSERT(*rtt >= Duration::zero() && *rtt <= 30s);
            }
        }
    }
    void operator()(const UnreadRtcp&) {}
    void operator()(const SenderReport& report) { blocks(report.blocks); }
    void operator()(const ReceiverReport& report) { blocks(report.blocks); }
    void operator()(const SourceDescription& description) {
        auto reader = description.read();
        std::size_t chunks = 0;
        while (const auto chunk = reader.next()) {
            ++chunks;
            for (const char c : chunk->cname) sum += static_cast<unsigned char>(c);
        }
        PARLEY_ASSERT(chunks == description.count);
    }
    void operator()(const Bye& bye) {
        for (std::size_t i = 0; i < bye.size(); ++i) sum += bye[i].value;
        for (const char c : bye.reason) sum += static_cast<unsigned char>(c);
    }
    void operator()(const Nack& nack) {
        nack.for_each([&](std::uint16_t sequence) { sum += sequence; });
    }
    void operator()(const PictureLossIndication& pli) { sum += pli.media.value; }
    void operator()(const FullIntraRequest& fir) {
        for (std::size_t i = 0; i < fir.size(); ++i) sum += fir[i].command_sequence;
    }
    void operator()(const Remb& remb) {
        PARLEY_ASSERT(remb.bitrate.bps >= 0);
        for (std::size_t i = 0; i < remb.size(); ++i) sum += remb[i].value;
    }
    void operator()(const TransportFeedback& feedback) {
        auto reader = feedback.read();
        std::vector<TransportArrival> arrivals;
        std::int64_t sequence = feedback.base_sequence;
        while (const auto status = reader.next()) {
            if (status->received) arrivals.push_back({sequence, Instant(status->arrival)});
            ++sequence;
        }
        PARLEY_ASSERT(sequence - feedback.base_sequence == feedback.status_count);
        std::array<std::uint8_t, 512> out{};
        (void)write_transport_feedback(out, Ssrc(1), Ssrc(2), feedback.base_sequence, 0, arrivals);
    }
    void operator()(const CongestionFeedback& feedback) {
        CongestionFeedbackRecorder recorder;
        const Instant now = Instant{} + 100s;
        auto reader = feedback.read();
        while (const auto status = reader.next()) {
            if (!status->received || !status->age) continue;
            PARLEY_ASSERT(*status->age >= Duration::zero() && *status->age < 8s);
            recorder.on_packet(status->media, status->sequence_number, status->ecn,
                               now - *status->age);
        }
        std::array<std::uint8_t, 512> out{};
        for (int i = 0; i < 100 && recorder.next_timeout() <= now + 1s; ++i) {
            const std::size_t size = recorder.poll(now + 1s, Ssrc(1), out);
            if (size == 0) break;
            PARLEY_ASSERT(parse_congestion_feedback(BytesView(out).subspan(4, size - 4)));
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Touch touch;
    for_each_rtcp({data, size}, [&](const RtcpMessage& message) { std::visit(touch, message); });
    return 0;
}
