// Who speaks now, from the audio levels that publishers send (RFC 6464): a smoothed level for each
// participant, hysteresis, a ranked list that changes at a bounded rate. A publisher that lies
// about its level gains a place in the list and nothing else.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace parley::sfu {

/// A participant, as the owner numbers it.
using SpeakerId = std::uint64_t;

struct Speaker {
    SpeakerId id = 0;
    double level = 0;     // 0 (silent) to 1 (loudest)
    double loudness = 0;  // the same of its speech alone, over a longer time
};

class SpeakerDetector {
 public:
    static constexpr std::size_t kMaxSpeakers = 5;           // in the list
    static constexpr std::size_t kMaxParticipants = 10'000;  // tracked
    static constexpr Duration kInterval = 300ms;             // between two lists
    static constexpr double kSpeakAbove = 0.6;               // -50 dBov; speech is at -20 to -40
    static constexpr double kSilentBelow = 0.52;             // -61 dBov; quiet rooms are below
    static constexpr Duration kHangover = 800ms;             // between words nobody stops speaking
    static constexpr Duration kStale = 1s;     // without packets there is silence (DTX: 400 ms)
    static constexpr double kLouderBy = 0.08;  // 10 dB, to pass another in the list
    // Of a 20 ms packet: a word is heard within 100 ms, a cough falls off as fast.
    static constexpr double kSmoothing = 0.2;
    // For the order of the list: of speech alone, so that pauses between words change nothing.
    static constexpr double kLoudnessFall = 0.02;

    /// An audio packet's level: 0 loudest, 127 silent (RFC 6464 §3).
    void on_level(SpeakerId id, std::uint8_t below_overload_db, Instant now);
    void remove(SpeakerId id, Instant now);
    Instant next_timeout() const { return next_; }
    void handle_timeout(Instant now);
    /// The list, loudest first, once for each change of who is in it or of their order. Valid until
    /// the next handle_timeout.
    std::optional<std::span<const Speaker>> poll();
    std::span<const Speaker> speakers() const { return list_; }

 private:
    struct State {
        SpeakerId id = 0;
        double level = 0;
        double loudness = 0;
        bool speaking = false;
        Instant last_packet{};
        Instant last_loud{};
    };
    State* find(SpeakerId id);
    void schedule(Instant now);
    void settle(State& state, Instant now);
    void rank();

    std::vector<State> states_;  // sorted by id
    std::vector<Speaker> ranked_;
    std::vector<Speaker> list_;
    bool changed_ = false;
    Instant next_ = kNever;
    std::optional<Instant> last_list_;
};

}  // namespace parley::sfu
