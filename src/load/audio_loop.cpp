#include "load/audio_loop.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <opus/opus.h>

namespace parley::load {
namespace {

constexpr int kRate = 48'000;
constexpr std::size_t kSamples = kRate / 50;
constexpr unsigned kLoopFrames = 100;  // 2 s
constexpr int kBitrate = 40'000;
constexpr double kLoudest = 0.1;  // -20 dBov

/// How loud the tone is at a place of the loop (0 to 1): one swell, then silence.
double envelope(double place) {
    return place < 0.5 ? kLoudest * (1 - std::cos(4 * M_PI * place)) / 2 : 0;
}

std::uint8_t level_of(const std::array<float, kSamples>& samples) {
    double sum = 0;
    for (const float sample : samples) sum += double{sample} * sample;
    const double rms = std::sqrt(sum / kSamples);
    return rms < 1e-6 ? 127 : static_cast<std::uint8_t>(std::min(127.0, -20 * std::log10(rms)));
}

}  // namespace

std::expected<std::vector<AudioFrame>, std::string> make_audio_loop() {
    int error = OPUS_OK;
    const std::unique_ptr<OpusEncoder, decltype(&opus_encoder_destroy)> encoder(
        opus_encoder_create(kRate, 1, OPUS_APPLICATION_VOIP, &error), &opus_encoder_destroy);
    if (error != OPUS_OK) {
        return std::unexpected(std::string("libopus cannot start: ") + opus_strerror(error));
    }
    opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(kBitrate));
    opus_encoder_ctl(encoder.get(), OPUS_SET_VBR(0));
    std::vector<AudioFrame> frames;
    for (unsigned number = 0; number < kLoopFrames; ++number) {
        std::array<float, kSamples> samples{};
        for (std::size_t i = 0; i < kSamples; ++i) {
            const double at = static_cast<double>(number * kSamples + i);
            samples[i] = static_cast<float>(envelope(at / (kLoopFrames * kSamples)) *
                                            std::sin(2 * M_PI * 220 * at / kRate));
        }
        std::array<std::uint8_t, 400> packet{};
        const auto size = opus_encode_float(encoder.get(), samples.data(), kSamples, packet.data(),
                                            static_cast<opus_int32>(packet.size()));
        if (size < 0) {
            return std::unexpected(std::string("libopus cannot encode: ") + opus_strerror(size));
        }
        AudioFrame frame;
        frame.payload.assign(packet.begin(), packet.begin() + size);
        frame.level = level_of(samples);
        frame.voice = frame.level < 60;
        frames.push_back(std::move(frame));
    }
    return frames;
}

}  // namespace parley::load
