// A negotiator that hostile descriptions reach in every state. The input is a script: blocks
// between lines of "==", each a letter and, for O, o and A, the description that follows it.
//   O remote offer, answered; o remote offer, left open; A remote answer; C our offer;
//   V, U add a video or audio sender; R remove the oldest; B rollback; T a second passes

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "peer/negotiator.hpp"

namespace {

using namespace parley;
using namespace parley::peer;

constexpr std::size_t kMaxBlocks = 32;

class Script {
 public:
    void run(std::string_view text) {
        for (std::size_t i = 0; i < kMaxBlocks && !text.empty(); ++i) {
            const auto end = text.find("\n==\n");
            block(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 4);
            check();
        }
    }

 private:
    void block(std::string_view text) {
        if (text.empty()) return;
        const auto body = text.substr(1);
        switch (text[0]) {
            case 'O':
            case 'o': offer(body, text[0] == 'O'); break;
            case 'A': (void)negotiator_.set_remote_answer(body, now_); break;
            case 'C':
                if (negotiator_.state() == SignalingState::kStable) {
                    check_text(negotiator_.create_offer(transport_, now_));
                }
                break;
            case 'V': add(sdp::MediaKind::kVideo, "VP8", 90'000, 1); break;
            case 'U': add(sdp::MediaKind::kAudio, "opus", 48'000, 2); break;
            case 'R':
                if (senders_.empty()) break;
                negotiator_.remove_sender(senders_.front(), now_);
                senders_.erase(senders_.begin());
                break;
            case 'B': negotiator_.rollback(now_); break;
            default: now_ += 1s; negotiator_.handle_timeout(now_);
        }
    }

    void offer(std::string_view text, bool answer) {
        const auto before = negotiator_.state();
        const auto result = negotiator_.set_remote_offer(text, now_);
        if (!result) {
            PARLEY_ASSERT(negotiator_.state() == before && !result.error().code.empty());
        } else if (answer) {
            check_text(negotiator_.create_answer(transport_, now_));
        }
    }

    void add(sdp::MediaKind kind, std::string_view name, std::uint32_t clock,
             std::uint8_t channels) {
        SenderSpec spec;
        spec.kind = kind;
        spec.codecs.push_back({0, std::string(name), clock, channels, {}, {}});
        spec.red = true;
        spec.stream_id = "s";
        senders_.push_back(negotiator_.add_sender(std::move(spec), now_));
    }

    void check_text(const std::string& text) {
        const auto parsed = sdp::parse(text);
        // A remote may offer so much that the answer passes the parser's own limits.
        PARLEY_ASSERT(parsed || text.size() > sdp::kMaxSize / 2);
    }

    void check() {
        std::set<std::string_view> mids;
        PARLEY_ASSERT(negotiator_.sections().size() >= sections_);
        sections_ = negotiator_.sections().size();
        for (const auto& section : negotiator_.sections()) {
            if (section.mid_on_wire) PARLEY_ASSERT(mids.insert(section.mid).second);
            if (section.state == SectionState::kRejected) continue;
            PARLEY_ASSERT(!section.codecs.empty());
            if (section.state == SectionState::kSending || section.sends) {
                PARLEY_ASSERT(section.codec(section.payload_type) != nullptr);
            }
        }
        while (negotiator_.poll_event()) {
        }
    }

    static NegotiatorConfig config() {
        NegotiatorConfig config;
        config.attach_to_offered_sections = true;
        return config;
    }

    Negotiator negotiator_{config()};
    TransportParameters transport_{"ufrag",
                                   "passwordpasswordpassword",
                                   {"sha-256", fingerprint()},
                                   {"candidate:1 1 udp 1 192.0.2.1 5000 typ host"}};
    static std::string fingerprint() {
        std::string value = "00";
        for (int i = 1; i < 32; ++i) value += ":00";
        return value;
    }
    Instant now_{};
    std::vector<SenderId> senders_;
    std::size_t sections_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Script().run(as_text({data, size}));
    return 0;
}
