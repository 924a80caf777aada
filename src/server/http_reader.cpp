// The request reader: our own strict look at the head (line ends, sizes, counts, what must not
// occur together), then Beast's parser for the grammar and the body. The only place that includes
// Beast.

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <optional>

#include "server/http.hpp"
#include "server/http_chunks.hpp"
#include "server/text.hpp"

namespace parley::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;

struct HttpRequestReader::Parser {
    http::request_parser<http::empty_body> beast;
    std::string body;
    std::uint64_t body_left = 0;
    std::optional<ChunkDecoder> chunks;
};

HttpRequestReader::HttpRequestReader(const HttpReaderLimits& limits) : limits_(limits) {}
HttpRequestReader::~HttpRequestReader() = default;

void HttpRequestReader::bad(unsigned status, std::string reason) {
    state_ = State::kBad;
    bad_status_ = status;
    bad_reason_ = std::move(reason);
}

std::size_t HttpRequestReader::feed(BytesView bytes) {
    if (state_ != State::kNeedMore || bytes.empty()) return 0;
    try {
        std::size_t used = 0;
        if (!head_done_) used = feed_head(bytes);
        if (head_done_ && state_ == State::kNeedMore) used += feed_body(bytes.subspan(used));
        return used;
    } catch (const std::exception& error) {
        bad(400, std::string("the request cannot be read: ") + error.what());
        return bytes.size();
    }
}

/// Looks at each octet of the head once, as it comes.
bool HttpRequestReader::head_is_clean(std::size_t from) {
    for (std::size_t i = from; i < head_.size(); ++i) {
        const auto c = static_cast<unsigned char>(head_[i]);
        if (c == '\n' && (i == 0 || head_[i - 1] != '\r')) {
            bad(400, "a line ends in LF alone; HTTP lines end in CR LF");
            return false;
        }
        if ((c == ' ' || c == '\t') && i > 0 && head_[i - 1] == '\n') {
            bad(400, "a header line is folded");  // RFC 9112 §5.2
            return false;
        }
        if (c < 0x20 && c != '\r' && c != '\n' && c != '\t') {
            bad(400, "the head holds a control character");
            return false;
        }
    }
    return true;
}

std::size_t HttpRequestReader::feed_head(BytesView bytes) {
    const std::size_t before = head_.size();
    const std::size_t room = limits_.header_bytes + limits_.target_bytes - before;
    head_ += as_text(bytes.first(std::min(bytes.size(), room)));
    const auto end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end != std::string::npos) head_.resize(end + 4);
    const std::size_t used = head_.size() - before;
    if (!head_is_clean(before)) return used;
    // A CR whose LF is still to come is no part of the line.
    const auto so_far = head_.size() - (head_.ends_with('\r') ? 1 : 0);
    const auto line_end = std::min(head_.find("\r\n"), so_far);
    constexpr std::size_t kMethodAndVersion = 32;
    if (line_end > limits_.target_bytes + kMethodAndVersion) {
        bad(414, "the request target is longer than " + show_size(limits_.target_bytes));
    } else if (head_.size() - line_end > limits_.header_bytes ||
               (end == std::string::npos && room <= bytes.size())) {
        bad(431, "the header fields are longer than " + show_size(limits_.header_bytes));
    } else if (static_cast<std::size_t>(std::ranges::count(head_, '\n')) > limits_.headers + 2) {
        bad(431, "there are more than " + std::to_string(limits_.headers) + " header fields");
    } else if (end != std::string::npos) {
        head_done_ = true;
        parse_head(head_.size());
    }
    return used;
}

void HttpRequestReader::parse_head(std::size_t head_size) {
    parser_ = std::make_unique<Parser>();
    auto& beast = parser_->beast;
    beast.header_limit(static_cast<std::uint32_t>(head_size + 1));
    beast.body_limit(std::numeric_limits<std::uint64_t>::max());  // ours is looked at below
    boost::system::error_code error;
    beast.put(asio::buffer(head_), error);
    head_ = {};
    if (error == http::error::bad_version) return bad(505, "only HTTP/1.1 is spoken here");
    if (error) return bad(400, "the request is malformed: " + error.message());
    const auto& fields = beast.get();
    const bool has_length = fields.count(http::field::content_length) > 0;
    const bool has_coding = fields.count(http::field::transfer_encoding) > 0;
    if (fields.version() == 11 && fields.count(http::field::host) != 1) {
        return bad(400, "exactly one Host field is needed");  // RFC 9112 §3.2
    }
    if ((has_length && has_coding) || fields.count(http::field::content_length) > 1) {
        return bad(400, "the body's length is given twice");  // RFC 9112 §6.3: request smuggling
    }
    if (has_coding && !beast.chunked()) {
        return bad(501, "only the chunked transfer coding is understood");
    }
    if (has_coding && fields.version() < 11) return bad(400, "HTTP/1.0 knows no transfer coding");
    if (has_coding) parser_->chunks.emplace();
    parser_->body_left = has_length ? beast.content_length().value_or(0) : 0;
    if (parser_->body_left > limits_.body_bytes) {
        return bad(413, "the body is longer than " + show_size(limits_.body_bytes));
    }
    if (!has_coding && parser_->body_left == 0) {
        state_ = State::kComplete;
    } else if (boost::beast::iequals(fields[http::field::expect], "100-continue")) {
        continue_pending_ = true;
    }
}

std::size_t HttpRequestReader::feed_body(BytesView bytes) {
    const auto before = bytes.size();
    if (!parser_->chunks) {
        const auto take =
            static_cast<std::size_t>(std::min<std::uint64_t>(parser_->body_left, before));
        parser_->body += as_text(bytes.first(take));
        parser_->body_left -= take;
        if (parser_->body_left == 0) state_ = State::kComplete;
        return take;
    }
    switch (parser_->chunks->feed(bytes, parser_->body, limits_.body_bytes)) {
        case ChunkDecoder::State::kNeedMore: break;
        case ChunkDecoder::State::kDone: state_ = State::kComplete; break;
        case ChunkDecoder::State::kBad: bad(400, "the body's chunks are malformed"); break;
        case ChunkDecoder::State::kTooLong:
            bad(413, "the body is longer than " + show_size(limits_.body_bytes));
            break;
    }
    return before - bytes.size();
}

bool HttpRequestReader::wants_continue() {
    return state_ == State::kNeedMore && std::exchange(continue_pending_, false);
}

HttpRequest HttpRequestReader::take() {
    auto message = parser_->beast.release();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.keep_alive = message.keep_alive();
    for (const auto& field : message) {
        request.headers.emplace_back(to_lower(std::string_view(field.name_string())),
                                     std::string(field.value()));
    }
    request.body = std::move(parser_->body);
    parser_.reset();
    return request;
}

}  // namespace parley::server
