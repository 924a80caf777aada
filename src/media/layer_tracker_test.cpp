#include "media/layer_tracker.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "media/payload.hpp"
#include "rtp/test_bit_writer.hpp"

namespace parley::media {
namespace {

TEST(LayerStructure, ResolvesToTheHighestThereIs) {
    LayerStructure structure;
    structure.make_nested(2, 3);
    EXPECT_EQ(structure.resolve(255, 255), target_of(1, 2));
    EXPECT_EQ(structure.resolve(0, 255), target_of(0, 2));
    EXPECT_EQ(structure.resolve(1, 0), target_of(1, 0));
    structure.targets = bit_of(target_of(1, 1)) | bit_of(target_of(1, 2));  // the lower is off
    EXPECT_EQ(structure.resolve(0, 0), target_of(1, 1));
}

TEST(LayerTracker, Vp8LayersBeginAtLayerSync) {
    LayerTracker tracker;
    Vp8Descriptor frame;
    frame.keyframe = true;
    EXPECT_EQ(tracker.on_vp8(frame).switches, kAllTargets);
    EXPECT_FALSE(tracker.structure().layered());
    frame = {};
    frame.temporal_id = 2;
    auto targets = tracker.on_vp8(frame);
    EXPECT_EQ(tracker.structure().temporal_layers, 3);
    EXPECT_EQ(targets.members & 0xF, 0b1100);
    EXPECT_EQ(targets.switches, 0);
    frame.temporal_id = 1;
    frame.layer_sync = true;
    targets = tracker.on_vp8(frame);
    EXPECT_EQ(targets.members & 0xF, 0b1110);
    EXPECT_EQ(targets.switches, bit_of(1));
    EXPECT_EQ(targets.switch_from & 0xF, 0b1111);
    const std::uint32_t version = tracker.structure().version;
    tracker.on_vp8(frame);
    EXPECT_EQ(tracker.structure().version, version);
}

class Vp9Layers : public testing::Test {
 protected:
    FrameTargets frame(std::uint8_t spatial, bool key, bool not_needed_above) {
        Vp9Descriptor vp9;
        vp9.start_of_frame = true;
        vp9.inter_predicted = !key;
        vp9.has_layers = true;
        vp9.spatial_id = spatial;
        vp9.not_inter_layer_reference = not_needed_above;
        if (key && spatial == 0) {
            vp9.has_structure = true;
            vp9.spatial_layers = 3;
        }
        if (spatial == 0) ++timestamp_;
        return tracker_.on_vp9(vp9, timestamp_, broken_);
    }
    static constexpr TargetMask kSmall = 0x000F;

    LayerTracker tracker_;
    std::uint32_t timestamp_ = 0;
    bool broken_ = false;
};

TEST_F(Vp9Layers, NestUnlessTheBaseSaysOtherwise) {
    frame(0, true, false);
    EXPECT_EQ(tracker_.structure().spatial_layers, 3);
    EXPECT_EQ(frame(0, false, false).members, kAllTargets);
    EXPECT_EQ(tracker_.structure().inside[target_of(2, 0)],
              bit_of(target_of(0, 0)) | bit_of(target_of(1, 0)) | bit_of(target_of(2, 0)));

    EXPECT_EQ(frame(0, true, false).members, kAllTargets);
    EXPECT_EQ(frame(0, false, true).members, kSmall);
    EXPECT_EQ(frame(1, false, true).members, 0x00F0);
    EXPECT_EQ(frame(2, false, true).members, 0xFF00);
    EXPECT_EQ(tracker_.structure().inside[target_of(2, 0)], bit_of(target_of(2, 0)));
    EXPECT_EQ(frame(0, true, false).members, kAllTargets) << "key pictures are needed by all";
    EXPECT_FALSE(broken_);
}

TEST_F(Vp9Layers, AStreamThatMixesBothWaysIsSentWholeFromThenOn) {
    frame(0, true, false);
    EXPECT_EQ(frame(0, false, true).members, kSmall);
    EXPECT_EQ(frame(0, false, false).members, kAllTargets);
    EXPECT_TRUE(broken_);
    broken_ = false;
    frame(0, true, false);
    EXPECT_EQ(frame(0, false, true).members, kAllTargets);
    EXPECT_FALSE(broken_);
}

TEST_F(Vp9Layers, AnUpperLayerThatStopsIsNoticedAndItsReturnToo) {
    frame(0, true, false);
    frame(1, true, false);
    frame(2, true, true);
    for (int i = 0; i < 70; ++i) {
        frame(0, false, false);
        frame(1, false, true);
    }
    EXPECT_EQ(tracker_.structure().spatial_layers, 2);
    frame(2, false, true);
    EXPECT_EQ(tracker_.structure().spatial_layers, 3);
}

// Two spatial layers that need each other in key pictures alone: a template and a decode target
// each.
std::vector<std::uint8_t> l2t1_key(int template_id, int offset, int frame_number, int active = 3) {
    rtp::TestBitWriter out;
    out.bits(2, 3).bits(6, template_id).bits(16, frame_number);
    out.bits(1, 1).bits(1, active != 3).bits(3, 0);
    out.bits(6, offset).bits(5, 1);
    out.bits(2, 0).bits(2, 2).bits(2, 0).bits(2, 3);  // S0 key, S0, S1 key, S1
    out.bits(4, 0b1010).bits(4, 0b1000).bits(4, 0b0010).bits(4, 0b0010);
    out.bits(1, 0).bits(6, 0b1'0001'0).bits(6, 0b1'0000'0).bits(6, 0b1'0001'0);
    out.bits(1, 0);  // ns(3): no chains
    out.bits(1, 1).bits(16, 319).bits(16, 179).bits(16, 639).bits(16, 359);
    if (active != 3) out.bits(2, active);
    return out.bytes();
}
std::vector<std::uint8_t> later(int template_id, int frame_number) {
    return rtp::TestBitWriter().bits(2, 3).bits(6, template_id).bits(16, frame_number).bytes();
}

constexpr std::uint8_t kLow = target_of(0, 0);
constexpr std::uint8_t kHigh = target_of(1, 0);

TEST(DescriptorTracker, TakesTargetsFromDecodeTargets) {
    DescriptorTracker tracker;
    EXPECT_FALSE(tracker.on_packet(later(11, 2)));
    const auto key = tracker.on_packet(l2t1_key(10, 10, 1));
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->keyframe);
    EXPECT_TRUE(key->starts_picture);
    EXPECT_EQ(key->targets.switches, kAllTargets);
    EXPECT_EQ(tracker.structure().targets, bit_of(kLow) | bit_of(kHigh));
    EXPECT_EQ(tracker.structure().inside[kHigh], bit_of(kHigh)) << "delta frames are separate";
    EXPECT_EQ(tracker.structure().sizes[1], (LayerStructure::Size{640, 360}));
    EXPECT_EQ(tracker.structure().decode_targets[kHigh], 0b10U);

