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
    """A moving gradient, 320x180 at 15 frames a second."""

    def __init__(self):
        super().__init__()
        self.count = 0

    async def recv(self):
        await asyncio.sleep(1 / 15)
        self.count += 1
        row = (numpy.arange(320, dtype=numpy.uint16) + self.count * 5) % 256
        image = numpy.repeat(row.astype(numpy.uint8)[None, :, None], 180, axis=0)
        frame = av.VideoFrame.from_ndarray(numpy.repeat(image, 3, axis=2), format="rgb24")
        frame.pts, frame.time_base = self.count * 6000, fractions.Fraction(1, 90000)
        return frame


class Peer:
    def __init__(self, options):
        self.options = options
        self.connection = RTCPeerConnection()
        self.signaling = Signaling(options.url, options.room, options.name)
        self.decoded = {}
        self.readers = []

    async def run(self):
        joined = await self.signaling.join()
        assert [peer["id"] for peer in joined["peers"]] == ["sfu"], joined["peers"]
        self.connection.on("track", self.on_track)
        if self.options.publish:
            self.connection.addTrack(AudioStreamTrack())
            self.connection.addTrack(Pattern())
        else:
            self.connection.addTransceiver("audio", direction="recvonly")
            self.connection.addTransceiver("video", direction="recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        await self.send_description("offer")
        listener = asyncio.ensure_future(self.listen())
        try:
            await asyncio.wait_for(self.until_satisfied(), self.options.seconds)
        finally:
            listener.cancel()
        await asyncio.sleep(self.options.linger)
        for reader in self.readers:
            reader.cancel()
        await self.signaling.close()
        await self.connection.close()

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
    parser.add_argument("--frames", type=int, default=20, help="frames of each to decode")
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--linger", type=float, default=0, help="stay when satisfied")
    options = parser.parse_args()
    peer = Peer(options)
    started = time.monotonic()
    ok = True
    try:
        asyncio.run(peer.run())
    except (asyncio.TimeoutError, RuntimeError, AssertionError) as error:
        print(f"{options.name}: {type(error).__name__} {error}", file=sys.stderr)
        ok = False
    print(json.dumps({"ok": ok, "decoded": peer.decoded,
                      "seconds": round(time.monotonic() - started, 2)}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
