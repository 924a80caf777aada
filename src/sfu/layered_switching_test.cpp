// Thousands of random targets over a bad network, for all ways to layer video, judged by what a
// decoder needs: whole frames, none whose references were withheld, and numbers that go on.

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/unwrap.hpp"
#include "media/vp8.hpp"
#include "media/vp9.hpp"
#include "rtp/dependency_descriptor.hpp"
#include "sfu/bad_wire_testing.hpp"
#include "sfu/layered_media.hpp"
#include "sfu/packet_writer.hpp"
#include "sfu/subscription.hpp"

namespace parley::sfu {
namespace {

using test::SourceFormat;
using test::SourceFrame;
using Words = SourceFormat::Words;

struct Case {
    const char* name;
    SourceFormat format;
    std::size_t streams;
    media::Codec codec;
};

// One packet on its way.
struct Origin {
    const SourceFrame* frame = nullptr;  // nullptr for padding
    std::size_t stream = 0;
    std::int64_t index = 0;  // in the stream's sending order
    std::size_t piece = 0;
    bool delivered = false;
    bool overtaken = false;             // a later one was delivered first
    const Origin* structure = nullptr;  // the packet whose structure its descriptor needs
    bool unread = false;                // which came later, or never
    test::Bytes bytes;
};

struct Received {
    const Origin* origin = nullptr;
    bool empty = false;
    bool marker = false;
    std::uint32_t timestamp = 0;
    test::Bytes payload;
    test::Bytes descriptor;
};

class World {
 public:
    World(const Case& what, std::uint64_t seed, const test::WireConduct& conduct)
        : what_(what),
          random_(seed),
          wire_(conduct, random_),
          publication_(config(what), std::make_shared<ParticipantClock>()),
          arrivals_(what.codec, publication_config_.extensions),
          subscription_({.retransmit = true}, random_) {
        format_.ssrc = Ssrc(4242);
        format_.payload_type = 98;
        rtp::ExtensionMap ids;
        ids.set(7, rtp::ExtensionType::kDependencyDescriptor);
        format_.extensions = {ids, {}};
        for (std::size_t i = 0; i < what.streams; ++i) {
            sources_.emplace_back(i, what.format, random_);
            wanted_.push_back(true);
            answer_at_.push_back(now_);
            origins_.emplace_back();
            highest_.push_back(-1);
            structure_.push_back(nullptr);
        }
        subscription_.start(publication_, now_);
    }

    void run(int pictures, double change_rate) {
        for (int i = 0; i < pictures; ++i) {
            for (std::size_t stream = 0; stream < what_.streams; ++stream) send(stream);
            if (random_.uniform() < change_rate) change_target();
            deliver_until(now_ + Duration(33'333'333));
        }
    }
    void finish() { deliver_until(now_ + 1s); }
    void assign(std::optional<LayerId> target) {
        subscription_.assign(target, Reason::kEstimate, publication_, now_);
        if (!target && !received_.empty()) pauses_.insert(received_.rbegin()->first);
        take_backlog();
    }
    LayerOptions options() const { return publication_.options(now_); }
    std::optional<LayerId> sent() const { return subscription_.layer(publication_); }
    SubscriptionStats stats() const { return subscription_.stats(publication_, now_); }
    int requests() const { return requests_; }
    std::size_t received() const { return received_.size(); }
    std::size_t lost() const { return lost_; }
    /// Received since the last call: highest layers seen.
    std::pair<int, int> take_layers() { return std::exchange(layers_seen_, {-1, -1}); }

    void judge();

 private:
    PublicationConfig config(const Case& what) {
        PublicationConfig config;
        config.kind = Kind::kVideo;
        config.codec = what.codec;
        config.clock_rate = 90'000;
        static const char* const kRids[] = {"q", "h", "f"};
        for (std::size_t i = 0; what.streams > 1 && i < what.streams; ++i) {
            config.rids.emplace_back(kRids[i]);
        }
        config.extensions.set(test::kDescriptorId, rtp::ExtensionType::kDependencyDescriptor);
        publication_config_ = config;
        return config;
    }

