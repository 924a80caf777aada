# make run    install what is missing, build, serve Parley at http://localhost:8080
# make test   install what is missing, build, run every test
# make build  bring build/release/bin/parley up to date
# make help   the other targets

SHELL := /bin/bash
PRESET ?= release
BUILD := build/$(PRESET)
NODE := scripts/with-node.sh

# ccache entries are shared between checkouts.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

# Steps install packages and share build folders: never side by side.
.NOTPARALLEL:

.PHONY: run test build tuned web setup setup-test configure unit e2e interop fuzz bench \
        bench-instructions bench-cc format clean help

help:
	@echo "make run       install what is missing, build and serve at http://localhost:8080"
	@echo "make test      install what is missing, build and run every test"
	@echo "make build     build the parley binary and the web app"
	@echo "make tuned     build/tuned/bin/parley, compiled by a profile of its own work (two builds)"
	@echo "make unit      unit, vector, pair and corpus tests only   (PRESET=dev for sanitizers)"
	@echo "make e2e       browsers against the real server"
	@echo "make interop   other WebRTC stacks against the real server"
	@echo "make fuzz      run every fuzzer for FUZZ_SECONDS (60) each"
	@echo "make bench     cost of a packet, delay, memory, joins beside the floor (BENCH=--quick: short)"
	@echo "make bench-instructions  instructions of the forward path, against those kept in bench/"
	@echo "make bench-cc  congestion control in virtual time beside its targets; draws docs/congestion"
	@echo "make format    format C++ and TypeScript"
	@echo "make clean     remove build/"

setup:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh test

$(BUILD)/build.ninja: CMakePresets.json
	cmake --preset $(PRESET)

# `make build` alone must bring the binary up to date, also on a fresh machine.
build: setup $(BUILD)/build.ninja web
	cmake --build --preset $(PRESET) --target parley

# The profile is made anew each time: it is of the sources as they are now.
tuned: setup web
	@rm -rf build/profile/data
	cmake --preset profile
	cmake --build --preset profile --target parley bench_floor
	@bench/profile.py --build build/profile
	cmake --preset tuned
	cmake --build --preset tuned --target parley bench_floor

run: build
	$(BUILD)/bin/parley serve

web: setup
	@scripts/build-web.sh

test: setup-test $(BUILD)/build.ninja web
	cmake --build --preset $(PRESET)
	@python3 scripts/run_tests.py --build $(BUILD)

unit: setup $(BUILD)/build.ninja
	cmake --build --preset $(PRESET)
	@python3 scripts/run_tests.py --build $(BUILD) --only unit

e2e: setup-test build
	@python3 scripts/run_tests.py --build $(BUILD) --only e2e

interop: setup-test build
	@python3 scripts/run_tests.py --build $(BUILD) --only interop

FUZZ_SECONDS ?= 60
fuzz:
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh $(FUZZ_SECONDS)

# `parley load` needs its codecs, not the web app.
BENCH ?=
bench: setup $(BUILD)/build.ninja
	cmake --build --preset $(PRESET) --target parley bench_floor
	@bench/run.py --build $(BUILD) $(BENCH)

bench-instructions:
	@scripts/setup.sh bench
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	cmake --build --preset $(PRESET) --target bench_forward
	@bench/instructions.py --build $(BUILD) $(BENCH)

BENCH_CC ?= --docs docs/congestion --csv $(BUILD)/bench/congestion
bench-cc: setup $(BUILD)/build.ninja
	cmake --build --preset $(PRESET) --target bench_cc
	@$(BUILD)/bin/bench/bench_cc --jobs $$(nproc) $(BENCH_CC)

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i
	@cd web && ../$(NODE) npm run --silent format

clean:
	rm -rf build
