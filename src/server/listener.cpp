#include "server/listener.hpp"

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/bytes.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

tcp::endpoint to_endpoint(const net::SocketAddress& address) {
    const auto octets = address.ip.octets();
    if (address.ip.is_v4()) {
        return {asio::ip::address_v4(load_be32(octets.data())), address.port};
    }
    asio::ip::address_v6::bytes_type bytes{};
    std::copy(octets.begin(), octets.end(), bytes.begin());
    return {asio::ip::address_v6(bytes), address.port};
}

std::string explain(const boost::system::error_code& error, const net::SocketAddress& address) {
    const auto where = "cannot listen on " + address.to_string() + ": ";
    const auto another = address.port == 65535 ? 8080 : address.port + 1;
    if (error == asio::error::address_in_use) {
        const auto owner = find_port_owner(address.port);
        return where + "the port is taken" + (owner.empty() ? "" : " by " + owner) +
               "; stop that program, or choose another port with --listen " +
               net::SocketAddress{address.ip, static_cast<std::uint16_t>(another)}.to_string();
    }
    if (error == asio::error::access_denied) {
        return where +
               "ports below 1024 are for privileged programs; choose one above with "
               "--listen, or allow it: setcap cap_net_bind_service=+ep on the program";
    }
    if (error == boost::system::errc::address_not_available ||
        error == boost::system::errc::address_family_not_supported) {
        return where +
               "this machine has no such address; `ip address` lists those it has, and "
               "--listen :" +
               std::to_string(address.port) + " takes all of them";
    }
    return where + error.message();
}

/// The inode of the socket in this state that has the port, from a table of /proc/net.
std::string inode_of(const std::string& table, std::string_view state, std::uint16_t port) {
    std::ifstream file(table);
    std::string line;
    constexpr std::size_t kMostLines = 100'000;
    for (std::size_t i = 0; i < kMostLines && std::getline(file, line); ++i) {
        const auto fields = split(line, ' ');
        if (fields.size() < 10 || fields[3] != state) continue;
        unsigned found = 0;
        const auto& local = fields[1];
        const auto colon = local.rfind(':');
        if (colon == std::string::npos) continue;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
        if (found == port) return fields[9];
    }
    return {};
}

}  // namespace

std::string find_port_owner(std::uint16_t port, PortKind kind) {
    const std::string table = kind == PortKind::kTcp ? "/proc/net/tcp" : "/proc/net/udp";
    const auto state = kind == PortKind::kTcp ? "0A" : "07";  // listening, or open
    auto inode = inode_of(table, state, port);
    if (inode.empty()) inode = inode_of(table + "6", state, port);
    if (inode.empty()) return {};
    const std::string wanted = "socket:[" + inode + "]";
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
        const auto pid = process.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        for (fs::directory_iterator fd(process.path() / "fd", error), end; !error && fd != end;
             fd.increment(error)) {
            std::error_code ignored;
            if (fs::read_symlink(fd->path(), ignored).string() != wanted) continue;
            std::string name;
            std::getline(std::ifstream(process.path() / "comm"), name);
            return name + " (process " + pid + ")";
        }
    }
    return {};
}

net::SocketAddress to_address(const tcp::endpoint& endpoint) {
    const auto ip = endpoint.address();
    if (ip.is_v4()) return {net::IpAddress::v4(ip.to_v4().to_uint()), endpoint.port()};
    const auto bytes = ip.to_v6().to_bytes();
    return {net::IpAddress::v6(bytes), endpoint.port()};
}

std::expected<Listener, BindFailure> listen_on(asio::io_context& io,
                                               const net::SocketAddress& address) {
    const auto endpoint = to_endpoint(address);
    tcp::acceptor acceptor(io);
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.ip.is_v6()) {
        // [::] takes IPv4 too; a named IPv6 address takes only itself.
        acceptor.set_option(asio::ip::v6_only(!address.ip.is_unspecified()), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    constexpr int kBacklog = 1024;
    if (!error) acceptor.listen(kBacklog, error);
    if (error) {
        const bool missing = error == boost::system::errc::address_not_available ||
                             error == boost::system::errc::address_family_not_supported;
        return std::unexpected(BindFailure{explain(error, address), missing});
    }
    const auto bound = to_address(acceptor.local_endpoint(error));
    // The address as it was asked for ([::] reads back as itself), with the real port.
    return Listener{std::move(acceptor), {address.ip, bound.port}};
}

}  // namespace parley::server