    const auto upper_key = tracker.on_packet(later(12, 2));
    ASSERT_TRUE(upper_key);
    EXPECT_FALSE(upper_key->keyframe);
    EXPECT_FALSE(upper_key->starts_picture);
    const auto low = tracker.on_packet(later(11, 3));
    EXPECT_EQ(low->targets.members & bit_of(kHigh), 0);
    EXPECT_NE(low->targets.switches & bit_of(kLow), 0);
    EXPECT_EQ(low->targets.switch_from & bit_of(kHigh), 0) << "who gets it may begin, no other";
    EXPECT_NE(tracker.on_packet(later(13, 4))->targets.members & bit_of(kHigh), 0);
}

TEST(DescriptorTracker, FollowsTheActiveDecodeTargets) {
    DescriptorTracker tracker;
    ASSERT_TRUE(tracker.on_packet(l2t1_key(10, 10, 1, 0b01)));
    EXPECT_EQ(tracker.structure().targets, bit_of(kLow));
    EXPECT_EQ(tracker.structure().resolve(255, 255), kLow);
    const std::uint32_t version = tracker.structure().version;
    ASSERT_TRUE(tracker.on_packet(l2t1_key(20, 20, 40, 0b10)));
    EXPECT_NE(tracker.structure().version, version);
    EXPECT_EQ(tracker.structure().targets, bit_of(kHigh));
    EXPECT_EQ(tracker.structure().resolve(0, 0), kHigh);
}

TEST(DescriptorTracker, ReadsStragglersByTheStructureOfTheirTime) {
    DescriptorTracker tracker;
    ASSERT_TRUE(tracker.on_packet(l2t1_key(10, 10, 1)));
    ASSERT_TRUE(tracker.on_packet(later(11, 3)));
    ASSERT_TRUE(tracker.on_packet(l2t1_key(14, 14, 50)));
    const auto straggler = tracker.on_packet(later(13, 4));
    ASSERT_TRUE(straggler);
    EXPECT_EQ(straggler->frame.frame.spatial_id, 1);
    EXPECT_FALSE(tracker.on_packet(later(11, 51))) << "a template of the past";
    EXPECT_TRUE(tracker.on_packet(later(15, 52)));
    // Numbers that begin anew far behind are no stragglers.
    ASSERT_TRUE(tracker.on_packet(l2t1_key(30, 30, 50'000)));
    EXPECT_TRUE(tracker.on_packet(later(31, 50'001)));
}

// End-to-end encrypted media: nothing of the payload can be read, and is not needed.
TEST(FrameInspector, BelievesTheDescriptorOfAnEncryptedFrame) {
    FrameInspector inspector(Codec::kAv1);
    rtp::PacketView packet;
    const std::uint8_t noise[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    packet.payload = noise;
    EXPECT_FALSE(inspector.on_packet(packet));
    const auto early = inspector.on_packet(packet, later(11, 2));
    ASSERT_TRUE(early) << "its structure may only be late";
    EXPECT_FALSE(early->keyframe);
    EXPECT_EQ(early->descriptor.frame_number, 2);
    const auto key = inspector.on_packet(packet, l2t1_key(10, 10, 1));
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->keyframe);
    EXPECT_EQ(key->width, 640);
    ASSERT_NE(key->structure, nullptr);
    EXPECT_EQ(key->structure->spatial_layers, 2);
    EXPECT_TRUE(key->descriptor.has_structure);
    const auto delta = inspector.on_packet(packet, later(13, 4));
    ASSERT_TRUE(delta);
    EXPECT_EQ(delta->spatial_id, 1);
    EXPECT_FALSE(delta->keyframe);
}

}  // namespace
}  // namespace parley::media
