#include "sfu/layer_order.hpp"

#include <utility>

namespace parley::sfu {
namespace {

bool is_above(const LayerRank& a, const LayerRank& b) {
    if (a.area != 0 && b.area != 0 && a.area != b.area) return a.area > b.area;
    if (a.bitrate && b.bitrate && a.bitrate->bps > 0 && b.bitrate->bps > 0) {
        return *a.bitrate > *b.bitrate * kRateMargin;
    }
    const auto name_a = rank_of_name(a.rid);
    const auto name_b = rank_of_name(b.rid);
    return name_a && name_b && *name_a > *name_b;
}

}  // namespace

std::optional<int> rank_of_name(std::string_view rid) {
    struct Name {
        std::string_view rid;
        int rank;
    };
    static constexpr Name kNames[] = {
        {"q", 0},    {"h", 1},  {"f", 2},   {"l", 0},  {"m", 1},    {"low", 0},  {"medium", 1},
        {"high", 2}, {"lo", 0}, {"mid", 1}, {"hi", 2}, {"half", 1}, {"full", 2}, {"quarter", 0}};
    for (const Name& name : kNames) {
        if (name.rid == rid) return name.rank;
    }
    return {};
}

void sort_layers(LayerRanks& ranks) {
    // As many passes as layers: the comparison mixes measures and need not be transitive.
    for (std::size_t pass = 0; pass < ranks.size(); ++pass) {
        for (std::size_t i = 1; i < ranks.size(); ++i) {
            if (is_above(ranks[i - 1], ranks[i])) std::swap(ranks[i - 1], ranks[i]);
        }
    }
}

}  // namespace parley::sfu
