// TCP as cross traffic: a sender with CUBIC's window, loss recovery by selective acknowledgements
// (RFC 6675: three segments above a hole make it a loss) and by timeout (RFC 6298), and a receiver
// that delays acknowledgements (RFC 5681 §4.2). It carries one long stream, or files with pauses
// between them, each file a connection of its own. Left out: handshakes and receive windows.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "sim/net/cubic.hpp"
#include "sim/net/packet.hpp"
#include "sim/net/world.hpp"

namespace parley::sim {

/// Octets that arrived, and when.
struct ArrivalRecord {
    Instant at{};
    std::uint32_t size = 0;
};

class TcpReceiver final : public Endpoint {
 public:
    TcpReceiver(World& world, FlowId flow, const Route& to_sender);
    void on_packet(Packet packet, Instant now) override;
    const std::vector<ArrivalRecord>& arrivals() const { return arrivals_; }

 private:
    static constexpr Duration kAckDelay = std::chrono::milliseconds(40);

    void accept(std::int64_t segment);
    void acknowledge(Instant now);

    FlowId flow_;
    const Route& to_sender_;
    std::int64_t expected_ = 0;
    std::map<std::int64_t, std::int64_t> beyond_;  // ranges after the first hole
    std::int64_t newest_ = 0;                      // the segment that came last
    Instant echo_{};
    int unacknowledged_ = 0;
    Timer delayed_;
    std::vector<ArrivalRecord> arrivals_;
};

/// Files of uniform size with exponential pauses between them.
struct FileTraffic {
    std::int64_t min_bytes = 100'000;
    std::int64_t max_bytes = 1'000'000;
    double mean_pause_seconds = 10;
};

class TcpSender final : public Endpoint {
 public:
    static constexpr std::uint32_t kPayload = 1460;
    static constexpr std::uint32_t kHeaders = 40;

    TcpSender(World& world, FlowId flow, const Route& to_receiver);

    /// Sends without end, from now until stop().
    void send_forever();
    void send_file(std::int64_t bytes);
    /// Files, the first after a pause.
    void send_files(const FileTraffic& traffic);
    void stop();

    /// Data is on its way or waits.
    bool busy() const { return first_ < end_; }
    double window() const { return window_.size(); }
    std::int64_t timeouts() const { return timeouts_; }
    std::int64_t retransmissions() const { return retransmissions_; }
    /// When it was busy; the last one may not have ended.
    struct Busy {
        Instant begin{};
        Instant end = kNever;
    };
    const std::vector<Busy>& busy_times() const { return busy_times_; }

    void on_packet(Packet packet, Instant now) override;

 private:
    struct Segment {
        bool sent = false;
        bool selected = false;  // acknowledged out of order
        bool lost = false;
        bool retransmitted = false;
    };
    static constexpr std::int64_t kForever = std::int64_t{1} << 60;
    static constexpr Duration kMinTimeout = std::chrono::milliseconds(200);  // as Linux has it
    static constexpr Duration kMaxTimeout = std::chrono::seconds(60);
    static constexpr Duration kFirstTimeout = std::chrono::seconds(1);  // RFC 6298 §2.1

    void begin(std::int64_t segments, Instant now);
    void on_file_done(Instant now);
    void on_round_trip(Duration sample);
    void mark_selected(const TcpPosition& ack);
    bool find_losses();
    std::int64_t in_flight() const;
    void send_allowed(Instant now);
    void send_segment(std::int64_t number, Instant now);
    void on_timeout(Instant now);
    void rearm(Instant now);
    Segment& at(std::int64_t number) { return segments_[std::size_t(number - first_)]; }

    World& world_;
    FlowId flow_;
    const Route& to_receiver_;
    Random random_;
    std::optional<FileTraffic> files_;
    CubicWindow window_;
    std::int64_t first_ = 0;        // unacknowledged
    std::int64_t next_ = 0;         // to be sent for the first time
    std::int64_t end_ = 0;          // of what there is to send
    std::deque<Segment> segments_;  // [first_, next_)
    std::int64_t recovery_end_ = -1;
    bool in_recovery_ = false;
    std::optional<Duration> smoothed_;
    Duration variation_{};
    Duration timeout_ = kFirstTimeout;
    int backoff_ = 0;
    std::int64_t timeouts_ = 0;
    std::int64_t retransmissions_ = 0;
    Timer retransmit_;
    Timer pause_;
    std::vector<Busy> busy_times_;
};

}  // namespace parley::sim
