#!/usr/bin/env bash
# Builds web/app/dist and the examples (build/examples) when their sources changed. The build of the
# binary copies the app beside it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/web"

fingerprint() {
    find . ../examples -name node_modules -prune -o -name dist -prune -o -type f -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

lock=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.lock-fingerprint 2>/dev/null || true)" != "$lock" ]; then
    echo "Installing the web app's packages"
    "$root/scripts/with-node.sh" npm ci --ignore-scripts --no-audit --no-fund
    echo "$lock" > node_modules/.lock-fingerprint
fi
want=$(fingerprint)
if [ -f app/dist/index.html ] && [ -d ../build/examples ] && [ "$(cat node_modules/.build-fingerprint 2>/dev/null || true)" = "$want" ]; then
    exit 0
fi
echo "Building the web app and the examples"
"$root/scripts/with-node.sh" npm run --silent build
echo "$want" > node_modules/.build-fingerprint
