#!/usr/bin/env python3
"""Writes the seed corpora of the RTP and payload fuzzers into fuzz/corpus/."""

import pathlib
import struct

ROOT = pathlib.Path(__file__).parent / "corpus"


def save(fuzzer, name, data):
    folder = ROOT / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(bytes(data))


def h(text):
    return bytes.fromhex(text.replace(" ", ""))


class Bits:
    def __init__(self):
        self.text = ""

    def put(self, count, value):
        self.text += format(value, f"0{count}b") if count else ""
        return self

    def bytes(self):
        text = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def rtp(first=0x80, extension=b"", payload=b"\x01\x02\x03"):
    return struct.pack(">BBHII", first, 96, 1000, 90000, 7) + extension + payload


def rtcp(first, kind, body):
    return struct.pack(">BBH", first, kind, len(body) // 4) + body


def make_rtp():
    save("rtp", "plain", rtp())
    save("rtp", "one_byte", rtp(0x90, h("BEDE0002 10 30 22010203 00 00"), b"abc"))
    save("rtp", "two_byte", rtp(0x90, h("10000002 01 02 6162 10 00 0000"), b"abc"))
    save("rtp", "csrcs_padding", rtp(0xA2, h("00000001 00000002"), b"abc\x00\x00\x03"))
    save("rtp", "id15", rtp(0x90, h("BEDE0001 F0010203"), b"abc"))
    save("rtp", "padding_only", rtp(0xA0, b"", b"\x00" * 9 + b"\x0a"))
    series = b"".join(struct.pack(">HBB", n & 0xFFFF, 5, n & 3) for n in (65533, 65534, 2, 1, 9, 9, 3000, 40000, 40001))
    save("rtp", "arrivals", series)


def make_rtcp():
    block = struct.pack(">IIIIII", 7, 0x40000003, 0x10005, 77, 0xAABBCCDD, 65536)
    sr = rtcp(0x81, 200, struct.pack(">IQIII", 1, 0x0102030405060708, 9, 10, 11) + block)
    rr = rtcp(0x81, 201, struct.pack(">I", 1) + block)
    sdes = rtcp(0x81, 202, struct.pack(">I", 1) + b"\x01\x05parle\x00")
    bye = rtcp(0x82, 203, struct.pack(">II", 1, 2) + b"\x03end")
    nack = rtcp(0x81, 205, struct.pack(">IIHH", 1, 2, 65535, 0x8001))
    pli = rtcp(0x81, 206, struct.pack(">II", 1, 2))
    fir = rtcp(0x84, 206, struct.pack(">IIII", 1, 0, 2, 0x05000000))
    remb = rtcp(0x8F, 206, struct.pack(">II", 1, 0) + b"REMB" + h("01 0BD090") + struct.pack(">I", 2))
    head = struct.pack(">IIHHI", 1, 2, 65534, 11, 0x00000203)
    twcc = rtcp(0x8F, 205, head + h("2002 D200 A000 04 08 0C FFFC 10"))
    run = rtcp(0xAF, 205, struct.pack(">IIHHI", 1, 2, 5, 300, 0x00000203) + h("012C 0002"))
    for name, packet in dict(sr=sr, rr=rr, sdes=sdes, bye=bye, nack=nack, pli=pli, fir=fir, remb=remb,
                             twcc=twcc, twcc_padded=run).items():
        save("rtcp", name, packet)
    save("rtcp", "compound", sr + sdes + nack + pli + remb + twcc + bye)
    save("rtcp", "xr", rtcp(0x80, 207, struct.pack(">I", 1) + h("04000002") + b"\x00" * 8))
    save("rtcp", "rfc8888", rtcp(0x8B, 205, struct.pack(">IIHHHHI", 1, 2, 5, 2, 0x8001, 0x8002, 9)))


def descriptor(template, number):
    return Bits().put(1, 1).put(1, 1).put(6, template).put(16, number)


def structure():
    bits = descriptor(10, 7).put(5, 16).put(6, 10).put(5, 1).put(2, 0).put(2, 1).put(2, 3)
    bits.put(4, 10).put(4, 14).put(4, 1).put(1, 0).put(6, 0b100010).put(6, 0b100000)
    bits.put(2, 0b10).put(4, 0).put(4, 2).put(4, 1).put(1, 1).put(16, 1279).put(16, 719)
    return bits.bytes()


def make_extensions():
    def series(*packets):
        return b"\x01" + b"".join(bytes([len(p)]) + p for p in packets)

    custom = descriptor(11, 9).put(5, 15).put(2, 1).put(4, 9).put(6, 0b010100).put(2, 3).put(12, 9).put(2, 0).put(8, 200)
    save("extensions", "descriptor", series(structure(), descriptor(12, 8).bytes(), custom.bytes()))
    save("extensions", "descriptor_without_structure", series(descriptor(12, 8).bytes()))
    save("extensions", "mid", b"\x00" + b"audio-1")
    save("extensions", "three_octets", b"\x00\x12\x34\x56")
    save("extensions", "one_octet", b"\x00\x8a")
    save("extensions", "capture_time", b"\x00" + bytes(range(16)))
    save("extensions", "allocation", b"\x00" + h("611864 9601AC02 AC02D804E807 013F00B30F 027F01671E 04FF02CF1E"))
    save("extensions", "allocation_masks", b"\x00" + h("1005000A14"))


VP9_KEY = h("82498342 0027F01DF0")
SPS = h("6764001FACD940500 5BB011000000300100000030320F1831960".replace(" ", ""))


def make_payloads():
    key = h("5042009D012A8002E00100")
    save("vp8", "plain_key", b"\x10" + key)
    save("vp8", "extended_key", h("90E080010220") + key)
    save("vp8", "short_id", h("90C07F5601"))
    save("vp8", "all_fields", h("90F0923456A301"))
    save("vp8", "later", h("0050"))
    save("vp9", "key_structure", h("AE8102100918028001E0011401") + VP9_KEY)
    save("vp9", "flexible", h("F80552 0304AA"))
    save("vp9", "plain", b"\x08" + VP9_KEY)
    save("vp9", "upper", h("290300AA"))
    save("vp9", "two_layers", h("0A300140 00B402800168AA"))
    stap = b"\x78" + struct.pack(">H", len(SPS)) + SPS + h("0002 68CE 0002 6588")
    fua = h("7C8588")
    save("h264", "sps", SPS)
    save("h264", "stap", stap)
    save("h264", "fua", fua)
    series = b"".join(struct.pack(">H", (t << 12) | len(p)) + p for t, p in ((1, stap), (1, fua), (2, h("419A")), (3, SPS), (3, h("6588"))))
    save("h264", "series", series)
    sequence = h("0000000042A7BFE4F800")
    save("av1", "sequence", sequence)
    save("av1", "key", h("28") + bytes([len(sequence) + 1]) + b"\x08" + sequence + h("30010203"))
    save("av1", "counted", h("0803300102023001"))
    save("av1", "layers", h("10342801"))
    save("av1", "fragment", h("9008FF"))
    save("red", "one", h("EF0F0003 6F") + b"old\x08new")
    save("red", "two", h("EF1E0002 EF0F0003 6F") + b"ab" + b"old\x08new")
    save("red", "primary", h("6F080102"))
    save("red", "opus_code3", h("0B030102"))


make_rtp()
make_rtcp()
make_extensions()
make_payloads()
