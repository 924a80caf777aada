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

/// The layers' sizes and shares of the rate.
void set_layers(const EncodeRequest& request, const aom_codec_enc_cfg_t& config,
                aom_codec_ctx_t& codec) {
    const auto shares = layer_shares(request.spatial_layers);
    aom_svc_params_t layers{};
    layers.number_spatial_layers = static_cast<int>(request.spatial_layers);
    layers.number_temporal_layers = 1;
    layers.framerate_factor[0] = 1;
    for (unsigned i = 0; i < request.spatial_layers; ++i) {
        layers.scaling_factor_num[i] = 1;
        layers.scaling_factor_den[i] = 1 << (request.spatial_layers - 1 - i);
        layers.min_quantizers[i] = static_cast<int>(config.rc_min_quantizer);
        layers.max_quantizers[i] = static_cast<int>(config.rc_max_quantizer);
        layers.layer_target_bitrate[i] = static_cast<int>(config.rc_target_bitrate * shares[i]);
    }
    aom_codec_control(&codec, AV1E_SET_SVC_PARAMS, &layers);
}

/// Each layer keeps its last frame in a buffer of its own and refers to that, or in keyframes to
/// the layer below.
void choose_layer(unsigned layer, bool keyframe, aom_codec_ctx_t& codec) {
    aom_svc_layer_id_t id{static_cast<int>(layer), 0};
    aom_codec_control(&codec, AV1E_SET_SVC_LAYER_ID, &id);
    aom_svc_ref_frame_config_t references{};
    references.reference[0] = keyframe && layer == 0 ? 0 : 1;
    references.ref_idx[0] = static_cast<int>(keyframe && layer > 0 ? layer - 1 : layer);
    // The other names must point into the buffers too, though nothing refers by them.
    for (int i = 1; i < 7; ++i) references.ref_idx[i] = references.ref_idx[0];
    references.refresh[layer] = 1;
    aom_codec_control(&codec, AV1E_SET_SVC_REF_FRAME_CONFIG, &references);
}

/// The frame that the last call brought.
void take_frame(aom_codec_ctx_t& codec, EncodedPicture& picture) {
    aom_codec_iter_t next = nullptr;
    while (const aom_codec_cx_pkt_t* packet = aom_codec_get_cx_data(&codec, &next)) {
        if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
        const auto* data = static_cast<const std::uint8_t*>(packet->data.frame.buf);
        picture.keyframe |= (packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
        picture.layers.emplace_back(data, data + packet->data.frame.sz);
    }
}

}  // namespace

Encoded encode_aom(const EncodeRequest& request) {
    const auto config = configuration(request);
    const bool layered = request.spatial_layers > 1;
    Codec codec(new aom_codec_ctx_t{});
    if (aom_codec_enc_init(codec.get(), aom_codec_av1_cx(), &config, 0) != AOM_CODEC_OK) {
        return std::unexpected(failure("start the encoder", *codec));
    }
    set_controls(*codec);
    if (layered) set_layers(request, config, *codec);
    std::vector<EncodedPicture> pictures;
    for (unsigned number = 0; number < request.frames; ++number) {
        Picture picture = draw_test_picture(request.width, request.height, number, request.frames);
        aom_image_t image{};
        aom_img_wrap(&image, AOM_IMG_FMT_I420, picture.width, picture.height, 1, picture.y.data());
        image.planes[AOM_PLANE_U] = picture.u.data();
        image.planes[AOM_PLANE_V] = picture.v.data();
        EncodedPicture encoded{request.width, request.height, false, {}};
        for (unsigned layer = 0; layer < request.spatial_layers; ++layer) {
            if (layered) choose_layer(layer, number == 0, *codec);
            const aom_enc_frame_flags_t flags = number == 0 && layer == 0 ? AOM_EFLAG_FORCE_KF : 0;
            if (aom_codec_encode(codec.get(), &image, number, 1, flags) != AOM_CODEC_OK) {
                return std::unexpected(failure("encode", *codec));
            }
            take_frame(*codec, encoded);
        }
        if (encoded.layers.size() != request.spatial_layers) {
            return std::unexpected("libaom left out a layer; with a higher --video it does not");
        }
        pictures.push_back(std::move(encoded));
    }
    return pictures;
}

}  // namespace parley::load
