// A case as a picture: rates and the capacity above, the bottleneck's queue below.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "bench/cc/page.hpp"

namespace parley::bench {
namespace {

constexpr double kWidth = 860;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 52;
constexpr double kRates = 250;
constexpr double kGap = 34;
constexpr double kQueue = 90;
constexpr double kBottom = 34;
constexpr double kHeight = kTop + kRates + kGap + kQueue + kBottom;

template <typename... T>
std::string format(const char* pattern, T... values) {
    char text[512];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

/// A round step that makes some four of a range.
double tick(double range) {
    const double rough = std::max(range, 1e-3) / 4;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double step : {1.0, 2.0, 2.5, 5.0}) {
        if (step * power >= rough) return step * power;
    }
    return 10 * power;
}

struct Panel {
    double top = 0;
    double height = 0;
    double most = 1;
    double y(double value) const { return top + height * (1 - std::min(value, most) / most); }
};

struct Style {
    std::string colour;
    const char* more = "";
    double width = 1.6;
};

Style style_of(Line::Role role, std::size_t media) {
    static const std::array<const char*, 5> kMedia = {"#1f6feb", "#c2410c", "#15803d", "#9333ea",
                                                      "#b45309"};
    switch (role) {
        case Line::Role::kCapacity: return {"#64748b", " stroke-dasharray=\"6 4\"", 1.4};
        case Line::Role::kTcp: return {"#a8a29e", "", 1.4};
        case Line::Role::kTarget: return {"#93c5fd", "", 1.4};
        case Line::Role::kQueue: return {"#be123c", "", 1.2};
        case Line::Role::kMedia: break;
    }
    return {kMedia[media % kMedia.size()]};
}

std::string polyline(const Line& line, const Panel& panel, const Style& style) {
    std::string path;
    const double step = (kWidth - kLeft - kRight) / static_cast<double>(line.values.size());
    bool drawing = false;
    for (std::size_t i = 0; i < line.values.size(); ++i) {
        const double value = line.values[i];
        if (value >= 0) {
            path += format("%c%.1f %.1f", drawing ? 'L' : 'M',
                           kLeft + step * (static_cast<double>(i) + 0.5), panel.y(value));
        }
        drawing = value >= 0;
    }
    if (path.empty()) return {};
    return "<path fill=\"none\" stroke=\"" + style.colour +
           format("\" stroke-width=\"%.1f\"%s d=\"", style.width, style.more) + path + "\"/>\n";
}

std::string grid(const Panel& panel, const char* unit) {
    std::string text;
    const double step = tick(panel.most);
    for (double value = 0; value <= panel.most * 1.001; value += step) {
        text += format(
            "<path stroke=\"#e2e8f0\" d=\"M%.0f %.1fH%.0f\"/>"
            "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
            kLeft, panel.y(value), kWidth - kRight, kLeft - 6, panel.y(value) + 4, value);
    }
    return text + format("<text x=\"%.0f\" y=\"%.1f\">%s</text>\n", 6.0, panel.top - 8, unit);
}

std::string time_axis(double seconds) {
    std::string text;
    const double step = tick(seconds * 0.6);
    for (double at = 0; at <= seconds * 1.001; at += step) {
        text += format("<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%g s</text>\n",
                       kLeft + (kWidth - kLeft - kRight) * at / seconds, kHeight - 12, at);
    }
    return text;
}

double greatest(const Plot& plot, bool queue) {
    double most = 0;
    for (const Line& line : plot.lines) {
        // A target far above all that is sent would flatten the rest.
        if ((line.role == Line::Role::kQueue) != queue) continue;
        for (const double value : line.values) most = std::max(most, value);
    }
    return most;
}

}  // namespace

std::string drawing(const Case& what, const Plot& plot) {
    const Panel rates{kTop, kRates, std::max(greatest(plot, false) * 1.05, 1.0)};
    const Panel queue{kTop + kRates + kGap, kQueue, std::max(greatest(plot, true) * 1.1, 20.0)};
    std::string text = format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#334155\">\n"
        "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
        kWidth, kHeight, kWidth, kHeight);
    text += format("<text x=\"%.0f\" y=\"20\" font-size=\"14\" font-weight=\"bold\">", kLeft) +
            what.id + ": " + what.title + "</text>\n";
    text += grid(rates, "kbit/s") + grid(queue, "queue, ms");
    std::size_t media = 0;
    double legend = kLeft + 60;
    std::size_t points = 0;
    for (const Line& line : plot.lines) {
        const bool is_queue = line.role == Line::Role::kQueue;
        const Style style = style_of(line.role, media);
        if (line.role == Line::Role::kMedia) ++media;
        text += polyline(line, is_queue ? queue : rates, style);
        points = std::max(points, line.values.size());
        if (is_queue) continue;
        text += format("<path stroke=\"%s\" stroke-width=\"2\"%s d=\"M%.0f 38h22\"/>",
                       style.colour.c_str(), style.more, legend) +
                format("<text x=\"%.0f\" y=\"42\">", legend + 27) + line.name + "</text>\n";
        legend += 44 + 7.0 * static_cast<double>(line.name.size());
    }
    return text + time_axis(to_seconds(plot.step) * static_cast<double>(points)) + "</svg>\n";
}

}  // namespace parley::bench
