// H.264 Constrained Baseline by openh264.

#include <memory>
#include <wels/codec_api.h>

#include "load/encoders.hpp"
#include "load/test_picture.hpp"

namespace parley::load {
namespace {

struct DestroyEncoder {
    void operator()(ISVCEncoder* encoder) const {
        encoder->Uninitialize();
        WelsDestroySVCEncoder(encoder);
    }
};
using Encoder = std::unique_ptr<ISVCEncoder, DestroyEncoder>;

/// One slice a frame, no frame left out, and no keyframe but the first.
SEncParamExt parameters(ISVCEncoder& encoder, const EncodeRequest& request) {
    SEncParamExt p{};
    encoder.GetDefaultParams(&p);
    p.iUsageType = CAMERA_VIDEO_REAL_TIME;
    p.iPicWidth = static_cast<int>(request.width);
    p.iPicHeight = static_cast<int>(request.height);
    p.fMaxFrameRate = static_cast<float>(request.frames_per_second);
    p.iTargetBitrate = static_cast<int>(request.rate.bps);
    p.iMaxBitrate = UNSPECIFIED_BIT_RATE;
    p.iRCMode = RC_BITRATE_MODE;
    p.bEnableFrameSkip = false;
    p.uiIntraPeriod = 0;
    p.iMaxQp = 51;
    p.iMultipleThreadIdc = 1;
    p.bEnableSceneChangeDetect = false;
    p.eSpsPpsIdStrategy = CONSTANT_ID;
    p.iSpatialLayerNum = 1;
    auto& layer = p.sSpatialLayers[0];
    layer.iVideoWidth = p.iPicWidth;
    layer.iVideoHeight = p.iPicHeight;
    layer.fFrameRate = p.fMaxFrameRate;
    layer.iSpatialBitrate = p.iTargetBitrate;
    layer.uiProfileIdc = PRO_BASELINE;
    layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    return p;
}

std::vector<std::uint8_t> bytes_of(const SFrameBSInfo& info) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < info.iLayerNum; ++i) {
        const SLayerBSInfo& layer = info.sLayerInfo[i];
        std::size_t size = 0;
        for (int nal = 0; nal < layer.iNalCount; ++nal) {
            size += static_cast<std::size_t>(layer.pNalLengthInByte[nal]);
        }
        bytes.insert(bytes.end(), layer.pBsBuf, layer.pBsBuf + size);
    }
    return bytes;
}

}  // namespace

Encoded encode_h264(const EncodeRequest& request) {
    ISVCEncoder* raw = nullptr;
    if (WelsCreateSVCEncoder(&raw) != 0 || raw == nullptr) {
        return std::unexpected("openh264 cannot make an encoder");
    }
    const Encoder encoder(raw);
    int quiet = WELS_LOG_QUIET;
    encoder->SetOption(ENCODER_OPTION_TRACE_LEVEL, &quiet);
    const auto config = parameters(*encoder, request);
    if (encoder->InitializeExt(&config) != cmResultSuccess) {
        return std::unexpected("openh264 refuses this size or rate");
    }
    std::vector<EncodedPicture> pictures;
    for (unsigned number = 0; number < request.frames; ++number) {
        Picture picture = draw_test_picture(request.width, request.height, number, request.frames);
        SSourcePicture source{};
        source.iColorFormat = videoFormatI420;
        source.iPicWidth = config.iPicWidth;
        source.iPicHeight = config.iPicHeight;
        source.iStride[0] = config.iPicWidth;
        source.iStride[1] = source.iStride[2] = config.iPicWidth / 2;
        source.pData[0] = picture.y.data();
        source.pData[1] = picture.u.data();
        source.pData[2] = picture.v.data();
        source.uiTimeStamp = number * 1000 / request.frames_per_second;
        SFrameBSInfo info{};
        if (encoder->EncodeFrame(&source, &info) != cmResultSuccess) {
            return std::unexpected("openh264 cannot encode");
        }
        pictures.push_back({request.width,
                            request.height,
                            info.eFrameType == videoFrameTypeIDR,
                            {bytes_of(info)}});
    }
    return pictures;
}

}  // namespace parley::load
