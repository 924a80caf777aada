#include "server/log.hpp"

#include <array>
#include <memory>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "server/text.hpp"

namespace parley::server::log {
namespace {

constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};
constexpr std::size_t kLongestText = 4096;

spdlog::level::level_enum to_library(Level level) {
    switch (level) {
        case Level::kTrace: return spdlog::level::trace;
        case Level::kDebug: return spdlog::level::debug;
        case Level::kInfo: return spdlog::level::info;
        case Level::kWarning: return spdlog::level::warn;
        case Level::kError: return spdlog::level::err;
        case Level::kOff: break;
    }
    return spdlog::level::off;
}

Level from_library(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace: return Level::kTrace;
        case spdlog::level::debug: return Level::kDebug;
        case spdlog::level::info: return Level::kInfo;
        case spdlog::level::warn: return Level::kWarning;
        case spdlog::level::off: return Level::kOff;
        default: return Level::kError;
    }
}

/// The level as settings name it: the library cuts or lengthens them.
class LevelName final : public spdlog::custom_flag_formatter {
 public:
    explicit LevelName(bool padded) : padded_(padded) {}
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        const std::string_view name = level_name(from_library(message.level));
        out.append(name);
        constexpr std::size_t kLongestName = 5;
        for (std::size_t i = name.size(); padded_ && i < kLongestName; ++i) out.push_back(' ');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<LevelName>(padded_);
    }

 private:
    bool padded_;
};

struct Sink {
    std::shared_ptr<spdlog::logger> logger;
    Format format = Format::kText;
};

/// Standard error: standard output belongs to commands whose output is data.
Sink& sink() {
    static Sink instance{std::make_shared<spdlog::logger>(
                             "parley", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>()),
                         Format::kText};
    return instance;
}

}  // namespace

std::optional<Level> parse_level(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) return static_cast<Level>(i);
    }
    if (name == "warning") return Level::kWarning;
    return std::nullopt;
}

std::string_view level_name(Level level) {
    return kNames[static_cast<std::size_t>(level)];
}

void setup(Level level, Format format) {
    auto& out = sink();
    out.format = format;
    out.logger->set_level(to_library(level));
    out.logger->flush_on(spdlog::level::trace);
    // ISO 8601 in UTC, so that lines of several machines sort together.
    const bool json = format == Format::kJson;
    auto lines = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    lines->add_flag<LevelName>('*', !json)
        .set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*","text":%v})"
                          : "%Y-%m-%dT%H:%M:%S.%eZ %^%*%$ %v");
    out.logger->set_formatter(std::move(lines));
}

bool enabled(Level level) {
    return sink().logger->should_log(to_library(level));
}

std::string escape(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (const char c : text.substr(0, kLongestText)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet >= 0x20 && octet != 0x7F) {
            out += c;
            continue;
        }
        out += "\\x";
        out += kHex[octet >> 4];
        out += kHex[octet & 15];
    }
    if (text.size() > kLongestText) out += "...";
    return out;
}

void write(Level level, std::string_view text) {
    auto& out = sink();
    const std::string safe = out.format == Format::kJson ? quote(escape(text)) : escape(text);
    out.logger->log(to_library(level), "{}", safe);
}

}  // namespace parley::server::log
