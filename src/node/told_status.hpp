// What a client was last told of each of its subscriptions, so that it hears of each change once,
// whichever part of the subscriber it comes from.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "node/context.hpp"
#include "signal/media_messages.hpp"

namespace parley::node {

class ToldStatus {
 public:
    ToldStatus(Context& context, signal::PeerId subscriber)
        : context_(context), subscriber_(subscriber) {}

    /// Tells the client, unless that is what it knows. `reason` is that of a pause.
    void tell(const signal::TrackInfo& track, signal::SubscriptionStatus status,
              std::string_view reason = {}) {
        const auto known = told_.find(track.track);
        const bool active = status == signal::SubscriptionStatus::kActive;
        if (known == told_.end() ? active : known->second == Told{status, reason}) return;
        if (active) {
            told_.erase(known);
        } else {
            told_.insert_or_assign(track.track, Told{status, reason});
        }
        context_.emit(signal::SubscriptionChanged{subscriber_, track.track, status, track.codec,
                                                  std::string(reason)});
    }

    /// The track is gone, and with it what was said of it.
    void forget(const std::string& track) { told_.erase(track); }

 private:
    struct Told {
        signal::SubscriptionStatus status;
        std::string_view reason;  // a constant of the program
        friend bool operator==(const Told&, const Told&) = default;
    };

    Context& context_;
    signal::PeerId subscriber_;
    std::map<std::string, Told> told_;  // of tracks that are not active
};

}  // namespace parley::node
