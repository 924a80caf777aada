#include "server/websocket.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace parley::server {
namespace {

std::string client_frame(std::uint8_t first, std::string_view payload, bool masked = true,
                         int length_form = 0) {
    std::string frame(1, static_cast<char>(first));
    const auto mask_bit = static_cast<std::uint8_t>(masked ? 0x80 : 0);
    const auto size = payload.size();
    if (length_form == 8 || size > 0xFFFF) {
        frame += static_cast<char>(mask_bit | 127);
        for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
    } else if (length_form == 2 || size > 125) {
        frame += static_cast<char>(mask_bit | 126);
        frame += static_cast<char>(size >> 8);
        frame += static_cast<char>(size & 0xFF);
    } else {
        frame += static_cast<char>(mask_bit | static_cast<std::uint8_t>(size));
    }
    if (!masked) return frame + std::string(payload);
    const std::string mask = "\x37\xfa\x21\x3d";
    frame += mask;
    for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    return frame;
}

std::vector<WebSocketEvent> read_all(std::string_view stream, std::size_t step = 0,
                                     WebSocketLimits limits = {}) {
    WebSocketReader reader(limits);
    std::vector<WebSocketEvent> events;
    while (!stream.empty()) {
        const auto piece = step == 0 ? stream : stream.substr(0, step);
        stream.remove_prefix(piece.size());
        auto bytes = as_bytes(piece);
        while (true) {
            auto event = reader.read(bytes);
            if (std::holds_alternative<WebSocketNothing>(event)) break;
            events.push_back(std::move(event));
        }
        EXPECT_TRUE(bytes.empty());
    }
    return events;
}

std::uint16_t violation_of(std::string_view stream, WebSocketLimits limits = {}) {
    for (const auto& event : read_all(stream, 0, limits)) {
        if (const auto* bad = std::get_if<WebSocketViolation>(&event)) return bad->code;
    }
    return 0;
}

// RFC 6455 §5.7: "Hello" masked, and a fragmented one with a ping between.
TEST(WebSocket, ReadsMessagesInAnyPieces) {
    const std::string stream = std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11) +
                               client_frame(0x01, "Hel") + client_frame(0x89, "beat") +
                               client_frame(0x80, "lo") + client_frame(0x81, "") +
                               client_frame(0x8A, "") +
                               client_frame(0x81, std::string(70'000, 'x')) +
                               client_frame(0x88, std::string("\x03\xe8") + "bye");
    for (const std::size_t step : {0U, 1U, 3U, 1000U}) {
        const auto events = read_all(stream, step);
        ASSERT_EQ(events.size(), 7U) << step;
        EXPECT_EQ(std::get<WebSocketText>(events[0]).text, "Hello");
        EXPECT_EQ(std::get<WebSocketPing>(events[1]).payload, "beat");
        EXPECT_EQ(std::get<WebSocketText>(events[2]).text, "Hello");
        EXPECT_EQ(std::get<WebSocketText>(events[3]).text, "");
        EXPECT_TRUE(std::holds_alternative<WebSocketPong>(events[4]));
        EXPECT_EQ(std::get<WebSocketText>(events[5]).text.size(), 70'000U);
        EXPECT_EQ(std::get<WebSocketClose>(events[6]).code, 1000);
        EXPECT_EQ(std::get<WebSocketClose>(events[6]).reason, "bye");
    }
}

TEST(WebSocket, ClosesOnBrokenFrames) {
    EXPECT_EQ(violation_of(client_frame(0x81, "hi", false)), 1002);  // unmasked
    EXPECT_EQ(violation_of(client_frame(0xC1, "hi")), 1002);         // reserved bit
    EXPECT_EQ(violation_of(client_frame(0x83, "hi")), 1002);         // reserved opcodes
    EXPECT_EQ(violation_of(client_frame(0x8B, "hi")), 1002);
    EXPECT_EQ(violation_of(client_frame(0x89, std::string(126, 'p'))), 1002);
    EXPECT_EQ(violation_of(client_frame(0x09, "p")), 1002);  // fragmented ping
    EXPECT_EQ(violation_of(client_frame(0x80, "x")), 1002);  // continuation of nothing
    EXPECT_EQ(violation_of(client_frame(0x01, "a") + client_frame(0x81, "b")), 1002);
    EXPECT_EQ(violation_of(client_frame(0x81, "hi", true, 2)), 1002);  // longer form than needed
    EXPECT_EQ(violation_of(client_frame(0x81, "hi", true, 8)), 1002);
    EXPECT_EQ(violation_of(client_frame(0x82, "hi")), 1003);
    EXPECT_EQ(violation_of(client_frame(0x88, "\x03")), 1002);
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
        const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
        EXPECT_EQ(violation_of(client_frame(0x88, payload)), 1002) << code;
    }
    EXPECT_EQ(violation_of(client_frame(0x88, "\x03\xe8\xff")), 1007);
}

TEST(WebSocket, TextIsUtf8) {
    for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "a\xE2\x82",
                            "\xF8\x88\x80\x80\x80", "\xFE"}) {
        EXPECT_EQ(violation_of(client_frame(0x81, bad)), 1007) << bad;
    }
    const auto split = client_frame(0x01, "\xE2\x82") + client_frame(0x80, "\xAC");
    EXPECT_EQ(std::get<WebSocketText>(read_all(split).at(0)).text, "\xE2\x82\xAC");
}

