#include "load/packetizer.hpp"

#include "load/packetizers.hpp"

namespace parley::load {

std::vector<LoopPacket> packetize(media::Codec codec, const EncodedPicture& picture,
                                  std::size_t wanted) {
    switch (codec) {
        case media::Codec::kVp8: return packetize_vp8(picture.layers.front(), wanted);
        case media::Codec::kVp9: return packetize_vp9(picture, wanted);
        case media::Codec::kH264: return packetize_h264(picture.layers.front(), wanted);
        case media::Codec::kAv1: return packetize_av1(picture, wanted);
        default: return {};
    }
}

}  // namespace parley::load
