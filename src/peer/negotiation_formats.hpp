// What formats and header extensions two peers have in common, and which numbers the remote gave
// them. Within a bundle a payload type and an extension id mean one thing in all sections (RFC 8843
// §9.1), so the numbers that the remote once used are kept for the whole session.

#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "peer/negotiation.hpp"
#include "sdp/description.hpp"

namespace parley::peer {

/// All that the remote said about formats and extensions, over all its descriptions.
class RemoteFormats {
 public:
    void learn(const sdp::Description& description, bool is_offer);
    /// The remote refused this format although it might have been thought to take it.
    void learn_refused(sdp::MediaKind kind, const sdp::Codec& codec);

    CodecSupport support(sdp::MediaKind kind, const sdp::Codec& codec) const;
    std::optional<std::uint8_t> payload_type(sdp::MediaKind kind, const sdp::Codec& codec) const;
    std::optional<std::uint8_t> rtx_of(std::uint8_t payload_type) const;
    bool uses_payload_type(std::uint8_t payload_type) const;
    std::optional<std::uint8_t> extension_id(rtp::ExtensionType type) const;
    bool uses_extension_id(std::uint8_t id) const { return extension_ids_[id]; }
    bool allows_mixed_extmap() const { return allows_mixed_; }

 private:
    struct Format {
        sdp::MediaKind kind = sdp::MediaKind::kOther;
        sdp::Codec codec;
        bool receivable = false;  // stood in a section in which the remote can receive
    };
    struct Refused {
        sdp::MediaKind kind = sdp::MediaKind::kOther;
        sdp::Codec codec;
    };
    void learn_section(const sdp::Description& description, const sdp::Media& media, bool is_offer);

    std::vector<Format> formats_;  // one for each payload type
    std::vector<Refused> refused_;
    std::vector<HeaderExtension> extensions_;
    std::bitset<256> extension_ids_;
    bool audio_receivable_ = false;  // a section of the kind that can receive was offered
    bool video_receivable_ = false;
    bool allows_mixed_ = false;
};

/// The common formats of a section in our order of preference, with the remote's payload types, the
/// remote's RTX behind its codec, and the feedback that both know.
std::vector<sdp::Codec> common_codecs(const sdp::Media& media, const KindCapabilities& ours,
                                      const std::vector<std::string>& our_feedback);
std::vector<std::string> common_feedback(const sdp::Media& media, const sdp::Codec& codec,
                                         const std::vector<std::string>& our_feedback);
/// What the ids of a description's extensions mean: what the first usable section says of each.
/// Made once for a description, which may have hundreds of sections and ids. Borrows the sections.
struct ExtensionMeaning {
    const sdp::Media* media = nullptr;
    std::string uri;
};
using ExtensionMeanings = std::unordered_map<std::uint32_t, ExtensionMeaning>;
ExtensionMeanings extension_meanings(const sdp::Description& description);

/// The common extensions of a section with the remote's ids. `we_send`: for streams of ours.
std::vector<HeaderExtension> common_extensions(const sdp::Description& description,
                                               const ExtensionMeanings& meanings,
                                               const sdp::Media& media,
                                               const KindCapabilities& ours, bool we_send);
bool has_extension(const std::vector<HeaderExtension>& extensions, rtp::ExtensionType type);
/// The feedback on congestion that the sections in use have agreed on; empty while none has, or
/// where they differ within themselves. A transport has one: what is new must join.
std::string_view settled_feedback(std::span<const Section> sections);
/// Of the two kinds of feedback on congestion leaves the settled one, where the section has both.
/// Without a settled one RFC 8888 is taken: a remote that offers it as well prefers it.
void choose_feedback(Section& section, std::string_view settled);
/// Transport-wide feedback needs its header extension, which is of no use to other feedback; where
/// the section has either kind, REMB is not needed, unless streams of ours share the section.
void settle_congestion_feedback(Section& section, bool keep_remb = false);

}  // namespace parley::peer
