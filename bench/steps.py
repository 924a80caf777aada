"""The single measurements: each starts its own server or floor, is bounded in time, and gives one
dictionary of figures."""

import json
import os
import select
import socket
import ssl
import subprocess
import time

import machine
from server import Server, binary_of

STEP_SECONDS = 60  # no step may take longer


class Bench:
    def __init__(self, build, seconds):
        self.build = build
        self.seconds = seconds
        self.server_cpu, self.load_cpu = machine.processors()
        self.parley = binary_of(build, "parley")
        self.floor_binary = binary_of(build, "bench/bench_floor")
        # This program must not disturb the server.
        os.sched_setaffinity(0, {self.load_cpu})

    # ---- what protecting and sending alone costs ----

    def floor(self, subscribers, spread=False):
        command = [str(self.floor_binary), "--subscribers", str(subscribers),
                   "--seconds", "1", "--send-cpu", str(self.server_cpu),
                   "--receive-cpu", str(self.load_cpu)] + (["--spread"] if spread else [])
        # It pins itself, so it may be started with both processors.
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=STEP_SECONDS, check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.server_cpu, self.load_cpu}))
        if done.returncode != 0:
            raise SystemExit(f"bench: the floor failed: {done.stderr}")
        return json.loads(done.stdout)

    # ---- the server under load ----

    def load(self, arguments, seconds=None):
        """Runs `parley load` against a server of its own."""
        with Server(self.parley, self.server_cpu) as server:
            return self.load_on(server, arguments, seconds or self.seconds)

    def load_on(self, server, arguments, seconds):
        command = [str(self.parley), "load", "--url", server.url, "--json",
                   "--pin", str(self.load_cpu), "--duration", f"{int(seconds * 1000)}ms", *arguments]
        memory = server.memory_bytes()
        cpu = {"begun": server.cpu_ns()}
        busy = {}
        load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, bufsize=0)
        said = []
        for line in lines_until(load.stderr, time.monotonic() + STEP_SECONDS):
            said.append(line)
            for phase in ("settling", "measuring", "measured"):
                if f"; {phase}" in line and phase not in cpu:
                    cpu[phase] = server.cpu_ns()
                    busy[phase] = machine.busy_seconds()
                    if phase == "measured":
                        memory = server.memory_bytes() - memory
        if load.poll() is None:
            try:
                load.wait(timeout=5)
            except subprocess.TimeoutExpired:
                load.kill()
        output = load.stdout.read().decode()
        if load.wait() != 0 or "measured" not in cpu:
            raise SystemExit(f"bench: {' '.join(command)} failed:\n{''.join(said)}{output}\n"
                             f"{server.what_it_said()}")
        report = json.loads(output)
        joined = max(1, report["joined"])
        used = cpu["measured"] - cpu["measuring"]
        return {
            "ns_per_packet": used / max(1, report["packets_received"]),
            "server_share": used / 1e9 / report["duration_s"],
            "packets_per_second": report["packets_received"] / report["duration_s"],
            "delay_ms_p50": report["delay_ms_p50"],
            "delay_ms_p99": report["delay_ms_p99"],
            "loss": report["loss"],
            "memory_per_participant": memory / joined,
            "join_cpu_ms": (cpu["settling"] - cpu["begun"]) / 1e6 / joined,
            "join_ms_p50": report["join_ms_p50"],
            "joined": report["joined"],
            "participants": report["participants"],
            "load_share": report["cpu_s"] / report["duration_s"],
            # What neither the server nor the load used: other programs, and what the host took.
            "others_share": max(0.0, busy["measured"] - busy["measuring"] - used / 1e9
                                - report["cpu_s"]) / report["duration_s"],
        }

    def forward(self, subscribers, spread=False):
        return self.load(["--publishers", "1", "--subscribers", str(subscribers), "--video",
                          "1320kbps", "--audio"] + (["--spread"] if spread else []))

    def meeting(self, people):
        return self.load(["--publishers", str(people), "--subscribers", "0", "--meeting",
                          "--simulcast", "--video", "1320kbps", "--audio"])

    def join(self, rooms, subscribers):
        """Publishers that hardly send, so that joins are nearly all that the server does."""
        return self.load(["--rooms", str(rooms), "--publishers", "1", "--subscribers",
                          str(subscribers), "--video", "30kbps"], 0.5)

    # ---- connections that do nothing ----

    def idle(self, connections, tls):
        with Server(self.parley, self.server_cpu, tls) as server:
            # The first ones pay for what all share.
            first = open_connections(server, 20)
            time.sleep(0.3)
            before = server.memory_bytes()
            cpu = server.cpu_ns()
            opened = open_connections(server, connections)
            cpu = server.cpu_ns() - cpu
            time.sleep(1)
            grown = server.memory_bytes() - before
            for connection in first + opened:
                if not is_open(connection):
                    raise SystemExit("bench: the server gave an idle connection up")
                connection.close()
        return {"tls": tls, "connections": connections, "memory_per_connection": grown / connections,
                "connect_cpu_ms": cpu / 1e6 / connections}


def lines_until(stream, deadline):
    """Lines as they come, until the stream ends or time is up."""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            return
        line = stream.readline()  # unbuffered, so that select() knows of all that is there
        if not line:
            return
        yield line.decode(errors="replace")


UPGRADE = ("GET /signal HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()


def open_connections(server, count):
    """WebSockets that have been welcomed and then keep silent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as browsers do
        if server.tls:
            connection = context.wrap_socket(connection)
        connection.sendall(UPGRADE)
        text = b""
        while b"\"welcome\"" not in text:
            part = connection.recv(4096)
            if not part:
                raise SystemExit(f"bench: the server closed an idle connection: {text!r}")
            text += part
        connections.append(connection)
    return connections


def is_open(connection):
    connection.setblocking(False)
    try:
        while connection.recv(4096):
            pass
        return False
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