    void change_target() {
        const auto all = options();
        const std::size_t choice = random_.below(all.size() + 1);
        if (choice == all.size()) {
            if (random_.uniform() < 0.3) assign({});
        } else if (all[choice].live) {
            assign(all[choice].id);
        }
    }

    void send(std::size_t stream) {
        serial_ = stream == 0 ? 0 : serial_;
        const bool key = wanted_[stream] && now_ >= answer_at_[stream];
        if (key) wanted_[stream] = false;
        for (const SourceFrame* frame : sources_[stream].next(key)) {
            for (std::size_t i = 0; i < frame->packets.size(); ++i) {
                schedule(stream, frame, i, frame->packets[i]);
            }
        }
        if (random_.uniform() < 0.1) schedule(stream, nullptr, 0, sources_[stream].padding());
    }

    void schedule(std::size_t stream, const SourceFrame* frame, std::size_t piece,
                  test::Bytes bytes) {
        auto& origin = *origins_[stream].emplace_back(std::make_unique<Origin>());
        origin.frame = frame;
        origin.stream = stream;
        origin.index = static_cast<std::int64_t>(origins_[stream].size()) - 1;
        origin.piece = piece;
        if (frame != nullptr && frame->keyframe && frame->spatial == 0 && piece == 0) {
            structure_[stream] = &origin;
        }
        origin.structure = structure_[stream];
        origin.bytes = std::move(bytes);
        if (!wire_.send(origin, now_ + 10ms + serial_++ * 1us)) ++lost_;
    }

    void deliver_until(Instant end) {
        while (const auto arrival = wire_.next(end)) {
            now_ = arrival->at;
            deliver(*arrival->packet);
            while (const auto stream = publication_.poll_keyframe_request(now_)) {
                wanted_[*stream] = true;
                answer_at_[*stream] = now_ + 20ms;
                ++requests_;
            }
            if (publication_.next_timeout() <= now_) publication_.handle_timeout(now_);
        }
        now_ = end;
    }

    void deliver(Origin& origin) {
        const auto stored =
            arrivals_.on_packet(publication_, origin.stream, test::view(origin.bytes), now_);
        if (!stored) {
            ASSERT_TRUE(origin.delivered) << trace::name(stored.error());
            return;
        }
        ASSERT_FALSE(origin.delivered);
        origin.delivered = true;
        origin.unread = what_.format.described && !origin.structure->delivered;
        auto& highest = highest_[origin.stream];
        origin.overtaken = origin.index < highest;
        highest = std::max(highest, origin.index);
        by_slot_[(*stored)->id] = &origin;
        const Decision decision = subscription_.decide(publication_, **stored, now_);
        if (decision.forward) receive((*stored)->id, decision);
        take_backlog();
    }
    void take_backlog() {
        while (const auto forward = subscription_.next_backlog(publication_, now_)) {
            receive(forward->slot, forward->decision);
        }
    }

    void receive(SlotId slot, const Decision& decision) {
        const StoredPacket* stored = publication_.ring().find(slot);
        ASSERT_NE(stored, nullptr);
        std::array<std::uint8_t, 1500> out{};
        const std::size_t size = write_packet(*stored, decision, format_, {now_, {}}, out);
        ASSERT_EQ(size, packet_size(*stored, decision, format_, {now_, {}}));
        const auto packet = rtp::parse_packet(BytesView(out).first(size)).value();
        Received received{by_slot_.at(slot),
                          packet.payload.empty(),
                          packet.marker,
                          packet.timestamp,
                          {packet.payload.begin(), packet.payload.end()},
                          {}};
        const auto descriptor = packet.extension(7);
        received.descriptor.assign(descriptor.begin(), descriptor.end());
        if (const SourceFrame* frame = received.origin->frame; frame && !received.empty) {
            layers_seen_.first = std::max(layers_seen_.first, frame->spatial);
            layers_seen_.second = std::max(layers_seen_.second, frame->temporal);
        }
        const std::int64_t number = unwrap_.unwrap(packet.sequence_number);
        ASSERT_TRUE(received_.emplace(number, std::move(received)).second) << "sent twice";
    }

