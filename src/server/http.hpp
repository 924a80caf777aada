// HTTP/1.1 messages (RFC 9110, RFC 9112) as values, a reader for requests and a writer for
// responses. Sans-IO: octets in, octets out. Left out: HTTP/2, compression, ranges, trailers'
// meaning.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace parley::server {

struct HttpRequest {
    std::string method;
    std::string target;                                        // verbatim
    std::string path;                                          // decoded, always begins with '/'
    std::vector<std::pair<std::string, std::string>> query;    // decoded
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    bool keep_alive = true;

    /// The value of the only field of that name; nullopt when absent or given twice.
    std::optional<std::string_view> header(std::string_view lower_name) const;
    bool has_header(std::string_view lower_name) const;
    /// A comma-separated field holds the word, in any case (RFC 9110 §5.6.1).
    bool header_has_token(std::string_view lower_name, std::string_view word) const;
    std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Splits and decodes a request target into path and query; false when it is not in origin form or
/// badly encoded.
bool parse_target(HttpRequest& request);

struct HttpResponse {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// Instead of `body`, for files held in memory.
    std::shared_ptr<const std::string> shared_body;
    bool close = false;

    std::size_t body_size() const { return shared_body ? shared_body->size() : body.size(); }
};

std::string_view status_text(unsigned status);
/// Status line and fields, with Content-Length, Connection and Server. No header may smuggle CR or
/// LF: such values are cut there.
std::string write_head(const HttpResponse& response, bool keep_alive);

struct HttpReaderLimits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t headers = 100;
    std::size_t target_bytes = 8 * 1024;
    std::size_t body_bytes = 64 * 1024;
};

/// Reads one request.
class HttpRequestReader {
 public:
    enum class State : std::uint8_t { kNeedMore, kComplete, kBad };

    explicit HttpRequestReader(const HttpReaderLimits& limits);
    ~HttpRequestReader();
    HttpRequestReader(const HttpRequestReader&) = delete;
    HttpRequestReader& operator=(const HttpRequestReader&) = delete;

    /// Takes octets until the request is complete and returns how many it took; the rest belongs to
    /// whatever follows.
    std::size_t feed(BytesView bytes);
    State state() const { return state_; }
    /// After kBad: the status to answer with, and why.
    unsigned bad_status() const { return bad_status_; }
    const std::string& bad_reason() const { return bad_reason_; }
    /// After kComplete.
    HttpRequest take();
    /// The head is complete and the client waits for leave to send its body (RFC 9110 §10.1.1).
    bool wants_continue();

 private:
    struct Parser;
    std::size_t feed_head(BytesView bytes);
    std::size_t feed_body(BytesView bytes);
    bool head_is_clean(std::size_t from);
    void parse_head(std::size_t head_size);
    void bad(unsigned status, std::string reason);

    HttpReaderLimits limits_;
    std::string head_;
    std::unique_ptr<Parser> parser_;
    State state_ = State::kNeedMore;
    bool head_done_ = false;
    bool continue_pending_ = false;
    unsigned bad_status_ = 0;
    std::string bad_reason_;
};

}  // namespace parley::server
