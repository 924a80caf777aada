"""`parley serve` on one processor, as the benchmarks start it."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time

import machine

# Everybody comes from one address and at once, and idle connections do not answer.
LIMITS = {
    "PARLEY_LIMITS_PARTICIPANTS_PER_ROOM": "1000",
    "PARLEY_LIMITS_CONNECTIONS_PER_ADDRESS": "20000",
    "PARLEY_LIMITS_JOINS_PER_MINUTE_PER_ADDRESS": "100000",
    "PARLEY_LIMITS_MESSAGES_PER_SECOND_PER_ADDRESS": "100000",
    "PARLEY_SIGNALING_HEARTBEAT_IDLE": "50s",
    "PARLEY_SIGNALING_HEARTBEAT_DEAD": "100s",
}


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, binary, cpu, tls=False):
        self.port = free_port(socket.SOCK_STREAM)
        self.tls = tls
        self.log = tempfile.TemporaryFile()
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PARLEY_")}
        environment.update(LIMITS, PARLEY_MEDIA_ADDRESSES="127.0.0.1", PARLEY_MEDIA_THREADS="1")
        command = [str(binary), "serve", "--listen", f"127.0.0.1:{self.port}",
                   "--media-port", str(free_port(socket.SOCK_DGRAM)), "--log", "warn"]
        if tls:
            command += ["--tls", "self"]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, cwd=tempfile.gettempdir(),
                                        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.wait_until_it_listens()
        self.wait_until_it_rests()

    def wait_until_it_listens(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        text = self.what_it_said()
        self.stop()
        raise SystemExit(f"bench: the server did not start:\n{text}")

    def wait_until_it_rests(self):
        """Its start goes on for a moment after it listens; what that takes is no subscriber's."""
        used = self.cpu_ns()
        for _ in range(50):
            time.sleep(0.2)
            before, used = used, self.cpu_ns()
            if used - before < 2_000_000:
                return

    def what_it_said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    @property
    def url(self):
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/signal"

    def cpu_ns(self):
        return machine.cpu_ns(self.process.pid)

    def memory_bytes(self):
        return machine.memory_bytes(self.process.pid)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def binary_of(build, name):
    path = pathlib.Path(build).resolve() / "bin" / name
    if not path.exists():
        raise SystemExit(f"bench: {path} is missing; `make bench` builds it")
    return path
