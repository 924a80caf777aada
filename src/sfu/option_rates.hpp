// What the options of a publication take: measured rates, steadied, and a guess where none was
// measured. One for each stream of a subscriber.

#pragma once

#include <array>
#include <cstddef>

#include "base/static_vector.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "sfu/layer_option.hpp"

namespace parley::sfu {

class OptionRates {
 public:
    /// A change of rate is believed to the half after some 700 ms: a keyframe's burst is no change.
    static constexpr Duration kSteadying = 1s;

    void update(const LayerOptions& options, Instant now);
    /// Of the option at this place; never less than that of the option before it.
    Bitrate of(std::size_t index) const { return rates_[index]; }

 private:
    struct Known {
        LayerId id;
        Bitrate rate;
    };
    Known* find(LayerId id);
    Bitrate remember(const LayerOption& option, double weight);

    std::array<Bitrate, kMaxOptions> rates_{};
    // Kept while a layer is off, so that its return is planned with what it took.
    StaticVector<Known, kMaxOptions> known_;
    Instant updated_{};
    bool any_ = false;
};

/// More than this is not believed of a picture of this size before it is measured: what one
/// publisher announces shall not take everything from the others.
Bitrate most_believable(std::uint32_t width, std::uint32_t height);

/// What a picture of this size usually takes.
Bitrate usual_rate(std::uint32_t width, std::uint32_t height);

}  // namespace parley::sfu
