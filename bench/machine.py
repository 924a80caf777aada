"""The machine that is measured on: its processors, what a process used of them, and what it is."""

import os
import platform
import re
import subprocess


def processors():
    """(of the server, of the load): two that this process may use, or the reason why not."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("bench: two processors are needed, one for the server and one for the "
                         "load; this machine or container offers one")
    return allowed[0], allowed[1]


def cpu_ns(pid):
    """Processor time of all threads of a process. schedstat counts nanoseconds; the sampled times
    of /proc/PID/stat are a hundredth of a second fine."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass  # a thread that has just ended
    return total


def memory_bytes(pid):
    """Resident memory of a process. Not its proportional part of what it shares: that shrinks when
    the load, which is the same program, starts beside it."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE).group(1)) * 1024


def busy_seconds():
    """Processor time of everything on the machine, time stolen by its host included."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _wait, irq, soft, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def describe(root):
    with open("/proc/cpuinfo") as file:
        info = file.read()
    flags = re.search(r"^flags\s*:(.*)$", info, re.MULTILINE)
    flags = flags.group(1).split() if flags else []
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.MULTILINE)
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"^MemTotal:\s+(\d+)", file.read(), re.MULTILINE).group(1))
    with open("/etc/os-release") as file:
        system = re.search(r'^PRETTY_NAME="?([^"\n]*)', file.read(), re.MULTILINE).group(1)
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=False)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                            cwd=root, check=False)
    return {
        "processor": model.group(1).strip() if model else platform.machine(),
        "processors": os.cpu_count(),
        "virtual": "hypervisor" in flags,
        "vector_ciphers": [name for name in ("aes", "vaes", "avx2", "avx512f") if name in flags],
        "memory_gib": round(memory / (1 << 20), 1),
        "kernel": platform.release(),
        "system": system,
        "compiler": compiler.stdout.splitlines()[0] if compiler.stdout else "",
        "commit": commit.stdout.strip(),
    }
