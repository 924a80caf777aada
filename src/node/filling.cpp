#include "node/filling.hpp"

#include "node/member.hpp"

namespace parley::node {

// In turn, so that one outlet that has sent nothing yet does not decide for all.
Outlet* Filling::next_outlet() {
    for (std::size_t i = 0; i < outlets_.size(); ++i) {
        next_ = (next_ + 1) % outlets_.size();
        if (usable(*outlets_[next_])) return outlets_[next_].get();
    }
    return nullptr;
}

std::size_t Filling::write(Outlet& outlet, std::uint32_t wanted, Instant now, BytesSpan out) {
    const sfu::SendStamp stamp{now, path_.next_number()};
    const sfu::Publication& publication = outlet.track->publication;
    if (wanted >= kLeastMedia) {
        if (const auto again = outlet.subscription.filling(wanted, publication)) {
            const auto* stored = publication.ring().find(again->slot);
            return sfu::write_rtx(*stored, *again, outlet.format, stamp, out);
        }
    }
    return sfu::write_padding(outlet.format, outlet.subscription.take_rtx_number(), 0, wanted,
                              stamp, out);
}

std::optional<net::Transmit> Filling::poll(Instant now, BytesSpan out) {
    const std::uint32_t wanted = path_.filling_wanted(now);
    if (wanted == 0) return {};
    Outlet* outlet = next_outlet();
    if (outlet == nullptr) return {};
    const std::size_t size = write(*outlet, wanted, now, out);
    if (size == 0) return {};
    const auto transmit = owner_.peer().send_rtp(out, size);
    if (!transmit) return {};
    if (outlet->marked) path_.note_stream_number(out);
    path_.on_sent(transmit->size, path_.take(transmit->size, now), now);
    owner_.count_sent(transmit->size, now);
    return transmit;
}

}  // namespace parley::node
