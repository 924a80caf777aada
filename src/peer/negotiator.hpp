// One peer's session description negotiation: JSEP (RFC 9429) offers and answers from either side
// over one BUNDLE transport, with rollback, and the policy of when to offer.
//
// Pure: no I/O and no clock. The order of calls:
//   remote offers: set_remote_offer, (look at the summary, set local credentials), create_answer
//   we offer:      wants_offer, create_offer, send it, set_remote_answer
// On collision the remote wins: set_remote_offer rolls our own offer back, and wants_offer asks
// again once the remote's is answered (RFC 8829 §4.1.8.2's polite side).
//
// Leaves out: provisional answers, trickling our own candidates (all of them stand in every
// description), transports other than one BUNDLE group with rtcp-mux, data channels (answered with
// port 0).

#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "peer/negotiation.hpp"
#include "peer/negotiation_formats.hpp"

namespace parley::peer {

class Negotiator {
 public:
    explicit Negotiator(NegotiatorConfig config);

    // ---- the remote's descriptions ----
    Result<OfferSummary, NegotiationError> set_remote_offer(std::string_view text, Instant now);
    /// Only in kHaveRemoteOffer. The agreement is in force when this returns.
    std::string create_answer(const TransportParameters& transport, Instant now);
    /// An answer that comes when no offer of ours waits for one is ignored (and says so).
    Result<AnswerSummary, NegotiationError> set_remote_answer(std::string_view text, Instant now);

    // ---- our offers ----
    /// Something changed, the merge window is over, and the state allows an offer.
    bool wants_offer(Instant now) const;
    /// Only in kStable. May also be called when nothing changed (an ICE restart of ours).
    std::string create_offer(const TransportParameters& transport, Instant now);
    /// Back to kStable as if the outstanding offer of either side had not been made.
    void rollback(Instant now);

    Instant next_timeout() const;
    void handle_timeout(Instant now);
    std::optional<NegotiatorEvent> poll_event();

    // ---- what we send ----
    SenderId add_sender(SenderSpec spec, Instant now);
    /// Its section goes inactive with the next offer or answer and waits for another of its kind.
    /// Its section is parked, and senders that found no place get another chance.
    void remove_sender(SenderId id, Instant now);
    SenderState sender_state(SenderId id) const;
    /// The section that carries it, as agreed; null before that and when refused.
    const Section* section_of(SenderId id) const;
    /// Where a sender's track stands in the newest description, outstanding offers included.
    std::optional<std::string> mid_of(SenderId id) const;
    /// From what the remote offered to receive; kUnknown while it offered no section of the kind
    /// in which it could receive.
    CodecSupport codec_support(sdp::MediaKind kind, const sdp::Codec& codec) const;

    // ---- what is agreed ----
    std::span<const Section> sections() const { return agreed_; }
    const Section* find_section(std::string_view mid) const;
    /// Grows whenever sections() changed.
    std::uint64_t version() const { return version_; }
    const std::optional<RemoteTransport>& remote_transport() const { return remote_transport_; }
    /// kActive: we are the DTLS client. Absent before the first complete exchange.
    std::optional<sdp::Setup> dtls_role() const { return role_; }
    SignalingState state() const { return state_; }
    bool negotiated() const { return negotiated_; }  // a first exchange is complete

 private:
    struct Sender {
        SenderSpec spec;
        SenderState state = SenderState::kWaiting;
        RefusalReason reason = RefusalReason::kNone;
    };
    struct RemoteOffer {
        sdp::Description description;
        std::optional<RemoteTransport> transport;
        sdp::Setup our_role = sdp::Setup::kPassive;
    };

    // negotiator.cpp: state and policy
    void mark_changed(Instant now);
    bool needs_offer() const;
    bool may_offer() const;
    bool has_room_for_senders() const;
    void adopt(std::vector<Section> sections, const std::optional<RemoteTransport>& transport,
               sdp::Setup role, Instant now);
    void forget_own_offer(Instant now);
    const Sender* find_sender(std::optional<SenderId> id) const;
    void set_sender_state(SenderId id, SenderState state,
                          RefusalReason reason = RefusalReason::kNone);
    void refuse_waiting(RefusalReason reason);
    Result<sdp::Setup, NegotiationError> role_for(const RemoteTransport& transport,
                                                  bool remote_offers) const;
    bool is_ice_restart(const std::optional<RemoteTransport>& transport) const;
    bool is_new_fingerprint(const std::optional<RemoteTransport>& transport) const;

    // negotiator_answer.cpp: our sections in answers
    Section answer_section(const sdp::Media& offered, std::size_t index);
    void answer_receiving(const sdp::Media& offered, Section& section) const;
    bool answer_sending(const sdp::Media& offered, Section& section, const Sender& sender) const;
    std::optional<SenderId> sender_for(const sdp::Media& offered, const Section* existing) const;
    void answer_with_sender(const sdp::Media& offered, Section& section, SenderId id);

    // negotiator_offer.cpp: our sections in offers, and what answers make of them
    std::vector<Section> plan();
    bool place_sender(SenderId id, const Sender& sender, std::vector<Section>& sections);
    std::string fresh_mid(const std::vector<Section>& sections);
    bool fill_sending(Section& section, SenderId id, const Sender& sender,
                      const std::vector<Section>& sections) const;
    Section apply_answer(const sdp::Description& answer, const sdp::Media& answered,
                         Section section);
    void apply_answer_sending(const sdp::Media& answered, bool wanted, Section& section);

    std::vector<const SenderSpec*> specs_of(const std::vector<Section>& sections) const;

    NegotiatorConfig config_;
    SignalingState state_ = SignalingState::kStable;
    bool negotiated_ = false;
    bool bundled_ = false;
    std::uint64_t version_ = 0;
    std::uint64_t session_version_ = 1;
    ExtensionMeanings meanings_;  // of the offer that is being answered
    std::vector<Section> agreed_;
    std::vector<Section> offered_;  // ours, in kHaveLocalOffer
    std::optional<RemoteOffer> remote_offer_;
    std::optional<RemoteTransport> remote_transport_;
    std::optional<sdp::Setup> role_;
    RemoteFormats remote_;
    std::map<SenderId, Sender> senders_;
    std::uint32_t next_sender_ = 1;
    std::uint32_t next_mid_ = 0;
    std::optional<Instant> changed_at_;
    bool merge_window_reported_ = false;
    std::optional<Instant> offered_at_;  // reset when its lateness was reported
    std::deque<NegotiatorEvent> events_;
};

}  // namespace parley::peer
