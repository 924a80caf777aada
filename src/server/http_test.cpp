#include "server/http.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

using State = HttpRequestReader::State;

struct Outcome {
    State state = State::kNeedMore;
    unsigned status = 0;
    std::size_t used = 0;
    HttpRequest request;
};

Outcome read(std::string_view text, std::size_t step = 0, HttpReaderLimits limits = {}) {
    HttpRequestReader reader(limits);
    Outcome out;
    while (out.used < text.size() && reader.state() == State::kNeedMore) {
        const auto piece = step == 0 ? text.substr(out.used) : text.substr(out.used, step);
        const auto took = reader.feed(as_bytes(piece));
        out.used += took;
        if (took < piece.size()) break;
    }
    out.state = reader.state();
    out.status = reader.bad_status();
    if (out.state == State::kComplete) out.request = reader.take();
    return out;
}

TEST(Http, ReadsARequestInAnyPieces) {
    const std::string text =
        "POST /api/x%20y?a=1&b=c+d HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A:  v "
        "\r\n\r\nhello"
        "GET / HTTP/1.1\r\n";
    for (const std::size_t step : {0U, 1U, 2U, 7U, 64U}) {
        auto out = read(text, step);
        ASSERT_EQ(out.state, State::kComplete) << step;
        EXPECT_EQ(out.used, text.find("GET /"));
        EXPECT_EQ(out.request.method, "POST");
        EXPECT_EQ(out.request.body, "hello");
        EXPECT_EQ(out.request.header("x-a"), "v");
        EXPECT_TRUE(out.request.keep_alive);
        ASSERT_TRUE(parse_target(out.request));
        EXPECT_EQ(out.request.path, "/api/x y");
        EXPECT_EQ(out.request.parameter("a"), "1");
        EXPECT_EQ(out.request.parameter("b"), "c d");
        EXPECT_FALSE(out.request.parameter("c").has_value());
    }
}

TEST(Http, ReadsChunkedBodies) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: v\r\n\r\nNEXT";
    for (const std::size_t step : {0U, 1U, 3U}) {
        const auto out = read(text, step);
        ASSERT_EQ(out.state, State::kComplete) << step << " " << out.status;
        EXPECT_EQ(out.request.body, "abcde");
        EXPECT_EQ(text.substr(out.used, 4), "NEXT") << step;
    }
}

struct Bad {
    std::string text;
    unsigned status;
};

TEST(Http, RefusesWhatIsAmbiguousOrTooLarge) {
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
    std::string many = get;
    for (int i = 0; i < 2001; ++i) many += "a: b\r\n";
    const Bad cases[] = {
        {"GET / HTTP/1.1\nHost: h\n\n", 400},
        {get + "A: b\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {get + "Host: i\r\n\r\n", 400},
        {get + "Bad : x\r\n\r\n", 400},
        {get + "A: b\r\n c\r\n\r\n", 400},
        {get + std::string("A: b\0c\r\n\r\n", 10), 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: v\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0;" +
             std::string(5000, 'x') + "\r\n\r\n",
         400},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"GET /" + std::string(64 * 1024, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
        {get + "A: " + std::string(64 * 1024, 'a') + "\r\n\r\n", 431},
        {many + "\r\n", 431},
        {"hello there\r\n\r\n", 400},
        {"\r\n\r\n", 400},
    };
    for (const auto& bad : cases) {
        for (const std::size_t step : {0U, 1U, 100U}) {
            const auto out = read(bad.text, step);
            EXPECT_EQ(out.state, State::kBad) << bad.text.substr(0, 80) << " step " << step;
            EXPECT_EQ(out.status, bad.status) << bad.text.substr(0, 80) << " step " << step;
        }
    }
}

TEST(Http, TakesTheLastAllowedOctet) {
    HttpReaderLimits limits;
    limits.body_bytes = 300;
    const std::string body(300, 'x');
    const auto head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n";
    EXPECT_EQ(read(head + body, 0, limits).state, State::kComplete);
    const auto target = "GET /" + std::string(8 * 1024 - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(read(target).state, State::kComplete);
}

TEST(Http, SaysWhenTheClientWaits) {
    HttpRequestReader reader({});
    reader.feed(as_bytes(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_TRUE(reader.wants_continue());
    EXPECT_FALSE(reader.wants_continue());
    reader.feed(as_bytes("ok"));
    EXPECT_EQ(reader.state(), State::kComplete);
}

TEST(Http, TargetsDecodeOnce) {
    HttpRequest request;
    request.target = "/%252e%252e/x";
    ASSERT_TRUE(parse_target(request));
    EXPECT_EQ(request.path, "/%2e%2e/x");
    for (const char* target : {"http://h/", "*", "", "/%", "/%zz", "/%00", "/%ff", "/?a=%f"}) {
        HttpRequest bad;
        bad.target = target;
        EXPECT_FALSE(parse_target(bad)) << target;
    }
}

TEST(Http, WritesHeadsThatCannotBeSplit) {
    HttpResponse response;
    response.status = 404;
    response.headers = {{"X", "a\r\nEvil: b"}};
    response.body = "abc";
    EXPECT_EQ(write_head(response, false),
              "HTTP/1.1 404 Not Found\r\nX: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    response = {};
    response.status = 304;
    EXPECT_EQ(write_head(response, true).find("Content-Length"), std::string::npos);
}

}  // namespace
}  // namespace parley::server
