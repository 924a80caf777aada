// The parser's state while it walks the lines; private to this room.

#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "sdp/description.hpp"

namespace parley::sdp {

/// Nothing, or what is wrong with the line at hand.
using Complaint = std::optional<ParseReason>;

class Parser {
 public:
    Result<Description, ParseError> run(std::string_view text);

    // For the attribute readers: the section at hand (null before the first m= line).
    Description& description() { return description_; }
    Media* media() { return media_; }
    std::uint32_t line() const { return line_; }
    void note_codec_line(std::uint8_t payload_type) { codec_lines_[payload_type] = line_; }
    void note_bundle_line() { bundle_line_ = line_; }
    void note_simulcast_line() { simulcast_line_ = line_; }

 private:
    Complaint read_line(std::string_view line);
    Complaint read_session_line(char type, std::string_view value);
    Complaint read_media_line(char type, std::string_view value);
    Complaint read_attribute_line(std::string_view value);
    Complaint read_version(std::string_view value);
    Complaint read_origin(std::string_view value);
    Complaint read_timing(char type, std::string_view value);
    Complaint start_media(std::string_view value);
    Complaint read_payload_types(Media& media, std::string_view rest);
    std::optional<ParseError> finish_media();
    std::optional<ParseError> finish();

    Description description_;
    Media* media_ = nullptr;
    std::uint32_t line_ = 0;
    std::size_t attributes_ = 0;
    bool have_version_ = false;
    bool have_origin_ = false;
    std::uint32_t bundle_line_ = 0;
    std::uint32_t simulcast_line_ = 0;
    std::array<std::uint32_t, 128> codec_lines_{};
};

/// Reads `a=name:value` (value empty when there is none) into the session or the section at hand.
Complaint read_attribute(Parser& parser, std::string_view name,
                         std::optional<std::string_view> value);

}  // namespace parley::sdp
