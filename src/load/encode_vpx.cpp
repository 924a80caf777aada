// VP8 and VP9 by libvpx.

#include <memory>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "load/encoders.hpp"
#include "load/test_picture.hpp"

namespace parley::load {
namespace {

constexpr int kVp9Speed = 9;

struct DestroyCodec {
    void operator()(vpx_codec_ctx_t* codec) const {
        vpx_codec_destroy(codec);
        delete codec;
    }
};
using Codec = std::unique_ptr<vpx_codec_ctx_t, DestroyCodec>;

/// Constant rate and one keyframe, the first frame: everything else would break the loop's rate.
vpx_codec_enc_cfg_t configuration(vpx_codec_iface_t* interface, const EncodeRequest& request) {
    vpx_codec_enc_cfg_t config{};
    vpx_codec_enc_config_default(interface, &config, 0);
    config.g_w = request.width;
    config.g_h = request.height;
    config.g_timebase = {1, static_cast<int>(request.frames_per_second)};
    config.g_threads = 1;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    config.rc_end_usage = VPX_CBR;
    config.rc_target_bitrate = static_cast<unsigned>(request.rate.bps / 1000);
    config.rc_min_quantizer = 4;
    config.rc_max_quantizer = 63;
    config.rc_dropframe_thresh = 0;
    config.rc_resize_allowed = 0;
    config.kf_mode = VPX_KF_DISABLED;
    return config;
}

std::string failure(const char* what, vpx_codec_ctx_t& codec) {
    const char* detail = vpx_codec_error_detail(&codec);
    return std::string("libvpx cannot ") + what + ": " + vpx_codec_error(&codec) +
           (detail != nullptr ? std::string(" (") + detail + ")" : "");
}

/// Layers of VP9 are encoded by one call; each comes out by a callback of its own.
void take_layer(vpx_codec_cx_pkt_t* packet, void* user) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) return;
    auto& picture = *static_cast<EncodedPicture*>(user);
    const auto* data = static_cast<const std::uint8_t*>(packet->data.frame.buf);
    picture.keyframe |= (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    picture.layers.emplace_back(data, data + packet->data.frame.sz);
}

void add_layers(const EncodeRequest& request, vpx_codec_enc_cfg_t& config) {
    const auto shares = layer_shares(request.spatial_layers);
    config.ss_number_layers = request.spatial_layers;
    for (unsigned i = 0; i < request.spatial_layers; ++i) {
        const auto rate = static_cast<unsigned>(config.rc_target_bitrate * shares[i]);
        config.ss_target_bitrate[i] = config.layer_target_bitrate[i] = rate;
    }
}

/// K-SVC: only keyframes refer to the layer below, so that a receiver may go up and down there
/// without the layers between.
void set_layer_controls(const EncodeRequest& request, const vpx_codec_enc_cfg_t& config,
                        vpx_codec_ctx_t& codec, EncodedPicture& picture) {
    vpx_svc_extra_cfg_t layers{};
    for (unsigned i = 0; i < request.spatial_layers; ++i) {
        layers.scaling_factor_num[i] = 1;
        layers.scaling_factor_den[i] = 1 << (request.spatial_layers - 1 - i);
        layers.min_quantizers[i] = static_cast<int>(config.rc_min_quantizer);
        layers.max_quantizers[i] = static_cast<int>(config.rc_max_quantizer);
        layers.speed_per_layer[i] = kVp9Speed;
    }
    vpx_codec_control(&codec, VP9E_SET_SVC, 1);
    vpx_codec_control(&codec, VP9E_SET_SVC_PARAMETERS, &layers);
    constexpr unsigned kOffOnNonKeyframes = 2;
    vpx_codec_control(&codec, VP9E_SET_SVC_INTER_LAYER_PRED, kOffOnNonKeyframes);
    vpx_codec_priv_output_cx_pkt_cb_pair_t callback{&take_layer, &picture};
    vpx_codec_control(&codec, VP9E_REGISTER_CX_CALLBACK, &callback);
}

}  // namespace

Encoded encode_vpx(const EncodeRequest& request) {
    const bool vp8 = request.codec == media::Codec::kVp8;
    const bool layered = request.spatial_layers > 1;
    vpx_codec_iface_t* interface = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
    auto config = configuration(interface, request);
    if (layered) add_layers(request, config);
    Codec codec(new vpx_codec_ctx_t{});
    if (vpx_codec_enc_init(codec.get(), interface, &config, 0) != VPX_CODEC_OK) {
        return std::unexpected(failure("start the encoder", *codec));
    }
    // As fast as there is; a keyframe may take what four frames take, no more.
    vpx_codec_control(codec.get(), VP8E_SET_CPUUSED, vp8 ? -12 : kVp9Speed);
    vpx_codec_control(codec.get(), VP8E_SET_MAX_INTRA_BITRATE_PCT, 400U);
    EncodedPicture encoded;
    if (layered) set_layer_controls(request, config, *codec, encoded);
    std::vector<EncodedPicture> pictures;
    for (unsigned number = 0; number < request.frames; ++number) {
        Picture picture = draw_test_picture(request.width, request.height, number, request.frames);
        vpx_image_t image{};
        vpx_img_wrap(&image, VPX_IMG_FMT_I420, picture.width, picture.height, 1, picture.y.data());
        image.planes[VPX_PLANE_U] = picture.u.data();
        image.planes[VPX_PLANE_V] = picture.v.data();
        const vpx_enc_frame_flags_t flags = number == 0 ? VPX_EFLAG_FORCE_KF : 0;
        encoded = EncodedPicture{request.width, request.height, false, {}};
        if (vpx_codec_encode(codec.get(), &image, number, 1, flags, VPX_DL_REALTIME) !=
            VPX_CODEC_OK) {
            return std::unexpected(failure("encode", *codec));
        }
        vpx_codec_iter_t next = nullptr;
        while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(codec.get(), &next)) {
            if (!layered) take_layer(const_cast<vpx_codec_cx_pkt_t*>(packet), &encoded);
        }
        if (encoded.layers.size() != request.spatial_layers) {
            return std::unexpected("libvpx left out a layer; with a higher --video it does not");
        }
        pictures.push_back(encoded);
    }
    return pictures;
}

}  // namespace parley::load
