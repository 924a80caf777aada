// What `parley load` was asked to do.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/units.hpp"
#include "media/codec.hpp"

namespace parley::load {

/// The network between each participant and the server: loss and delay in both directions, the
/// rate towards the participant.
struct LinkOptions {
    double loss = 0;   // 0 to 1, of datagrams
    Duration delay{};  // one way
    Bitrate rate{};    // 0: unlimited
    bool any() const { return loss > 0 || delay > Duration::zero() || rate.bps > 0; }
};

struct Options {
    std::string url = "ws://127.0.0.1:8080/signal";
    std::string room = "load";
    std::string token;
    bool insecure = false;  // takes any certificate of the server
    std::size_t rooms = 1;
    std::size_t publishers = 1;
    std::size_t subscribers = 1;
    bool meeting = false;  // publishers also receive each other
    Bitrate video{1'300'000};
    media::Codec codec = media::Codec::kVp8;
    bool simulcast = false;
    bool svc = false;
    bool audio = false;
    Duration duration = 30s;
    bool spread = false;
    bool rfc8888 = false;  // feedback by RFC 8888, where the server offers it
    std::optional<unsigned> pin;
    bool json = false;
    LinkOptions link;
    std::size_t parallel = 16;  // joins under way at a time
    std::uint64_t seed = 1;

    std::size_t participants() const { return rooms * (publishers + subscribers); }
};

/// The program ends here: help (code 0, for standard output) or a wrong command line (code 2).
struct OptionsExit {
    int code = 0;
    std::string text;
};

/// `arguments` are what follows `parley load`.
std::expected<Options, OptionsExit> parse_options(const std::vector<std::string>& arguments);

/// "1300kbps", "1.3mbps", "64000bps", "0"; nothing for other texts.
std::optional<Bitrate> parse_bitrate(std::string_view text);
/// "500ms", "30s", "5m", "1h"; nothing for other texts.
std::optional<Duration> parse_time(std::string_view text);
/// "0.02" or "2%"; nothing for other texts and outside 0 to 1.
std::optional<double> parse_share(std::string_view text);

}  // namespace parley::load
