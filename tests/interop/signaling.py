"""A small signaling client for the interop peers: joins a room and passes messages on."""

import asyncio
import json
import os
import sys

import websockets


class Signaling:
    def __init__(self, url, room, name):
        self.url, self.room, self.name = url, room, name
        self.socket = None

    async def join(self):
        """Returns the joined message."""
        self.socket = await websockets.connect(self.url, max_size=4 * 1024 * 1024)
        await self.expect("welcome")
        await self.send({"type": "join", "room": self.room, "metadata": {"name": self.name}})
        return await self.expect("joined")

    async def send(self, message):
        self.show(">", message)
        await self.socket.send(json.dumps(message))

    async def receive(self):
        message = json.loads(await self.socket.recv())
        self.show("<", message)
        return message

    @staticmethod
    def show(direction, message):
        """PARLEY_SHOW=1 prints the whole signaling, for whoever looks for a fault."""
        if os.environ.get("PARLEY_SHOW"):
            text = message["sdp"]["sdp"] if "sdp" in message else json.dumps(message)
            print(direction, message["type"], text, file=sys.stderr)

    async def expect(self, kind):
        while True:
            message = await asyncio.wait_for(self.receive(), 10)
            if message["type"] == kind:
                return message
            if message["type"] == "error":
                raise RuntimeError(f"{message.get('code')}: {message.get('message')}")

    @staticmethod
    async def dismissed():
        """Until whoever started this peer closes its standard input."""
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    async def close(self):
        await self.send({"type": "leave"})
        await self.socket.close()
