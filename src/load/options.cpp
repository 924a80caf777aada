#include "load/options.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "load/web_socket.hpp"

namespace parley::load {
namespace {

constexpr const char* kAbout =
    "Joins rooms of a running server with many participants, and measures what reaches them.\n"
    "\n"
    "Publishers send encoded video, padded to the asked rate, so that a browser in the same room\n"
    "shows it. Subscribers receive, report and ask for what is missing as browsers do.";

constexpr const char* kExamples =
    "Examples:\n"
    "  parley load --room demo --publishers 1 --subscribers 90 --video 1320kbps --audio\n"
    "  parley load --room meeting --publishers 16 --subscribers 0 --meeting --simulcast --audio\n"
    "  parley load --room r --rooms 10 --subscribers 20 --duration 1m --json\n"
    "  parley load --url wss://sfu.example.org/signal --token \"$TOKEN\" --room demo\n"
    "\n"
    "A server lets in only as many as its limits say: 100 in a room, unless it was started with\n"
    "PARLEY_LIMITS_PARTICIPANTS_PER_ROOM=1000, say. `parley config show` names the others, for\n"
    "connections and joins of one address.\n"
    "\n"
    "A join takes from the opening of the WebSocket until the first packet of media came, or "
    "where\n"
    "none is expected, until ICE and DTLS are done. Delay is from the sending of a packet to its\n"
    "arrival, by one clock. Loss compares what publishers sent with what subscribers received.\n"
    "Exit code: 0 when somebody joined, nobody was refused and nobody was lost, else 1; 2 for a\n"
    "wrong command line.";

/// The number at the front of the text and what follows it.
std::optional<std::pair<double, std::string_view>> number_and_unit(std::string_view text) {
    std::size_t used = 0;
    if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return {};
    while (used < text.size() && (text[used] == '.' || (text[used] >= '0' && text[used] <= '9'))) {
        ++used;
    }
    // The text was checked to be digits and dots, so only a second dot is left to refuse.
    const std::string digits(text.substr(0, used));
    if (digits.find('.') != digits.rfind('.') || used > 15) return {};
    return std::pair{std::strtod(digits.c_str(), nullptr), text.substr(used)};
}

template <std::size_t Size>
std::optional<double> scaled(std::string_view text,
                             const std::array<std::pair<std::string_view, double>, Size>& units) {
    const auto parts = number_and_unit(text);
    if (!parts) return {};
    for (const auto& [unit, factor] : units) {
        if (parts->second == unit) return parts->first * factor;
    }
    return parts->second.empty() && parts->first == 0 ? std::optional(0.0) : std::nullopt;
}

constexpr std::size_t kMaxParticipants = 20'000;
/// Nobody joins when nearly nothing comes through.
constexpr double kMostLoss = 0.9;
/// Beyond it DTLS and congestion control give up: a round trip takes twice as long.
constexpr Duration kLongestDelay = 2s;

/// What the command line says as texts, before it is understood.
struct Texts {
    std::string video = "1300kbps";
    std::string codec = "vp8";
    std::string duration = "30s";
    std::string loss;
    std::string delay;
    std::string rate;
    std::optional<int> pin;
};

void add_flags(CLI::App& app, Options& options, Texts& texts) {
    app.add_option("--url", options.url, "The server's signaling, ws:// or wss://")
        ->type_name("URL")
        ->capture_default_str();
    app.add_option("--room", options.room, "The room; with --rooms, ROOM-1 to ROOM-K")
        ->type_name("ROOM")
        ->capture_default_str();
    app.add_option("--rooms", options.rooms, "How many rooms")
        ->type_name("K")
        ->capture_default_str();
    app.add_option("--publishers", options.publishers, "Who send, in each room")
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--subscribers", options.subscribers, "Who only receive, in each room")
        ->type_name("M")
        ->capture_default_str();
    app.add_flag("--meeting", options.meeting, "Publishers also receive each other");
    app.add_option("--video", texts.video,
                   "Rate of a publisher's video, all its layers together: 1300kbps, 2.5mbps; 0 for "
                   "none")
        ->type_name("RATE")
        ->capture_default_str();
    app.add_option("--codec", texts.codec, "vp8, vp9, av1 or h264")
        ->type_name("CODEC")
        ->capture_default_str();
    app.add_flag("--simulcast", options.simulcast, "Three streams: low, medium and high");
    app.add_flag("--svc", options.svc, "One stream with three spatial layers (vp9, av1)");
    app.add_flag("--audio", options.audio, "Also send audio, 50 packets a second");
    app.add_option("--duration", texts.duration, "How long is measured, once all have joined")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_flag("--spread", options.spread, "Space packets evenly instead of a burst a frame");
    app.add_flag("--rfc8888", options.rfc8888,
                 "Report by RFC 8888 what has arrived, instead of by transport-wide numbers");
    app.add_option("--pin", texts.pin, "Stay on this processor")->type_name("CPU");
    app.add_flag("--json", options.json, "Print one JSON object instead of a table");
    app.add_option("--loss", texts.loss, "Lose this share of datagrams on each link: 0.02 or 2%")
        ->type_name("SHARE");
    app.add_option("--delay", texts.delay, "Delay of each link, each way")->type_name("TIME");
    app.add_option(
           "--rate", texts.rate,
           "Capacity of each link towards the participant, with a queue of 250 ms before it")
        ->type_name("RATE");
    app.add_option("--token", options.token, "Room token, where the server asks for one")
        ->type_name("TOKEN");
    app.add_flag("--insecure", options.insecure, "With wss://, take any certificate of the server");
    app.add_option("--parallel", options.parallel, "Joins under way at a time")
        ->type_name("COUNT")
        ->capture_default_str();
    app.add_option("--seed", options.seed, "Of losses; the same seed loses the same")
        ->type_name("NUMBER")
        ->capture_default_str();
}

/// Each number first: a product of large ones says nothing.
std::string problem_of_numbers(const Options& options) {
    const std::string most = std::to_string(kMaxParticipants);
    const std::array<std::tuple<std::string_view, std::size_t, std::size_t>, 4> numbers{{
        {"--rooms", options.rooms, 1},
        {"--publishers", options.publishers, 0},
        {"--subscribers", options.subscribers, 0},
        {"--parallel", options.parallel, 1},
    }};
    for (const auto& [flag, value, least] : numbers) {
        if (value >= least && value <= kMaxParticipants) continue;
        return std::string(flag) + " must be " + std::to_string(least) + " to " + most;
    }
    if (options.publishers + options.subscribers == 0) {
        return "nobody would join; give --publishers or --subscribers";
    }
    if (options.participants() > kMaxParticipants)
        return "at most " + most + " participants at a time";
    return {};
}

std::string problem_of(const Options& options) {
    if (!options.url.starts_with("ws://") && !options.url.starts_with("wss://")) {
        return "--url must start with ws:// or wss://, such as ws://127.0.0.1:8080/signal";
    }
    if (!parse_url(options.url)) {
        return "--url " + options.url +
               " cannot be read; it looks like ws://127.0.0.1:8080/signal, with a port from 1 to "
               "65535";
    }
    if (auto problem = problem_of_numbers(options); !problem.empty()) return problem;
    if (options.duration < 100ms) return "--duration must be at least 100ms";
    if (options.simulcast && options.svc) return "--simulcast and --svc exclude each other";
    const bool layered = options.codec == media::Codec::kVp9 || options.codec == media::Codec::kAv1;
    if (options.svc && !layered) return "--svc needs --codec vp9 or av1";
    if (options.video.bps == 0 && !options.audio) {
        return "nothing would be sent; give --video or --audio";
    }
    if (options.video.bps != 0 && options.video.bps < 30'000) {
        return "--video must be at least 30kbps, or 0 for none";
    }
    if (options.video.bps > 50'000'000) return "--video must be at most 50mbps";
    return {};
}

/// Understands the texts; the problem, if any.
std::string read_texts(const Texts& texts, Options& options) {
    const auto video = parse_bitrate(texts.video);
    if (!video) return "--video wants a rate such as 1300kbps, not " + texts.video;
    options.video = *video;
    options.codec = media::codec_from_name(texts.codec);
    if (!media::is_video(options.codec) || options.codec == media::Codec::kH265) {
        return "--codec wants vp8, vp9, av1 or h264, not " + texts.codec;
    }
    const auto duration = parse_time(texts.duration);
    if (!duration) return "--duration wants a time such as 30s, not " + texts.duration;
    options.duration = *duration;
    if (!texts.loss.empty()) {
        const auto loss = parse_share(texts.loss);
        if (!loss || *loss > kMostLoss) {
            return "--loss wants a share such as 0.02 or 2%, at most 90%, not " + texts.loss;
        }
        options.link.loss = *loss;
    }
    if (!texts.delay.empty()) {
        const auto delay = parse_time(texts.delay);
        if (!delay || *delay > kLongestDelay) {
            return "--delay wants a time such as 40ms, at most 2s, not " + texts.delay;
        }
        options.link.delay = *delay;
    }
    if (!texts.rate.empty()) {
        const auto rate = parse_bitrate(texts.rate);
        if (!rate || rate->bps < 10'000) {
            return "--rate wants a rate such as 500kbps, at least 10kbps, not " + texts.rate;
        }
        options.link.rate = *rate;
    }
    if (texts.pin) {
        if (*texts.pin < 0) return "--pin wants the number of a processor, 0 or more";
        options.pin = static_cast<unsigned>(*texts.pin);
    }
    return problem_of(options);
}

OptionsExit usage(const std::string& what) {
    return {2, "parley: " + what + "\n`parley load --help` explains the command line.\n"};
}

}  // namespace

std::optional<Bitrate> parse_bitrate(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, double>, 3> kUnits{
        {{"bps", 1}, {"kbps", 1e3}, {"mbps", 1e6}}};
    const auto value = scaled(text, kUnits);
    if (!value || *value > 1e12) return {};
    return Bitrate{std::llround(*value)};
}

std::optional<Duration> parse_time(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
        {{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
    const auto value = scaled(text, kUnits);
    if (!value || *value > 1e16) return {};
    return Duration(std::llround(*value));
}

std::optional<double> parse_share(std::string_view text) {
    const auto parts = number_and_unit(text);
    if (!parts || (!parts->second.empty() && parts->second != "%")) return {};
    const double share = parts->second == "%" ? parts->first / 100 : parts->first;
    return share <= 1 ? std::optional(share) : std::nullopt;
}

std::expected<Options, OptionsExit> parse_options(const std::vector<std::string>& arguments) {
    CLI::App app{kAbout, "parley load"};
    app.footer(kExamples);
    Options options;
    Texts texts;
    add_flags(app, options, texts);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(OptionsExit{0, app.help() + "\n"});
    } catch (const CLI::ParseError& error) {
        return std::unexpected(usage(error.what()));
    }
    if (auto problem = read_texts(texts, options); !problem.empty()) {
        return std::unexpected(usage(problem));
    }
    return options;
}

}  // namespace parley::load
