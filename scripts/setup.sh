#!/usr/bin/env bash
# Installs what is missing on Debian 12: `setup.sh build` for building and running,
# `setup.sh test` for the tests as well (browsers and other WebRTC stacks to test against),
# `setup.sh fuzz` for the fuzzers, `setup.sh bench` for the benchmarks.
# Runs again at no cost: what is there is left alone.
set -euo pipefail

what=${1:-build}
root=$(cd "$(dirname "$0")/.." && pwd)

build_packages=(
    g++ cmake ninja-build ccache mold pkg-config make git ca-certificates
    python3
    libssl-dev libboost1.81-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev
    libspdlog-dev libfmt-dev prometheus-cpp-dev
    libvpx-dev libaom-dev libopenh264-dev libopus-dev
    # The tests are built with everything else, so a build needs their libraries too.
    libgtest-dev libgmock-dev libsrtp2-dev
)
# The fast SRTP ciphers exist for x86-64 only; elsewhere OpenSSL does the work.
[ "$(dpkg --print-architecture)" = amd64 ] && build_packages+=(libipsec-mb-dev)

test_packages=(
    chromium firefox-esr fonts-dejavu-core python3-aiortc clang-format-19
    # Speech to clean of noise.
    espeak-ng
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    # Links that become narrow or are cut, between network namespaces.
    iproute2 nftables
    gstreamer1.0-nice gir1.2-gst-plugins-bad-1.0 python3-gst-1.0 python3-websockets python3-numpy
)

fuzz_packages=(clang-19 libclang-rt-19-dev)

bench_packages=(valgrind)

case "$what" in
    build) packages=("${build_packages[@]}") ;;
    test) packages=("${build_packages[@]}" "${test_packages[@]}") ;;
    fuzz) packages=("${build_packages[@]}" "${fuzz_packages[@]}") ;;
    bench) packages=("${build_packages[@]}" "${bench_packages[@]}") ;;
    *) echo "usage: setup.sh build|test|fuzz|bench" >&2; exit 2 ;;
esac

say() { printf '\033[1m%s\033[0m\n' "$*"; }

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; return; fi
    if command -v sudo >/dev/null; then sudo "$@"; return; fi
    echo "These packages are missing and installing them needs root: ${missing[*]}" >&2
    echo "Run this as root once, or install them yourself." >&2
    exit 1
}

if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "Missing packages (Debian names): ${missing[*]}" >&2
        echo "This script installs them on Debian 12 only; install their counterparts by hand." >&2
        exit 1
    fi
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

# The web app needs Node.js 20.19 or newer; Debian 12 has 18. npm carries the program itself.
node_is_new_enough() {
    "$1" -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)' 2>/dev/null
}
tools="$root/build/tools"
if ! node_is_new_enough node && ! node_is_new_enough "$tools/node_modules/.bin/node"; then
    missing=(nodejs npm)
    if ! command -v npm >/dev/null; then
        say "Installing Node.js and npm from Debian"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm
    fi
    arch=$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/')
    say "Fetching Node.js 22 for the web app (Debian's is too old)"
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts "node-linux-$arch@22.23.3" npm@11.19.1
    ln -sf "../node-linux-$arch/bin/node" "$tools/node_modules/.bin/node"
fi
