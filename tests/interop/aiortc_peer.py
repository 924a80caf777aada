#!/usr/bin/env python3
"""An aiortc participant: publishes and plays through the SFU, prints what it decoded as JSON."""

import argparse
import asyncio
import fractions
import json
import sys
import time

import av
import numpy
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

from signaling import Signaling


class Pattern(VideoStreamTrack):
    """A moving gradient, 160x90 at 8 frames a second: light enough for a busy machine."""

    WIDTH, HEIGHT, RATE = 160, 90, 8

    def __init__(self):
        super().__init__()
        self.count = 0

    async def recv(self):
        await asyncio.sleep(1 / self.RATE)
        self.count += 1
        row = (numpy.arange(self.WIDTH, dtype=numpy.uint16) + self.count * 5) % 256
        image = numpy.full((self.HEIGHT * 3 // 2, self.WIDTH), 128, dtype=numpy.uint8)
        image[:self.HEIGHT] = row
        frame = av.VideoFrame.from_ndarray(image, format="yuv420p")
        frame.pts = self.count * 90000 // self.RATE
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


class Peer:
    def __init__(self, options):
        self.options = options
        self.connection = RTCPeerConnection()
        self.signaling = Signaling(options.url, options.room, options.name)
        self.decoded = {}
        self.readers = []
        self.states = []
        self.started = time.monotonic()

    async def run(self):
        joined = await self.signaling.join()
        assert [peer["id"] for peer in joined["peers"]] == ["sfu"], joined["peers"]
        self.connection.on("track", self.on_track)
        for change in ("iceconnectionstatechange", "connectionstatechange"):
            self.connection.on(change, self.on_state)
        if self.options.publish:
            self.connection.addTrack(AudioStreamTrack())
            self.connection.addTrack(Pattern())
        else:
            self.connection.addTransceiver("audio", direction="recvonly")
            self.connection.addTransceiver("video", direction="recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        await self.send_description("offer")
        listener = asyncio.ensure_future(self.listen())
        satisfied = asyncio.ensure_future(self.play())
        try:
            done, _ = await asyncio.wait({listener, satisfied},
                                         return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what it raised
        finally:
            for task in (listener, satisfied, *self.readers):
                task.cancel()
            await self.connection.close()  # else its decoding threads keep the process
            await self.signaling.close()

    async def play(self):
        await asyncio.wait_for(self.until_satisfied(), self.options.seconds)
        if self.options.stay:
            await self.signaling.dismissed()

    def on_state(self):
        self.states.append(f"{time.monotonic() - self.started:.2f} "
                           f"ice {self.connection.iceConnectionState}, "
                           f"connection {self.connection.connectionState}")

    async def listen(self):
        while True:
            message = await self.signaling.receive()
            if message["type"] == "answer":
                await self.connection.setRemoteDescription(RTCSessionDescription(**message["sdp"]))
            elif message["type"] == "offer":
                await self.connection.setRemoteDescription(RTCSessionDescription(**message["sdp"]))
                await self.connection.setLocalDescription(await self.connection.createAnswer())
                await self.send_description("answer")
            elif message["type"] == "error":
                print(message, file=sys.stderr)

    async def send_description(self, kind):
        sdp = {"type": kind, "sdp": self.connection.localDescription.sdp}
        await self.signaling.send({"type": kind, "to": "sfu", "sdp": sdp})

    def on_track(self, track):
        self.readers.append(asyncio.ensure_future(self.read(track)))

    async def read(self, track):
        count = 0
        try:
            while True:
                await track.recv()
                count += 1
                self.decoded[f"{track.kind}:{track.id}"] = count
        except MediaStreamError:
            pass

    async def until_satisfied(self):
        while True:
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
    parser.add_argument("--name", default="aiortc")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--expect", type=int, default=1, help="tracks of each kind to decode")
    parser.add_argument("--frames", type=int, default=10, help="frames of each to decode")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--stay", action="store_true",
                        help="stay when satisfied until standard input closes")
    options = parser.parse_args()
    peer = Peer(options)
    ok = True
    try:
        asyncio.run(peer.run())
    except Exception as error:  # whatever it is, the report below is wanted
        print(f"{options.name}: {type(error).__name__} {error}", file=sys.stderr)
        ok = False
    print(json.dumps({"ok": ok, "decoded": peer.decoded,
                      "states": peer.states,
                      "seconds": round(time.monotonic() - peer.started, 2)}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
