// Records after the handshake. The first octet chooses the cipher; then each step has an octet for
// what is done and a size in two octets, and its octets: they are opened as they are, or sealed and
// opened, which must give them back once and never twice.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "crypto/dtls_records.hpp"

namespace {

using namespace parley;
using crypto::DtlsRecords;

std::array<std::uint8_t, DtlsRecords::kHeaderSize + DtlsRecords::kExplicitNonceSize> newest() {
    return {22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
}

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto aead = static_cast<crypto::DtlsAead>(data[0] % 3);
    crypto::DtlsWriteKey key;
    key.key.fill(7);
    key.iv.fill(9);
    DtlsRecords from(aead, key, key, newest());
    DtlsRecords to(aead, key, key, newest());
    BytesView left(data + 1, size - 1);
    while (left.size() >= 3) {
        const std::uint8_t what = left[0];
        const std::size_t length = std::min<std::size_t>(load_be16(&left[1]), left.size() - 3);
        const BytesView octets = left.subspan(3, length);
        left = left.subspan(3 + length);
        if (what == 0) {
            crypto::for_each_record(octets, [&](BytesView record) {
                require(!to.open(record) || DtlsRecords::is_sealed(record));
            });
            continue;
        }
        const auto sealed = from.seal(static_cast<crypto::DtlsContent>(what), octets);
        require(sealed.empty() == (octets.size() > DtlsRecords::kMaxPlain));
        if (sealed.empty()) continue;
        const auto opened = to.open(sealed);
        if (!opened) continue;  // an input knows the key: it may have used the number up
        require(opened->type == static_cast<crypto::DtlsContent>(what));
        require(
            std::equal(opened->plain.begin(), opened->plain.end(), octets.begin(), octets.end()));
        require(!to.open(sealed));
    }
    return 0;
}
