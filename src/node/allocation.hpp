// Shares a subscriber's path among its outlets: feeds sfu::Allocator with what is known of path,
// tracks and wishes, and hands its assignments to the subscriptions, the client and the publishers.

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cc/types.hpp"
#include "node/context.hpp"
#include "node/track.hpp"
#include "sfu/allocator.hpp"
#include "sfu/last_n.hpp"

namespace parley::node {

class Allocation {
 public:
    /// Events are answered at once, but no more often than this.
    static constexpr Duration kLeastInterval = 50ms;
    /// While the path is a limit: for what becomes possible by waiting.
    static constexpr Duration kBusyInterval = 100ms;
    /// Otherwise: rates and sizes change without an event.
    static constexpr Duration kCalmInterval = 500ms;
    /// Changes kept between two reports of figures; the oldest go first.
    static constexpr std::size_t kMaxChanges = 64;

    using Outlets = std::vector<std::unique_ptr<Outlet>>;

    Allocation(Context& context, Member& owner, const Outlets& outlets)
        : context_(context), owner_(owner), outlets_(outlets) {}

    // ---- facts ----
    /// Of a congestion controller that probes.
    void on_estimate(const cc::Estimate& estimate, Instant now);
    /// Of the receiver (REMB), without anything better.
    void on_receiver_estimate(Bitrate estimate, Instant now);
    /// A report block about video: 0 to 1.
    void on_loss(double fraction, Instant now);
    void on_path_changed(Instant now);
    /// How many cameras the subscriber wants at most. True: that is news.
    bool set_video_limit(std::optional<std::size_t> limit);
    /// Tracks, wishes or layers changed: they are looked at soon.
    void touch(Instant now);
    /// Looks at everything now.
    void review(Instant now);

    // ---- the machine's part ----
    Instant next_timeout() const { return due_; }
    void handle_timeout(Instant now);

    // ---- questions ----
    /// How many cameras are sent at most, by the subscriber's wish and the room's limit.
    std::optional<std::size_t> video_limit() const;
    /// What all tracks together would take if they got what they want.
    Bitrate demand() const { return allocator_.demand(); }
    /// What is set aside for all tracks, and what limits it, as far as that is known.
    Bitrate used() const { return allocator_.used(); }
    std::optional<Bitrate> limit() const { return allocator_.limit(); }
    /// What the path carries, as far as somebody has said so, and what moved that last.
    std::optional<Bitrate> estimate() const { return estimate_; }
    std::string_view estimate_reason() const { return estimate_reason_; }
    /// What the path carries, where that is less than what all want.
    std::optional<Bitrate> cut_path() const {
        return allocator_.constrained() ? allocator_.limit() : std::nullopt;
    }
    /// The changes since the last call.
    std::vector<signal::LayerChange> take_changes(Instant now);

 private:
    struct Change {
        Instant at{};
        signal::LayerChange change;
    };

    void gather(Instant now);
    void leave_out_beyond_last_n();
    void flush_loss(Instant now);
    void apply(Outlet& outlet, const sfu::Assignment& assignment, Instant now);
    void tell_status(Outlet& outlet);
    void keep_change(const Outlet& outlet, Instant now);
    sfu::StreamMask needs_of(const Outlet& outlet) const;
    void update_needs(Outlet& outlet, Instant now);

    Context& context_;
    Member& owner_;
    const Outlets& outlets_;
    sfu::Allocator allocator_;
    std::optional<Bitrate> estimate_;
    std::string_view estimate_reason_;
    std::vector<sfu::AllocationStream> streams_;
    std::vector<Outlet*> of_stream_;
    std::optional<std::size_t> wished_video_limit_;
    sfu::LastN last_n_;
    std::vector<sfu::VideoCandidate> videos_;
    std::vector<std::size_t> stream_of_video_;
    std::deque<Change> changes_;
    Instant reviewed_ = Instant::min();
    Instant due_ = kNever;
    // The blocks of one report are one report.
    double loss_sum_ = 0;
    int loss_blocks_ = 0;
    Instant loss_at_{};
};

/// The word of the API for what moved an estimate.
std::string_view text(cc::EstimateReason reason);
/// What a client is told of a layer: its name, "single" without one, empty for none.
std::string layer_name(const Track& track, const std::optional<sfu::LayerId>& layer);
/// -1 for all layers.
int layer_number(std::uint8_t layer);
/// What subscribers of the track choose from now.
const sfu::LayerOptions& options_of(Track& track, Instant now);

}  // namespace parley::node
