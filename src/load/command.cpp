#include "load/command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load/media_loops.hpp"
#include "load/options.hpp"
#include "load/swarm.hpp"

namespace parley::load {
namespace {

void print(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
}

int failed(const std::string& text, int code = 1) {
    print(stderr, "parley: " + text + "\n");
    return code;
}

/// Each participant takes two descriptors; the hard limit is what may be had without asking.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string pin_to(unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
    if (cpu < CPU_SETSIZE && ::sched_setaffinity(0, sizeof set, &set) == 0) return {};
    return fmt::format(
        "cannot stay on processor {} (--pin): this machine or container does not "
        "offer it; `taskset -p $$` shows which it does",
        cpu);
}

/// One line that is written over on a terminal; elsewhere a line now and then and whenever a phase
/// begins, by which a program that measures the server knows when.
class ProgressLine {
 public:
    void show(const std::string& line, bool milestone) {
        if (::isatty(STDERR_FILENO) != 0) {
            print(stderr, "\r\x1b[K" + line);
            written_ = true;
        } else if (milestone || calls_++ % 10 == 0) {
            print(stderr, line + "\n");
        }
    }
    ~ProgressLine() {
        if (written_) print(stderr, "\r\x1b[K");
    }

 private:
    bool written_ = false;
    unsigned calls_ = 0;
};

void describe(const MediaLoops& loops) {
    std::string text;
    for (const auto& loop : loops.video) {
        const double seconds = static_cast<double>(loop.frames.size()) / kFramesPerSecond;
        text +=
            fmt::format("{}{} {}x{}, {:.0f} kbit/s in {:.0f} packets a second",
                        text.empty() ? "video: " : "; ", media::name(loop.codec), loop.width,
                        loop.height, static_cast<double>(loop.payload_bytes()) * 8 / seconds / 1e3,
                        static_cast<double>(loop.packets()) / seconds);
    }
    if (!loops.audio.empty()) text += text.empty() ? "audio: Opus" : "; audio: Opus";
    print(stderr, text + "\n");
}

}  // namespace

int run_command(const std::vector<std::string>& arguments) {
    const auto options = parse_options(arguments);
    if (!options) {
        print(options.error().code == 0 ? stdout : stderr, options.error().text);
        return options.error().code;
    }
    if (options->pin) {
        if (const auto problem = pin_to(*options->pin); !problem.empty()) {
            return failed(problem, 2);
        }
    }
    raise_file_limit();
    const auto server =
        resolve_server(options->url, options->token,
                       options->insecure ? crypto::TlsTrust::kAnybody : crypto::TlsTrust::kSystem);
    if (!server) return failed(server.error());
    const auto loops = make_media_loops(*options);
    if (!loops) return failed(loops.error());
    describe(*loops);
    Report report;
    {
        ProgressLine progress;
        Swarm swarm(*options, *loops, *server, [&](const std::string& line, bool milestone) {
            progress.show(line, milestone);
        });
        report = swarm.run();
    }
    if (options->json || report.joined > 0) {
        print(stdout, options->json ? to_json(report) : to_table(report));
    }
    if (const auto line = interruption_line(report); !line.empty()) {
        print(stderr, "parley: " + line + "\n");
    }
    if (options->json || report.joined == 0) {
        for (const auto& line : failure_lines(report)) print(stderr, "parley: " + line + "\n");
    }
    return report.exit_code();
}

}  // namespace parley::load
