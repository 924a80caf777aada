// The dependency descriptor (AV1 RTP payload format 1.0, appendix A) of three spatial layers and
// one temporal, where only keyframes refer to the layer below (the scalability mode L3T1_KEY).

#pragma once

#include <cstdint>
#include <vector>

namespace parley::load {

struct LayerFrame {
    unsigned spatial_id = 0;
    bool keyframe = false;  // the picture's, all of whose layers then refer to nothing older
    bool first = false;     // packet of the layer's frame
    bool last = false;
    unsigned width = 0;  // of the highest layer
    unsigned height = 0;
};

/// Octets 1 and 2 are the frame's number, to be filled in when it is sent. The first packet of a
/// keyframe brings the structure along.
std::vector<std::uint8_t> describe_layer(const LayerFrame& frame);

}  // namespace parley::load
