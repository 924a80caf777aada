// VP8 and VP9 by libvpx.

#include <memory>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "load/encoders.hpp"
#include "load/test_picture.hpp"

namespace parley::load {
namespace {

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

}  // namespace

Encoded encode_vpx(const EncodeRequest& request) {
    const bool vp8 = request.codec == media::Codec::kVp8;
    vpx_codec_iface_t* interface = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
    const auto config = configuration(interface, request);
    Codec codec(new vpx_codec_ctx_t{});
    if (vpx_codec_enc_init(codec.get(), interface, &config, 0) != VPX_CODEC_OK) {
        return std::unexpected(failure("start the encoder", *codec));
    }
    // As fast as there is; a keyframe may take what four frames take, no more.
    vpx_codec_control(codec.get(), VP8E_SET_CPUUSED, vp8 ? -12 : 9);
    vpx_codec_control(codec.get(), VP8E_SET_MAX_INTRA_BITRATE_PCT, 400U);
    std::vector<EncodedPicture> pictures;
    for (unsigned number = 0; number < request.frames; ++number) {
        Picture picture = draw_test_picture(request.width, request.height, number, request.frames);
        vpx_image_t image{};
        vpx_img_wrap(&image, VPX_IMG_FMT_I420, picture.width, picture.height, 1, picture.y.data());
        image.planes[VPX_PLANE_U] = picture.u.data();
        image.planes[VPX_PLANE_V] = picture.v.data();
        const vpx_enc_frame_flags_t flags = number == 0 ? VPX_EFLAG_FORCE_KF : 0;
        if (vpx_codec_encode(codec.get(), &image, number, 1, flags, VPX_DL_REALTIME) !=
            VPX_CODEC_OK) {
            return std::unexpected(failure("encode", *codec));
        }
        EncodedPicture encoded;
        vpx_codec_iter_t next = nullptr;
        while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(codec.get(), &next)) {
            if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
            const auto* data = static_cast<const std::uint8_t*>(packet->data.frame.buf);
            encoded.keyframe = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
            encoded.layers.emplace_back(data, data + packet->data.frame.sz);
        }
        pictures.push_back(std::move(encoded));
    }
    return pictures;
}

}  // namespace parley::load
