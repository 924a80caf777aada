#include "load/encoder.hpp"

#include "load/encoders.hpp"

namespace parley::load {

std::expected<std::vector<EncodedPicture>, std::string> encode(const EncodeRequest& request) {
    switch (request.codec) {
        case media::Codec::kVp8:
        case media::Codec::kVp9: return encode_vpx(request);
        case media::Codec::kH264: return encode_h264(request);
        case media::Codec::kAv1: return encode_aom(request);
        default: return std::unexpected("there is no encoder for this codec");
    }
}

}  // namespace parley::load
