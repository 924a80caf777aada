#!/usr/bin/env bash
# Runs a command with the Node.js that setup.sh found or fetched at the front of PATH.
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -x "$root/build/tools/node_modules/.bin/node" ]; then
    export PATH="$root/build/tools/node_modules/.bin:$PATH"
fi
exec "$@"
