#!/usr/bin/env python3
"""Runs every suite, prints what failed, and ends with one line that adds them all up.

Suites: unit (each GoogleTest program), conformance (the house rules), web (Vitest), e2e (browsers
against the real server), load (the load generator against the real server, with browsers in its
rooms), interop (other WebRTC stacks against the real server), network (browsers behind links that
become narrow or are cut, between network namespaces; needs root).
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)


class Totals:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.failures = []

    def add(self, name, passed, failed, skipped, seconds):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        mark = "ok  " if failed == 0 else "FAIL"
        extra = f", {skipped} skipped" if skipped else ""
        print(f"{mark} {name:<34} {passed:>5} passed, {failed} failed{extra}  ({seconds:.1f} s)",
              flush=True)
        if failed:
            self.failures.append(name)


def run(command, timeout, cwd=ROOT, env=None):
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=cwd, env=env, timeout=timeout, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace")
        return done.returncode, done.stdout, time.monotonic() - started
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        return -1, text + f"\nstopped after {timeout} s\n", time.monotonic() - started


def run_gtest(program, totals, reports):
    report = reports / f"{program.name}.json"
    report.unlink(missing_ok=True)
    code, output, seconds = run([str(program), f"--gtest_output=json:{report}", "--gtest_brief=1"], 600)
    passed = failed = skipped = 0
    if report.exists():
        data = json.loads(report.read_text())
        failed = data["failures"]
        for suite in data["testsuites"]:
            skipped += sum(1 for test in suite["testsuite"] if test.get("result") == "SKIPPED")
        skipped += data.get("disabled", 0)
        passed = data["tests"] - failed - skipped
    if code != 0 and failed == 0:  # a crash: the report is missing or does not know
        failed = 1
    if failed:
        print(output)
    totals.add(program.name, passed, failed, skipped, seconds)


def run_counted(name, command, timeout, totals, cwd=ROOT, env=None):
    """A suite that prints 'N passed, N failed' as its last count."""
    code, output, seconds = run(command, timeout, cwd, env)
    counts = COUNT_LINE.findall(output)
    passed, failed, skipped = (int(n or 0) for n in counts[-1]) if counts else (0, 0, 0)
    if code != 0 and failed == 0:
        failed = 1
    if failed or not counts:
        print(output)
        failed = max(failed, 1)
    else:
        for line in output.splitlines():  # worth seeing in a green run too
            if line.startswith(("measured:", "unsteady:")):
                print("     " + line)
    totals.add(name, passed, failed, skipped, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--only", choices=["unit", "conformance", "web", "e2e", "load", "interop",
                                             "network"])
    options = parser.parse_args()
    build = ROOT / options.build
    reports = build / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    totals = Totals()

    def wanted(suite):
        return options.only in (None, suite)

    if wanted("conformance"):
        run_counted("conformance", [sys.executable, "tests/conformance/check.py"], 120, totals)
    if wanted("unit"):
        programs = sorted(p for p in (build / "bin/tests").glob("*_test") if os.access(p, os.X_OK))
        if not programs:
            totals.add("unit", 0, 1, 0, 0)
        for program in programs:
            run_gtest(program, totals, reports)
    node = [str(ROOT / "scripts/with-node.sh")]
    env = dict(os.environ, PARLEY_BIN=str(build / "bin/parley"), PARLEY_REPORTS=str(reports))
    if wanted("web"):
        run_counted("web", node + ["npm", "run", "--silent", "test:ci"], 600, totals, ROOT / "web", env)
    if wanted("interop"):
        run_counted("interop", [sys.executable, "tests/interop/run.py"], 600, totals, ROOT, env)
    if wanted("load"):
        run_counted("load", node + ["node", "tests/load/run.mjs"], 900, totals, ROOT, env)
    if wanted("e2e"):
        run_counted("e2e", node + ["node", "tests/e2e/run.mjs"], 1500, totals, ROOT, env)

    if wanted("network"):
        run_counted("network", node + ["node", "tests/network/run.mjs"], 600, totals, ROOT, env)

    if totals.failures:
        print("failed: " + ", ".join(totals.failures))
    skipped = f", {totals.skipped} skipped" if totals.skipped else ""
    print(f"{totals.passed} passed, {totals.failed} failed{skipped}")
    return 1 if totals.failed or totals.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
