// Which microphones of a room are heard when only the N loudest are forwarded, by the levels that
// publishers send beside their packets (RFC 6464), so that encrypted audio is judged as well. A
// controller.
//
// Each place is held by one microphone. Who is silent keeps its place until another needs it; who
// becomes loud takes a silent one's place with the very packet that is loud, so no word loses its
// beginning. Where all who hold places speak, one that is clearly louder for a while takes the
// place of the quietest.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace parley::sfu {

/// A microphone, as the owner numbers it.
using VoiceId = std::uint64_t;

class Loudest {
 public:
    /// dB below overload: a packet with no more counts as speech. Speech is at 20 to 40, quiet
    /// rooms are beyond 61 (speakers.hpp); soft beginnings of words shall count.
    static constexpr std::uint8_t kLoud = 55;
    /// Between words nobody stops speaking: so long after its last loud packet a place is safe.
    static constexpr Duration kHold = 800ms;
    /// What has just taken a place from somebody who speaks keeps it at least so long.
    static constexpr Duration kLeastStay = 2s;
    /// dB above the quietest who speaks, to take its place.
    static constexpr double kLouderBy = 10;
    // Of a loud packet of 20 ms: loudness rises within 100 ms and falls over a second of speech.
    // Pauses do not count.
    static constexpr double kRise = 0.2;
    static constexpr double kFall = 0.02;

    struct Change {
        VoiceId id = 0;
        bool heard = false;
    };

    /// How many are heard; 0: everybody, and then none of the rest is needed.
    explicit Loudest(std::size_t places) : places_(places) {}
    std::size_t places() const { return places_; }

    /// Ids grow: none is used again. It has a place if one is free.
    void add(VoiceId id, bool muted, Instant now);
    void remove(VoiceId id, Instant now);
    /// Who is muted gives up its place, and gets one by being loud alone: its owner's word that it
    /// is not muted any more may come later than its voice.
    void set_muted(VoiceId id, bool muted, Instant now);
    /// An audio packet's level: 0 loudest, 127 silent (RFC 6464 §3).
    void on_level(VoiceId id, std::uint8_t below_overload_db, Instant now);

    bool heard(VoiceId id) const;
    /// Who is heard, or not heard any more, since the last call; of each the newest counts. Valid
    /// until the next call of anything.
    std::span<const Change> take_changes();

 private:
    struct Voice {
        VoiceId id = 0;
        bool heard = false;
        bool muted = false;
        double loudness = 0;  // of its speech, dB above silence
        std::optional<Instant> last_loud;
        Instant since{};  // when it got its place
    };
    Voice* find(VoiceId id);
    void set_heard(Voice& voice, bool heard, Instant now);
    void contend(Voice& voice, Instant now);
    Voice* longest_silent(Instant now);
    Voice* quietest(Instant now);
    void fill(Instant now);

    std::size_t places_;
    std::size_t taken_ = 0;
    std::vector<Voice> voices_;  // sorted by id
    std::vector<Change> changes_;
    std::vector<Change> told_;
};

}  // namespace parley::sfu
