#include "rtp/dependency_descriptor.hpp"

#include <array>
#include <gtest/gtest.h>
#include <optional>

#include "rtp/test_bit_writer.hpp"

namespace parley::rtp {
namespace {

using Error = DependencyDescriptorError;
using Dti = DecodeTargetIndication;

TestBitWriter mandatory(int template_id, int frame_number) {
    TestBitWriter writer;
    writer.bits(1, 1).bits(1, 1).bits(6, static_cast<std::uint64_t>(template_id));
    writer.bits(16, static_cast<std::uint64_t>(frame_number));
    return writer;
}

// ns(n), as A.8.1 defines it, the other way around.
void write_ns(TestBitWriter& writer, std::uint32_t limit, std::uint32_t value) {
    unsigned width = 0;
    while ((limit >> width) != 0) ++width;
    const std::uint32_t short_codes = (1U << width) - limit;
    if (value < short_codes) {
        writer.bits(width - 1, value);
    } else {
        writer.bits(width, value + short_codes);
    }
}

struct Options {
    int template_id = 10;
    int offset = 10;
    bool resolution = false;
};

// Two temporal layers: a key frame, a base frame and an upper frame; two decode targets; one chain
// that protects both.
std::vector<std::uint8_t> structure_l1t2(const Options& options) {
    auto writer = mandatory(options.template_id, 7);
    writer.bits(5, 0b10000);
    writer.bits(6, static_cast<std::uint64_t>(options.offset)).bits(5, 1);
    writer.bits(2, 0).bits(2, 1).bits(2, 3);
    writer.bits(4, 0b1010).bits(4, 0b1110).bits(4, 0b0001);
    writer.bits(1, 0);
    writer.bits(1, 1).bits(4, 1).bits(1, 0);
    writer.bits(1, 1).bits(4, 0).bits(1, 0);
    write_ns(writer, 3, 1);  // one chain
    write_ns(writer, 1, 0);
    write_ns(writer, 1, 0);
    writer.bits(4, 0).bits(4, 2).bits(4, 1);
    writer.bits(1, options.resolution ? 1 : 0);
    if (options.resolution) writer.bits(16, 1279).bits(16, 719);
    return writer.bytes();
}

TEST(DependencyDescriptor, KeepsTheStructureForLaterFrames) {
    DependencyDescriptorReader reader;
    const auto upper = mandatory(12, 8).bytes();
    EXPECT_EQ(reader.read(upper).error(), Error::kNoStructure);

    const auto key = reader.read(structure_l1t2({.resolution = true}));
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->structure_attached);
    EXPECT_TRUE(key->start_of_frame);
    EXPECT_EQ(key->frame_number, 7);
    EXPECT_EQ(key->active_decode_targets, 0b11U);
    EXPECT_TRUE(key->frame.frame_diffs.empty());
    EXPECT_EQ(key->resolution, (Resolution{1280, 720}));
    ASSERT_NE(reader.structure(), nullptr);
    EXPECT_EQ(reader.structure()->templates.size(), 3U);
    EXPECT_EQ(reader.structure()->chain_count, 1);
    EXPECT_EQ(reader.structure()->target_layers[0].temporal_id, 0);
    EXPECT_EQ(reader.structure()->target_layers[1].temporal_id, 1);

    const auto next = reader.read(upper);
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->structure_attached);
    EXPECT_FALSE(next->active_decode_targets);
    EXPECT_EQ(next->frame.temporal_id, 1);
    EXPECT_EQ(next->frame.indications[0], Dti::kNotPresent);
    EXPECT_EQ(next->frame.indications[1], Dti::kDiscardable);
    ASSERT_EQ(next->frame.frame_diffs.size(), 1U);
    EXPECT_EQ(next->frame.frame_diffs[0], 1);
    EXPECT_EQ(next->frame.chain_diffs[0], 1);
}

TEST(DependencyDescriptor, AppliesCustomFields) {
    DependencyDescriptorReader reader;
    ASSERT_TRUE(reader.read(structure_l1t2({})));
    auto writer = mandatory(11, 9);
    writer.bits(5, 0b01111).bits(2, 0b01);                              // only target 0 active
    writer.bits(2, 2).bits(2, 1);                                       // custom indications S, D
    writer.bits(2, 1).bits(4, 4).bits(2, 3).bits(12, 4095).bits(2, 0);  // diffs 5, 4096
    writer.bits(8, 200);
    const auto frame = reader.read(writer.bytes());
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->active_decode_targets, 1U);
    EXPECT_EQ(frame->frame.indications[0], Dti::kSwitch);
    EXPECT_EQ(frame->frame.indications[1], Dti::kDiscardable);
    ASSERT_EQ(frame->frame.frame_diffs.size(), 2U);
    EXPECT_EQ(frame->frame.frame_diffs[0], 5);
    EXPECT_EQ(frame->frame.frame_diffs[1], 4096);
    EXPECT_EQ(frame->frame.chain_diffs[0], 200);
}

