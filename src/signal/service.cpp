#include "signal/service.hpp"

#include <utility>

#include "signal/impl.hpp"

namespace parley::signal {

Service::Impl::Impl(Config config, SecretRandom& random, std::shared_ptr<const Schemas> schemas)
    : config_(std::move(config)), random_(random), schemas_(std::move(schemas)) {
    errors_.resize(std::to_underlying(ErrorCode::kCount));
    for (const auto& type : schemas_->types("client")) messages_in_.emplace(type, 0);
}

Service::Service(Config config, SecretRandom& random)
    : Service(std::move(config), random, std::make_shared<const Schemas>()) {}
Service::Service(Config config, SecretRandom& random, std::shared_ptr<const Schemas> schemas)
    : impl_(std::make_unique<Impl>(std::move(config), random, std::move(schemas))) {}
Service::~Service() = default;

void Service::open(const ConnectionInfo& info, Instant now) {
    impl_->now_ = now;
    impl_->open(info);
}
void Service::handle_text(ConnectionId id, std::string_view json, Instant now) {
    impl_->now_ = now;
    impl_->handle_text(id, json);
}
void Service::handle_pong(ConnectionId id, Instant now) {
    impl_->now_ = now;
    impl_->handle_pong(id);
}
void Service::handle_closed(ConnectionId id, Instant now, std::uint16_t code) {
    impl_->now_ = now;
    impl_->handle_closed(id, code);
}
void Service::handle_media_event(const MediaEvent& event, Instant now) {
    impl_->now_ = now;
    impl_->handle_media_event(event);
}
void Service::handle_timeout(Instant now) {
    impl_->now_ = now;
    impl_->handle_timeout();
}
Instant Service::next_timeout() const {
    return impl_->timers_.next();
}

std::optional<Output> Service::poll_output() {
    if (impl_->outputs_.empty()) return std::nullopt;
    auto output = std::move(impl_->outputs_.front());
    impl_->outputs_.pop_front();
    return output;
}
std::optional<MediaCommand> Service::poll_media_command() {
    if (impl_->commands_.empty()) return std::nullopt;
    auto command = std::move(impl_->commands_.front());
    impl_->commands_.pop_front();
    return command;
}

void Service::begin_shutdown(Instant now, Duration grace) {
    impl_->now_ = now;
    impl_->begin_shutdown(grace);
}
bool Service::shutting_down() const {
    return impl_->shutting_down_;
}
bool Service::idle() const {
    return impl_->connections_.empty();
}

nlohmann::json Service::list_rooms(Instant now) const {
    impl_->now_ = now;
    return impl_->list_rooms();
}
std::optional<nlohmann::json> Service::room_detail(std::string_view room, Instant now) const {
    impl_->now_ = now;
    return impl_->room_detail(room);
}
std::optional<nlohmann::json> Service::timeline(std::string_view room, std::string_view participant,
                                                Instant now) const {
    impl_->now_ = now;
    return impl_->timeline(room, participant);
}
AdminResult Service::remove_participant(std::string_view room, std::string_view participant,
                                        std::string_view reason, Instant now) {
    impl_->now_ = now;
    return impl_->remove_participant(room, participant, reason);
}
AdminResult Service::mute_participant(std::string_view room, std::string_view participant,
                                      std::string_view track, bool muted, Instant now) {
    impl_->now_ = now;
    return impl_->mute_participant(room, participant, track, muted);
}
AdminResult Service::close_room(std::string_view room, std::string_view reason, Instant now) {
    impl_->now_ = now;
    return impl_->close_room(room, reason);
}
Counters Service::counters() const {
    return impl_->counters();
}
const Config& Service::config() const {
    return impl_->config_;
}

}  // namespace parley::signal
