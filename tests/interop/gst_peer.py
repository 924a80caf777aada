#!/usr/bin/env python3
"""A GStreamer webrtcbin participant: publishes and plays through the SFU, prints what it decoded."""

import argparse
import asyncio
import json
import os
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

from signaling import Signaling  # noqa: E402

PUBLISH = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=8/1
  ! vp8enc deadline=1 cpu-used=8 threads=1 keyframe-max-dist=40 target-bitrate=100000
  ! rtpvp8pay pt=96 picture-id-mode=15-bit ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
audiotestsrc is-live=true ! audioconvert ! opusenc ! rtpopuspay pt=111
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111,encoding-params=(string)2 ! peer.
"""


class Peer:
    def __init__(self, options, loop):
        self.options, self.loop = options, loop
        self.signaling = Signaling(options.url, options.room, options.name)
        self.decoded = {}
        self.lock = threading.Lock()
        self.states = []
        self.started = time.monotonic()
        if options.publish:
            self.pipeline = Gst.parse_launch(PUBLISH)
        else:
            self.pipeline = Gst.Pipeline.new(None)
            player = Gst.ElementFactory.make("webrtcbin", "peer")
            player.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(player)
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("pad-added", self.on_pad)
        for name in ("ice-connection-state", "connection-state"):
            self.peer.connect(f"notify::{name}", self.on_state)
        if not options.publish:
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in ("application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
                         "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"):
                self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))

    # -- signaling ------------------------------------------------------------------------------

    async def run(self):
        await self.signaling.join()
        self.pipeline.set_state(Gst.State.PLAYING)
        await asyncio.sleep(0.5)  # the source pads get their caps
        offer = await self.ask("create-offer", "offer")
        await self.ask("set-local-description", None,
                       self.description(GstWebRTC.WebRTCSDPType.OFFER, offer))
        await self.gathered()
        await self.send("offer", self.peer.get_property("local-description").sdp.as_text())
        listener = asyncio.ensure_future(self.listen())
        satisfied = asyncio.ensure_future(self.play())
        try:
            done, _ = await asyncio.wait({listener, satisfied},
                                         return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what it raised
        finally:
            for task in (listener, satisfied):
                task.cancel()
            await self.signaling.close()

    async def play(self):
        await asyncio.wait_for(self.until_satisfied(), self.options.seconds)
        if self.options.stay:
            await self.signaling.dismissed()

    def on_state(self, peer, _):
        ice, connection = (peer.get_property(name).value_nick
                           for name in ("ice-connection-state", "connection-state"))
        self.states.append(f"{time.monotonic() - self.started:.2f} ice {ice}, "
                           f"connection {connection}")

    async def listen(self):
        while True:
            message = await self.signaling.receive()
            if message["type"] == "answer":
                await self.set_remote(GstWebRTC.WebRTCSDPType.ANSWER, message["sdp"]["sdp"])
            elif message["type"] == "offer":
                await self.set_remote(GstWebRTC.WebRTCSDPType.OFFER, message["sdp"]["sdp"])
                answer = await self.ask("create-answer", "answer")
                await self.ask("set-local-description", None,
                               self.description(GstWebRTC.WebRTCSDPType.ANSWER, answer))
                await self.send("answer", answer)
            elif message["type"] == "error":
                print(message, file=sys.stderr)

    async def ask(self, action, field, *arguments):
        """Emits one of webrtcbin's actions and waits for its promise."""
        done = self.loop.create_future()

        def on_change(promise):
            reply = promise.get_reply()  # lends its values only while it lives: take the text
            if reply is not None and reply.has_field("error"):
                error = RuntimeError(f"{action}: {reply.get_value('error').message}")
                self.loop.call_soon_threadsafe(done.set_exception, error)
                return
            text = reply.get_value(field).sdp.as_text() if field else None
            self.loop.call_soon_threadsafe(done.set_result, text)

        promise = Gst.Promise.new_with_change_func(on_change)
        if action.startswith("create"):
            self.peer.emit(action, None, promise)
        else:
            self.peer.emit(action, *arguments, promise)
        return await asyncio.wait_for(done, 10)

    async def set_remote(self, kind, text):
        await self.ask("set-remote-description", None, self.description(kind, text))

    @staticmethod
    def description(kind, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        return GstWebRTC.WebRTCSessionDescription.new(kind, sdp)

    async def gathered(self):
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        for _ in range(200):
            if self.peer.get_property("ice-gathering-state") == complete:
                return
            await asyncio.sleep(0.05)

    async def send(self, kind, text):
        sdp = {"type": kind, "sdp": text}
        await self.signaling.send({"type": kind, "to": "sfu", "sdp": sdp})

    # -- media ----------------------------------------------------------------------------------

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        decode = Gst.ElementFactory.make("decodebin")
        decode.connect("pad-added", self.on_decoded)
        self.pipeline.add(decode)
        decode.sync_state_with_parent()
        pad.link(decode.get_static_pad("sink"))

    def on_decoded(self, decode, pad):
        kind = pad.get_current_caps().get_structure(0).get_name().split("/")[0]
        name = f"{kind}:{decode.get_name()}"
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        pad.add_probe(Gst.PadProbeType.BUFFER, lambda *_: self.count(name))

    def count(self, name):
        with self.lock:
            self.decoded[name] = self.decoded.get(name, 0) + 1
        return Gst.PadProbeReturn.OK

    async def until_satisfied(self):
        while True:
            with self.lock:
                kinds = [key.split(":")[0] for key, count in self.decoded.items()
                         if count >= self.options.frames]
            if kinds.count("audio") >= self.options.expect and \
                    kinds.count("video") >= self.options.expect:
                return
            await asyncio.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="gstreamer")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--expect", type=int, default=1)
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    Gst.init(None)
    loop = asyncio.new_event_loop()
    peer = Peer(options, loop)
    ok = True
    try:
        loop.run_until_complete(peer.run())
    except Exception as error:  # whatever it is, the report below is wanted
        print(f"{options.name}: {type(error).__name__} {error}", file=sys.stderr)
        ok = False
    print(json.dumps({"ok": ok, "decoded": peer.decoded, "states": peer.states,
                      "seconds": round(time.monotonic() - peer.started, 2)}))
    # webrtcbin 1.22 may wait for its own threads for ever when it is taken down: the process just
    # ends, which takes everything with it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if ok else 1)


if __name__ == "__main__":
    main()
