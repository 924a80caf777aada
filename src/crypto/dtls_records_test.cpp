#include "crypto/dtls_records.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string_view>

namespace parley::crypto {
namespace {

std::vector<std::uint8_t> octets(std::string_view text) {
    return {text.begin(), text.end()};
}

DtlsWriteKey key(std::uint8_t first) {
    DtlsWriteKey out;
    for (std::size_t i = 0; i < out.key.size(); ++i) {
        out.key[i] = static_cast<std::uint8_t>(first + i);
    }
    for (std::size_t i = 0; i < out.iv.size(); ++i) {
        out.iv[i] = static_cast<std::uint8_t>(first * 3 + i);
    }
    return out;
}

// As the library would have left it: Finished as record `sequence` with some explicit nonce.
std::vector<std::uint8_t> newest(std::uint64_t sequence, std::uint64_t nonce = 0x1234) {
    std::vector<std::uint8_t> record(DtlsRecords::kHeaderSize + 40);
    record[0] = 22;
    store_be16(&record[1], 0xFEFD);
    store_be64(&record[3], (std::uint64_t{1} << 48) | sequence);
    store_be16(&record[11], 40);
    store_be64(&record[13], nonce);
    return record;
}

std::uint64_t sequence_of(BytesView record) {
    return load_be64(&record[3]) & 0xFFFF'FFFF'FFFF;
}

class DtlsRecord : public testing::TestWithParam<DtlsAead> {
 protected:
    std::unique_ptr<DtlsRecords> client(std::uint64_t sequence = 0) {
        return std::make_unique<DtlsRecords>(GetParam(), key(1), key(100), newest(sequence));
    }
    std::unique_ptr<DtlsRecords> server() {
        return std::make_unique<DtlsRecords>(GetParam(), key(100), key(1), newest(0));
    }
};

TEST_P(DtlsRecord, OpensWhatTheOtherSideSealed) {
    const auto from = client();
    const auto to = server();
    for (const auto type : {DtlsContent::kApplicationData, DtlsContent::kAlert}) {
        for (const std::string_view text : {"a", "two words", ""}) {
            const auto record = from->seal(type, octets(text));
            ASSERT_FALSE(record.empty());
            EXPECT_TRUE(DtlsRecords::is_sealed(record));
            const auto opened = to->open(record);
            ASSERT_TRUE(opened);
            EXPECT_EQ(opened->type, type);
            EXPECT_EQ(opened->plain, octets(text));
        }
    }
    const auto back = to->seal(DtlsContent::kApplicationData, octets("back"));
    ASSERT_TRUE(from->open(back));
    EXPECT_FALSE(to->open(back)) << "sealed with the other side's key";
}

TEST_P(DtlsRecord, NumbersAndNoncesGoOnAfterTheNewest) {
    const auto from = client(7);
    const auto first = from->seal(DtlsContent::kAlert, octets("x"));
    const auto second = from->seal(DtlsContent::kAlert, octets("x"));
    EXPECT_EQ(sequence_of(first), 8U);
    EXPECT_EQ(sequence_of(second), 9U);
    if (GetParam() == DtlsAead::kChaCha20Poly1305) return;
    EXPECT_EQ(load_be64(&first[13]), 0x1235U);
    EXPECT_EQ(load_be64(&second[13]), 0x1236U);
}

TEST_P(DtlsRecord, RefusesReplaysAndWhatIsTooOld) {
    const auto from = client();
    const auto to = server();
    std::vector<std::vector<std::uint8_t>> records;
    for (int i = 0; i < 70; ++i) {
        records.push_back(from->seal(DtlsContent::kApplicationData, octets("data")));
    }
    EXPECT_TRUE(to->open(records[3]));
    EXPECT_FALSE(to->open(records[3])) << "again";
    EXPECT_TRUE(to->open(records[1])) << "late";
    EXPECT_FALSE(to->open(records[1])) << "late, again";
    EXPECT_TRUE(to->open(records[69]));
    EXPECT_TRUE(to->open(records[6])) << "63 behind";
    EXPECT_FALSE(to->open(records[5])) << "64 behind";
    EXPECT_FALSE(to->open(records[69]));
}

TEST_P(DtlsRecord, AForgedNumberDoesNotMoveTheWindow) {
    const auto from = client();
    const auto to = server();
    const auto honest = from->seal(DtlsContent::kApplicationData, octets("data"));
    auto forged = honest;
    store_be64(&forged[3], (std::uint64_t{1} << 48) | 0xFFFF'FFFF'FFFE);
    EXPECT_FALSE(to->open(forged));
    EXPECT_TRUE(to->open(honest));
}

TEST_P(DtlsRecord, RefusesEveryChangedOctet) {
    const auto from = client();
    const auto to = server();
    const auto honest = from->seal(DtlsContent::kApplicationData, octets("data"));
    for (std::size_t i = 0; i < honest.size(); ++i) {
        auto changed = honest;
        changed[i] ^= 1;
        EXPECT_FALSE(to->open(changed)) << i;
        EXPECT_FALSE(to->open(BytesView(honest).first(i))) << i;
    }
    EXPECT_TRUE(to->open(honest));
}

INSTANTIATE_TEST_SUITE_P(Suites, DtlsRecord,
                         testing::Values(DtlsAead::kAes128Gcm, DtlsAead::kAes256Gcm,
                                         DtlsAead::kChaCha20Poly1305));

TEST(DtlsRecordWalk, StopsAtWhatIsNotWhole) {
    std::vector<std::uint8_t> datagram = newest(0);
    const auto one = datagram;
    datagram.insert(datagram.end(), one.begin(), one.end());
    datagram.insert(datagram.end(), one.begin(), one.begin() + 20);
    std::size_t count = 0;
    for_each_record(datagram, [&](BytesView record) {
        EXPECT_EQ(record.size(), one.size());
        ++count;
    });
    EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace parley::crypto