    // ---- the judge
    bool delivered_all(const SourceFrame& frame) const;
    bool delivered_any(const SourceFrame& frame) const;
    bool disturbed(std::size_t stream, std::int64_t first, std::int64_t end) const;
    void judge_numbers();
    void judge_frames();
    void judge_vp8();
    void judge_vp9();
    void judge_descriptors();

    Case what_;
    Random random_;
    test::BadWire<Origin> wire_;
    PublicationConfig publication_config_;
    Publication publication_;
    test::Arrivals arrivals_;
    Subscription subscription_;
    OutboundFormat format_;
    std::deque<test::LayeredSource> sources_;
    std::vector<bool> wanted_;
    std::vector<Instant> answer_at_;
    std::vector<std::vector<std::unique_ptr<Origin>>> origins_;
    std::vector<std::int64_t> highest_;
    std::vector<const Origin*> structure_;
    std::map<SlotId, const Origin*> by_slot_;
    std::map<std::int64_t, Received> received_;
    std::set<std::int64_t> pauses_;  // numbers after which nothing was wanted
    Unwrapper<std::uint16_t> unwrap_;
    Instant now_ = test::at_ms(500);
    std::pair<int, int> layers_seen_{-1, -1};
    std::int64_t serial_ = 0;
    std::size_t lost_ = 0;
    int requests_ = 0;
};

bool World::disturbed(std::size_t stream, std::int64_t first, std::int64_t end) const {
    for (std::int64_t i = first; i < end; ++i) {
        const Origin& origin = *origins_[stream][static_cast<std::size_t>(i)];
        if (!origin.delivered || origin.overtaken) return true;
    }
    return false;
}

// No number twice, order kept, and no gap that a lost packet does not explain.
void World::judge_numbers() {
    const Received* before = nullptr;
    std::int64_t number = 0;
    for (const auto& [next, received] : received_) {
        if (before != nullptr && before->origin->stream == received.origin->stream) {
            const std::int64_t a = before->origin->index;
            const std::int64_t b = received.origin->index;
            ASSERT_LT(a, b) << "out of order at " << next;
            std::int64_t lost = 0;
            for (std::int64_t i = a + 1; i < b; ++i) {
                const auto& origin = *origins_[before->origin->stream][static_cast<std::size_t>(i)];
                if (!origin.delivered) ++lost;
            }
            ASSERT_LE(next - number - 1, lost) << "an unexplained gap before " << next;
        } else if (before != nullptr) {
            ASSERT_EQ(next, number + 1) << "a gap at a switch";
            ASSERT_TRUE(received.origin->frame && received.origin->frame->keyframe);
        }
        before = &received;
        number = next;
    }
}

void World::judge_frames() {
    // What was sent of each frame, by its last number.
    std::map<const SourceFrame*, std::set<std::size_t>> sent;
    std::map<const SourceFrame*, std::int64_t> last_number;
    for (const auto& [number, received] : received_) {
        if (received.empty || received.origin->frame == nullptr) continue;
        sent[received.origin->frame].insert(received.origin->piece);
        last_number[received.origin->frame] = number;
    }
    std::map<const SourceFrame*, std::set<std::size_t>> delivered;
    // Before its structure a descriptor says nothing, and such a packet goes to all.
    std::set<const SourceFrame*> unread;
    for (const auto& stream : origins_) {
        for (const auto& origin : stream) {
            if (!origin->frame || !origin->delivered) continue;
            delivered[origin->frame].insert(origin->piece);
            if (origin->unread) unread.insert(origin->frame);
        }
    }
    std::set<const SourceFrame*> torn;
    for (const auto& [frame, pieces] : sent) {
        // The last frame before a switch or a pause may have pieces that came too late.
        if (pieces != delivered[frame]) {
            const auto next = received_.upper_bound(last_number[frame]);
            const bool is_last = next == received_.end() ||
                                 next->second.origin->stream != frame->stream ||
                                 pauses_.contains(last_number[frame]);
            ASSERT_TRUE(is_last || unread.contains(frame))
                << "a torn frame: picture " << frame->picture << " spatial " << frame->spatial
                << " temporal " << frame->temporal << (frame->keyframe ? " key" : "") << " sent "
                << pieces.size() << " of " << delivered[frame].size();
            torn.insert(frame);
        }
        if (unread.contains(frame)) continue;
        for (const SourceFrame* need : frame->needs) {
            const bool withheld = !sent.contains(need) && !delivered[need].empty();
            ASSERT_FALSE(withheld)
                << "picture " << frame->picture << " spatial " << frame->spatial << " temporal "
                << frame->temporal << " needs picture " << need->picture << " spatial "
                << need->spatial << " temporal " << need->temporal << ", which was withheld";
        }
    }
    ASSERT_GT(sent.size(), 10U);
    for (const auto& [frame, pieces] : sent) {
        if (unread.contains(frame)) continue;
        for (const SourceFrame* need : frame->needs) {
            ASSERT_FALSE(torn.contains(need)) << "a torn frame is needed: picture " << need->picture
                                              << " spatial " << need->spatial;
        }
    }
}

void World::judge_vp8() {
    const Received* before = nullptr;
    media::Vp8Descriptor last;
    for (const auto& [number, received] : received_) {
        if (received.empty || received.origin->frame == nullptr) continue;
        const auto vp8 = media::parse_vp8(received.payload).value();
        const SourceFrame& frame = *received.origin->frame;
        ASSERT_EQ(vp8.temporal_id, frame.temporal);
        if (before != nullptr) {
            const SourceFrame& previous = *before->origin->frame;
            const auto step = (vp8.picture_id - last.picture_id) & 0x7FFF;
            const auto tl0_step =
                static_cast<std::uint8_t>(vp8.tl0_picture_index - last.tl0_picture_index);
            if (previous.stream != frame.stream) {
                ASSERT_EQ(step, 1) << number;
                ASSERT_EQ(tl0_step, 1);
            } else if (&previous == &frame) {
                ASSERT_EQ(step, 0);
                ASSERT_EQ(tl0_step, 0);
            } else {
                ASSERT_GE(step, 1) << number;
                ASSERT_LE(step, frame.picture - previous.picture);
                const bool calm =
                    !disturbed(frame.stream, before->origin->index, received.origin->index + 1);
                if (calm) {
                    ASSERT_EQ(step, 1) << "a picture id is missing before " << number;
                }
                // The base is never left out, but for a pause.
                const auto true_step =
                    static_cast<std::uint8_t>(frame.tl0_index - previous.tl0_index);
                const bool begun = frame.keyframe;
                if (!begun) {
                    ASSERT_EQ(tl0_step, true_step) << number;
                }
            }
        }
        before = &received;
        last = vp8;
    }
}

void World::judge_vp9() {
    const bool flexible = what_.format.words == Words::kVp9Flexible;
    const Received* before = nullptr;
    std::int64_t before_number = 0;
    media::Vp9Descriptor last;
    for (const auto& [number, received] : received_) {
        if (received.empty || received.origin->frame == nullptr) continue;
        const auto vp9 = media::parse_vp9(received.payload).value();
        const SourceFrame& frame = *received.origin->frame;
        ASSERT_EQ(vp9.spatial_id, frame.spatial);
        ASSERT_EQ(vp9.flexible, flexible);
        ASSERT_EQ(vp9.has_structure,
                  frame.keyframe && frame.spatial == 0 && received.origin->piece == 0);
        if (before != nullptr) {
            const SourceFrame& previous = *before->origin->frame;
            const auto step = (vp9.picture_id - last.picture_id) & 0x7FFF;
            const bool goes_on = previous.stream == frame.stream && !frame.keyframe;
            if (previous.stream != frame.stream) {
                ASSERT_EQ(step, 1) << number;
            } else if (goes_on || previous.picture == frame.picture) {
                ASSERT_EQ(step, frame.picture - previous.picture) << number;
            } else {
                ASSERT_GE(step, 1);
                ASSERT_LE(step, frame.picture - previous.picture) << number;
            }
            // The marker is on the last packet of a picture and on no other.
            const bool calm =
                number == before_number + 1 &&
                !disturbed(frame.stream, before->origin->index, received.origin->index + 1);
            const bool picture_ends =
                previous.stream != frame.stream || previous.picture != frame.picture;
            if (!picture_ends) {
                ASSERT_FALSE(before->marker) << "a marker inside a picture at " << number;
            } else if (calm && goes_on) {
                ASSERT_TRUE(before->marker) << "no marker at the end of a picture at " << number;
            }
        }
        before = &received;
        before_number = number;
        last = vp9;
    }
}

// A receiver of its own: the descriptors must read, refer to frames by the numbers that those were
// sent with, and speak of decode targets that are sent.
void World::judge_descriptors() {
    rtp::DependencyDescriptorReader reader;
    std::map<const SourceFrame*, std::int64_t> numbers;
    Unwrapper<std::uint16_t> frames;
    std::optional<std::uint32_t> active;
    std::set<std::int64_t> used;
    const SourceFrame* before = nullptr;
    bool structure_was_late = false;
    int offset = 0;
    for (const auto& [number, received] : received_) {
        if (received.empty || received.origin->frame == nullptr) {
            ASSERT_TRUE(received.descriptor.empty());
            continue;
        }
        const SourceFrame& frame = *received.origin->frame;
        const auto read = reader.read(received.descriptor);
        if (!read) {
            // Its structure was lost on the way, or is of a key frame that was.
            ASSERT_TRUE(read.error() == rtp::DependencyDescriptorError::kNoStructure ||
                        read.error() == rtp::DependencyDescriptorError::kUnknownTemplate)
                << number;
            ASSERT_GT(lost_, 0U);
            continue;
        }
        const std::int64_t frame_number = frames.unwrap(read->frame_number);
        const auto [known, is_new] = numbers.emplace(&frame, frame_number);
        ASSERT_EQ(known->second, frame_number);
        if (is_new) {
            ASSERT_TRUE(used.insert(frame_number).second)
                << "two frames of one number at " << number;
        }
        const bool joins = before != nullptr && before->stream != frame.stream;
        if (read->structure_attached && joins && !structure_was_late) {
            // Who loses the key frame must not read the next ones by the structure before.
            const std::size_t count = reader.structure()->templates.size();
            const int gap = (reader.structure()->template_id_offset - offset) & 0x3F;
            ASSERT_GE(gap, static_cast<int>(count)) << "templates of two streams overlap";
        }
        if (read->structure_attached) structure_was_late = received.origin->overtaken;
        before = &frame;
        offset = reader.structure()->template_id_offset;
        ASSERT_EQ(read->frame.spatial_id, frame.spatial);
        ASSERT_EQ(read->frame.temporal_id, frame.temporal);
        ASSERT_EQ(read->frame.frame_diffs.size(), frame.needs.size());
        for (std::size_t i = 0; i < frame.needs.size(); ++i) {
            const auto need = numbers.find(frame.needs[i]);
            if (need == numbers.end()) continue;  // lost; judge_frames() sees that
            ASSERT_EQ(frame_number - read->frame.frame_diffs[i], need->second) << number;
        }
        if (read->active_decode_targets) active = read->active_decode_targets;
        if (!active || *active == 0) continue;
        // A frame that is sent belongs to a target that is announced, unless it is on its way out.
        bool member = false;
        for (std::size_t i = 0; i < reader.structure()->decode_target_count; ++i) {
            const bool present =
                read->frame.indications[i] != rtp::DecodeTargetIndication::kNotPresent;
            member = member || (((*active >> i) & 1) != 0 && present);
        }
        if (!received.origin->overtaken && lost_ == 0) {
            ASSERT_TRUE(member) << "at " << number << " active " << *active;
        }
    }
}

void World::judge() {
    judge_numbers();
    if (testing::Test::HasFatalFailure()) return;
    judge_frames();
    if (testing::Test::HasFatalFailure()) return;
    if (what_.format.words == Words::kVp8) judge_vp8();
    if (what_.format.words == Words::kVp9 || what_.format.words == Words::kVp9Flexible) {
        judge_vp9();
    }
    if (testing::Test::HasFatalFailure()) return;
    if (what_.format.described) judge_descriptors();
}

const Case kCases[] = {
    {"VP8, 3 streams of 3 temporal layers", {Words::kVp8, 1, 3}, 3, media::Codec::kVp8},
    {"VP8 with a descriptor, 2 x 2",
     {Words::kVp8, 1, 2, false, false, true},
     2,
     media::Codec::kVp8},
    {"VP9 L3T3", {Words::kVp9, 3, 3}, 1, media::Codec::kVp9},
    {"VP9 L3T3_KEY", {Words::kVp9, 3, 3, true}, 1, media::Codec::kVp9},
    {"VP9 L2T2 flexible", {Words::kVp9Flexible, 2, 2}, 1, media::Codec::kVp9},
    {"VP9 L3T3_KEY flexible", {Words::kVp9Flexible, 3, 3, true}, 1, media::Codec::kVp9},
    {"VP9 L1T3, 2 streams", {Words::kVp9, 1, 3}, 2, media::Codec::kVp9},
    {"AV1 L3T3", {Words::kDescriptor, 3, 3, false, false, true}, 1, media::Codec::kAv1},
    {"AV1 L3T3_KEY", {Words::kDescriptor, 3, 3, true, false, true}, 1, media::Codec::kAv1},
    {"AV1 S3T2", {Words::kDescriptor, 3, 2, false, true, true}, 1, media::Codec::kAv1},
    {"AV1 L1T3, 3 streams", {Words::kDescriptor, 1, 3, false, false, true}, 3, media::Codec::kAv1},
    {"H.264, 3 streams", {Words::kH264, 1, 1}, 3, media::Codec::kH264},
    {"H.264 encrypted, 2 x 2",
     {Words::kDescriptor, 1, 2, false, false, true},
     2,
     media::Codec::kH264},
};

TEST(LayeredSwitching, HoldsADecodersRulesOverABadNetwork) {
    for (const Case& what : kCases) {
        SCOPED_TRACE(what.name);
        std::uint64_t switches = 0;
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            SCOPED_TRACE(seed);
            World world(what, seed, {});
            world.run(1500, 0.15);
            world.finish();
            world.judge();
            if (testing::Test::HasFailure()) return;
            switches += world.stats().layer_switches;
        }
        EXPECT_GT(switches, 100U);
    }
}

TEST(LayeredSwitching, HoldsThemOverAPerfectOne) {
    for (const Case& what : kCases) {
        SCOPED_TRACE(what.name);
        World world(what, 99, {0, 0, 0});
        world.run(2000, 0.2);
        world.finish();
        world.judge();
        if (testing::Test::HasFailure()) return;
    }
}

// With time and without loss, each option is reached, and nothing above it is sent any more.
TEST(LayeredSwitching, EveryOptionIsReached) {
    for (const Case& what : kCases) {
        SCOPED_TRACE(what.name);
        World world(what, 7, {0, 0, 0});
        world.run(90, 0);
        const auto options = world.options();
        const auto layers = static_cast<std::size_t>(what.format.spatial * what.format.temporal);
        ASSERT_EQ(options.size(), std::min(layers * what.streams, kMaxOptions));
        for (std::size_t round = 0; round < 40; ++round) {
            const auto& option = options[round * 7 % options.size()];
            ASSERT_TRUE(option.live);
            ASSERT_GT(option.bitrate.bps, 0);
            world.assign(option.id);
            world.run(75, 0);
            EXPECT_EQ(world.sent(), option.id);
            (void)world.take_layers();
            world.run(12, 0);
            const auto [spatial, temporal] = world.take_layers();
            EXPECT_EQ(spatial, option.id.spatial == LayerId::kAll ? 0 : option.id.spatial);
            EXPECT_EQ(temporal, option.id.temporal == LayerId::kAll ? 0 : option.id.temporal);
        }
        world.finish();
        world.judge();
    }
}

}  // namespace
}  // namespace parley::sfu
