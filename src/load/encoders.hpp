// The encoders, one for each library.

#pragma once

#include "load/encoder.hpp"

namespace parley::load {

using Encoded = std::expected<std::vector<EncodedPicture>, std::string>;

Encoded encode_vpx(const EncodeRequest& request);
Encoded encode_h264(const EncodeRequest& request);
Encoded encode_aom(const EncodeRequest& request);

}  // namespace parley::load
