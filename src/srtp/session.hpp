// SRTP and SRTCP (RFC 3711, RFC 7714) with the keys of one DTLS handshake: both directions, all
// sources of one peer. A transform: no time, one packet in, one packet out, in place.
// Leaves out: MKI, key derivation rates other than 0, unencrypted SRTP and SRTCP.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "crypto/cipher_engine.hpp"
#include "crypto/srtp_keys.hpp"
#include "srtp/packet_keys.hpp"
#include "srtp/source_table.hpp"
#include "trace/drop.hpp"

namespace parley::srtp {

enum class Error : std::uint8_t {
    kTooShort,        // no room for header, index and tag
    kMalformed,       // not an RTP or RTCP header
    kAuthentication,  // the tag does not match
    kReplay,          // seen before or older than the window; outbound: the index was used already
    kTooManySsrcs,    // the limit of sources is reached
    kNotEncrypted,    // SRTCP with its E bit clear
    kKeyExhausted,    // the key's lifetime is over (RFC 3711 §9.2)
    kNoRoom,          // the buffer cannot hold the tag
};
std::string_view name(Error error);
trace::Drop to_drop(Error error);

/// By how much a packet grows at most: a 128-bit tag and SRTCP's index.
inline constexpr std::size_t kMaxOverhead = 20;

struct Limits {
    /// Over the life of the keys, since none may be forgotten: a client that makes new tracks for
    /// hours has few at a time and many in all.
    std::size_t inbound_ssrcs = 512;
    std::size_t outbound_ssrcs = 8192;
    /// RFC 3711 §9.2: packets under one master key, and SRTCP packets of one source.
    std::uint64_t rtp_packets = std::uint64_t{1} << 48;
    std::uint32_t rtcp_packets = std::uint32_t{1} << 31;
};

class Session {
 public:
    /// The engine must outlive the session.
    Session(const crypto::SrtpKeys& keys, crypto::CipherEngine& engine, const Limits& limits = {});

    /// Protects the packet in the first `size` octets of `buffer`; its new size. `buffer` needs
    /// kMaxOverhead octets more. A sequence number may be used once for each SSRC and roll-over:
    /// with GCM a second packet under one index would give the authentication key away (RFC 7714
    /// §8.4), so a plain retransmission must send the protected octets again.
    Result<std::size_t, Error> protect_rtp(BytesSpan buffer, std::size_t size);
    Result<std::size_t, Error> protect_rtcp(BytesSpan buffer, std::size_t size);
    /// Opens the packet in place; its new size. After an error its octets are garbage.
    Result<std::size_t, Error> unprotect_rtp(BytesSpan packet);
    Result<std::size_t, Error> unprotect_rtcp(BytesSpan packet);

    /// Asks for what protect_rtp() needs: of the object itself, and, once that is near, of the
    /// rest.
    void prefetch() const;
    void prefetch_far(std::uint32_t ssrc) const {
        outbound_.prefetch(ssrc);
        rtp_out_.prefetch();
    }

    crypto::SrtpProfile profile() const { return profile_; }
    std::size_t inbound_ssrcs() const { return inbound_.size(); }
    std::size_t outbound_ssrcs() const { return outbound_.size(); }

 private:
    crypto::SrtpProfile profile_;
    Limits limits_;
    SourceTable inbound_;
    SourceTable outbound_;
    std::uint64_t rtp_sent_ = 0;
    PacketKeys rtp_out_;
    PacketKeys rtcp_out_;
    PacketKeys rtp_in_;
    PacketKeys rtcp_in_;
};

}  // namespace parley::srtp
