// The least that forwarding can cost on this machine: protecting (AES-128-GCM by the crypto room)
// and sending the mixture of one publisher to N receivers, and nothing else. No ICE, no SRTP state,
// no rewriting, no reports; one packet's octets serve as everybody's.
//
//   bench_floor --subscribers N --seconds S --send-cpu A --receive-cpu B [--spread]
//
// The mixture is that of `parley load`: 30 frames a second of five packets with 1,100 octets of
// payload, which leave as one train for each receiver (or, with --spread, 150 single packets a
// second, evenly spaced), and 50 audio packets a second. It is sent when it is due, as in life,
// with sleep in between, so that caches and the processor are as cold as a server's. The receivers
// are sockets with receive offload on loopback, as those of `parley load`, and are drained on the
// other processor. What the kernel does to deliver on loopback is charged to the sender, here as
// with the server.
//
// Prints one JSON object: processor time of the sending thread for each packet, in nanoseconds.

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <string>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "crypto/cipher_engine.hpp"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace {

using namespace parley;

// What a packet of `parley load` carries: MID, absolute send time, transport sequence number and
// absolute capture time, and for audio the level.
constexpr std::size_t kHeader = 12 + 4 + 24;
constexpr std::size_t kVideoPayload = 1100;
constexpr std::size_t kAudioPayload = 100;
constexpr int kFrames = 30;
constexpr int kPacketsOfFrame = 5;
constexpr int kAudioPackets = 50;
constexpr std::size_t kBatch = 64;

struct Options {
    int subscribers = 200;
    double seconds = 1;
    int send_cpu = 0;
    int receive_cpu = 1;
    bool spread = false;
};

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "bench_floor: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0) die("cannot stay on one processor");
}

std::int64_t nanoseconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void sleep_until(std::int64_t when) {
    const timespec time{when / 1'000'000'000, when % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
    }
}

/// Sockets that read and forget, on a thread and processor of their own.
class Receivers {
 public:
    Receivers(int count, int cpu) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (int i = 0; i < count; ++i) open();
        thread_ = std::thread([this, cpu] { drain(cpu); });
    }
    ~Receivers() {
        stop_ = true;
        thread_.join();
        for (const int socket : sockets_) ::close(socket);
        ::close(epoll_);
    }
    Receivers(const Receivers&) = delete;
    Receivers& operator=(const Receivers&) = delete;

    const std::vector<sockaddr_in>& addresses() const { return addresses_; }
    std::uint64_t bytes() const { return bytes_; }

 private:
    void open() {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) die("cannot open a socket");
        const int on = 1;
        const int buffer = 1 << 20;
        ::setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
        socklen_t size = sizeof address;
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        epoll_event event{EPOLLIN, {}};
        event.data.fd = fd;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll");
        sockets_.push_back(fd);
        addresses_.push_back(address);
    }

    void drain(int cpu) {
        pin(cpu);
        std::vector<char> bytes(65'536);
        std::array<epoll_event, 256> ready;
        while (!stop_) {
            const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), 20);
            for (int i = 0; i < count; ++i) {
                ssize_t got = 0;
                while ((got = ::recv(ready[static_cast<std::size_t>(i)].data.fd, bytes.data(),
                                     bytes.size(), MSG_DONTWAIT)) > 0) {
                    bytes_ += static_cast<std::uint64_t>(got);
                }
            }
        }
    }

    int epoll_;
    std::vector<int> sockets_;
    std::vector<sockaddr_in> addresses_;
    std::atomic<bool> stop_ = false;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::thread thread_;
};

