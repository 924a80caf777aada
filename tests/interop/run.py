#!/usr/bin/env python3
"""Other WebRTC stacks publish to and play from the real server, on this machine only.

aiortc (its own ICE, OpenSSL, AES-CM) and GStreamer's webrtcbin (libnice, OpenSSL, libsrtp) share no
code with Parley or with browsers.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARLEY = os.environ.get("PARLEY_BIN", str(ROOT / "build/release/bin/parley"))
PYTHON = "/usr/bin/python3"  # Debian's, which has the packages


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self):
        self.port = free_port(socket.SOCK_STREAM)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [PARLEY, "serve", "--log", "debug", "--listen", f"127.0.0.1:{self.port}",
             "--media-port", str(free_port(socket.SOCK_DGRAM))],
            stdout=self.log, stderr=subprocess.STDOUT)
        self.url = f"ws://127.0.0.1:{self.port}/signal"
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start:\n" + self.output())

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def room(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/rooms/{name}",
                                    timeout=5) as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def peer(script, server, room, *options):
    return subprocess.Popen([PYTHON, "-X", "faulthandler", str(HERE / script), "--url", server.url,
                             "--room", room, *options], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def watch(server, room, process, seconds=60):
    """Waits for the process; returns what the server last said of the room while it ran."""
    seen, end = None, time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        try:
            seen = server.room(room)
        except OSError:
            pass  # nobody has joined yet
        time.sleep(0.5)
    return seen


def finish(process, seconds=20):
    """Dismisses a peer that stays, and returns its report."""
    try:
        out, err = process.communicate(timeout=seconds)  # closes its standard input
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    result = json.loads(lines[-1]) if lines else {"ok": False, "decoded": {}, "states": []}
    if process.returncode != 0:
        result["ok"] = False
    return {**result, "exit": process.returncode, "stderr": err[-3000:]}


def case(server, name, publisher, player):
    """A case whose peer crashed or hung, which no server should make it do, is tried once more."""
    ok, broken = attempt(server, name, publisher, player)
    if ok or not broken:
        return ok
    print(f"     a peer of that other stack ended by a signal: trying \"{name}\" once more")
    return attempt(server, name + " again", publisher, player)[0]


def attempt(server, name, publisher, player):
    """Two publishers hear and see each other, a third only plays."""
    room, started = name.replace(" ", "-"), time.monotonic()
    peers = {
        "one": peer(publisher, server, room, "--name", "one", "--publish", "--stay"),
        "two": peer(player, server, room, "--name", "two", "--publish", "--stay"),
        "three": peer(player, server, room, "--name", "three", "--expect", "2"),
    }
    seen = watch(server, room, peers["three"])
    results = {who: finish(process) for who, process in peers.items()}
    ok = all(result["ok"] for result in results.values())
    print(f"{'ok  ' if ok else 'FAIL'} {name} ({time.monotonic() - started:.1f} s): "
          + "; ".join(f"{who} {sorted(result['decoded'].values())}"
                      for who, result in results.items()), flush=True)
    if not ok:
        for who, result in results.items():
            print(f"--- {who}: ok {result['ok']}, exit {result['exit']}, {result['decoded']}")
            print("\n".join(result["states"]))
            print(result["stderr"])
        print("--- the room:", json.dumps(seen, indent=1))
        print("--- the server:", server.output()[-4000:])
    return ok, any(result["exit"] < 0 for result in results.values())


def survived(server):
    up = server.process.poll() is None
    print("ok   the server is up after all that" if up else "FAIL the server died:\n"
          + server.output()[-4000:])
    return up


def main():
    server = Server()
    try:
        outcomes = [
            case(server, "aiortc with aiortc", "aiortc_peer.py", "aiortc_peer.py"),
            case(server, "gstreamer with gstreamer", "gst_peer.py", "gst_peer.py"),
            case(server, "aiortc with gstreamer", "aiortc_peer.py", "gst_peer.py"),
            survived(server),
        ]
    finally:
        server.stop()
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