TEST(DependencyDescriptor, WrapsTemplateIds) {
    DependencyDescriptorReader reader;
    ASSERT_TRUE(reader.read(structure_l1t2({.template_id = 63, .offset = 63})));
    EXPECT_EQ(reader.read(mandatory(1, 8).bytes())->frame.temporal_id, 1);
    EXPECT_EQ(reader.read(mandatory(2, 8).bytes()).error(), Error::kUnknownTemplate);
}

TEST(DependencyDescriptor, ReadsSpatialLayers) {
    auto writer = mandatory(0, 1);
    writer.bits(5, 0b10000).bits(6, 0).bits(5, 0);
    writer.bits(2, 1).bits(2, 2).bits(2, 0).bits(2, 3);  // S0T0, S0T1, S1T0, S1T0
    writer.bits(8, 0b11'11'11'11);
    writer.bits(4, 0);  // no diffs
    write_ns(writer, 2, 0);
    writer.bits(1, 1).bits(32, 0x013F'00B3).bits(32, 0x027F'0167);
    DependencyDescriptorReader reader;
    const auto key = reader.read(writer.bytes());
    ASSERT_TRUE(key);
    EXPECT_EQ(reader.structure()->max_spatial_id, 1);
    EXPECT_EQ(reader.structure()->max_temporal_id, 1);
    EXPECT_EQ(reader.structure()->templates[1].temporal_id, 1);
    EXPECT_EQ(reader.structure()->templates[3].spatial_id, 1);
    EXPECT_EQ(reader.structure()->templates[3].temporal_id, 0);
    EXPECT_EQ(reader.read(mandatory(2, 2).bytes())->resolution, (Resolution{640, 360}));
}

TEST(DependencyDescriptor, RefusesEveryTruncationAndKeepsTheOldStructure) {
    const auto good = structure_l1t2({.resolution = true});
    DependencyDescriptorReader reader;
    ASSERT_TRUE(reader.read(structure_l1t2({.template_id = 20, .offset = 20})));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(reader.read(BytesView(good).first(size))) << size;
        EXPECT_EQ(reader.structure()->template_id_offset, 20);
    }
    EXPECT_TRUE(reader.read(good));
    EXPECT_EQ(reader.structure()->template_id_offset, 10);
}

TEST(DependencyDescriptor, BoundsWhatAStructureMayHold) {
    auto endless = mandatory(0, 1);
    endless.bits(5, 0b10000).bits(6, 0).bits(5, 0);
    for (int i = 0; i < 70; ++i) endless.bits(2, 0);
    endless.bits(32, 0).bits(32, 0);
    EXPECT_EQ(DependencyDescriptorReader().read(endless.bytes()).error(), Error::kTooManyTemplates);

    auto tall = mandatory(0, 1);
    tall.bits(5, 0b10000).bits(6, 0).bits(5, 0);
    for (int i = 0; i < 5; ++i) tall.bits(2, 2);
    EXPECT_EQ(DependencyDescriptorReader().read(tall.bytes()).error(), Error::kTooManyLayers);

    auto deep = mandatory(0, 1);
    deep.bits(5, 0b10000).bits(6, 0).bits(5, 0).bits(2, 3).bits(2, 0);
    for (int i = 0; i < 20; ++i) deep.bits(5, 0b10000);
    EXPECT_EQ(DependencyDescriptorReader().read(deep.bytes()).error(), Error::kTooManyFrameDiffs);

    // All 64 templates are allowed.
    auto full = mandatory(63, 1);
    full.bits(5, 0b10000).bits(6, 0).bits(5, 0);
    for (int i = 0; i < 63; ++i) full.bits(2, 0);
    full.bits(2, 3);
    for (int i = 0; i < 64; ++i) full.bits(2, 2);
    full.bits(64, 0).bits(1, 0).bits(1, 0);
    EXPECT_TRUE(DependencyDescriptorReader().read(full.bytes()));
}

