#include "sfu/loudest.hpp"

#include <algorithm>

namespace parley::sfu {
namespace {

constexpr std::uint8_t kSilence = 127;  // RFC 6464 §3

}  // namespace

Loudest::Voice* Loudest::find(VoiceId id) {
    const auto it = std::ranges::lower_bound(voices_, id, {}, &Voice::id);
    return it != voices_.end() && it->id == id ? &*it : nullptr;
}

void Loudest::add(VoiceId id, bool muted, Instant now) {
    if (find(id) != nullptr) return;
    const auto at = std::ranges::lower_bound(voices_, id, {}, &Voice::id);
    voices_.insert(at, Voice{.id = id, .muted = muted});
    changes_.push_back({id, false});
    fill(now);
}

void Loudest::remove(VoiceId id, Instant now) {
    Voice* voice = find(id);
    if (voice == nullptr) return;
    const bool was_heard = voice->heard;
    if (was_heard) --taken_;
    voices_.erase(voices_.begin() + (voice - voices_.data()));
    std::erase_if(changes_, [id](const Change& change) { return change.id == id; });
    if (was_heard) fill(now);
}

void Loudest::set_muted(VoiceId id, bool muted, Instant now) {
    Voice* voice = find(id);
    if (voice == nullptr || voice->muted == muted) return;
    voice->muted = muted;
    if (muted) {
        voice->loudness = 0;
        voice->last_loud.reset();
        if (voice->heard) set_heard(*voice, false, now);
    }
    fill(now);
}

void Loudest::on_level(VoiceId id, std::uint8_t below_overload_db, Instant now) {
    Voice* voice = find(id);
    if (voice == nullptr) return;
    if (below_overload_db > kLoud) return;
    const double level = kSilence - below_overload_db;
    voice->loudness += (level - voice->loudness) * (level > voice->loudness ? kRise : kFall);
    voice->last_loud = now;
    if (!voice->heard) contend(*voice, now);
}

void Loudest::contend(Voice& voice, Instant now) {
    if (taken_ >= places_) {
        Voice* loser = longest_silent(now);
        if (loser == nullptr) {
            loser = quietest(now);
            if (loser == nullptr || voice.loudness < loser->loudness + kLouderBy) return;
        }
        set_heard(*loser, false, now);
    }
    set_heard(voice, true, now);
}

Loudest::Voice* Loudest::longest_silent(Instant now) {
    Voice* longest = nullptr;
    for (Voice& voice : voices_) {
        if (!voice.heard) continue;
        if (voice.last_loud && now - *voice.last_loud < kHold) continue;
        // Empty is less than any time: it has never spoken.
        if (longest == nullptr || voice.last_loud < longest->last_loud) longest = &voice;
    }
    return longest;
}

Loudest::Voice* Loudest::quietest(Instant now) {
    Voice* quietest = nullptr;
    for (Voice& voice : voices_) {
        if (!voice.heard || now - voice.since < kLeastStay) continue;
        if (quietest == nullptr || voice.loudness < quietest->loudness) quietest = &voice;
    }
    return quietest;
}

// Free places go to those who spoke last.
void Loudest::fill(Instant now) {
    while (taken_ < places_) {
        Voice* next = nullptr;
        for (Voice& voice : voices_) {
            if (voice.heard || voice.muted) continue;
            if (next == nullptr || voice.last_loud > next->last_loud) next = &voice;
        }
        if (next == nullptr) return;
        set_heard(*next, true, now);
    }
}

void Loudest::set_heard(Voice& voice, bool heard, Instant now) {
    voice.heard = heard;
    voice.since = now;
    heard ? ++taken_ : --taken_;
    changes_.push_back({voice.id, heard});
}

bool Loudest::heard(VoiceId id) const {
    if (places_ == 0) return true;
    const auto it = std::ranges::lower_bound(voices_, id, {}, &Voice::id);
    return it != voices_.end() && it->id == id && it->heard;
}

std::span<const Loudest::Change> Loudest::take_changes() {
    told_.clear();
    std::swap(told_, changes_);
    return told_;
}

}  // namespace parley::sfu
