#!/usr/bin/env python3
"""Counts the instructions of the forward path under callgrind and compares them with those kept in
bench/instructions.json: per forwarded packet, by room, the cipher apart.

    bench/instructions.py [--update] [--functions N]

Counts do not depend on what else the machine does. They do depend on compiler and libraries, so
compare counts of one machine: run it before and after a change. It fails when a packet has come to
take more than TOLERANCE more instructions, the cipher apart; keep what is meant with --update.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "bench/instructions.json"
SUBSCRIBERS, MILLISECONDS = 50, 1000
# The doors of the node; none is entered from behind another, or the toggle would turn over.
DOORS = ["handle_receive", "handle_timeout", "next_timeout", "poll_transmit", "poll_event"]
TIME_LIMIT = 170
TOLERANCE = 0.03
# OpenSSL without VAES and AVX-512, which callgrind does not know, whatever the processor has.
ENGINE = {"OPENSSL_ia32cap": ":~0x600d0230000"}


def count(binary, folder):
    """(what the program printed, instructions by (object, function))."""
    out = pathlib.Path(folder) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
               "--collect-atstart=no", "--compress-strings=no", "--compress-pos=no",
               "--zero-before=bench_window_begins", "--dump-before=bench_window_ends",
               *(f"--toggle-collect=parley::node::Node::{door}(*" for door in DOORS),
               str(binary), str(SUBSCRIBERS), str(MILLISECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
                          env={**os.environ, **ENGINE})
    if done.returncode != 0:
        raise SystemExit(f"bench: valgrind failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout), self_costs(out.with_name(out.name + ".1").read_text())


def self_costs(text):
    """What each function took itself, its callees left out (callgrind's profile format)."""
    costs = collections.Counter()
    where = function = None
    callee_follows = False
    for line in text.splitlines():
        if line.startswith("ob="):
            where = line[3:]
        elif line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            callee_follows = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            if callee_follows:
                callee_follows = False
            else:
                position_and_cost = line.split()
                if len(position_and_cost) > 1:  # a cost of nothing is left out
                    costs[where, function] += int(position_and_cost[1])
    return costs


def room_of(where, function):
    if "libcrypto" in where:
        return "cipher"
    room = re.search(r"\bparley::(\w+)::", function)
    if room:
        return room.group(1)
    return "libc" if "libc." in where else "other"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="keep the new counts")
    parser.add_argument("--functions", type=int, default=0, metavar="N",
                        help="also name the N functions that take most")
    arguments = parser.parse_args()
    binary = arguments.build / "bin/bench/bench_forward"
    print(f"counting {SUBSCRIBERS} subscribers for {MILLISECONDS} ms of virtual time",
          file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        said, costs = count(binary, folder)
    packets = said["packets"]
    rooms = collections.Counter()
    for (where, function), cost in costs.items():
        rooms[room_of(where, function)] += cost / packets
    new = {"subscribers": SUBSCRIBERS, "milliseconds": MILLISECONDS, "packets": packets,
           "instructions_per_packet": round(sum(rooms.values()), 1),
           "without_cipher": round(sum(rooms.values()) - rooms["cipher"], 1),
           "rooms": {room: round(cost, 1) for room, cost in rooms.most_common()},
           "compiler": machine.describe(ROOT)["compiler"]}
    old = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    print(f"{'instructions a packet':<24} {'old':>9} {'new':>9} {'ratio':>7}")
    for name, value, before in [
            ("all", new["instructions_per_packet"], old.get("instructions_per_packet")),
            ("all but the cipher", new["without_cipher"], old.get("without_cipher")),
            *((f"  {room}", cost, old.get("rooms", {}).get(room))
              for room, cost in new["rooms"].items())]:
        ratio = f"{value / before:7.3f}" if before else f"{'':>7}"
        print(f"{name:<24} {before if before is not None else '':>9} {value:>9} {ratio}")
    for (where, function), cost in costs.most_common(arguments.functions):
        print(f"{cost / packets:9.1f}  {function[:110]}  [{pathlib.Path(where).name}]")
    if old and old.get("compiler") != new["compiler"]:
        print(f"the kept counts are of another compiler: {old.get('compiler')}")
    if arguments.update or not old:
        KEPT.write_text(json.dumps(new, indent=1) + "\n")
        print(f"kept in {KEPT.relative_to(ROOT)}")
    elif new["without_cipher"] > old["without_cipher"] * (1 + TOLERANCE):
        raise SystemExit(f"bench: more than {TOLERANCE:.0%} above what is kept")


if __name__ == "__main__":
    main()
