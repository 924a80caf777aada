// ICE: an agent in a named state, driven by a script made of the input: datagrams (any octets, or
// well-made checks and answers with the right keys), time, candidates, restarts, media. The agent
// may refuse anything; it may not break its limits, stand still in time, or assert.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <vector>

#include "ice/agent.hpp"
#include "stun/builder.hpp"
#include "stun/credentials.hpp"

namespace {

using namespace parley;
using namespace parley::ice;

void require(bool condition, std::source_location where = std::source_location::current()) {
    if (condition) return;
    std::fprintf(stderr, "broken: line %u\n", static_cast<unsigned>(where.line()));
    std::abort();
}

const Credentials kOurs{"oursours", "OurPasswordOfTheFuzzerX24"};
const Credentials kTheirs{"themthem", "TheirPasswordOfTheFuzzer24"};

/// Drives one agent; the first octet names the state that it starts from.
class Driver {
 public:
    explicit Driver(BytesView input)
        : in_(input), secret_(1), random_(2), agent_(config(in_.u8()), secret_, random_) {
        prepare();
    }

    void run() {
        for (int steps = 0; steps < 400 && in_.remaining() > 0; ++steps) {
            step(in_.u8());
            drain();
            check_limits();
        }
        finish();
    }

 private:
    Config config(std::uint8_t state) {
        state_ = state % 8;
        Config config;
        config.answer_only = state_ < 5;
        config.controlling = state_ == 5 || state_ == 7;
        config.credentials = kOurs;
        return config;
    }

    // 0 new, 1 credentials known, 2 checked, 3 connected, 4 restarted while connected,
    // 5 full and controlling with a candidate, 6 full and controlled, 7 TCP
    void prepare() {
        Candidate local;
        local.address = address(0);
        if (state_ == 7) {
            local.protocol = net::Protocol::kTcp;
            local.tcp_type = TcpType::kActive;
        }
        agent_.add_local_candidate(local, now_);
        if (state_ >= 1) agent_.set_remote_credentials(kTheirs, now_);
        if (state_ == 2 || state_ == 3 || state_ == 4) receive_check(0x21, address(1), kOurs);
        if (state_ == 3 || state_ == 4) answer_everything();
        if (state_ == 4) agent_.restart(now_);
        if (state_ >= 5) {
            Candidate remote;
            remote.address = address(1);
            remote.foundation = "1";
            if (state_ == 7) {
                remote.protocol = net::Protocol::kTcp;
                remote.tcp_type = TcpType::kPassive;
            }
            agent_.add_remote_candidate(remote, now_);
        }
    }

    static net::SocketAddress address(std::uint8_t n) {
        return {net::IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(1 + n % 64)),
                static_cast<std::uint16_t>(4000 + n / 64)};
    }
    net::Path path(const net::SocketAddress& remote) const {
        const auto protocol = state_ == 7 ? net::Protocol::kTcp : net::Protocol::kUdp;
        return {protocol, address(0), remote, state_ == 7 ? connection_ : 0};
    }