/// Sends trains from one unconnected socket, as many in one system call as a server does.
class Sender {
 public:
    Sender(crypto::CipherEngine& engine, const std::vector<sockaddr_in>& addresses)
        : addresses_(addresses), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        if (fd_ < 0) die("cannot open a socket");
        const int buffer = 8 << 20;
        if (::setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        }
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            std::array<std::uint8_t, 16> key{};
            std::memcpy(key.data(), &i, sizeof i);
            keys_.push_back(engine.make_gcm(key));
        }
        for (std::size_t i = 0; i < payload_.size(); ++i) {
            payload_[i] = static_cast<std::uint8_t>(i * 31);
        }
    }
    ~Sender() { ::close(fd_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// A train of `pieces` packets to every receiver.
    void send_to_all(int pieces, std::size_t payload) {
        const std::size_t size = kHeader + payload + crypto::kGcmTagSize;
        for (std::size_t receiver = 0; receiver < addresses_.size(); ++receiver) {
            std::uint8_t* place = space_.data() + waiting_ * kTrain;
            for (int piece = 0; piece < pieces; ++piece) {
                protect(*keys_[receiver], place + static_cast<std::size_t>(piece) * size, payload);
            }
            add(receiver, place, size, pieces);
            if (waiting_ == kBatch) flush();
        }
        flush();
        packets_ += addresses_.size() * static_cast<std::size_t>(pieces);
        bytes_ += addresses_.size() * static_cast<std::size_t>(pieces) * size;
    }

    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }

 private:
    static constexpr std::size_t kTrain = 8192;
    using Control = std::array<char, CMSG_SPACE(sizeof(std::uint16_t))>;

    void protect(crypto::GcmKey& key, std::uint8_t* out, std::size_t payload) {
        std::memset(out, 0, kHeader);
        out[0] = 0x90;
        std::memcpy(out + 2, &counter_, 2);
        crypto::GcmIv iv{};
        std::memcpy(iv.data(), &counter_, sizeof counter_);
        ++counter_;
        key.seal(iv, {out, kHeader}, BytesView(payload_).first(payload), out + kHeader,
                 out + kHeader + payload);
    }

    void add(std::size_t receiver, std::uint8_t* place, std::size_t size, int pieces) {
        vectors_[waiting_] = {place, size * static_cast<std::size_t>(pieces)};
        msghdr& header = headers_[waiting_].msg_hdr;
        header = {};
        header.msg_name = const_cast<sockaddr_in*>(&addresses_[receiver]);
        header.msg_namelen = sizeof(sockaddr_in);
        header.msg_iov = &vectors_[waiting_];
        header.msg_iovlen = 1;
        if (pieces > 1) {
            header.msg_control = controls_[waiting_].data();
            header.msg_controllen = controls_[waiting_].size();
            cmsghdr* control = CMSG_FIRSTHDR(&header);
            control->cmsg_level = SOL_UDP;
            control->cmsg_type = UDP_SEGMENT;
            control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
            const auto segment = static_cast<std::uint16_t>(size);
            std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
        }
        ++waiting_;
    }

    void flush() {
        std::size_t sent = 0;
        while (sent < waiting_) {
            const int count =
                ::sendmmsg(fd_, &headers_[sent], static_cast<unsigned>(waiting_ - sent), 0);
            if (count <= 0) die("sendmmsg");
            sent += static_cast<std::size_t>(count);
        }
        waiting_ = 0;
    }

    const std::vector<sockaddr_in>& addresses_;
    int fd_;
    std::vector<std::unique_ptr<crypto::GcmKey>> keys_;
    std::array<std::uint8_t, kVideoPayload> payload_{};
    std::vector<std::uint8_t> space_ = std::vector<std::uint8_t>(kBatch * kTrain);
    std::array<mmsghdr, kBatch> headers_{};
    std::array<iovec, kBatch> vectors_{};
    alignas(cmsghdr) std::array<Control, kBatch> controls_{};
    std::size_t waiting_ = 0;
    std::uint64_t counter_ = 0;
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
};

/// Something that is due so many times a second.
class Beat {
 public:
    Beat(std::int64_t start, int times) : due_(start), every_(1'000'000'000 / times) {}
    std::int64_t due() const { return due_; }
    void next() { due_ += every_; }

 private:
    std::int64_t due_;
    std::int64_t every_;
};

void send_for(Sender& sender, const Options& options, double seconds) {
    const std::int64_t start = nanoseconds(CLOCK_MONOTONIC);
    const auto end = start + static_cast<std::int64_t>(seconds * 1e9);
    Beat video(start, options.spread ? kFrames * kPacketsOfFrame : kFrames);
    Beat audio(start + 7'000'000, kAudioPackets);
    while (std::min(video.due(), audio.due()) < end) {
        const bool is_video = video.due() <= audio.due();
        Beat& beat = is_video ? video : audio;
        sleep_until(beat.due());
        beat.next();
        if (is_video) {
            sender.send_to_all(options.spread ? 1 : kPacketsOfFrame, kVideoPayload);
        } else {
            sender.send_to_all(1, kAudioPayload);
        }
    }
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--spread") {
            options.spread = true;
            continue;
        }
        const char* value = i + 1 < argc ? argv[++i] : "";
        if (name == "--subscribers") {
            options.subscribers = std::atoi(value);
        } else if (name == "--seconds") {
            options.seconds = std::atof(value);
        } else if (name == "--send-cpu") {
            options.send_cpu = std::atoi(value);
        } else if (name == "--receive-cpu") {
            options.receive_cpu = std::atoi(value);
        } else {
            std::fprintf(stderr, "bench_floor: unknown argument %s\n", name.c_str());
            std::exit(2);
        }
    }
    if (options.subscribers < 1 || options.seconds <= 0) {
        std::fprintf(stderr, "bench_floor: --subscribers and --seconds must be positive\n");
        std::exit(2);
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);

    const auto engine = crypto::make_cipher_engine(crypto::CipherPreference::kFastest);
    Receivers receivers(options.subscribers, options.receive_cpu);
    pin(options.send_cpu);
    Sender sender(*engine, receivers.addresses());
    send_for(sender, options, 0.2);  // caches, routes and neighbours are warm then

    const std::uint64_t packets = sender.packets();
    const std::int64_t before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    send_for(sender, options, options.seconds);
    const std::int64_t used = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before;
    const double each = static_cast<double>(used) / static_cast<double>(sender.packets() - packets);

    ::usleep(50'000);  // what is under way still arrives
    const double arrived =
        static_cast<double>(receivers.bytes()) / static_cast<double>(sender.bytes());
    std::printf(
        "{\"subscribers\": %d, \"spread\": %s, \"packets\": %llu, \"ns_per_packet\": %.1f, "
        "\"arrived\": %.6f, \"cipher\": \"%s\"}\n",
        options.subscribers, options.spread ? "true" : "false",
        static_cast<unsigned long long>(sender.packets() - packets), each, arrived,
        std::string(engine->name()).c_str());
    return 0;
}
