// Any octets as WebSocket frames: whole and in single octets they give the same events, within the
// limits.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "server/text.hpp"
#include "server/websocket.hpp"

namespace {

using namespace parley;
constexpr server::WebSocketLimits kLimits{1000, 10};

std::string describe(const server::WebSocketEvent& event) {
    if (const auto* text = std::get_if<server::WebSocketText>(&event)) {
        PARLEY_ASSERT(server::is_utf8(text->text) && text->text.size() <= kLimits.message_bytes);
        return "text " + text->text;
    }
    if (const auto* ping = std::get_if<server::WebSocketPing>(&event)) {
        PARLEY_ASSERT(ping->payload.size() <= 125);
        return "ping " + ping->payload;
    }
    if (const auto* close = std::get_if<server::WebSocketClose>(&event)) {
        PARLEY_ASSERT(server::is_utf8(close->reason));
        PARLEY_ASSERT(server::write_close_frame(close->code, close->reason).size() <= 127);
        return "close " + std::to_string(close->code) + close->reason;
    }
    if (const auto* bad = std::get_if<server::WebSocketViolation>(&event)) {
        return "violation " + std::to_string(bad->code);
    }
    return "pong";
}

std::vector<std::string> read(BytesView bytes, std::size_t step) {
    server::WebSocketReader reader(kLimits);
    std::vector<std::string> events;
    while (!bytes.empty()) {
        auto piece = bytes.first(std::min(step, bytes.size()));
        bytes = bytes.subspan(piece.size());
        while (true) {
            const auto event = reader.read(piece);
            if (std::holds_alternative<server::WebSocketNothing>(event)) break;
            events.push_back(describe(event));
        }
        PARLEY_ASSERT(piece.empty());
        PARLEY_ASSERT(reader.buffered() <= 4 * kLimits.message_bytes);
    }
    return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    PARLEY_ASSERT(read({data, size}, size + 1) == read({data, size}, 1));
    return 0;
}
