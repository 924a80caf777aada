// Arbitrary packets, reports and requests through a publication and its subscriptions, and out
// through the writer. What is written must parse, and a subscriber's numbers must not repeat.

#include <algorithm>
#include <array>
#include <bitset>
#include <memory>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/unwrap.hpp"
#include "rtp/packet.hpp"
#include "sfu/packet_writer.hpp"
#include "sfu/subscription.hpp"

namespace {

using namespace parley;
using namespace parley::sfu;

constexpr media::Codec kCodecs[] = {media::Codec::kVp8, media::Codec::kVp9, media::Codec::kH264,
                                    media::Codec::kAv1, media::Codec::kOpus};

constexpr std::uint8_t kDescriptorId = 4;

PublicationConfig config_of(std::uint8_t selector) {
    PublicationConfig config;
    config.codec = kCodecs[selector % std::size(kCodecs)];
    config.kind = config.codec == media::Codec::kOpus ? Kind::kAudio : Kind::kVideo;
    config.clock_rate = media::clock_rate(config.codec);
    config.payload_type = 111;
    config.red_payload_type = 63;
    config.extensions.set(1, rtp::ExtensionType::kAudioLevel);
    config.extensions.set(2, rtp::ExtensionType::kVideoOrientation);
    config.extensions.set(3, rtp::ExtensionType::kColorSpace);
    config.extensions.set(kDescriptorId, rtp::ExtensionType::kDependencyDescriptor);
    config.extensions.set(5, rtp::ExtensionType::kVideoLayersAllocation);
    if (config.kind == Kind::kVideo && (selector & 0x80) == 0) config.rids = {"q", "h", "f"};
    return config;
}

class Session {
 public:
    explicit Session(std::uint8_t selector)
        : publication_(config_of(selector), std::make_shared<ParticipantClock>()) {
        format_.payload_type = 100;
        format_.rtx_payload_type = 101;
        if ((selector & 0x40) != 0) format_.red_payload_type = 102;
        rtp::ExtensionMap ids;
        ids.set(1, rtp::ExtensionType::kMid);
        ids.set(2, rtp::ExtensionType::kAbsSendTime);
        ids.set(5, rtp::ExtensionType::kAudioLevel);
        ids.set(6, rtp::ExtensionType::kColorSpace);
        ids.set(7, rtp::ExtensionType::kDependencyDescriptor);
        format_.extensions = {ids, "12"};
        for (auto& inspector : inspectors_) inspector.set_codec(publication_.codec());
        for (auto& subscription : subscriptions_) subscription.start(publication_, now_);
    }

