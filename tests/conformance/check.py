#!/usr/bin/env python3
"""The rules of the house, checked on the sources: who may include whom, what cores may not touch,
and what a file must look like. Prints each broken rule with its place."""

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"

# Which rooms a room may include, itself always allowed (ARCHITECTURE.md, "The house").
FLOOR_2 = ["stun", "ice", "rtp", "srtp", "dtls", "sdp", "cc"]
BASEMENT = ["base", "crypto", "net", "trace"]
MAY_INCLUDE = {
    "base": [],
    "crypto": ["base"],
    "net": ["base"],
    "trace": ["base"],
    "stun": BASEMENT,
    "ice": BASEMENT + ["stun"],
    "rtp": BASEMENT,
    "srtp": BASEMENT + ["rtp"],
    "dtls": BASEMENT,
    "sdp": BASEMENT,
    "cc": ["base"],
    "media": BASEMENT + ["rtp"],
    "peer": BASEMENT + FLOOR_2 + ["media"],
    "sfu": BASEMENT + FLOOR_2 + ["media", "peer"],
    "signal": BASEMENT + ["sdp"],
    "node": BASEMENT + FLOOR_2 + ["media", "peer", "sfu", "signal"],
    "runtime": BASEMENT,
    "server": BASEMENT + FLOOR_2 + ["media", "peer", "sfu", "signal", "node", "runtime"],
    "load": BASEMENT + FLOOR_2 + ["media", "peer", "signal", "runtime"],
    "sim": ["base", "cc"],
}
# Rooms that stand beside src/.
ELSEWHERE = {"sim": ROOT / "sim" / "net"}
CORES = set(MAY_INCLUDE) - {"runtime", "server", "load", "crypto"}
CRYPTO_LIBRARIES = re.compile(r'#include\s*<(openssl/|intel-ipsec-mb|nss|gnutls)')
INCLUDE = re.compile(r'^\s*#include\s*"([^"/]+)/[^"]+"', re.MULTILINE)

# What a core must not reach: clocks, threads, sockets, files, process-wide state.
FORBIDDEN_IN_CORES = [
    (re.compile(r"\b(steady_clock|system_clock|high_resolution_clock)\b"), "reads a clock"),
    (re.compile(r"\b(gettimeofday|clock_gettime|time\(nullptr\)|time\(NULL\))"), "reads a clock"),
    (re.compile(r"#include\s*<(thread|mutex|shared_mutex|atomic|condition_variable|future)>"),
     "uses threads"),
    (re.compile(r"\bthread_local\b"), "keeps state beside its objects"),
    (re.compile(r"#include\s*<(sys/socket\.h|sys/epoll\.h|netdb\.h|unistd\.h|fstream)>"),
     "does input or output"),
    (re.compile(r"\b(std::rand|random_device|srand)\b"), "makes its own randomness"),
    (re.compile(r"\b(throw\s+[A-Za-z_:]+|try\s*\{)"), "uses exceptions"),
]


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, ok, place, what):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{place}: {what}")


def strip_comments(text):
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.DOTALL)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', lambda m: m.group(0) if "/" in m.group(0) else '""', text)


def check_file(path, room, report):
    text = path.read_text()
    place = path.relative_to(ROOT)
    # Beside the tests stand the helpers that several of them share.
    is_test = path.name.endswith(("_test.cpp", "_testing.hpp", "_test_support.hpp"))
    for included in sorted(set(INCLUDE.findall(text))):
        known = included in MAY_INCLUDE
        allowed = not known or included == room or included in MAY_INCLUDE[room]
        report.check(allowed, place, f"room {room} must not include {included}/")
    if room != "crypto" and not is_test:
        report.check(not CRYPTO_LIBRARIES.search(text), place,
                     "only crypto/ may include a cryptographic library")
    if room in CORES and not is_test:
        code = strip_comments(text)
        for pattern, what in FORBIDDEN_IN_CORES:
            found = pattern.search(code)
            line = code[: found.start()].count("\n") + 1 if found else 0
            report.check(found is None, f"{place}:{line}", f"a core {what}: {found and found.group(0)}")
    if path.suffix == ".hpp":
        report.check("#pragma once" in text, place, "a header without #pragma once")
    report.check(text.lstrip().startswith("//") or is_test or path.suffix == ".cpp", place,
                 "a header opens with a comment that says what it is")
    long_lines = [i for i, line in enumerate(text.splitlines(), 1) if len(line) > 100]
    report.check(not long_lines, f"{place}:{long_lines[:1]}", "lines longer than 100 columns")


def check_links_between_rooms(report):
    """What a room's CMakeLists.txt links is what the table lets it include."""
    for room, allowed in MAY_INCLUDE.items():
        text = (ELSEWHERE.get(room, SOURCE / room) / "CMakeLists.txt").read_text()
        linked = set(re.findall(r"parley_(\w+)", text)) - {"room", room}
        for other in sorted(linked & set(MAY_INCLUDE)):
            report.check(other in allowed, f"src/{room}/CMakeLists.txt", f"must not link {other}")


def check_format(report):
    """The formatter agrees with every source file, where it is installed."""
    formatter = shutil.which("clang-format-19")
    if formatter is None:
        print("clang-format-19 is not installed: formatting was not checked")
        return
    listed = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, text=True,
                            capture_output=True, check=True).stdout.split()
    done = subprocess.run([formatter, "--dry-run", "-Werror", *listed], cwd=ROOT, text=True,
                          capture_output=True)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.MULTILINE)))
    for place in wrong:
        report.check(False, place, "is not formatted: make format")
    report.passed += len(listed) - len(wrong)


def check_rooms_are_listed(report):
    listed = set(re.findall(r"add_subdirectory\((\w+)\)", (SOURCE / "CMakeLists.txt").read_text()))
    for folder in SOURCE.iterdir():
        if folder.is_dir():
            report.check(folder.name in MAY_INCLUDE, folder.name, "a room without a place in the table")
            report.check(folder.name in listed, folder.name, "a room that is not built")


def check_links(report):
    """A relative link in a document leads somewhere."""
    link = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in link.findall(document.read_text()):
            report.check((document.parent / target).exists(), document.relative_to(ROOT),
                         f"a link that leads nowhere: {target}")


def main():
    report = Report()
    check_rooms_are_listed(report)
    check_links(report)
    check_links_between_rooms(report)
    check_format(report)
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".hpp", ".cpp"):
            check_file(path, path.relative_to(SOURCE).parts[0], report)
    for room, folder in ELSEWHERE.items():
        for path in sorted(folder.rglob("*.?pp")):
            check_file(path, room, report)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
