#!/usr/bin/env python3
"""Measures the server on one processor under the load of the other, beside the floor of the same
minute: processor time of a forwarded packet, memory, joins, added delay, idle connections.

    bench/run.py [--quick] [--rounds N] [--only TEXT] [--json FILE] [--plot FILE]
"""

import argparse
import json
import pathlib
import sys
import time

import machine
import plot
from results import Results, detail_lines, summary_lines
from steps import Bench

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUBSCRIBERS = [10, 50, 100, 200, 400]
BUDGET_SECONDS = 450  # when it is over, no further round begins
DISTURBED = 0.25  # of a processor, used by other programs or taken by the host


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="one short round, under 90 seconds")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (3)")
    parser.add_argument("--only", default="", help="only steps whose name contains this; a floor "
                        "goes with its step")
    parser.add_argument("--seconds", type=float, help="measured time of a step (3)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/results.json")
    parser.add_argument("--plot", type=pathlib.Path, default=ROOT / "build/bench/cost.svg")
    return parser.parse_args()


def plan(bench, quick):
    """(name, what measures it), in order; each floor stands beside its server."""
    steps = []
    for n in [50, 200] if quick else SUBSCRIBERS:
        steps.append((f"floor-{n}", lambda n=n: bench.floor(n)))
        steps.append((f"forward-{n}", lambda n=n: bench.forward(n)))
    steps.append(("floor-200-spread", lambda: bench.floor(200, spread=True)))
    steps.append(("forward-200-spread", lambda: bench.forward(200, spread=True)))
    if not quick:
        steps.append(("meeting-16x16", lambda: bench.meeting(16)))
    steps.append(("join-200", lambda: bench.join(1, 200)))
    steps.append(("join-40x5", lambda: bench.join(40, 4)))
    steps.append(("idle", lambda: bench.idle(1000, tls=False)))
    steps.append(("idle-tls", lambda: bench.idle(1000, tls=True)))
    return steps


def key_figures(name, figures):
    texts = []
    for key, label, scale, digits in (
            ("ns_per_packet", "us a packet", 1e-3, 2), ("delay_ms_p50", "ms p50", 1, 2),
            ("delay_ms_p99", "ms p99", 1, 2), ("memory_per_participant", "kB each", 1e-3, 1),
            ("memory_per_connection", "kB each", 1e-3, 1), ("join_cpu_ms", "ms a join", 1, 2)):
        if key in figures and (key == "join_cpu_ms") == name.startswith("join"):
            texts.append(f"{figures[key] * scale:.{digits}f} {label}")
    return ", ".join(texts)


def undisturbed(step):
    """Measures; once more where something else took much of the machine, and keeps the measurement
    that was disturbed less, whatever it says."""
    figures = step()
    if figures.get("others_share", 0) > DISTURBED:
        print(f"bench: other programs took {figures['others_share']:.0%} of a processor; once more",
              file=sys.stderr, flush=True)
        figures = min(figures, step(), key=lambda each: each["others_share"])
    return figures


def main():
    arguments = read_arguments()
    bench = Bench(arguments.build, arguments.seconds or (2 if arguments.quick else 3))
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    steps = plan(bench, arguments.quick)
    wanted = [(name, step) for name, step in steps
              if arguments.only in name or arguments.only in name.replace("floor", "forward")]
    results = Results()
    began = time.monotonic()
    for number in range(rounds):
        if number > 0 and (time.monotonic() - began) * (number + 1) / number > BUDGET_SECONDS:
            print(f"bench: time is up after {number} rounds", file=sys.stderr)
            break
        results.add_round()
        for at, (name, step) in enumerate(wanted):
            figures = undisturbed(step)
            results.add(name, figures)
            print(f"[{time.monotonic() - began:4.0f} s] round {number + 1}/{rounds}, "
                  f"{at + 1}/{len(wanted)} {name}: {key_figures(name, figures)}",
                  file=sys.stderr, flush=True)
    described = machine.describe(ROOT)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(
        {"machine": described, "rounds": len(results.rounds), "steps": results.as_json()},
        indent=1) + "\n")
    if results.has("forward-50") and results.has("forward-200"):
        arguments.plot.parent.mkdir(parents=True, exist_ok=True)
        arguments.plot.write_text(plot.cost_plot(results, SUBSCRIBERS))
    print(f"\n{described['processor']}, {described['processors']} processors, kernel "
          f"{described['kernel']}; medians (least-greatest) of {len(results.rounds)} rounds\n")
    print("\n".join(summary_lines(results)))
    print()
    print("\n".join(detail_lines(results)))
    print(f"\n{arguments.json}")


if __name__ == "__main__":
    main()