class Rewriting : public testing::Test {
 protected:
    // As a receiver of its own reads what became of the descriptor.
    std::optional<DependencyDescriptor> rewritten(BytesView data,
                                                  DependencyDescriptorChange change) {
        const auto read = publisher_.read(data);
        if (!read) return {};
        change.active_targets_at = read->active_targets_at;
        change.decode_target_count = publisher_.structure()->decode_target_count;
        std::array<std::uint8_t, 255> out{};
        const std::size_t size = rewrite_dependency_descriptor(data, change, out);
        EXPECT_LE(size, data.size() + kMaxDescriptorGrowth);
        const auto result = subscriber_.read(BytesView(out).first(size));
        if (!result) return {};
        return *result;
    }
    DependencyDescriptorReader publisher_;
    DependencyDescriptorReader subscriber_;
};

TEST_F(Rewriting, RenumbersFramesAndTemplates) {
    const auto key =
        rewritten(structure_l1t2({.template_id = 62, .offset = 62, .resolution = true}),
                  {.frame_number = 500, .template_shift = 5});
    ASSERT_TRUE(key);
    EXPECT_EQ(key->frame_number, 500);
    EXPECT_EQ(key->template_id, 3);
    EXPECT_EQ(subscriber_.structure()->template_id_offset, 3);
    EXPECT_EQ(key->resolution, (Resolution{1280, 720}));
    const auto upper =
        rewritten(mandatory(0, 8).bytes(), {.frame_number = 501, .template_shift = 5});
    ASSERT_TRUE(upper);
    EXPECT_EQ(upper->frame_number, 501);
    EXPECT_EQ(upper->frame.temporal_id, 1);
    EXPECT_TRUE(upper->start_of_frame);
}

TEST_F(Rewriting, SaysWhichDecodeTargetsRemain) {
    const auto key =
        rewritten(structure_l1t2({.resolution = true}), {.active_decode_targets = 0b01});
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->structure_attached);
    EXPECT_EQ(key->active_decode_targets, 0b01U);
    EXPECT_EQ(key->resolution, (Resolution{1280, 720}));
    EXPECT_EQ(key->frame.indications[1], Dti::kSwitch);

    // In three octets there is no place for it yet.
    const auto plain = rewritten(mandatory(11, 9).bytes(), {.active_decode_targets = 0b11});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->active_decode_targets, 0b11U);
    EXPECT_EQ(plain->frame.frame_diffs.size(), 1U);

    // What was said already is replaced, and what follows it stays.
    auto writer = mandatory(11, 10);
    writer.bits(5, 0b01111).bits(2, 0b11);
    writer.bits(2, 2).bits(2, 1);
    writer.bits(2, 1).bits(4, 4).bits(2, 3).bits(12, 4095).bits(2, 0);
    writer.bits(8, 200);
    const auto replaced = rewritten(writer.bytes(), {.active_decode_targets = 0b01});
    ASSERT_TRUE(replaced);
    EXPECT_EQ(replaced->active_decode_targets, 0b01U);
    EXPECT_EQ(replaced->frame.indications[0], Dti::kSwitch);
    ASSERT_EQ(replaced->frame.frame_diffs.size(), 2U);
    EXPECT_EQ(replaced->frame.frame_diffs[1], 4096);
    EXPECT_EQ(replaced->frame.chain_diffs[0], 200);
    // Without a word about them nothing is added.
    EXPECT_FALSE(rewritten(mandatory(11, 11).bytes(), {})->active_decode_targets);
}

TEST_F(Rewriting, RefusesWhatDoesNotFit) {
    const auto data = structure_l1t2({.resolution = true});
    const auto read = publisher_.read(data);
    ASSERT_TRUE(read);
    DependencyDescriptorChange change{.active_decode_targets = 1,
                                      .decode_target_count = 2,
                                      .active_targets_at = read->active_targets_at};
    std::array<std::uint8_t, 255> out{};
    EXPECT_EQ(rewrite_dependency_descriptor(data, change, BytesSpan(out).first(data.size() - 1)),
              0U);
    for (std::size_t size = 0; size < data.size(); ++size) {
        (void)rewrite_dependency_descriptor(BytesView(data).first(size), change, out);
    }
    change.active_targets_at = 60'000;
    EXPECT_EQ(rewrite_dependency_descriptor(data, change, out), 0U);
    EXPECT_EQ(rewrite_dependency_descriptor({}, change, out), 0U);
}

TEST(DependencyDescriptor, StartNeedsNoStructure) {
    const auto start = read_dependency_descriptor_start(mandatory(12, 0x1234).bytes());
    ASSERT_TRUE(start);
    EXPECT_EQ(start->frame_number, 0x1234);
    EXPECT_EQ(start->template_id, 12);
    EXPECT_FALSE(read_dependency_descriptor_start({}));
}

}  // namespace
}  // namespace parley::rtp
