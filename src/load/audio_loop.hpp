// Audio as it is sent again and again: a soft tone that comes and goes, encoded by Opus at a
// constant 40 kbit/s, 100 octets in each 20 ms.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace parley::load {

inline constexpr Duration kAudioFrame = 20ms;

struct AudioFrame {
    std::vector<std::uint8_t> payload;
    std::uint8_t level = 127;  // RFC 6464: -dBov
    bool voice = false;
};

std::expected<std::vector<AudioFrame>, std::string> make_audio_loop();

}  // namespace parley::load
