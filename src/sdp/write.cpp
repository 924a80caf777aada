// The text of a description, in the order of RFC 8866 §5 and, within a section, of RFC 9429 §5.2.1.

#include <initializer_list>
#include <utility>

#include "sdp/description.hpp"

namespace parley::sdp {

namespace {

/// Appends lines; whatever value is put in, it stays one line.
class Writer {
 public:
    Writer& put(std::string_view text) {
        out_ += text.substr(0, text.find_first_of(std::string_view("\r\n\0", 3)));
        return *this;
    }
    Writer& put(std::uint64_t number) {
        out_ += std::to_string(number);
        return *this;
    }
    void end() { out_ += "\r\n"; }
    template <typename... Parts>
    void line(const Parts&... parts) {
        (put(parts), ...);
        end();
    }
    std::string take() { return std::move(out_); }

 private:
    std::string out_;
};

void write_attributes(Writer& w, const std::vector<Attribute>& attributes) {
    for (const auto& attribute : attributes) {
        if (attribute.value) {
            w.line("a=", attribute.name, ":", *attribute.value);
        } else {
            w.line("a=", attribute.name);
        }
    }
}

void write_transport(Writer& w, const Transport& transport) {
    if (transport.ice_ufrag) w.line("a=ice-ufrag:", *transport.ice_ufrag);
    if (transport.ice_pwd) w.line("a=ice-pwd:", *transport.ice_pwd);
    if (!transport.ice_options.empty()) {
        w.put("a=ice-options:");
        for (std::size_t i = 0; i < transport.ice_options.size(); ++i) {
            w.put(i == 0 ? "" : " ").put(transport.ice_options[i]);
        }
        w.end();
    }
    for (const auto& fingerprint : transport.fingerprints) {
        w.line("a=fingerprint:", fingerprint.hash, " ", fingerprint.value);
    }
    if (transport.setup) w.line("a=setup:", to_text(*transport.setup));
}

void write_extmaps(Writer& w, const std::vector<Extmap>& extmaps) {
    for (const auto& extmap : extmaps) {
        w.put("a=extmap:").put(std::uint64_t{extmap.id});
        if (extmap.direction) w.put("/").put(to_text(*extmap.direction));
        w.put(" ").put(extmap.uri);
        if (!extmap.attributes.empty()) w.put(" ").put(extmap.attributes);
        w.end();
    }
}

void write_codecs(Writer& w, const Media& media) {
    for (const auto& codec : media.codecs) {
        const std::uint64_t payload_type = codec.payload_type;
        if (!codec.name.empty()) {
            w.put("a=rtpmap:").put(payload_type).put(" ").put(codec.name).put("/");
            w.put(std::uint64_t{codec.clock_rate});
            if (codec.channels != 1) w.put("/").put(std::uint64_t{codec.channels});
            w.end();
        }
        for (const auto& feedback : codec.feedback) {
            w.line("a=rtcp-fb:", payload_type, " ", feedback);
        }
        if (!codec.parameters.empty()) {
            w.line("a=fmtp:", payload_type, " ", codec.parameters.to_text());
        }
    }
    for (const auto& feedback : media.wildcard_feedback) w.line("a=rtcp-fb:* ", feedback);
}

std::string to_text(const SimulcastStreams& streams) {
    std::string out;
    for (const auto& alternatives : streams) {
        if (!out.empty()) out += ';';
        bool first = true;
        for (const auto& item : alternatives) {
            if (!std::exchange(first, false)) out += ',';
            if (item.paused) out += '~';
            out += item.rid;
        }
    }
    return out;
}

void write_rid(Writer& w, const Rid& rid) {
    w.put("a=rid:").put(rid.id).put(rid.send ? " send" : " recv");
    std::string separator = " ";
    if (!rid.payload_types.empty()) {
        w.put(" pt=");
        for (std::size_t i = 0; i < rid.payload_types.size(); ++i) {
            w.put(i == 0 ? "" : ",").put(std::uint64_t{rid.payload_types[i]});
        }
        separator = ";";
    }
    if (!rid.restrictions.empty()) w.put(separator).put(rid.restrictions.to_text());
    w.end();
}

void write_streams(Writer& w, const Media& media) {
    for (const auto& rid : media.rids) write_rid(w, rid);
    if (media.simulcast) {
        w.put("a=simulcast:");
        if (!media.simulcast->send.empty()) w.put("send ").put(to_text(media.simulcast->send));
        if (!media.simulcast->receive.empty()) {
            w.put(media.simulcast->send.empty() ? "" : " ");
            w.put("recv ").put(to_text(media.simulcast->receive));
        }
        w.end();
    }
    for (const auto& group : media.ssrc_groups) {
        w.put("a=ssrc-group:").put(group.semantics);
        for (const auto ssrc : group.ssrcs) w.put(" ").put(std::uint64_t{ssrc});
        w.end();
    }
    for (const auto& item : media.ssrcs) {
        w.put("a=ssrc:").put(std::uint64_t{item.ssrc});
        if (!item.name.empty()) w.put(" ").put(item.name);
        if (!item.value.empty()) w.put(":").put(item.value);
        w.end();
    }
}

void write_media_line(Writer& w, const Media& media) {
    w.put("m=").put(media.kind_text.empty() ? to_text(media.kind) : media.kind_text).put(" ");
    w.put(std::uint64_t{media.port}).put(" ").put(media.protocol);
    for (const auto& codec : media.codecs) w.put(" ").put(std::uint64_t{codec.payload_type});
    for (const auto& format : media.formats) w.put(" ").put(format);
    w.end();
}

void write_media(Writer& w, const Media& media) {
    write_media_line(w, media);
    for (const auto& other : media.other_lines) {
        w.line(std::string_view(&other.type, 1), "=", other.value);
    }
    for (const auto& connection : media.connections) w.line("c=", connection);
    for (const auto& bandwidth : media.bandwidths) {
        w.line("b=", bandwidth.type, ":", bandwidth.value);
    }
    for (const auto& candidate : media.candidates) w.line("a=", candidate);
    if (media.end_of_candidates) w.line("a=end-of-candidates");
    write_transport(w, media.transport);
    if (media.mid) w.line("a=mid:", *media.mid);
    if (media.bundle_only) w.line("a=bundle-only");
    write_extmaps(w, media.extmaps);
    if (media.extmap_allow_mixed) w.line("a=extmap-allow-mixed");
    if (media.direction) w.line("a=", to_text(*media.direction));
    for (const auto& msid : media.msids) {
        w.line("a=msid:", msid.stream, msid.track.empty() ? "" : " ", msid.track);
    }
    if (media.rtcp_mux) w.line("a=rtcp-mux");
    if (media.rtcp_rsize) w.line("a=rtcp-rsize");
    write_codecs(w, media);
    write_streams(w, media);
    write_attributes(w, media.attributes);
}

void write_session(Writer& w, const Description& description) {
    const auto& origin = description.origin;
    w.line("v=0");
    w.line("o=", origin.username, " ", origin.session_id, " ", origin.session_version, " ",
           origin.network);
    w.line("s=", description.name);
    for (const auto& other : description.other_lines) {
        w.line(std::string_view(&other.type, 1), "=", other.value);
    }
    for (const auto& connection : description.connections) w.line("c=", connection);
    for (const auto& bandwidth : description.bandwidths) {
        w.line("b=", bandwidth.type, ":", bandwidth.value);
    }
    if (description.timing.empty()) w.line("t=0 0");
    for (const auto& timing : description.timing) {
        w.line(std::string_view(&timing.type, 1), "=", timing.value);
    }
    for (const auto& group : description.groups) {
        w.put("a=group:").put(group.semantics);
        for (const auto& mid : group.mids) w.put(" ").put(mid);
        w.end();
    }
    if (description.extmap_allow_mixed) w.line("a=extmap-allow-mixed");
    if (description.ice_lite) w.line("a=ice-lite");
    write_transport(w, description.transport);
    write_extmaps(w, description.extmaps);
    if (description.direction) w.line("a=", to_text(*description.direction));
    write_attributes(w, description.attributes);
}

}  // namespace

std::string write(const Description& description) {
    Writer w;
    write_session(w, description);
    for (const auto& media : description.media) write_media(w, media);
    return w.take();
}

}  // namespace parley::sdp
