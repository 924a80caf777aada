#include "crypto/datagram_pipe.hpp"

#include <algorithm>

namespace parley::crypto {
namespace {

DatagramPipe* pipe_of(BIO* bio) {
    return static_cast<DatagramPipe*>(BIO_get_data(bio));
}

}  // namespace

BioMethodPtr DatagramPipe::make_method() {
    BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram pipe"));
    if (!method) return nullptr;
    BIO_meth_set_write(method.get(), on_write);
    BIO_meth_set_read(method.get(), on_read);
    BIO_meth_set_ctrl(method.get(), on_ctrl);
    return method;
}

BIO* DatagramPipe::attach(const BIO_METHOD* method) {
    BIO* bio = BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    return bio;
}

std::optional<std::size_t> DatagramPipe::take_outgoing(BytesSpan out) {
    if (!has_outgoing()) return {};
    const std::size_t size = load_be16(&outgoing_[head_]);
    const bool fits = size <= out.size();
    if (fits) std::memcpy(out.data(), &outgoing_[head_ + 2], size);
    head_ += 2 + size;
    if (!has_outgoing()) {
        outgoing_ = {};  // most of its life an association sends nothing: give the memory back
        head_ = 0;
        flight_ = 0;
    }
    return fits ? size : 0;
}

bool DatagramPipe::put(BytesView datagram) {
    if (datagram.empty() || datagram.size() > 0xFFFF) return false;
    if (outgoing_.size() + datagram.size() + 2 > kMaxQueued) return false;
    outgoing_.push_back(static_cast<std::uint8_t>(datagram.size() >> 8));
    outgoing_.push_back(static_cast<std::uint8_t>(datagram.size()));
    outgoing_.insert(outgoing_.end(), datagram.begin(), datagram.end());
    for_each_record(datagram, [this](BytesView record) {
        if (!DtlsRecords::is_sealed(record)) return;
        newest_size_ = std::min(record.size(), newest_.size());
        std::copy_n(record.begin(), newest_size_, newest_.begin());
    });
    return true;
}

int DatagramPipe::on_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return size;
    const auto* octets = reinterpret_cast<const std::uint8_t*>(data);
    pipe_of(bio)->put({octets, static_cast<std::size_t>(size)});
    return size;
}

int DatagramPipe::on_read(BIO* bio, char* out, int size) {
    DatagramPipe& pipe = *pipe_of(bio);
    BIO_clear_retry_flags(bio);
    if (pipe.incoming_.empty() || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t length = std::min(pipe.incoming_.size(), static_cast<std::size_t>(size));
    std::memcpy(out, pipe.incoming_.data(), length);
    pipe.incoming_ = {};  // a datagram is read once; its rest is lost, as with recv()
    return static_cast<int>(length);
}

long DatagramPipe::on_ctrl(BIO* bio, int command, long, void* pointer) {
    DatagramPipe& pipe = *pipe_of(bio);
    switch (command) {
        case BIO_CTRL_FLUSH: return 1;
        case BIO_CTRL_DGRAM_QUERY_MTU: return static_cast<long>(pipe.mtu_);
        case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return 28;  // IPv4 and UDP headers
        case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
            pipe.library_deadline_ = static_cast<timeval*>(pointer);
            if (pipe.expire_deadlines_) *pipe.library_deadline_ = {1, 0};
            return 1;
        case BIO_CTRL_WPENDING:
        case BIO_CTRL_PENDING: return 0;
        default: return 0;  // kernel TLS and what else may come: not here
    }
}

}  // namespace parley::crypto