    void step(std::uint8_t action) {
        switch (action % 14) {
            case 0: receive_raw(); break;
            case 1:
            case 2: receive_check(in_.u8(), address(in_.u8()), agent_.local_credentials()); break;
            case 3: answer_everything(); break;
            case 4: advance(Duration(std::int64_t{in_.u16()} * 1'000'000)); break;
            case 5: advance(Duration(std::int64_t{in_.u8()} * 1'000'000'000)); break;
            case 6: add_remote(); break;
            case 7: restart(in_.u8()); break;
            case 8: agent_.on_media(path(address(in_.u8())), now_); break;
            case 9: agent_.on_media_from_unproven_path(path(address(in_.u8())), now_); break;
            case 10: agent_.on_handshake_completed(path(address(in_.u8())), now_); break;
            case 11: tcp(in_.u8()); break;
            case 12: receive_error(in_.u16()); break;
            default: rare(in_.u8()); break;
        }
    }

    void receive(std::vector<std::uint8_t> bytes, const net::SocketAddress& from) {
        net::Datagram datagram{path(from), bytes};
        (void)agent_.handle_receive(datagram, now_);
    }
    void receive_raw() {
        const auto from = address(in_.u8());
        const auto bytes = in_.take(std::min<std::size_t>(in_.u8(), in_.remaining()));
        receive({bytes.begin(), bytes.end()}, from);
    }
    /// A check with the right key, whose attributes the octet chooses.
    void receive_check(std::uint8_t what, const net::SocketAddress& from, const Credentials& ours) {
        std::vector<std::uint8_t> out(900);
        stun::TransactionId id{};
        id[0] = ++counter_;
        stun::Builder b(out, stun::Class::kRequest, stun::Method::kBinding, id);
        b.username(ours.ufrag, (what & 0x80) != 0 ? "another" : kTheirs.ufrag);
        if ((what & 1) != 0) b.u32(stun::Attribute::kPriority, 0x6E000000U + what);
        if ((what & 2) != 0) b.u64(stun::Attribute::kIceControlling, what * 0x0101010101010101U);
        if ((what & 4) != 0) b.u64(stun::Attribute::kIceControlled, what * 0x0101010101010101U);
        if ((what & 8) != 0) b.flag(static_cast<stun::Attribute>(0x7000 + what));
        if ((what & 16) != 0) b.flag(stun::Attribute::kPriority);
        if ((what & 32) != 0) b.flag(stun::Attribute::kUseCandidate);
        b.integrity(stun::short_term_key(ours.pwd));
        if ((what & 64) == 0) b.fingerprint();
        out.resize(b.finish());
        receive(std::move(out), from);
    }
    void answer_everything() {
        drain();
        const auto requests = std::move(requests_);
        requests_.clear();
        for (const auto& [where, id] : requests) {
            std::vector<std::uint8_t> out(256);
            stun::Builder b(out, stun::Class::kSuccess, stun::Method::kBinding, id);
            b.xor_address(stun::Attribute::kXorMappedAddress, address(0))
                .integrity(stun::short_term_key(kTheirs.pwd))
                .fingerprint();
            out.resize(b.finish());
            net::Datagram datagram{where, out};
            (void)agent_.handle_receive(datagram, now_);
        }
    }
    void receive_error(std::uint16_t code) {
        if (requests_.empty()) return;
        const auto [where, id] = requests_.back();
        requests_.pop_back();
        std::vector<std::uint8_t> out(256);
        stun::Builder b(out, stun::Class::kError, stun::Method::kBinding, id);
        b.error_code(static_cast<std::uint16_t>(code % 3 == 0 ? 487 : 300 + code % 400), "no")
            .integrity(stun::short_term_key(kTheirs.pwd));
        out.resize(b.finish());
        net::Datagram datagram{where, out};
        (void)agent_.handle_receive(datagram, now_);
    }
    void add_remote() {
        const auto text = in_.take(std::min<std::size_t>(in_.u8(), in_.remaining()));
        if (const auto candidate = parse_candidate(as_text(text))) {
            const auto again = parse_candidate(write_candidate(*candidate));
            require(again.has_value() && *again == *candidate);
            agent_.add_remote_candidate(*candidate, now_);
            return;
        }
        Candidate candidate;
        candidate.foundation = std::to_string(text.size());
        candidate.address = address(text.empty() ? 0 : text[0]);
        if (state_ == 7) {
            candidate.protocol = net::Protocol::kTcp;
            candidate.tcp_type = TcpType::kPassive;
        }
        agent_.add_remote_candidate(candidate, now_);
    }
    void restart(std::uint8_t what) {
        if ((what & 1) != 0) agent_.restart(now_);
        if ((what & 2) != 0) agent_.set_remote_credentials(kTheirs, now_);
        if ((what & 4) != 0) {
            agent_.set_remote_credentials({"otherone", kTheirs.pwd}, now_);
        }
    }
    void tcp(std::uint8_t what) {
        auto which = path(address(what));
        if ((what & 64) != 0) which.connection = 0;
        if ((what & 128) != 0) {
            which.connection = ++connection_;
            agent_.on_tcp_connected(which, now_);
        } else {
            agent_.on_tcp_closed(which, now_);
        }
    }
    void rare(std::uint8_t what) {
        switch (what % 16) {
            case 0: agent_.close(now_); break;
            case 1: agent_.remove_local_candidate(address(0), now_); break;
            case 2: agent_.set_remote_end_of_candidates(now_); break;
            case 3: agent_.set_controlling((what & 16) != 0); break;
            default: break;
        }
    }

    void advance(Duration duration) {
        const auto end = now_ + duration;
        for (int rounds = 0; agent_.next_timeout() <= end; ++rounds) {
            require(rounds < 20'000);  // time must not stand still
            now_ = std::max(now_, agent_.next_timeout());
            agent_.handle_timeout(now_);
            drain();
        }
        now_ = end;
    }
    void drain() {
        std::array<std::uint8_t, net::kMaxDatagram> out{};
        while (const auto transmit = agent_.poll_transmit(now_, out)) {
            const auto message = stun::Message::parse(BytesView(out).first(transmit->size));
            require(message.has_value() && transmit->size <= Agent::kMaxMessage);
            if (message->message_class() != stun::Class::kRequest) continue;
            requests_.emplace_back(transmit->path, message->transaction_id());
            if (requests_.size() > 64) requests_.erase(requests_.begin());
        }
        while (const auto event = agent_.poll_event()) {
            const auto* wanted = std::get_if<TcpConnectWanted>(&*event);
            if (wanted == nullptr) continue;
            agent_.on_tcp_connected(
                {net::Protocol::kTcp, wanted->local, wanted->remote, ++connection_}, now_);
        }
    }
    void check_limits() const {
        require(agent_.check_list().pairs().size() <= 100);
        require(agent_.check_list().peer_reflexive() <= 100);
        const auto& selected = agent_.selected_path();
        require(!selected || agent_.proven(*selected));
        if (agent_.state() == State::kClosed) require(agent_.next_timeout() == kNever);
        (void)agent_.handshake_path();
        (void)agent_.round_trip_time();
    }
    /// Left alone, every agent comes to rest. Copies of checks are spread wider with more pairs
    /// (RFC 8445 §14.3): up to 5 s x 63 for a hundred.
    void finish() {
        advance(600s);
        require(!agent_.selected_path());
        require(agent_.next_timeout() == kNever);
    }

    // Before agent_, whose configuration they make.
    ByteReader in_;
    std::uint8_t state_ = 0;
    std::uint8_t counter_ = 0;
    std::uint64_t connection_ = 1;
    Instant now_{1000s};
    SeededSecret secret_;
    Random random_;
    Agent agent_;
    std::vector<std::pair<net::Path, stun::TransactionId>> requests_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Driver(BytesView(data, std::min<std::size_t>(size, 2048))).run();
    return 0;
}
