// When the next packet may leave. A budget that fills with the rate and never beyond its depth, so
// that a pause earns no burst; the depth is the larger of one frame (ten packets) and ten
// milliseconds of the rate. A probe overrides the rate until it is complete.
//
// The sender asks may_send() before each packet, sends, and tells on_sent(). While it may not send,
// next_send() is when it may.

#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "base/units.hpp"
#include "cc/types.hpp"

namespace parley::cc {

class Pacer {
 public:
    static constexpr std::int64_t kFrameBytes = 10 * 1250;
    static constexpr Duration kDepth = std::chrono::milliseconds(10);

    /// Without a rate everything may leave at once.
    void set_rate(Bitrate rate, Instant now);
    void start_probe(const ProbeRequest& request, Instant now);

    bool may_send(Instant now);
    /// `size` octets left.
    void on_sent(std::uint32_t size, Instant now);
    /// When may_send() turns true, if it is false now; Instant::min() otherwise.
    Instant next_send(Instant now);

    /// The probe that a packet sent now belongs to.
    ProbeId probe() const;
    /// Octets of filling that the probe (or padding) needs now because media alone is too little.
    std::uint32_t padding_wanted(Instant now) const;
    /// Padding between probes: fill up to this rate while media takes less.
    void set_padding_rate(Bitrate rate, Instant now);
};

}  // namespace parley::cc
