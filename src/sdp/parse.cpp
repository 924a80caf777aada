// Lines and what is not an attribute. Every loop is bounded by the limits of description.hpp.

#include <algorithm>

#include "sdp/parser.hpp"
#include "sdp/text.hpp"

namespace parley::sdp {

namespace {

struct StaticPayload {
    std::uint8_t payload_type;
    std::string_view name;
    std::uint32_t clock_rate;
    std::uint8_t channels;
};

// RFC 3551 §6 tables 4 and 5: what a number means without an rtpmap.
constexpr StaticPayload kStaticPayloads[] = {
    {0, "PCMU", 8000, 1},   {3, "GSM", 8000, 1},   {4, "G723", 8000, 1},   {5, "DVI4", 8000, 1},
    {6, "DVI4", 16000, 1},  {7, "LPC", 8000, 1},   {8, "PCMA", 8000, 1},   {9, "G722", 8000, 1},
    {10, "L16", 44100, 2},  {11, "L16", 44100, 1}, {12, "QCELP", 8000, 1}, {13, "CN", 8000, 1},
    {14, "MPA", 90000, 1},  {15, "G728", 8000, 1}, {18, "G729", 8000, 1},  {26, "JPEG", 90000, 1},
    {31, "H261", 90000, 1}, {32, "MPV", 90000, 1}, {33, "MP2T", 90000, 1}, {34, "H263", 90000, 1},
};

Codec codec_without_rtpmap(std::uint8_t payload_type) {
    Codec codec;
    codec.payload_type = payload_type;
    for (const auto& entry : kStaticPayloads) {
        if (entry.payload_type != payload_type) continue;
        codec.name = entry.name;
        codec.clock_rate = entry.clock_rate;
        codec.channels = entry.channels;
    }
    return codec;
}

MediaKind kind_of(std::string_view text) {
    if (text == "audio") return MediaKind::kAudio;
    if (text == "video") return MediaKind::kVideo;
    return text == "application" ? MediaKind::kApplication : MediaKind::kOther;
}

Complaint read_bandwidth(std::vector<Bandwidth>& out, std::string_view value) {
    const auto type = text::cut(value, ':');
    const auto number = text::number<std::uint64_t>(text::trim(value));
    if (type.empty() || !number) return ParseReason::kBadBandwidth;
    out.push_back({std::string(type), *number});
    return {};
}

Complaint read_connection(std::vector<std::string>& out, std::string_view value) {
    auto rest = value;
    if (text::word(rest).empty() || text::word(rest).empty() || text::word(rest).empty()) {
        return ParseReason::kBadConnection;
    }
    out.emplace_back(value);
    return {};
}

bool is_line_character(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0x20 || c == '\t';
}

}  // namespace

Result<Description, ParseError> Parser::run(std::string_view text) {
    if (text.empty()) return fail(ParseError{0, ParseReason::kEmpty});
    if (text.size() > kMaxSize) return fail(ParseError{0, ParseReason::kTooLarge});
    while (!text.empty()) {
        auto line = text::cut(text, '\n');
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (++line_ > kMaxLines) return fail(ParseError{line_, ParseReason::kTooManyLines});
        if (line.empty()) continue;
        if (!line.starts_with("m=")) {
            if (const auto complaint = read_line(line)) return fail(ParseError{line_, *complaint});
            continue;
        }
        if (const auto error = finish_media()) return fail(*error);
        if (const auto complaint = read_line(line)) return fail(ParseError{line_, *complaint});
    }
    if (const auto error = finish_media()) return fail(*error);
    if (const auto error = finish()) return fail(*error);
    return std::move(description_);
}

Complaint Parser::read_line(std::string_view line) {
    if (line.size() > kMaxLineSize) return ParseReason::kLineTooLong;
    if (!text::all(line, is_line_character)) return ParseReason::kControlCharacter;
    if (line.size() < 2 || line[1] != '=') {
        return have_version_ ? ParseReason::kNotALine : ParseReason::kVersionMissing;
    }
    const char type = line[0];
    const auto value = line.substr(2);
    if (!have_version_) {
        return type == 'v' ? read_version(value) : Complaint{ParseReason::kVersionMissing};
    }
    if (type == 'm') return start_media(value);
    if (type == 'a') return read_attribute_line(value);
    return media_ == nullptr ? read_session_line(type, value) : read_media_line(type, value);
}

Complaint Parser::read_version(std::string_view value) {
    if (text::trim(value) != "0") return ParseReason::kVersionUnsupported;
    have_version_ = true;
    return {};
}

Complaint Parser::read_session_line(char type, std::string_view value) {
    switch (type) {
        case 'o': return read_origin(value);
        case 's': description_.name = value; return {};
        case 'i':
        case 'u':
        case 'e':
        case 'p': description_.other_lines.push_back({type, std::string(value)}); return {};
        case 'c': return read_connection(description_.connections, value);
        case 'b': return read_bandwidth(description_.bandwidths, value);
        case 't':
        case 'r':
        case 'z': return read_timing(type, value);
        case 'k': return {};  // RFC 8866 §5.12: discarded
        default: return ParseReason::kUnknownLine;
    }
}

Complaint Parser::read_media_line(char type, std::string_view value) {
    switch (type) {
        case 'i': media_->other_lines.push_back({type, std::string(value)}); return {};
        case 'c': return read_connection(media_->connections, value);
        case 'b': return read_bandwidth(media_->bandwidths, value);
        case 'k': return {};
        default: return ParseReason::kUnknownLine;
    }
}

Complaint Parser::read_origin(std::string_view value) {
    if (have_origin_) return ParseReason::kBadOrigin;
    auto& origin = description_.origin;
    origin.username = text::word(value);
    const auto session_id = text::number<std::uint64_t>(text::word(value));
    const auto version = text::number<std::uint64_t>(text::word(value));
    const auto network = text::trim(value);
    auto rest = network;
    if (!session_id || !version || text::word(rest).empty() || text::word(rest).empty() ||
        text::word(rest).empty() || !text::trim(rest).empty()) {
        return ParseReason::kBadOrigin;
    }
    origin.session_id = *session_id;
    origin.session_version = *version;
    origin.network = network;
    have_origin_ = true;
    return {};
}

Complaint Parser::read_timing(char type, std::string_view value) {
    if (type == 't') {
        auto rest = value;
        if (!text::number<std::uint64_t>(text::word(rest)) ||
            !text::number<std::uint64_t>(text::word(rest)) || !text::trim(rest).empty()) {
            return ParseReason::kBadTiming;
        }
    }
    description_.timing.push_back({type, std::string(value)});
    return {};
}

Complaint Parser::start_media(std::string_view value) {
    if (description_.media.size() == kMaxSections) return ParseReason::kTooManySections;
    Media media;
    media.line.value = line_;
    media.kind_text = text::word(value);
    media.kind = kind_of(media.kind_text);
    auto port_text = text::word(value);
    const auto port = text::number<std::uint16_t>(text::cut(port_text, '/'));
    media.protocol = text::word(value);
    if (media.kind_text.empty() || media.protocol.empty()) return ParseReason::kBadMediaLine;
    if (!port) return ParseReason::kBadPort;
    media.port = *port;
    if (media.is_rtp()) {
        if (const auto complaint = read_payload_types(media, value)) return complaint;
    } else {
        for (auto format = text::word(value); !format.empty(); format = text::word(value)) {
            if (media.formats.size() == kMaxFormats) return ParseReason::kTooManyFormats;
            media.formats.emplace_back(format);
        }
    }
    // A refused section may come without formats; some stacks write it so.
    if (media.codecs.empty() && media.formats.empty() && media.port != 0) {
        return ParseReason::kBadMediaLine;
    }
    description_.media.push_back(std::move(media));
    media_ = &description_.media.back();
    attributes_ = 0;
    simulcast_line_ = 0;
    codec_lines_.fill(line_);
    return {};
}

Complaint Parser::read_payload_types(Media& media, std::string_view rest) {
    for (auto word = text::word(rest); !word.empty(); word = text::word(rest)) {
        if (media.codecs.size() == kMaxFormats) return ParseReason::kTooManyFormats;
        const auto payload_type = text::number<std::uint8_t>(word);
        if (!payload_type || *payload_type > 127) return ParseReason::kBadPayloadType;
        if (media.find_codec(*payload_type) != nullptr) {
            return ParseReason::kDuplicatePayloadType;
        }
        media.codecs.push_back(codec_without_rtpmap(*payload_type));
    }
    return {};
}

Complaint Parser::read_attribute_line(std::string_view value) {
    if (++attributes_ > kMaxAttributes) return ParseReason::kTooManyAttributes;
    const auto colon = value.find(':');
    const auto name = value.substr(0, colon);
    if (name.empty()) return ParseReason::kNotALine;
    if (colon == std::string_view::npos) return read_attribute(*this, name, std::nullopt);
    return read_attribute(*this, name, value.substr(colon + 1));
}

/// What can be judged only when the whole section is known.
std::optional<ParseError> Parser::finish_media() {
    if (media_ == nullptr) return {};
    for (const auto& codec : media_->codecs) {
        if (!codec.is_rtx() || media_->port == 0) continue;
        const auto apt = codec.apt();
        const auto* repaired = apt ? media_->find_codec(*apt) : nullptr;
        if (repaired == nullptr || repaired->is_rtx()) {
            return ParseError{codec_lines_[codec.payload_type], ParseReason::kRtxWithoutApt};
        }
    }
    if (!media_->simulcast) return {};
    const auto known = [&](const SimulcastStreams& streams, bool send) {
        return std::ranges::all_of(streams, [&](const auto& alternatives) {
            return std::ranges::all_of(alternatives, [&](const SimulcastRid& wanted) {
                return std::ranges::any_of(media_->rids, [&](const Rid& rid) {
                    return rid.id == wanted.rid && rid.send == send;
                });
            });
        });
    };
    if (known(media_->simulcast->send, true) && known(media_->simulcast->receive, false)) return {};
    return ParseError{simulcast_line_, ParseReason::kSimulcastOfUnknownRid};
}

std::optional<ParseError> Parser::finish() {
    if (!have_version_) return ParseError{line_, ParseReason::kVersionMissing};
    if (!have_origin_) return ParseError{line_, ParseReason::kOriginMissing};
    if (description_.timing.empty()) description_.timing.push_back({'t', "0 0"});
    for (const auto& group : description_.groups) {
        if (group.semantics != "BUNDLE") continue;
        for (const auto& mid : group.mids) {
            if (description_.find_media(mid) == nullptr) {
                return ParseError{bundle_line_, ParseReason::kBundleOfUnknownMid};
            }
        }
    }
    return {};
}

Result<Description, ParseError> parse(std::string_view text) {
    return Parser().run(text);
}

}  // namespace parley::sdp
