// The words for what is wrong with a description.

#include <string>

#include "sdp/description.hpp"

namespace parley::sdp {

namespace {

struct ReasonText {
    ParseReason reason;
    std::string_view code;
    std::string_view sentence;
};

constexpr ReasonText kReasons[] = {
    {ParseReason::kEmpty, "empty", "the description is empty"},
    {ParseReason::kTooLarge, "too_large", "the description is larger than 256 KiB"},
    {ParseReason::kTooManyLines, "too_many_lines", "the description has more than 16384 lines"},
    {ParseReason::kLineTooLong, "line_too_long", "the line is longer than 4096 octets"},
    {ParseReason::kTooManySections, "too_many_sections", "there are more than 256 m= sections"},
    {ParseReason::kTooManyAttributes, "too_many_attributes",
     "there are more than 1024 attributes in one section"},
    {ParseReason::kTooManyFormats, "too_many_formats",
     "there are more than 128 formats in one section"},
    {ParseReason::kTooManyRids, "too_many_rids", "there are more than 16 rids in one section"},
    {ParseReason::kControlCharacter, "control_character", "the line holds a control character"},
    {ParseReason::kNotALine, "not_a_line", "a line must be <letter>=<value>"},
    {ParseReason::kVersionMissing, "version_missing", "the first line must be v=0"},
    {ParseReason::kVersionUnsupported, "version_unsupported", "the version must be 0"},
    {ParseReason::kOriginMissing, "origin_missing", "there is no o= line"},
    {ParseReason::kBadOrigin, "bad_origin",
     "an origin must be o=<username> <session id> <version> IN <IP4|IP6> <address>"},
    {ParseReason::kUnknownLine, "unknown_line", "this kind of line has no meaning here"},
    {ParseReason::kBadTiming, "bad_timing", "a timing line must be t=<start> <stop>"},
    {ParseReason::kBadConnection, "bad_connection",
     "a connection must be c=IN <IP4|IP6> <address>"},
    {ParseReason::kBadBandwidth, "bad_bandwidth", "a bandwidth must be b=<type>:<number>"},
    {ParseReason::kBadMediaLine, "bad_media_line",
     "a media line must be m=<kind> <port> <protocol> <format>..."},
    {ParseReason::kBadPort, "bad_port", "a port must be a number from 0 to 65535"},
    {ParseReason::kBadPayloadType, "bad_payload_type",
     "a payload type must be a number from 0 to 127"},
    {ParseReason::kDuplicatePayloadType, "duplicate_payload_type",
     "a payload type stands twice on the media line"},
    {ParseReason::kBadRtpmap, "bad_rtpmap",
     "an rtpmap must be <payload type> <name>/<clock rate>[/<channels>]"},
    {ParseReason::kBadClockRate, "bad_clock_rate", "a clock rate must be a number above 0"},
    {ParseReason::kBadFmtp, "bad_fmtp", "an fmtp must be <payload type> <parameters>"},
    {ParseReason::kBadRtcpFb, "bad_rtcp_fb", "an rtcp-fb must be <payload type or *> <feedback>"},
    {ParseReason::kRtxWithoutApt, "rtx_without_apt",
     "an rtx format must name, by apt, a format of its section that it repairs"},
    {ParseReason::kBadMid, "bad_mid", "a mid must have 1 to 16 visible characters"},
    {ParseReason::kDuplicateMid, "duplicate_mid", "another section has this mid"},
    {ParseReason::kBadGroup, "bad_group", "a group must be <semantics> <mid>..."},
    {ParseReason::kBundleOfUnknownMid, "bundle_of_unknown_mid",
     "the BUNDLE group names a mid that no section has"},
    {ParseReason::kBadIceCredentials, "bad_ice_credentials",
     "an ICE ufrag must have 4 to 256 characters, a password 22 to 256"},
    {ParseReason::kBadFingerprint, "bad_fingerprint",
     "a fingerprint must be <hash> <colon-separated hexadecimal octets of the hash's length>"},
    {ParseReason::kBadSetup, "bad_setup", "a setup must be actpass, active, passive or holdconn"},
    {ParseReason::kBadExtmap, "bad_extmap",
     "an extmap must be <id>[/<direction>] <uri> with an id from 1 to 255 or 4096 to 4351"},
    {ParseReason::kDuplicateExtmap, "duplicate_extmap",
     "another header extension of the section has this id"},
    {ParseReason::kBadMsid, "bad_msid", "an msid must be <stream> [<track>]"},
    {ParseReason::kBadSsrc, "bad_ssrc", "an ssrc must be <32 bit number> <attribute>[:<value>]"},
    {ParseReason::kBadSsrcGroup, "bad_ssrc_group", "an ssrc-group must be <semantics> <ssrc>..."},
    {ParseReason::kBadRid, "bad_rid",
     "a rid must be <1 to 16 letters, digits, - or _> <send|recv> [<restrictions>], its payload "
     "types among those of the section"},
    {ParseReason::kDuplicateRid, "duplicate_rid", "another rid of the section has this name"},
    {ParseReason::kBadSimulcast, "bad_simulcast",
     "a simulcast must be send and/or recv, each followed by a list of rids"},
    {ParseReason::kSimulcastOfUnknownRid, "simulcast_of_unknown_rid",
     "the simulcast line names a rid that the section does not have in that direction"},
};

const ReasonText& find(ParseReason reason) {
    for (const auto& item : kReasons) {
        if (item.reason == reason) return item;
    }
    return kReasons[0];
}

}  // namespace

std::string_view to_text(ParseReason reason) {
    return find(reason).code;
}

std::string to_text(const ParseError& error) {
    std::string out;
    if (error.line != 0) out = "line " + std::to_string(error.line) + ": ";
    out += find(error.reason).sentence;
    return out;
}

}  // namespace parley::sdp
