#!/usr/bin/env python3
"""Lets a server that writes a profile (cmake --preset profile) work as a busy one does, for
`make tuned`: a webinar in bursts and evenly spaced, meetings with simulcast, and many joins."""

import argparse
import pathlib

from steps import Bench


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/profile", type=pathlib.Path)
    build = parser.parse_args().build
    bench = Bench(build, 4)
    steps = [
        ("200 subscribers of one publisher", lambda: bench.forward(200)),
        ("50 subscribers, packets evenly spaced", lambda: bench.forward(50, spread=True)),
        ("a meeting of 8 with simulcast", lambda: bench.meeting(8)),
        ("100 joins in one room", lambda: bench.join(1, 100)),
        ("100 joins in 20 rooms", lambda: bench.join(20, 5)),
    ]
    for number, (what, step) in enumerate(steps, 1):
        print(f"profile {number}/{len(steps)}: {what}", flush=True)
        step()
    written = list((build / "data").glob("*.gcda"))
    if not written:
        raise SystemExit(f"profile: the server wrote none into {build / 'data'}")
    print(f"profile: of {len(written)} source files")


if __name__ == "__main__":
    main()
