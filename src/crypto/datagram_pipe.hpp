// A BIO whose other end is this program: it hands the library one datagram at a time and keeps what
// the library writes as separate datagrams. OpenSSL's memory BIO would glue them together.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <openssl/bio.h>
#include <optional>
#include <sys/time.h>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/dtls_records.hpp"
#include "crypto/openssl_ptr.hpp"

namespace parley::crypto {

class DatagramPipe {
 public:
    /// More than the longest flight; what does not fit is lost, as datagrams may be.
    static constexpr std::size_t kMaxQueued = 65'536;

    explicit DatagramPipe(std::size_t mtu) : mtu_(mtu) {}
    DatagramPipe(const DatagramPipe&) = delete;
    DatagramPipe& operator=(const DatagramPipe&) = delete;

    /// Makes the library's end. The pipe must stay where it is while that lives.
    BIO* attach(const BIO_METHOD* method);
    static BioMethodPtr make_method();

    void set_incoming(BytesView datagram) { incoming_ = datagram; }
    bool has_outgoing() const { return head_ < outgoing_.size(); }
    std::optional<std::size_t> take_outgoing(BytesSpan out);
    /// Adds a datagram behind what the library has written; false when it does not fit.
    bool put(BytesView datagram);
    void begin_flight() { flight_ = outgoing_.size(); }
    /// The datagrams written since begin_flight(), each behind its size, until one is taken.
    BytesView flight() const {
        return BytesView(outgoing_).subspan(std::min(flight_, outgoing_.size()));
    }
    /// The start of the newest record that was written encrypted: header and explicit nonce. Empty
    /// before.
    BytesView newest_sealed() const { return BytesView(newest_).first(newest_size_); }

    /// Where the library keeps the deadline of its retransmission timer: it shows the place each
    /// time it starts the timer (BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT).
    timeval* library_deadline() const { return library_deadline_; }
    /// For finding out whether that place is the library's own or a copy: makes every deadline
    /// that is shown from now on one that has passed.
    void expire_deadlines(bool on) { expire_deadlines_ = on; }

 private:
    static int on_write(BIO* bio, const char* data, int size);
    static int on_read(BIO* bio, char* out, int size);
    static long on_ctrl(BIO* bio, int command, long number, void* pointer);

    std::size_t mtu_;
    BytesView incoming_;
    std::vector<std::uint8_t> outgoing_;  // each datagram behind its size in two octets
    std::size_t head_ = 0;
    std::size_t flight_ = 0;
    std::array<std::uint8_t, DtlsRecords::kHeaderSize + DtlsRecords::kExplicitNonceSize> newest_{};
    std::size_t newest_size_ = 0;
    timeval* library_deadline_ = nullptr;
    bool expire_deadlines_ = false;
};

}  // namespace parley::crypto
