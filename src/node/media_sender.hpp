// What leaves for one subscriber: it looks at the packets that its tracks have brought since it
// last looked, and writes those that go to it in trains of equal pieces, so that the kernel's send
// path is paid once for several (ARCHITECTURE.md, "Trains").
//
// Nothing is queued for a packet: an outlet remembers how far into its track's ring it has looked.
// Audio leaves at once; the rest leaves as the path's budget lets it, and what may not leave yet
// stays unread: a subscriber that waits is behind in the ring, which costs nobody anything. One
// that is too far behind goes on at a keyframe, so that what waits never becomes latency.

#pragma once

#include <cstdint>
#include <optional>

#include "net/datagram.hpp"
#include "node/context.hpp"
#include "node/media_queue.hpp"
#include "node/news.hpp"
#include "node/send_path.hpp"
#include "node/track.hpp"

namespace parley::node {

class MediaSender {
 public:
    /// What waits for its turn longer than this is not worth sending...
    static constexpr Duration kMaxBehind = 500ms;
    /// ...but a keyframe that is large for its path is sent to its end, or there never is a
    /// picture.
    static constexpr Duration kMaxKeyframeBehind = 3s;

    MediaSender(Context& context, Member& owner, SendPath& path)
        : context_(context), owner_(owner), path_(path) {}

    /// The outlet's track has packets that the outlet has not looked at.
    void on_news(Outlet& outlet);
    /// An answer to a NACK; it goes before what is new.
    void send_again(Outlet& outlet, const sfu::Retransmission& again);
    void forget(const Outlet& outlet);

    /// Asks for what the streams that have news need; the object itself is near.
    void prefetch(Instant now) const;
    void prefetch_far() const;

    bool has_media() const;
    /// Writes and protects the next train.
    std::optional<net::Transmit> poll_train(Instant now, BytesSpan out);

 private:
    std::size_t gather(Instant now);
    std::optional<TrainPiece> next_piece(Instant now);
    std::optional<QueuedPacket> next_packet(Instant now);
    std::optional<QueuedPacket> next_of(NewsList& list, Instant now);
    std::optional<QueuedPacket> next_of(Outlet& outlet, Instant now);
    static QueuedPacket queued(Outlet& outlet, sfu::SlotId slot, const sfu::Decision& decision);
    bool is_behind(Outlet& outlet, const sfu::StoredPacket& packet, Instant now) const;
    void fall_behind(Outlet& outlet, Instant now);
    void hold(const TrainPiece& piece);
    void add(TrainPiece piece, Instant now);
    sfu::SendStamp stamp(const Outlet& outlet, Instant now) const;
    std::size_t write(const TrainPiece& piece, std::size_t padding, Instant now, BytesSpan out);

    Context& context_;
    Member& owner_;
    SendPath& path_;
    // Audio waits for nothing; then what was lost, then video.
    NewsList audio_;
    MediaQueue again_;
    NewsList video_;
    // Decided, but did not fit the last train: audio, and what waits for its budget.
    std::optional<TrainPiece> held_audio_;
    std::optional<TrainPiece> held_;
    std::size_t protection_ = 16;  // octets that SRTP adds, as seen last
};

}  // namespace parley::node
