#include "load/report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parley::load {
namespace {

double milliseconds(Duration duration) {
    // Microseconds are as fine as the clocks are.
    return std::round(to_seconds(duration) * 1e6) / 1e3;
}

std::string rate_text(double bps) {
    return bps >= 1e6 ? fmt::format("{:.2f} Mbit/s", bps / 1e6)
                      : fmt::format("{:.0f} kbit/s", bps / 1e3);
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

constexpr const char* kLost = "lost";

bool all_lost(const Report& report) {
    return report.joined > 0 && report.lost() == report.joined;
}

}  // namespace

std::uint64_t Report::lost() const {
    const auto found = failures.find(kLost);
    return found == failures.end() ? 0 : found->second.count;
}

int Report::exit_code() const {
    return joined == 0 || lost() > 0 || failures.contains("refused") ? 1 : 0;
}

double Report::loss() const {
    return share(expected - std::min(expected, received), expected);
}

double Report::bitrate() const {
    const double seconds = to_seconds(duration);
    return seconds > 0 ? static_cast<double>(bytes) * 8 / seconds : 0;
}

Duration percentile(std::vector<Duration>& values, double share) {
    if (values.empty()) return {};
    std::ranges::sort(values);
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return values[std::min(index, values.size() - 1)];
}

std::string to_json(const Report& report) {
    nlohmann::ordered_json json;
    json["participants"] = report.participants;
    json["joined"] = report.joined;
    json["publishers"] = report.publishers;
    json["receivers"] = report.receivers;
    json["join_ms_p50"] = milliseconds(report.join_p50);
    json["join_ms_p99"] = milliseconds(report.join_p99);
    json["packets_sent"] = report.sent;
    json["packets_resent"] = report.resent;
    json["packets_unsent"] = report.unsent;
    json["packets_expected"] = report.expected;
    json["packets_received"] = report.received;
    json["packets_recovered"] = report.recovered;
    json["gaps"] = report.gaps;
    json["streams_missing"] = report.streams_missing;
    json["loss"] = report.loss();
    json["delay_ms_p50"] = milliseconds(report.delay_p50);
    json["delay_ms_p99"] = milliseconds(report.delay_p99);
    json["bitrate_bps"] = std::llround(report.bitrate());
    json["layer_switches"] = report.layer_switches;
    json["keyframe_requests"] = report.keyframe_requests;
    json["duration_s"] = to_seconds(report.duration);
    json["cpu_s"] = to_seconds(report.cpu);
    json["interrupted"] = report.interrupted;
    auto& failures = json["failures"] = nlohmann::ordered_json::object();
    for (const auto& [cause, failure] : report.failures) {
        failures[cause] = {{"count", failure.count}, {"text", failure.text}};
    }
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_table(const Report& report) {
    std::string text;
    const auto row = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{:<20} {}\n", name, value);
    };
    row("joined", fmt::format("{} of {} ({} publish, {} receive)", report.joined,
                              report.participants, report.publishers, report.receivers));
    row("join time", fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", milliseconds(report.join_p50),
                                 milliseconds(report.join_p99)));
    row("measured", fmt::format("{:.1f} s{}{}", to_seconds(report.duration),
                                report.interrupted ? ", interrupted" : "",
                                all_lost(report) ? ", until nobody was left" : ""));
    row("packets sent", fmt::format("{} ({} more sent again)", report.sent, report.resent));
    if (report.unsent > 0) {
        row("packets unsent",
            fmt::format(
                "{}: refused by this machine's sockets; it was this program, not the server",
                report.unsent));
    }
    row("packets expected", fmt::format("{}", report.expected));
    row("packets received",
        fmt::format("{} ({} of them sent again)", report.received, report.recovered));
    row("loss", fmt::format("{:.4f} %", 100 * report.loss()));
    row("gaps", fmt::format("{} sequence numbers", report.gaps));
    if (report.streams_missing > 0) {
        row("streams missing",
            fmt::format("{}: receivers got nothing of them", report.streams_missing));
    }
    row("delay", fmt::format("p50 {:.2f} ms, p99 {:.2f} ms", milliseconds(report.delay_p50),
                             milliseconds(report.delay_p99)));
    const double each =
        report.receivers == 0 ? 0 : report.bitrate() / static_cast<double>(report.receivers);
    row("bitrate",
        fmt::format("{} in all, {} a receiver", rate_text(report.bitrate()), rate_text(each)));
    row("layer switches", fmt::format("{}", report.layer_switches));
    row("keyframe requests", fmt::format("{}", report.keyframe_requests));
    const double busy =
        report.duration.count() > 0 ? to_seconds(report.cpu) / to_seconds(report.duration) : 0;
    row("own CPU", fmt::format("{:.0f} % of one core", 100 * busy));
    for (const auto& [cause, failure] : report.failures) {
        row(cause == kLost ? cause : "failed: " + cause,
            fmt::format("{}: {}", failure.count, failure.text));
    }
    return text;
}

std::string interruption_line(const Report& report) {
    if (!report.interrupted || report.duration > Duration::zero()) return {};
    const auto* when = report.joined < report.participants ? "while joining" : "before measuring";
    return fmt::format("interrupted {}; {} of {} had joined", when, report.joined,
                       report.participants);
}

std::vector<std::string> failure_lines(const Report& report) {
    std::vector<std::string> lines;
    for (const auto& [cause, failure] : report.failures) {
        lines.push_back(cause == kLost
                            ? fmt::format("{} of {} were lost after they had joined: {}",
                                          failure.count, report.joined, failure.text)
                            : fmt::format("{} of {} did not take part ({}): {}", failure.count,
                                          report.participants, cause, failure.text));
    }
    return lines;
}

}  // namespace parley::load
