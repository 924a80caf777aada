// What a payload type stands for: rtpmap, fmtp and rtcp-fb of one number (RFC 8866 §6.6, §6.15, RFC
// 4585 §4.2).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sdp {

/// ASCII only, as SDP tokens are.
bool equals_ignore_case(std::string_view a, std::string_view b);

/// The parameters of an fmtp line in their order: "minptime=10;useinbandfec=1". A piece without '='
/// (telephone-event's "0-15", RED's "111/111") is a name without value.
class FormatParameters {
 public:
    struct Parameter {
        std::string name;
        std::optional<std::string> value;
        friend bool operator==(const Parameter&, const Parameter&) = default;
    };

    FormatParameters() = default;
    /// Splits at ';', trims blanks, drops empty pieces. Cannot fail.
    static FormatParameters parse(std::string_view text);

    bool empty() const { return items_.empty(); }
    const std::vector<Parameter>& items() const { return items_; }
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// The value, or nullopt when absent or without value. Names match whatever their case.
    std::optional<std::string_view> get(std::string_view name) const;
    std::string_view get_or(std::string_view name, std::string_view fallback) const;
    /// The value as a decimal number; nullopt when it is not one.
    std::optional<std::uint64_t> get_number(std::string_view name) const;
    /// Replaces the value where it stands (and removes doubles), or appends.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    void append(const FormatParameters& more);
    std::string to_text() const;
    friend bool operator==(const FormatParameters&, const FormatParameters&) = default;

 private:
    const Parameter* find(std::string_view name) const;
    std::vector<Parameter> items_;
};

struct Codec {
    std::uint8_t payload_type = 0;
    std::string name;  // "opus", "VP8", "rtx"; compare with is()
    std::uint32_t clock_rate = 0;
    std::uint8_t channels = 1;
    FormatParameters parameters;
    std::vector<std::string> feedback;  // "nack", "nack pli", "ccm fir", "transport-cc"

    bool is(std::string_view codec_name) const { return equals_ignore_case(name, codec_name); }
    /// RTX and redundancy carry another codec rather than media of their own.
    bool is_rtx() const { return is("rtx"); }
    bool is_red() const { return is("red"); }
    /// The payload type that an RTX format repairs (RFC 4588 §8.6).
    std::optional<std::uint8_t> apt() const;
    friend bool operator==(const Codec&, const Codec&) = default;
};

/// Whether two formats are the same media: name, clock rate, channels and the parameters that make
/// streams differ: VP9 profile-id, AV1 profile, H.264 packetization-mode and profile (not level;
/// RFC 6184 §8.2.2). Payload types and feedback do not matter. False for RTX.
bool same_format(const Codec& a, const Codec& b);

/// The H.264 profile of a profile-level-id, with constraint flags folded as RFC 6184 §8.1 table 5
/// does; nullopt for a malformed or unknown one. An absent id is Baseline (RFC 6184 §8.1).
enum class H264Profile : std::uint8_t {
    kConstrainedBaseline,
    kBaseline,
    kMain,
    kConstrainedHigh,
    kHigh,
    kPredictiveHigh444,
};
std::optional<H264Profile> h264_profile(const FormatParameters& parameters);

}  // namespace parley::sdp
