#include "peer/transport.hpp"

#include <algorithm>

namespace parley::peer {
namespace {

std::vector<crypto::Fingerprint> read_fingerprints(const RemoteTransport& remote) {
    std::vector<crypto::Fingerprint> fingerprints;
    for (const auto& text : remote.fingerprints) {
        if (const auto parsed = crypto::Fingerprint::parse(text.hash, text.value)) {
            fingerprints.push_back(*parsed);
        }
    }
    return fingerprints;
}

trace::Drop drop_of(ice::Error error) {
    switch (error) {
        case ice::Error::kUnauthenticated: return trace::Drop::kStunUnauthenticated;
        case ice::Error::kUnknownTransaction:
        case ice::Error::kWrongPath:
        case ice::Error::kRoleConflict:
        case ice::Error::kErrorResponse:
        case ice::Error::kClosed: return trace::Drop::kStunUnexpected;
        case ice::Error::kLimit: return trace::Drop::kRateLimited;
        case ice::Error::kMalformed:
        case ice::Error::kUnsupported:
        case ice::Error::kUnknownAttribute:
        case ice::Error::kBadRequest: break;
    }
    return trace::Drop::kMalformed;
}

}  // namespace

std::string_view name(ConnectionState state) {
    switch (state) {
        case ConnectionState::kNew: return "new";
        case ConnectionState::kConnecting: return "connecting";
        case ConnectionState::kConnected: return "connected";
        case ConnectionState::kDisconnected: return "disconnected";
        case ConnectionState::kFailed: return "failed";
        case ConnectionState::kClosed: return "closed";
    }
    return "unknown";
}

Transport::Transport(const TransportServices& services, ice::Config ice)
    : services_(services), ice_(std::move(ice), *services.secret, *services.random) {}

void Transport::add_local_candidate(ice::Candidate candidate, Instant now) {
    ice_.add_local_candidate(std::move(candidate), now);
}

TransportParameters Transport::parameters() const {
    TransportParameters parameters;
    parameters.ice_ufrag = ice_.local_credentials().ufrag;
    parameters.ice_pwd = ice_.local_credentials().pwd;
    const auto& fingerprint = services_.dtls->certificate().fingerprint();
    parameters.fingerprint = {std::string(crypto::name(fingerprint.hash)), fingerprint.text()};
    for (const auto& candidate : ice_.local_candidates()) {
        parameters.candidates.push_back(ice::write_candidate(candidate));
    }
    return parameters;
}

void Transport::set_remote(const RemoteTransport& remote, dtls::Role role, Instant now) {
    const ice::Credentials credentials{remote.ice_ufrag, remote.ice_pwd};
    if (ice_.remote_credentials() != credentials) ice_.set_remote_credentials(credentials, now);
    for (const auto& text : remote.candidates) {
        if (const auto candidate = ice::parse_candidate(text)) {
            ice_.add_remote_candidate(*candidate, now);
        }
    }
    if (remote.end_of_candidates) ice_.set_remote_end_of_candidates(now);

    auto fingerprints = read_fingerprints(remote);
    if (dtls_ && fingerprints != fingerprints_) {
        // Another certificate means another association (RFC 8842 §5.1): the old keys go with it.
        dtls_.reset();
        srtp_.reset();
        media_path_.reset();
        dtls_failure_.clear();
        dtls_closed_ = false;
    }
    fingerprints_ = std::move(fingerprints);
    role_ = role;
    drain_ice(now);
    start_dtls_if_possible(now);
    update_state("");
}

void Transport::add_remote_candidate(std::string_view text, Instant now) {
    if (text.empty()) return;  // the end of candidates: a server waits for checks all the same
    if (const auto candidate = ice::parse_candidate(text)) {
        ice_.add_remote_candidate(*candidate, now);
    }
}

void Transport::restart_ice(Instant now) {
    ice_.restart(now);
    drain_ice(now);
}

void Transport::close(Instant now) {
    if (closed_) return;
    closed_ = true;
    farewell_path_ = ice_.handshake_path();  // empty without consent: then nothing may be sent
    if (dtls_) dtls_->close();
    ice_.close(now);
    drain_ice(now);
}

Result<Transport::Plain, trace::Drop> Transport::handle_receive(net::Datagram& datagram,
                                                                Instant now) {
    const auto kind = net::classify(datagram.bytes);
    switch (kind) {
        case net::PacketClass::kStun: return handle_stun(datagram, now);
        case net::PacketClass::kDtls: return handle_dtls(datagram, now);
        case net::PacketClass::kRtp:
        case net::PacketClass::kRtcp: return handle_media(datagram, kind, now);
        case net::PacketClass::kTurnChannel:
        case net::PacketClass::kUnknown: break;
    }
    return fail(trace::Drop::kUnknownProtocol);
}

Result<Transport::Plain, trace::Drop> Transport::handle_stun(net::Datagram& datagram, Instant now) {
    const auto handled = ice_.handle_receive(datagram, now);
    drain_ice(now);
    start_dtls_if_possible(now);
    if (handled) return Plain{};
    return fail(drop_of(handled.error()));
}

Result<Transport::Plain, trace::Drop> Transport::handle_dtls(net::Datagram& datagram, Instant now) {
    if (!ice_.proven(datagram.path) || !dtls_) return fail(trace::Drop::kDtlsBeforeIce);
    const auto said_before = dtls_->authentic();
    const auto handled = dtls_->handle_receive(datagram.bytes, now);
    handshake_from_ = datagram.path;
    drain_dtls(now);
    if (!handled) return fail(handled.error());
    // Anyone can write other records in the peer's name; they are no sign of its life.
    if (dtls_ && dtls_->authentic() > said_before) note_media(datagram.path, now);
    return Plain{};
}

Result<Transport::Plain, trace::Drop> Transport::handle_media(net::Datagram& datagram,
                                                              net::PacketClass kind, Instant now) {
    if (!srtp_) return fail(trace::Drop::kBeforeKeys);
    if (closed_ || dtls_closed_) return fail(trace::Drop::kUnknownPeer);
    const auto size = kind == net::PacketClass::kRtp ? srtp_->unprotect_rtp(datagram.bytes)
                                                     : srtp_->unprotect_rtcp(datagram.bytes);
    if (!size) return fail(srtp::to_drop(size.error()));
    note_media(datagram.path, now);
    return Plain{kind, datagram.bytes.first(*size)};
}

// Media that moves to another proven path, or comes again, changes where ours goes at once.
void Transport::note_media(const net::Path& path, Instant now) {
    ice_.on_media(path, now);
    if (ice_.has_event()) drain_ice(now);
}

bool Transport::recognise(net::Datagram& datagram, Instant now) {
    const auto kind = net::classify(datagram.bytes);
    if (!srtp_ || closed_ || dtls_closed_ || kind != net::PacketClass::kRtp) return false;
    if (!srtp_->unprotect_rtp(datagram.bytes)) return false;
    ice_.on_media_from_unproven_path(datagram.path, now);
    return true;
}

void Transport::handle_connection_closed(const net::Path& path, Instant now) {
    ice_.on_tcp_closed(path, now);
    drain_ice(now);
}

void Transport::handle_timeout(Instant now) {
    if (ice_.next_timeout() <= now) {
        ice_.handle_timeout(now);
        drain_ice(now);
        start_dtls_if_possible(now);
    }
    if (dtls_ && dtls_->next_timeout() <= now) {
        dtls_->handle_timeout(now);
        drain_dtls(now);
    }
}

Instant Transport::next_timeout() const {
    const Instant ice = ice_.next_timeout();
    return dtls_ ? std::min(ice, dtls_->next_timeout()) : ice;
}

std::optional<net::Transmit> Transport::poll_transmit(Instant now, BytesSpan out) {
    if (auto transmit = ice_.poll_transmit(now, out)) return transmit;
    if (!dtls_) return {};
    const auto path = closed_ ? farewell_path_ : ice_.handshake_path();
    if (!path) return {};
    const auto size = dtls_->poll_transmit(now, out);
    if (!size) return {};
    return net::Transmit{*path, *size, 0, net::Ecn::kNotEct};
}

std::optional<TransportEvent> Transport::poll_event() {
    if (events_.empty()) return {};
    TransportEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::string_view Transport::srtp_profile() const {
    return srtp_ ? crypto::name(srtp_->profile()) : std::string_view();
}

void Transport::start_dtls_if_possible(Instant now) {
    if (dtls_ || closed_ || !role_ || fingerprints_.empty() || !ice_.handshake_path()) return;
    dtls_.emplace(services_.dtls);
    dtls_->set_remote_fingerprints(fingerprints_);
    dtls_->start(*role_, now, ice_.round_trip_time().value_or(Duration::zero()));
    drain_dtls(now);
}

void Transport::drain_ice(Instant) {
    std::string reason;
    while (const auto event = ice_.poll_event()) {
        if (const auto* change = std::get_if<ice::StateChanged>(&*event)) {
            reason = name(change->reason);
        } else if (const auto* proven = std::get_if<ice::PathProven>(&*event)) {
            events_.emplace_back(PathAdded{proven->path});
        } else if (const auto* forgotten = std::get_if<ice::PathForgotten>(&*event)) {
            events_.emplace_back(PathRemoved{forgotten->path});
        }
    }
    update_state(reason);
}

void Transport::drain_dtls(Instant now) {
    std::string reason;
    while (auto event = dtls_->poll_event()) {
        if (const auto* connected = std::get_if<dtls::Connected>(&*event)) {
            srtp_ = std::make_unique<srtp::Session>(connected->keys, *services_.ciphers,
                                                    services_.srtp);
            // The path that the last flight came from, no other, has shown that the peer is there.
            if (handshake_from_) ice_.on_handshake_completed(*handshake_from_, now);
            drain_ice(now);
        } else if (auto* failed = std::get_if<dtls::Failed>(&*event)) {
            dtls_failure_ = std::string(dtls::name(failed->reason)) + ": " + failed->text;
            reason = dtls_failure_;
        } else if (std::holds_alternative<dtls::Closed>(*event)) {
            dtls_closed_ = true;
            reason = "the peer closed the connection";
        }
    }
    update_state(std::move(reason));
}

// The worse of ICE and DTLS, as the W3C's RTCPeerConnectionState combines them.
void Transport::update_state(std::string reason) {
    const bool keys = srtp_ && !closed_ && !dtls_closed_ && dtls_failure_.empty();
    media_path_ = keys ? ice_.selected_path() : std::nullopt;
    ConnectionState next = ConnectionState::kConnecting;
    const auto ice = ice_.state();
    if (closed_ || dtls_closed_) {
        next = ConnectionState::kClosed;
    } else if (!dtls_failure_.empty() || ice == ice::State::kFailed) {
        next = ConnectionState::kFailed;
    } else if (ice == ice::State::kNew && !dtls_) {
        next = ConnectionState::kNew;
    } else if (ice == ice::State::kDisconnected && srtp_) {
        next = ConnectionState::kDisconnected;
    } else if (srtp_ && (ice == ice::State::kConnected || ice == ice::State::kCompleted)) {
        // Also of a publisher that answers no checks: its media is heard, it only gets none.
        next = ConnectionState::kConnected;
    }
    if (next == state_) return;
    state_ = next;
    if (next == ConnectionState::kFailed && reason.empty()) reason = dtls_failure_;
    events_.emplace_back(ConnectionChanged{next, std::move(reason)});
}

}  // namespace parley::peer
