#!/usr/bin/env bash
# Builds the web app when its sources changed and puts it where the server looks for it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/${1:?usage: build-web.sh TARGET}
web=$root/web

fingerprint() {
    (cd "$web" && find . -path ./node_modules -prune -o -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

want=$(fingerprint)
if [ "$(cat "$target/.fingerprint" 2>/dev/null || true)" = "$want" ]; then exit 0; fi

cd "$web"
lock=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.lock-fingerprint 2>/dev/null || true)" != "$lock" ]; then
    echo "Installing the web app's packages"
    "$root/scripts/with-node.sh" npm ci --ignore-scripts --no-audit --no-fund
    echo "$lock" > node_modules/.lock-fingerprint
fi
"$root/scripts/with-node.sh" npm run --silent build
rm -rf "$target"
mkdir -p "$target"
cp -r app/dist/. "$target/"
echo "$want" > "$target/.fingerprint"
