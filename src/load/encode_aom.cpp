// AV1 by libaom.

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <memory>

#include "load/encoders.hpp"
#include "load/test_picture.hpp"

namespace parley::load {
namespace {

struct DestroyCodec {
    void operator()(aom_codec_ctx_t* codec) const {
        aom_codec_destroy(codec);
        delete codec;
    }
};
using Codec = std::unique_ptr<aom_codec_ctx_t, DestroyCodec>;

aom_codec_enc_cfg_t configuration(const EncodeRequest& request) {
    aom_codec_enc_cfg_t config{};
    aom_codec_enc_config_default(aom_codec_av1_cx(), &config, AOM_USAGE_REALTIME);
    config.g_w = request.width;
    config.g_h = request.height;
    config.g_timebase = {1, static_cast<int>(request.frames_per_second)};
    config.g_threads = 1;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = 0;
    config.rc_end_usage = AOM_CBR;
    config.rc_target_bitrate = static_cast<unsigned>(request.rate.bps / 1000);
    config.rc_min_quantizer = 10;
    config.rc_max_quantizer = 63;
    config.rc_dropframe_thresh = 0;
    config.kf_mode = AOM_KF_DISABLED;
    return config;
}

/// What a call needs leaves out what only costs time here.
void set_controls(aom_codec_ctx_t& codec) {
    aom_codec_control(&codec, AOME_SET_CPUUSED, 10);
    aom_codec_control(&codec, AOME_SET_MAX_INTRA_BITRATE_PCT, 400);
    aom_codec_control(&codec, AV1E_SET_ENABLE_CDEF, 1);
    aom_codec_control(&codec, AV1E_SET_ENABLE_ORDER_HINT, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_TPL_MODEL, 0);
    aom_codec_control(&codec, AV1E_SET_DELTAQ_MODE, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_WARPED_MOTION, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_OBMC, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_GLOBAL_MOTION, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_PALETTE, 0);
    aom_codec_control(&codec, AV1E_SET_ENABLE_INTRABC, 0);
}

std::string failure(const char* what, aom_codec_ctx_t& codec) {
    const char* detail = aom_codec_error_detail(&codec);
    return std::string("libaom cannot ") + what + ": " + aom_codec_error(&codec) +
           (detail != nullptr ? std::string(" (") + detail + ")" : "");
}

}  // namespace

Encoded encode_aom(const EncodeRequest& request) {
    const auto config = configuration(request);
    Codec codec(new aom_codec_ctx_t{});
    if (aom_codec_enc_init(codec.get(), aom_codec_av1_cx(), &config, 0) != AOM_CODEC_OK) {
        return std::unexpected(failure("start the encoder", *codec));
    }
    set_controls(*codec);
    std::vector<EncodedPicture> pictures;
    for (unsigned number = 0; number < request.frames; ++number) {
        Picture picture = draw_test_picture(request.width, request.height, number, request.frames);
        aom_image_t image{};
        aom_img_wrap(&image, AOM_IMG_FMT_I420, picture.width, picture.height, 1, picture.y.data());
        image.planes[AOM_PLANE_U] = picture.u.data();
        image.planes[AOM_PLANE_V] = picture.v.data();
        const aom_enc_frame_flags_t flags = number == 0 ? AOM_EFLAG_FORCE_KF : 0;
        if (aom_codec_encode(codec.get(), &image, number, 1, flags) != AOM_CODEC_OK) {
            return std::unexpected(failure("encode", *codec));
        }
        EncodedPicture encoded{request.width, request.height, false, {}};
        aom_codec_iter_t next = nullptr;
        while (const aom_codec_cx_pkt_t* packet = aom_codec_get_cx_data(codec.get(), &next)) {
            if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
            const auto* data = static_cast<const std::uint8_t*>(packet->data.frame.buf);
            encoded.keyframe = (packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
            encoded.layers.emplace_back(data, data + packet->data.frame.sz);
        }
        pictures.push_back(std::move(encoded));
    }
    return pictures;
}

}  // namespace parley::load