TEST(WebSocket, LimitsMessagesAndFragments) {
    const WebSocketLimits limits{1000, 4};
    EXPECT_EQ(read_all(client_frame(0x81, std::string(1000, 'a')), 0, limits).size(), 1U);
    EXPECT_EQ(violation_of(client_frame(0x81, std::string(1001, 'a')), limits), 1009);
    EXPECT_EQ(violation_of(client_frame(0x01, std::string(600, 'a')) +
                               client_frame(0x80, std::string(600, 'a')),
                           limits),
              1009);
    // The announced length alone is enough; nothing is reserved for it.
    EXPECT_EQ(violation_of(std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                       "abcd",
                                       14),
                           limits),
              1009);
    std::string many = client_frame(0x01, "a");
    for (int i = 0; i < 100; ++i) many += client_frame(0x00, "a");
    EXPECT_EQ(violation_of(many, limits), 1009);
}

TEST(WebSocket, ReleasesItsMemoryBetweenMessages) {
    WebSocketReader reader({});
    const auto frame = client_frame(0x81, std::string(100'000, 'a'));
    auto bytes = as_bytes(frame);
    (void)reader.read(bytes);
    EXPECT_LT(reader.buffered(), 100U);
}

TEST(WebSocket, TakesNothingAfterTheEnd) {
    WebSocketReader reader({});
    const auto stream = client_frame(0x88, "") + client_frame(0x81, "late");
    auto bytes = as_bytes(stream);
    EXPECT_EQ(std::get<WebSocketClose>(reader.read(bytes)).code, close_code::kNone);
    EXPECT_TRUE(std::holds_alternative<WebSocketNothing>(reader.read(bytes)));
    EXPECT_TRUE(bytes.empty());
}

TEST(WebSocket, WritesFrames) {
    EXPECT_EQ(write_text_frame("Hello"), "\x81\x05Hello");
    EXPECT_EQ(write_text_frame(std::string(200, 'a')).substr(0, 4),
              std::string("\x81\x7E\x00\xC8", 4));
    EXPECT_EQ(write_text_frame(std::string(70'000, 'a')).substr(0, 10),
              std::string("\x81\x7F\0\0\0\0\0\x01\x11\x70", 10));
    EXPECT_EQ(write_close_frame(1001, "off"), std::string("\x88\x05\x03\xE9off"));
    EXPECT_EQ(write_close_frame(close_code::kNone, "x"), std::string("\x88\x00", 2));
    std::string accents;
    for (int i = 0; i < 100; ++i) accents += "\xC3\xA9";
    EXPECT_EQ(write_close_frame(1000, accents).size(), 2U + 2U + 122U);
}

HttpRequest upgrade_request() {
    HttpRequest request;
    request.method = "GET";
    request.headers = {{"host", "h"},
                       {"upgrade", "WebSocket"},
                       {"connection", "keep-alive, Upgrade"},
                       {"sec-websocket-version", "13"},
                       {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
    return request;
}

// RFC 6455 §1.3.
TEST(WebSocket, AnswersTheHandshake) {
    const auto response = answer_websocket(upgrade_request());
    EXPECT_EQ(response.status, 101U);
    EXPECT_EQ(response.headers.at(2).second, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_TRUE(is_websocket_request(upgrade_request()));
}

TEST(WebSocket, RefusesBrokenHandshakes) {
    const auto status = [](auto change) {
        auto request = upgrade_request();
        change(request);
        return answer_websocket(request).status;
    };
    EXPECT_EQ(status([](auto& r) { r.method = "POST"; }), 405U);
    EXPECT_EQ(status([](auto& r) { r.headers[2].second = "close"; }), 400U);
    EXPECT_EQ(status([](auto& r) { r.headers[3].second = "8"; }), 426U);
    EXPECT_EQ(status([](auto& r) { r.headers[4].second = "dGhlIHNhbXBsZQ=="; }), 400U);
    EXPECT_EQ(status([](auto& r) { r.headers[4].second = "?"; }), 400U);
    EXPECT_EQ(status([](auto& r) { r.headers.pop_back(); }), 400U);
}

}  // namespace
}  // namespace parley::server
