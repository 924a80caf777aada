// Where the checkout lies, for tests that read its documents and recorded data. A variable of its
// own and not a macro, so that the compiler's cache serves every checkout.

#pragma once

namespace parley {

extern const char* const kSourceDir;

}  // namespace parley
