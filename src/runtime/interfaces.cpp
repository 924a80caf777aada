#include "runtime/interfaces.hpp"

#include <algorithm>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>

#include "runtime/sockaddr.hpp"

namespace parley::runtime {
namespace {

net::IpAddress address_of(const ifaddrs& entry) {
    if (entry.ifa_addr == nullptr) return {};
    sockaddr_storage storage{};
    if (entry.ifa_addr->sa_family == AF_INET) {
        storage = {};
        reinterpret_cast<sockaddr_in&>(storage) =
            *reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    } else if (entry.ifa_addr->sa_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(storage) =
            *reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
    }
    return from_sockaddr(storage).ip;
}

}  // namespace

std::vector<net::IpAddress> media_addresses() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
    std::vector<net::IpAddress> found;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if ((entry->ifa_flags & IFF_UP) == 0) continue;
        const auto ip = address_of(*entry);
        if (!ip.valid() || ip.is_link_local() || ip.is_multicast()) continue;
        if (std::find(found.begin(), found.end(), ip) == found.end()) found.push_back(ip);
    }
    const auto loopback = std::stable_partition(found.begin(), found.end(),
                                                [](const auto& ip) { return !ip.is_loopback(); });
    if (loopback != found.begin()) found.erase(loopback, found.end());
    std::stable_partition(found.begin(), found.end(), [](const auto& ip) { return ip.is_v4(); });
    return found;
}

}  // namespace parley::runtime
