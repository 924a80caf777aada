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
            [PARLEY, "serve", "--listen", f"127.0.0.1:{self.port}",
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
    return subprocess.Popen([PYTHON, str(HERE / script), "--url", server.url, "--room", room,
                             *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, seconds=60):
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    result = json.loads(lines[-1]) if lines else {"ok": False, "decoded": {}}
    result["stderr"] = err[-2000:]
    return result


def case(server, name, publisher, player):
    """Two publishers hear and see each other, a third only plays."""
    room = name.replace(" ", "-")
    first = peer(publisher, server, room, "--name", "one", "--publish", "--linger", "8")
    second = peer(player, server, room, "--name", "two", "--publish", "--linger", "8")
    third = peer(player, server, room, "--name", "three", "--expect", "2")
    results = [finish(process) for process in (first, second, third)]
    ok = all(result["ok"] for result in results)
    print(f"{'ok  ' if ok else 'FAIL'} {name}: "
          + "; ".join(str(result["decoded"]) for result in results))
    if not ok:
        for result in results:
            print(result["stderr"])
        print(server.output()[-4000:])
    return ok


def main():
    server = Server()
    try:
        outcomes = [
            case(server, "aiortc with aiortc", "aiortc_peer.py", "aiortc_peer.py"),
            case(server, "gstreamer with gstreamer", "gst_peer.py", "gst_peer.py"),
            case(server, "aiortc with gstreamer", "aiortc_peer.py", "gst_peer.py"),
            server.process.poll() is None,
        ]
    finally:
        server.stop()
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
