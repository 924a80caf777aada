#include "dtls/endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "dtls/record.hpp"

namespace parley::dtls {
namespace {

// WebRTC paths have been measured by ICE, so the 1 s of RFC 6347 §4.2.4.1 would only make joining
// slow on lossy paths; 50 ms is what browsers use.
constexpr Duration kMinRetransmission = 50ms;
// Doubling stops here for the first kQuickRetransmissions, since a lossy path needs tries rather
// than patience, and goes on to kMaxRetransmission after them, since a dead one needs patience. The
// library gives up after twelve: about 10 s.
constexpr Duration kQuickRetransmission = 400ms;
constexpr std::uint32_t kQuickRetransmissions = 8;
constexpr Duration kMaxRetransmission = 2s;
// A handshake takes under ten datagrams each way and a dozen retransmissions are tried. What is
// more may be an outsider's, so it does not end the handshake; it only gets no attention.
constexpr double kHandshakeDatagrams = 512;
constexpr double kHandshakeDatagramRate = 100;  // a second, beyond them
// Protected records that came before they can be read, as Finished does on a path that reorders.
constexpr std::size_t kMaxEarlyRecords = 4;
constexpr std::size_t kMaxEarlySize = 256;  // Finished has 61 octets at most, an alert 39
// ClientHellos that are refused may be someone else's; the real one gets its chance.
constexpr std::uint32_t kMaxRejectedHellos = 5;
// How long what an outsider could have forged, a refused hello or an alert in the clear, waits for
// the handshake to prove it wrong.
constexpr Duration kVerdictDelay = 1s;
constexpr std::size_t kMaxEvents = 256;

}  // namespace

std::string_view name(FailureReason reason) {
    switch (reason) {
        case FailureReason::kFingerprintMismatch: return "fingerprint_mismatch";
        case FailureReason::kNoSrtpProfile: return "no_srtp_profile";
        case FailureReason::kAlertReceived: return "alert_received";
        case FailureReason::kHandshakeRejected: return "handshake_rejected";
        case FailureReason::kTimeout: return "timeout";
        case FailureReason::kInternal: return "internal";
    }
    return "unknown";
}

Endpoint::Endpoint(std::shared_ptr<const crypto::DtlsContext> context, Options options)
    : context_(std::move(context)), options_(options) {
    PARLEY_ASSERT(context_ != nullptr);
}

Endpoint::~Endpoint() = default;
Endpoint::Endpoint(Endpoint&&) noexcept = default;

Endpoint& Endpoint::operator=(Endpoint&& other) noexcept {
    engine_.reset();  // before the context that made it goes
    context_ = std::move(other.context_);
    options_ = other.options_;
    engine_ = std::move(other.engine_);
    fingerprints_ = std::move(other.fingerprints_);
    events_ = std::move(other.events_);
    last_words_ = std::move(other.last_words_);
    role_ = other.role_;
    state_ = other.state_;
    counters_ = other.counters_;
    first_retransmission_ = other.first_retransmission_;
    backoff_ = other.backoff_;
    retransmit_at_ = other.retransmit_at_;
    give_up_at_ = other.give_up_at_;
    verdict_at_ = other.verdict_at_;
    flights_ = other.flights_;
    tries_ = other.tries_;
    handshake_datagrams_ = other.handshake_datagrams_;
    clear_records_ = other.clear_records_;
    early_ = std::move(other.early_);
    authentic_ = other.authentic_;
    verdict_ = std::move(other.verdict_);
    return *this;
}

void Endpoint::set_remote_fingerprints(std::vector<crypto::Fingerprint> fingerprints) {
    fingerprints_ = std::move(fingerprints);
    if (engine_) engine_->expect_fingerprints(fingerprints_);
    if (state_ == State::kHandshaking && engine_->status() == crypto::DtlsStatus::kConnected) {
        verify_and_connect();
    }
}

void Endpoint::start(Role role, Instant now, Duration round_trip) {
    PARLEY_ASSERT(state_ == State::kIdle);
    role_ = role;
    state_ = State::kHandshaking;
    first_retransmission_ = std::clamp(2 * round_trip, kMinRetransmission, kMaxRetransmission);
    give_up_at_ = now + options_.handshake_timeout;
    handshake_datagrams_ = TokenBucket(kHandshakeDatagramRate, kHandshakeDatagrams, now);
    if (make_engine()) advance(now);
}

bool Endpoint::make_engine() {
    early_.clear();
    crypto::DtlsEngineOptions options;
    options.role = role_;
    options.mtu = options_.mtu;
    options.first_retransmission = first_retransmission_;
    engine_ = context_->make_engine(options);
    if (!engine_) {
        fail(FailureReason::kInternal, "no memory for a DTLS association");
        return false;
    }
    flights_ = 0;
    engine_->expect_fingerprints(fingerprints_);
    engine_->start();
    return true;
}

Result<void, trace::Drop> Endpoint::handle_receive(BytesView datagram, Instant now) {
    ++counters_.datagrams_in;
    const auto refuse = [&](trace::Drop reason) {
        ++counters_.dropped;
        return std::unexpected<trace::Drop>(reason);
    };
    if (state_ == State::kIdle) return refuse(trace::Drop::kDtlsBeforeIce);
    if (state_ != State::kHandshaking && state_ != State::kConnected) {
        return refuse(trace::Drop::kUnknownPeer);
    }
    if (state_ == State::kHandshaking && !handshake_datagrams_.take(now)) {
        return refuse(trace::Drop::kRateLimited);
    }
    if (!admit(datagram, now)) return refuse(trace::Drop::kMalformed);
    return {};
}

// Hands the useful records to the engine, one by one; false when there was none.
bool Endpoint::admit(BytesView datagram, Instant now) {
    bool any = false;
    while (const auto record = next_record(datagram)) {
        const bool handshaking = engine_->status() == crypto::DtlsStatus::kHandshaking;
        const bool clear = record->epoch == 0;
        if (clear && !handshaking) continue;  // nothing in the clear counts any more
        if (clear && record->type == ContentType::kAlert) {
            any = true;
            on_alert_in_the_clear(record->fragment, now);
            continue;
        }
        if (clear) {
            if (!is_of_a_handshake(*record, role_)) continue;
            give_clear(*record, now);
        } else if (handshaking) {
            if (record->epoch != 1) continue;
            give_early(*record, now);
        } else {
            give(record->whole, now);
        }
        any = true;
        if (state_ != State::kHandshaking && state_ != State::kConnected) break;
    }
    return any;
}

void Endpoint::give(BytesView record, Instant now) {
    engine_->receive(record);
    advance(now);
}

// The library takes each number in the clear once, and none far below the highest, so that one
// record of an outsider could shut the peer's out. Nothing protects these numbers; ours tell as
// little.
void Endpoint::give_clear(const Record& record, Instant now) {
    std::vector<std::uint8_t> copy(record.whole.begin(), record.whole.end());
    ByteWriter number(BytesSpan(copy).subspan(kSequenceAt, 6));
    number.u16(static_cast<std::uint16_t>(clear_records_ >> 32));
    number.u32(static_cast<std::uint32_t>(clear_records_));
    ++clear_records_;
    give(copy, now);
    if (early_.empty() || !engine_->reads_protected()) return;
    for (const auto& early : std::exchange(early_, {})) {
        if (state_ != State::kHandshaking && state_ != State::kConnected) return;
        give(early, now);
    }
}

// What comes before it can be read waits here: the library would keep 17 kB for each. The newest
// are the likeliest to be the peer's.
void Endpoint::give_early(const Record& record, Instant now) {
    if (engine_->reads_protected()) return give(record.whole, now);
    if (record.whole.size() > kMaxEarlySize) return;
    if (early_.size() >= kMaxEarlyRecords) early_.pop_front();
    early_.emplace_back(record.whole.begin(), record.whole.end());
}

// Anyone who can send from the peer's address can write this alert, so it ends the handshake only
// when the handshake does not end well by itself.
void Endpoint::on_alert_in_the_clear(BytesView fragment, Instant now) {
    const auto alert = parse_alert(fragment);
    if (!alert || (!alert->fatal && alert->description != 0)) return;
    set_verdict({FailureReason::kAlertReceived,
                 "the peer sent the alert " + std::string(crypto::alert_name(alert->description))},
                now);
}

void Endpoint::set_verdict(Failed verdict, Instant now) {
    if (verdict_at_ != kNever) return;
    verdict_ = std::move(verdict);
    verdict_at_ = now + kVerdictDelay;
}

// Looks at what the engine made of its last call.
void Endpoint::advance(Instant now) {
    switch (engine_->status()) {
        case crypto::DtlsStatus::kHandshaking: rearm(now); return;
        case crypto::DtlsStatus::kConnected:
            if (state_ == State::kHandshaking) verify_and_connect();
            take_received();
            return;
        case crypto::DtlsStatus::kClosed:
            if (state_ == State::kHandshaking) verify_and_connect();
            take_received();
            if (state_ == State::kConnected) {
                state_ = State::kClosed;
                ++authentic_;
                events_.emplace_back(Closed{});
            }
            return;
        case crypto::DtlsStatus::kFailed: on_engine_failed(now); return;
    }
}

void Endpoint::on_engine_failed(Instant now) {
    const crypto::DtlsFailure& failure = engine_->failure();
    Failed verdict{FailureReason::kHandshakeRejected, failure.text};
    if (failure.certificate_rejected) {
        verdict = {FailureReason::kFingerprintMismatch,
                   "the peer's certificate does not have the fingerprint of its description"};
    } else if (failure.alert_received) {
        verdict.reason = FailureReason::kAlertReceived;
    }
    const bool may_be_forged =
        role_ == Role::kServer && state_ == State::kHandshaking && engine_->before_hello();
    if (!may_be_forged || ++counters_.rejected_hellos >= kMaxRejectedHellos) {
        fail(verdict.reason, std::move(verdict.text));
        return;
    }
    // Keep the alert for the day that this verdict becomes final: sent now, an outsider's hello
    // would make us end the real peer's handshake.
    std::array<std::uint8_t, 256> alert;
    if (const auto size = engine_->take_outgoing(alert)) {
        last_words_.assign(alert.begin(), alert.begin() + static_cast<std::ptrdiff_t>(*size));
    }
    set_verdict(std::move(verdict), now);
    if (make_engine()) rearm(now);
}

void Endpoint::verify_and_connect() {
    if (fingerprints_.empty()) return;  // the description is still on its way
    if (!engine_->peer_certificate_matches(fingerprints_)) {
        engine_->close();
        fail(FailureReason::kFingerprintMismatch,
             "the peer's certificate does not have the fingerprint of its description");
        return;
    }
    const auto keys = engine_->srtp_keys();
    if (!keys) {
        engine_->close();
        fail(FailureReason::kNoSrtpProfile, "no SRTP protection profile in common with the peer");
        return;
    }
    state_ = State::kConnected;
    ++authentic_;
    retransmit_at_ = give_up_at_ = verdict_at_ = kNever;
    verdict_ = {};
    last_words_ = {};
    early_ = {};
    events_.emplace_back(Connected{*keys});
    take_received();
    engine_->settle();
}

void Endpoint::rearm(Instant now) {
    if (state_ != State::kHandshaking) return;
    if (!engine_->awaits_answer()) {
        retransmit_at_ = kNever;
        return;
    }
    if (engine_->flights() == flights_) return;
    flights_ = engine_->flights();
    tries_ = 0;
    backoff_ = first_retransmission_;
    retransmit_at_ = now + backoff_;
    // The handshake moved on: what seemed to end it did not.
    verdict_at_ = kNever;
}

void Endpoint::take_received() {
    if (state_ != State::kConnected) return;  // not before the fingerprint is verified
    while (events_.size() < kMaxEvents) {
        auto data = engine_->take_received();
        if (!data) return;
        ++authentic_;
        events_.emplace_back(Received{std::move(*data)});
    }
    while (engine_->take_received()) ++counters_.dropped;
}

void Endpoint::fail(FailureReason reason, std::string text) {
    state_ = State::kFailed;
    retransmit_at_ = give_up_at_ = verdict_at_ = kNever;
    events_.emplace_back(Failed{reason, std::move(text)});
}

std::optional<std::size_t> Endpoint::poll_transmit(Instant, BytesSpan out) {
    if (state_ == State::kFailed && !last_words_.empty() && last_words_.size() <= out.size()) {
        const std::size_t size = last_words_.size();
        std::copy(last_words_.begin(), last_words_.end(), out.begin());
        last_words_ = {};
        ++counters_.datagrams_out;
        return size;
    }
    while (engine_) {
        const auto size = engine_->take_outgoing(out);
        if (!size) break;
        if (*size == 0) continue;
        ++counters_.datagrams_out;
        return size;
    }
    if (state_ == State::kFailed || state_ == State::kClosed) engine_.reset();
    return {};
}

Instant Endpoint::next_timeout() const {
    return std::min({retransmit_at_, give_up_at_, verdict_at_});
}

void Endpoint::handle_timeout(Instant now) {
    if (state_ != State::kHandshaking) return;
    if (now >= verdict_at_) {
        fail(verdict_.reason, std::move(verdict_.text));
        return;
    }
    if (now >= give_up_at_) {
        fail(FailureReason::kTimeout, "the DTLS handshake did not end in time");
        return;
    }
    if (now < retransmit_at_) return;
    ++counters_.retransmissions;
    if (engine_->retransmit() == crypto::DtlsStatus::kFailed) {
        fail(FailureReason::kTimeout, "the peer does not answer the DTLS handshake");
        return;
    }
    const bool quick = ++tries_ < kQuickRetransmissions;
    const Duration limit =
        quick ? std::max(kQuickRetransmission, first_retransmission_) : kMaxRetransmission;
    backoff_ = std::min(backoff_ * 2, limit);
    retransmit_at_ = now + backoff_;
}

std::optional<Event> Endpoint::poll_event() {
    if (events_.empty()) return {};
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

bool Endpoint::send(BytesView data) {
    return state_ == State::kConnected && data.size() <= options_.mtu && engine_->send(data);
}

void Endpoint::close() {
    if (state_ == State::kConnected) engine_->close();
    if (state_ != State::kFailed) state_ = State::kClosed;
    retransmit_at_ = give_up_at_ = verdict_at_ = kNever;
    events_.clear();
}

}  // namespace parley::dtls
