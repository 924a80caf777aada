// What a server may answer to the load generator's WebSocket: the handshake, then frames. However
// the octets are cut into pieces, the same messages come out.

#include <string>
#include <vector>

#include "base/assert.hpp"
#include "load/web_socket.hpp"

namespace {

using parley::BytesView;

struct Heard {
    std::vector<std::string> texts;
    bool failed = false;
    friend bool operator==(const Heard&, const Heard&) = default;
};

Heard listen(BytesView head, BytesView bytes, std::size_t piece) {
    parley::Random random(1);
    parley::load::WebSocketClient socket(*parley::load::parse_url("ws://h/signal"), "", random);
    socket.receive(head);
    Heard heard;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        socket.receive(bytes.subspan(at, std::min(piece, bytes.size() - at)));
        while (auto text = socket.poll_text()) heard.texts.push_back(std::move(*text));
    }
    heard.failed = socket.failed();
    return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The proof that belongs to the key of seed 1, so that frames are reached.
    static const std::string kHead =
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "
        "avFrtGaKKOhDLh3geWLbrQSQRak=\r\n\r\n";
    const BytesView bytes(data, size);
    (void)listen({}, bytes, size == 0 ? 1 : size);
    const Heard whole = listen(parley::as_bytes(kHead), bytes, size == 0 ? 1 : size);
    PARLEY_ASSERT(whole == listen(parley::as_bytes(kHead), bytes, 1));
    return 0;
}
