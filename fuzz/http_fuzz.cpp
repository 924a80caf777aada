// Any octets as an HTTP request: whole and in single octets they mean the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "server/http.hpp"
#include "server/websocket.hpp"

namespace {

using namespace parley;
using server::HttpRequestReader;

struct Outcome {
    HttpRequestReader::State state = HttpRequestReader::State::kNeedMore;
    std::size_t used = 0;
    server::HttpRequest request;
};

Outcome read(BytesView bytes, std::size_t step) {
    HttpRequestReader reader({2048, 20, 512, 1024});
    Outcome out;
    while (out.used < bytes.size() && reader.state() == HttpRequestReader::State::kNeedMore) {
        const auto left = bytes.subspan(out.used);
        const auto piece = left.first(std::min(step, left.size()));
        const auto used = reader.feed(piece);
        PARLEY_ASSERT(used <= piece.size());
        out.used += used;
        (void)reader.wants_continue();
        if (used == 0 && reader.state() == HttpRequestReader::State::kNeedMore) break;
    }
    out.state = reader.state();
    if (out.state == HttpRequestReader::State::kBad) PARLEY_ASSERT(reader.bad_status() >= 400);
    if (out.state == HttpRequestReader::State::kComplete) out.request = reader.take();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto whole = read({data, size}, size + 1);
    const auto pieces = read({data, size}, 1);
    PARLEY_ASSERT(whole.state == pieces.state);
    if (whole.state == HttpRequestReader::State::kComplete) {
        PARLEY_ASSERT(whole.used == pieces.used);
        PARLEY_ASSERT(whole.request.target == pieces.request.target);
        PARLEY_ASSERT(whole.request.headers == pieces.request.headers);
        PARLEY_ASSERT(whole.request.body == pieces.request.body);
        PARLEY_ASSERT(whole.request.body.size() <= 1024);
    }
    if (whole.state != HttpRequestReader::State::kComplete) return 0;
    if (server::parse_target(whole.request)) {
        PARLEY_ASSERT(whole.request.path.starts_with('/'));
        PARLEY_ASSERT(whole.request.path.find('\0') == std::string::npos);
    }
    if (server::is_websocket_request(whole.request)) {
        (void)server::write_head(server::answer_websocket(whole.request), true);
    }
    return 0;
}
