// A script of what four clients, a media node and the clock do to one signaling service. A line is
// one step; its first octet chooses the step, its second the client. Whatever happens, every
// message that the service says matches its schema and is JSON, and nothing is said to a socket
// that was closed.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signal/json.hpp"
#include "signal/schema.hpp"
#include "signal/service.hpp"

namespace {

using namespace parley;
using namespace parley::signal;

void require(bool condition, std::string_view what) {
    if (condition) return;
    std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

Config small_config() {
    Config config;
    config.topology = Topology::kAuto;
    config.limits.rooms = 3;
    config.limits.participants_per_room = 3;
    config.limits.connections = 6;
    config.limits.resume_messages = 6;
    config.limits.resume_bytes = 2000;
    config.limits.message_bytes = 4000;
    return config;
}

/// Read once: they are the same for every input.
const std::shared_ptr<const Schemas>& schemas() {
    static const auto all = std::make_shared<const Schemas>();
    return all;
}

class World {
 public:
    World() : service_(small_config(), secret_, schemas()) {}

    void step(std::string_view line) {
        if (line.size() < 2) return;
        const std::size_t slot = static_cast<std::uint8_t>(line[1]) % 4;
        const auto rest = line.substr(2);
        switch (line[0]) {
            case 'o': open(slot, rest); break;
            case 'c': close(slot, rest.empty() ? 1006 : 1001); break;
            case 'p': service_.handle_pong(sockets_[slot], now_); break;
            case 't': advance(slot, rest); break;
            case 'm': media(slot, rest); break;
            case 'r': say_with_token(slot, rest); break;
            case 'a': admin(slot, rest); break;
            case 's': service_.begin_shutdown(now_, 2s); break;
            default:
                service_.handle_text(sockets_[slot], line.substr(line[0] == 'j' ? 2 : 0), now_);
        }
        drain();
    }
    void finish() {
        for (std::size_t slot = 0; slot < 4; ++slot) {
            close(slot, 1006);
            drain();
        }
        now_ += 3600s;
        while (service_.next_timeout() <= now_) service_.handle_timeout(now_);
        drain();
        const auto counters = service_.counters();
        require(counters.connections == 0 && counters.rooms == 0 && counters.detached == 0,
                "something stays behind");
    }

 private:
    void open(std::size_t slot, std::string_view rest) {
        close(slot, 1006);
        ConnectionInfo info;
        info.id = sockets_[slot] = ConnectionId(++last_);
        info.remote = *net::SocketAddress::parse("192.0.2.1:1");
        if (rest.starts_with('g')) info.grant = RoomGrant{.admin = true};
        if (rest.starts_with('q')) info.resume_token = token_;
        if (rest.starts_with('w')) info.topology = rest.substr(1);
        open_[info.id] = true;
        service_.open(info, now_);
    }
    void close(std::size_t slot, std::uint16_t code) {
        open_[sockets_[slot]] = false;
        service_.handle_closed(sockets_[slot], now_, code);
    }
    void advance(std::size_t slot, std::string_view rest) {
        now_ += rest.empty() ? 100ms : Duration(1s) * static_cast<std::uint8_t>(rest[0]);
        if (slot == 0) return;
        for (int i = 0; i < 1000 && service_.next_timeout() <= now_; ++i)
            service_.handle_timeout(now_);
        require(service_.next_timeout() > now_, "a timer does not rest");
    }
    void say_with_token(std::size_t slot, std::string_view rest) {
        const std::uint64_t seq = rest.empty() ? 0 : static_cast<std::uint8_t>(rest[0]) % 32;
        service_.handle_text(sockets_[slot],
                             to_text({{"type", "resume"}, {"token", token_}, {"lastSeq", seq}}),
                             now_);
    }
    void media(std::size_t slot, std::string_view rest) {
        if (rest.empty() || peers_.empty()) return;
        const PeerId peer = peers_[slot % peers_.size()];
        const std::string text(rest.substr(1));
        switch (static_cast<std::uint8_t>(rest[0]) % 8) {
            case 0: event(LocalDescription{peer, SdpType::kOffer, "v" + text, {}}); break;
            case 1: event(LocalDescription{peer, SdpType::kAnswer, "v" + text, {}}); break;
            case 2:
                event(PeerStateChanged{peer, static_cast<PeerState>(text.size() % 6), "x"});
                break;
            case 3: event(TrackPublished{peer, {"t" + text.substr(0, 20), "p", "0"}}); break;
            case 4: event(TrackUnpublished{peer, "t" + text.substr(0, 20)}); break;
            case 5: event(ActiveSpeakers{"r", {{"p", 0.5}}}); break;
            case 6:
                event(DescriptionRefused{peer, SdpType::kOffer, "sdp_invalid", text, "y"});
                break;
            default:
                event(PeerStats{.peer = peer,
                                .state = PeerState::kConnected,
                                .rtt_ms = 100. * static_cast<double>(text.size())});
        }
    }
    void event(const MediaEvent& one) { service_.handle_media_event(one, now_); }
    void admin(std::size_t slot, std::string_view rest) {
        if (slot == 0) service_.close_room(rest, "", now_);
        if (slot == 1) service_.mute_participant("r", rest, "", true, now_);
        if (slot == 2) service_.remove_participant("r", rest, "", now_);
        require(service_.list_rooms(now_).is_object(), "rooms");
        const auto detail = service_.room_detail("r", now_);
        require(!detail || detail->is_object(), "room");
    }
    void take(const SendText& output) {
        require(open_[output.connection], "a closed socket is spoken to");
        const auto message = Json::parse(output.text, nullptr, false);
        require(message.is_object(), "not JSON is said");
        const auto type = text_of(message, "type");
        require(schemas()->knows("server", type), type);
        require(!schemas()->check("server", type, message), output.text);
        if (const auto token = text_of(message, "resumeToken"); !token.empty()) token_ = token;
    }
    void drain() {
        while (const auto output = service_.poll_output()) {
            if (const auto* text = std::get_if<SendText>(&*output)) take(*text);
            if (const auto* gone = std::get_if<Close>(&*output)) open_[gone->connection] = false;
        }
        while (const auto command = service_.poll_media_command()) {
            if (const auto* created = std::get_if<CreatePeer>(&*command))
                peers_.push_back(created->peer);
        }
    }

    SeededSecret secret_{1};
    Service service_;
    Instant now_{1000s};
    ConnectionId sockets_[4];
    std::map<ConnectionId, bool> open_;
    std::vector<PeerId> peers_;
    std::string token_;
    std::uint64_t last_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 16'384) return 0;  // longer scripts find nothing that shorter ones do not
    const std::string text(data, data + size);
    World world;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        world.step(std::string_view(text).substr(at, end - at));
        at = end + 1;
    }
    world.finish();
    return 0;
}
