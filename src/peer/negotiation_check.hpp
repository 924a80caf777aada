// Whether a remote description can be negotiated at all, and what it says about the transport. Pure
// functions of the description and of what was agreed before; each complaint names its section.

#pragma once

#include <optional>
#include <span>

#include "base/result.hpp"
#include "peer/negotiation.hpp"
#include "sdp/description.hpp"

namespace parley::peer {

using Verdict = std::optional<NegotiationError>;

/// Audio or video over RTP that the remote has not refused.
bool is_usable(const sdp::Media& media);

NegotiationError syntax_error(const sdp::ParseError& error);

/// Sections keep their order, mids and kinds (RFC 9429 §5.2.2, §5.10).
Verdict check_offer_sections(const sdp::Description& offer, std::span<const Section> agreed,
                             std::size_t max_sections);
Verdict check_answer_sections(const sdp::Description& answer, std::span<const Section> offered);

/// One transport (BUNDLE, rtcp-mux), secured by DTLS; numbers that mean one thing in it.
Verdict check_transport_rules(const sdp::Description& description);

/// True when the usable sections stand in a BUNDLE group.
bool is_bundled(const sdp::Description& description);

/// Absent when no section is usable.
Result<std::optional<RemoteTransport>, NegotiationError> read_transport(
    const sdp::Description& description, bool we_are_lite);

/// The section's extensions with the session's (RFC 8285 §5).
std::vector<sdp::Extmap> extmaps_of(const sdp::Description& description, const sdp::Media& media);

/// "section 2 (m=video, mid 1, line 40)".
std::string name_of(const sdp::Description& description, const sdp::Media& media);

}  // namespace parley::peer
