#!/usr/bin/env bash
# Runs every libFuzzer target for a number of seconds each, from its committed corpus.
# New inputs stay in build/fuzz/corpus; a crash prints the file to replay.
set -euo pipefail
seconds=${1:-60}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
cmake --preset fuzz >/dev/null
targets=$(ls fuzz/*_fuzz.cpp | xargs -n1 basename | sed 's/\.cpp$//')
# shellcheck disable=SC2086
cmake --build --preset fuzz --target $targets
for target in $targets; do
    corpus=build/fuzz/corpus/$target
    mkdir -p "$corpus"
    echo "== $target for $seconds s"
    build/fuzz/bin/fuzz/"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=65536 -print_final_stats=1 "$corpus" "fuzz/corpus/${target%_fuzz}" 2>&1 | tail -n 12
done
