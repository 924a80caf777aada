#include "crypto/lean_library.hpp"

#include <algorithm>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string_view>
#include <vector>

namespace parley::crypto {
namespace {

// The library's own provider, as loaded in a context of its own, and what of it is shown where not
// all is: ended by an empty one.
struct Source {
    OSSL_PROVIDER* provider = nullptr;
    std::vector<OSSL_ALGORITHM> decoders;
    std::vector<OSSL_ALGORITHM> keys;
};

Source& source() {
    static Source instance;
    return instance;
}

// Of "EC:id-ecPublicKey:1.2.840.10045.2.1" the first.
std::string_view name_of(const OSSL_ALGORITHM& algorithm) {
    const std::string_view names = algorithm.algorithm_names;
    return names.substr(0, names.find(':'));
}

// The certificates that the suites and groups of openssl_dtls.cpp are for.
bool is_certificate_key(std::string_view name) {
    return name == "EC" || name == "RSA" || name == "RSA-PSS";
}

bool is_public_key_decoder(const OSSL_ALGORITHM& algorithm) {
    return is_certificate_key(name_of(algorithm)) &&
           std::string_view(algorithm.property_definition)
               .ends_with("input=der,structure=SubjectPublicKeyInfo");
}

bool is_key_of_webrtc(const OSSL_ALGORITHM& algorithm) {
    return is_certificate_key(name_of(algorithm)) || name_of(algorithm) == "X25519";
}

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
    const OSSL_ALGORITHM* all =
        OSSL_PROVIDER_query_operation(source().provider, operation, no_cache);
    if (operation == OSSL_OP_DECODER) return source().decoders.data();
    if (operation == OSSL_OP_KEYMGMT) return source().keys.data();
    return all;
}

// Which groups TLS may use.
int capabilities(void*, const char* name, OSSL_CALLBACK* callback, void* argument) {
    return OSSL_PROVIDER_get_capabilities(source().provider, name, callback, argument);
}

// OSSL_DISPATCH holds functions of any type.
template <typename Function>
void (*untyped(Function* function))() {
    return reinterpret_cast<void (*)()>(function);
}

// The library calls the algorithms with the context of the provider that they come from.
int begin(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** out,
          void** context) {
    static const OSSL_DISPATCH kFunctions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, untyped(query)},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, untyped(capabilities)},
        {0, nullptr}};
    *out = kFunctions;
    *context = OSSL_PROVIDER_get0_provider_ctx(source().provider);
    return 1;
}

// False when there was none.
template <typename Wanted>
bool pick(int operation, Wanted wanted, std::vector<OSSL_ALGORITHM>& out) {
    int no_cache = 0;
    const OSSL_ALGORITHM* all =
        OSSL_PROVIDER_query_operation(source().provider, operation, &no_cache);
    for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
        if (wanted(*all)) out.push_back(*all);
    }
    const bool any = !out.empty();
    out.push_back({});
    return any;
}

bool load_source() {
    OSSL_LIB_CTX* whole = OSSL_LIB_CTX_new();
    if (whole == nullptr) return false;
    source().provider = OSSL_PROVIDER_load(whole, "default");
    return source().provider != nullptr &&
           pick(OSSL_OP_DECODER, is_public_key_decoder, source().decoders) &&
           pick(OSSL_OP_KEYMGMT, is_key_of_webrtc, source().keys);
}

OSSL_LIB_CTX* make() {
    OSSL_LIB_CTX* lean = load_source() ? OSSL_LIB_CTX_new() : nullptr;
    const bool made = lean != nullptr && OSSL_PROVIDER_add_builtin(lean, "lean", begin) == 1 &&
                      OSSL_PROVIDER_load(lean, "lean") != nullptr;
    ERR_clear_error();
    return made ? lean : nullptr;
}

}  // namespace

OSSL_LIB_CTX* lean_library() {
    static OSSL_LIB_CTX* const kLean = make();
    return kLean;
}

}  // namespace parley::crypto
