#include "sfu/option_rates.hpp"

#include <algorithm>
#include <cmath>

namespace parley::sfu {
namespace {

// A talking person in VP8 at 1280x720, and how the need grows with the number of pixels: the ladder
// that browsers and conferencing clients use (150, 500, 1,700 kbit/s for 180, 360, 720 lines).
constexpr double kReferencePixels = 1280.0 * 720.0;
constexpr double kReferenceBps = 1'700'000;
constexpr double kExponent = 0.75;
// Where neither size nor rate is known.
constexpr Bitrate kLowestGuess = Bitrate::from_kbps(150);
constexpr double kStepGuess = 1.8;
// Bounds of what is believed without having been measured.
constexpr Bitrate kLeastBelieved = Bitrate::from_kbps(4000);
constexpr Bitrate kMostBelieved = Bitrate::from_kbps(50'000);

}  // namespace

Bitrate usual_rate(std::uint32_t width, std::uint32_t height) {
    const double pixels = static_cast<double>(width) * height;
    const double bps = kReferenceBps * std::pow(pixels / kReferencePixels, kExponent);
    return std::min(Bitrate::from_bps(static_cast<std::int64_t>(bps)), kMostBelieved);
}

Bitrate most_believable(std::uint32_t width, std::uint32_t height) {
    return std::clamp(usual_rate(width, height) * 4, kLeastBelieved, kMostBelieved);
}

OptionRates::Known* OptionRates::find(LayerId id) {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const Known& known) { return known.id == id; });
    return found == known_.end() ? nullptr : found;
}

Bitrate OptionRates::remember(const LayerOption& option, double weight) {
    Known* known = find(option.id);
    if (option.bitrate.bps <= 0) return known == nullptr ? Bitrate{} : known->rate;
    if (known == nullptr) {
        if (known_.full()) known_.erase_at(0);
        known_.push_back({option.id, option.bitrate});
        return option.bitrate;
    }
    known->rate = known->rate + (option.bitrate - known->rate) * weight;
    return known->rate;
}

void OptionRates::update(const LayerOptions& options, Instant now) {
    const double elapsed = to_seconds(now - updated_) / to_seconds(kSteadying);
    const double weight = any_ ? std::clamp(elapsed, 0.0, 1.0) : 1.0;
    updated_ = now;
    any_ = true;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const Bitrate before = i == 0 ? Bitrate{} : rates_[i - 1];
        Bitrate rate = remember(options[i], weight);
        if (rate.bps <= 0 && options[i].width > 0) {
            rate = usual_rate(options[i].width, options[i].height);
        } else if (rate.bps <= 0) {
            rate = i == 0 ? kLowestGuess : before * kStepGuess;
        }
        rates_[i] = std::max(rate, before);
    }
}

}  // namespace parley::sfu
