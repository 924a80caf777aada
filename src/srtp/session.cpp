#include "srtp/session.hpp"

#include "base/prefetch.hpp"
#include "rtp/packet.hpp"

namespace parley::srtp {
namespace {

constexpr std::uint64_t kMaxRtpIndex = (std::uint64_t{1} << 48) - 1;  // RFC 3711 §3.3.1

}  // namespace

std::string_view name(Error error) {
    switch (error) {
        case Error::kTooShort: return "too_short";
        case Error::kMalformed: return "malformed";
        case Error::kAuthentication: return "authentication";
        case Error::kReplay: return "replay";
        case Error::kTooManySsrcs: return "too_many_ssrcs";
        case Error::kNotEncrypted: return "not_encrypted";
        case Error::kKeyExhausted: return "key_exhausted";
        case Error::kNoRoom: return "no_room";
    }
    return "unknown";
}

trace::Drop to_drop(Error error) {
    switch (error) {
        case Error::kTooShort:
        case Error::kMalformed: return trace::Drop::kMalformed;
        case Error::kAuthentication:
        case Error::kNotEncrypted:
        case Error::kKeyExhausted: return trace::Drop::kSrtpAuthentication;
        case Error::kReplay: return trace::Drop::kSrtpReplay;
        case Error::kTooManySsrcs: return trace::Drop::kTooManySsrcs;
        case Error::kNoRoom: return trace::Drop::kTooLarge;
    }
    return trace::Drop::kMalformed;
}

Session::Session(const crypto::SrtpKeys& keys, crypto::CipherEngine& engine, const Limits& limits)
    : profile_(keys.profile),
      limits_(limits),
      inbound_(limits.inbound_ssrcs),
      outbound_(limits.outbound_ssrcs),
      rtp_out_(profile_, derive_session_keys(profile_, keys.local, Protocol::kRtp), engine),
      rtcp_out_(profile_, derive_session_keys(profile_, keys.local, Protocol::kRtcp), engine),
      rtp_in_(profile_, derive_session_keys(profile_, keys.remote, Protocol::kRtp), engine),
      rtcp_in_(profile_, derive_session_keys(profile_, keys.remote, Protocol::kRtcp), engine) {}

void Session::prefetch() const {
    prefetch_until(*this, rtcp_out_);
}

Result<std::size_t, Error> Session::protect_rtp(BytesSpan buffer, std::size_t size) {
    if (size > buffer.size() || buffer.size() - size < tag_size(profile_)) {
        return fail(Error::kNoRoom);
    }
    const auto header = rtp::header_size(buffer.first(size));
    if (!header) return fail(Error::kMalformed);
    Source* source = outbound_.find_or_add(load_be32(&buffer[8]));
    if (source == nullptr) return fail(Error::kTooManySsrcs);

    const std::uint64_t index = estimate_index(source->rtp, load_be16(&buffer[2]));
    if (index > kMaxRtpIndex || rtp_sent_ >= limits_.rtp_packets) return fail(Error::kKeyExhausted);
    if (!source->rtp.test(index)) return fail(Error::kReplay);
    source->rtp.accept(index);
    ++rtp_sent_;
    rtp_out_.protect_rtp(buffer, *header, size, index);
    return size + tag_size(profile_);
}

Result<std::size_t, Error> Session::unprotect_rtp(BytesSpan packet) {
    const std::size_t tag = tag_size(profile_);
    if (packet.size() < rtp::kFixedHeaderSize + tag) return fail(Error::kTooShort);
    const std::size_t size = packet.size() - tag;
    const auto header = rtp::header_size(packet.first(size));
    if (!header) return fail(Error::kMalformed);
    const std::uint32_t ssrc = load_be32(&packet[8]);
    Source* source = inbound_.find(ssrc);
    if (source == nullptr && inbound_.full()) return fail(Error::kTooManySsrcs);

    const ReplayWindow nothing_seen;
    const ReplayWindow& window = source != nullptr ? source->rtp : nothing_seen;
    const std::uint64_t index = estimate_index(window, load_be16(&packet[2]));
    if (index > kMaxRtpIndex) return fail(Error::kKeyExhausted);
    if (!window.test(index)) return fail(Error::kReplay);
    if (!rtp_in_.open_rtp(packet, *header, size, index)) return fail(Error::kAuthentication);
    // Only an authentic packet may make state or move the window (RFC 3711 §3.3).
    if (source == nullptr) source = inbound_.find_or_add(ssrc);
    source->rtp.accept(index);
    return size;
}

Result<std::size_t, Error> Session::protect_rtcp(BytesSpan buffer, std::size_t size) {
    const std::size_t overhead = tag_size(profile_) + kRtcpIndexSize;
    if (size > buffer.size() || buffer.size() - size < overhead) return fail(Error::kNoRoom);
    if (size < kRtcpHeaderSize || buffer[0] >> 6 != 2) return fail(Error::kMalformed);
    Source* source = outbound_.find_or_add(load_be32(&buffer[4]));
    if (source == nullptr) return fail(Error::kTooManySsrcs);
    if (source->rtcp_count >= kMaxRtcpIndex || source->rtcp_count >= limits_.rtcp_packets) {
        return fail(Error::kKeyExhausted);
    }
    // RFC 3711 §3.2.1 starts the index at 0; here, as in libsrtp, the first packet has 1, since a
    // receiver may take 0 for "nothing seen".
    rtcp_out_.protect_rtcp(buffer, size, ++source->rtcp_count);
    return size + overhead;
}

Result<std::size_t, Error> Session::unprotect_rtcp(BytesSpan packet) {
    const std::size_t overhead = tag_size(profile_) + kRtcpIndexSize;
    if (packet.size() < kRtcpHeaderSize + overhead) return fail(Error::kTooShort);
    if (packet[0] >> 6 != 2) return fail(Error::kMalformed);
    const std::size_t size = packet.size() - overhead;
    const std::uint32_t word = rtcp_in_.rtcp_index_word(packet);
    // RFC 8827 §6.5 wants all media encrypted: even an authentic packet in the clear is refused.
    if ((word & kEncryptedBit) == 0) return fail(Error::kNotEncrypted);
    const std::uint32_t index = word & kMaxRtcpIndex;

    const std::uint32_t ssrc = load_be32(&packet[4]);
    Source* source = inbound_.find(ssrc);
    if (source == nullptr && inbound_.full()) return fail(Error::kTooManySsrcs);
    if (source != nullptr && !source->rtcp.test(index)) return fail(Error::kReplay);
    if (!rtcp_in_.open_rtcp(packet, size, word)) return fail(Error::kAuthentication);
    if (source == nullptr) source = inbound_.find_or_add(ssrc);
    source->rtcp.accept(index);
    return size;
}

}  // namespace parley::srtp