    // One step: an opcode with a parameter, then a length and that many octets for a packet.
    void step(ByteReader& in) {
        const std::uint8_t opcode = in.u8();
        const std::uint8_t value = in.u8();
        now_ += Duration(std::int64_t{value} * value * 20'000);
        auto& subscription = subscriptions_[opcode / 16 % subscriptions_.size()];
        switch (opcode % 12) {
            case 0: subscription.set_wish(static_cast<Wish>(value % 5), publication_, now_); break;
            case 1: restart(subscription, value % 2 == 0); break;
            case 2:
                subscription.on_receiver_report(value);
                subscription.set_redundancy(value);
                break;
            case 3: subscription.on_keyframe_request(publication_); break;
            case 4: publication_.set_muted(value % 2 == 0); break;
            case 5: publication_.on_sender_report(value % 4, {in.u64()}, in.u32(), now_); break;
            case 6: nack(subscription, in.u16()); break;
            case 11: assign(subscription, value); break;
            case 7: (void)subscription.make_sender_report(publication_, wall_, now_); break;
            default: packet(opcode % 4, in.take(in.u8())); break;
        }
        if (publication_.next_timeout() <= now_) publication_.handle_timeout(now_);
        while (publication_.poll_keyframe_request(now_)) {
        }
        (void)subscription.stats(publication_, now_);
    }

 private:
    void restart(Subscription& subscription, bool stop) {
        stop ? subscription.interrupt() : subscription.start(publication_, now_);
    }
    void assign(Subscription& subscription, std::uint8_t value) {
        const auto options = publication_.options(now_);
        std::optional<LayerId> target;
        if (value < options.size()) target = options[value].id;
        subscription.assign(target, Reason::kEstimate, publication_, now_);
    }
    void packet(std::size_t layer, BytesView bytes) {
        const auto view = rtp::parse_packet(bytes);
        if (!view) return;
        if (layer >= inspectors_.size()) return;
        media::FrameInfo frame;
        if (!view->payload.empty()) {
            const auto info = inspectors_[layer].on_packet(*view, view->extension(kDescriptorId));
            if (!info) return;
            frame = *info;
        }
        (void)publication_.on_packet(layer, *view, frame, now_);
        for (; looked_at_ < publication_.ring().next(); ++looked_at_) look(looked_at_);
    }
    // What redundancy brought is in the ring too.
    void look(SlotId slot) {
        const StoredPacket* stored = publication_.ring().find(slot);
        if (stored == nullptr) return;
        for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
            const Decision decision = subscriptions_[i].decide(publication_, *stored, now_);
            if (decision.forward) write(i, {slot, decision});
            while (auto late = subscriptions_[i].next_backlog(publication_, now_)) write(i, *late);
        }
    }
    void write(std::size_t subscriber, const Forward& forward) {
        const StoredPacket* stored = publication_.ring().find(forward.slot);
        PARLEY_ASSERT(stored != nullptr);
        const Copies copies = copies_of(*stored, forward.decision, publication_.ring());
        const std::size_t size =
            write_packet(*stored, forward.decision, format_, {now_, {}}, out_, copies);
        const std::size_t reckoned = packet_size(*stored, forward.decision, format_, {}, copies);
        PARLEY_ASSERT(size == 0 || size == reckoned);
        PARLEY_ASSERT(size == 0 || rtp::parse_packet(BytesView(out_).first(size)));
        const std::int64_t number = numbers_[subscriber].unwrap(forward.decision.sequence_number);
        auto& used = used_[subscriber];
        auto& highest = highest_[subscriber];
        if (highest == 0) highest = number - 1;
        for (; highest < number; ++highest)
            used.reset(static_cast<std::size_t>(highest + 1) % kUsed);
        PARLEY_ASSERT(!used.test(static_cast<std::size_t>(number) % kUsed));
        used.set(static_cast<std::size_t>(number) % kUsed);
    }
    void nack(Subscription& subscription, std::uint16_t number) {
        const auto again = subscription.on_nack(number, publication_, now_, 10ms);
        if (!again) return;
        const StoredPacket* stored = publication_.ring().find(again->slot);
        PARLEY_ASSERT(stored != nullptr);
        const std::size_t size = write_rtx(*stored, *again, format_, {now_, {}}, out_);
        PARLEY_ASSERT(size == 0 || rtp::parse_packet(BytesView(out_).first(size)));
    }

    static constexpr std::size_t kUsed = 32'768;
    Random random_{1};
    Instant now_ = Instant{} + 1s;
    WallAnchor wall_{Instant{}, WallTime{1'700'000'000'000'000}};
    Publication publication_;
    std::array<media::FrameInspector, kMaxLayers> inspectors_;
    std::array<Subscription, 2> subscriptions_{
        Subscription{{.retransmit = true, .wish = Wish::kAuto}, random_},
        Subscription{{.retransmit = false, .wish = Wish::kLow}, random_}};
    OutboundFormat format_;
    SlotId looked_at_ = 0;
    std::array<std::uint8_t, 1500> out_{};
    std::array<Unwrapper<std::uint16_t>, 2> numbers_;
    std::array<std::bitset<kUsed>, 2> used_;
    std::array<std::int64_t, 2> highest_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Session session(data[0]);
    ByteReader in(BytesView(data, size).subspan(1));
    while (in.ok() && in.remaining() > 0) session.step(in);
    return 0;
}
