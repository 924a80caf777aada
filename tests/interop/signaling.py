"""A small signaling client for the interop peers: joins a room and passes messages on."""

import asyncio
import json

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
        await self.socket.send(json.dumps(message))

    async def receive(self):
        return json.loads(await self.socket.recv())

    async def expect(self, kind):
        while True:
            message = await asyncio.wait_for(self.receive(), 10)
            if message["type"] == kind:
                return message
            if message["type"] == "error":
                raise RuntimeError(f"{message.get('code')}: {message.get('message')}")

    async def close(self):
        await self.send({"type": "leave"})
        await self.socket.close()
