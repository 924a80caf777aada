// The cipher engines there are; for cipher_engine.cpp.

#pragma once

#include <memory>

#include "crypto/cipher_engine.hpp"

namespace parley::crypto {

std::unique_ptr<CipherEngine> make_openssl_cipher_engine();
/// nullptr when it was not built in, or the processor lacks what it needs, or its output is wrong.
std::unique_ptr<CipherEngine> make_multi_buffer_engine();

}  // namespace parley::crypto
