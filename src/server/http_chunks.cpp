#include "server/http_chunks.hpp"

#include <algorithm>

namespace parley::server {
namespace {

int hex_value(std::uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::end_size_line() {
    if (digits_ == 0) return State::kBad;
    at_ = size_ == 0 ? At::kTrailerStart : At::kData;
    digits_ = 0;
    return State::kNeedMore;
}

/// Everything but data.
ChunkDecoder::State ChunkDecoder::step(std::uint8_t octet) {
    constexpr unsigned kMostDigits = 8;
    switch (at_) {
        case At::kSize: {
            const int digit = hex_value(octet);
            if (digit >= 0) {
                if (++digits_ > kMostDigits) return State::kTooLong;
                size_ = size_ * 16 + static_cast<unsigned>(digit);
                return State::kNeedMore;
            }
            if (digits_ == 0) return State::kBad;
            if (octet == '\r')
                at_ = At::kSizeEnd;
            else if (octet == ';')
                at_ = At::kExtension;
            else
                return State::kBad;
            return State::kNeedMore;
        }
        case At::kExtension:
            if (octet == '\r')
                at_ = At::kSizeEnd;
            else if ((octet < 0x20 && octet != '\t') || ++ignored_ > kMostIgnored)
                return State::kBad;
            return State::kNeedMore;
        case At::kSizeEnd: return octet == '\n' ? end_size_line() : State::kBad;
        case At::kDataCr: at_ = At::kDataLf; return octet == '\r' ? State::kNeedMore : State::kBad;
        case At::kDataLf: at_ = At::kSize; return octet == '\n' ? State::kNeedMore : State::kBad;
        case At::kTrailerStart: at_ = octet == '\r' ? At::kLastLf : At::kTrailer; [[fallthrough]];
        case At::kTrailer:
            if (at_ == At::kLastLf) return State::kNeedMore;
            if (octet == '\r')
                at_ = At::kTrailerLf;
            else if ((octet < 0x20 && octet != '\t') || ++ignored_ > kMostIgnored)
                return State::kBad;
            return State::kNeedMore;
        case At::kTrailerLf:
            at_ = At::kTrailerStart;
            return octet == '\n' ? State::kNeedMore : State::kBad;
        case At::kLastLf: return octet == '\n' ? State::kDone : State::kBad;
        case At::kData: break;
    }
    return State::kBad;
}

ChunkDecoder::State ChunkDecoder::feed(BytesView& bytes, std::string& body, std::size_t limit) {
    while (!bytes.empty()) {
        if (at_ == At::kData) {
            if (size_ > limit - body.size()) return State::kTooLong;
            const auto take =
                static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size()));
            body += as_text(bytes.first(take));
            bytes = bytes.subspan(take);
            size_ -= take;
            if (size_ > 0) return State::kNeedMore;
            at_ = At::kDataCr;
            continue;
        }
        const auto octet = bytes.front();
        bytes = bytes.subspan(1);
        const auto state = step(octet);
        if (state != State::kNeedMore) return state;
        // Refused before any of it arrives.
        if (at_ == At::kData && size_ > limit - body.size()) return State::kTooLong;
    }
    return State::kNeedMore;
}

}  // namespace parley::server
