#!/bin/sh
# The HTTP writer against a mock collector that fails: sh collector.sh PROGRAM FOLDER. Skipped
# without node, or without @elastic/mockotlpserver in COLLECTOR_DIR or where npm can fetch it.
set -eu
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"

if ! command -v node >/dev/null 2>&1; then
    echo "skipped: no node"
    exit 77
fi
modules=${COLLECTOR_DIR:-$folder/npm/node_modules}
if [ ! -d "$modules/@elastic/mockotlpserver" ] && command -v npm >/dev/null 2>&1; then
    timeout 100 npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=silent \
        @elastic/mockotlpserver@0.10 >/dev/null 2>&1 || true
fi
if [ ! -d "$modules/@elastic/mockotlpserver" ]; then
    echo "skipped: no @elastic/mockotlpserver, and npm cannot fetch it"
    exit 77
fi
NODE_PATH=$modules exec node "$here/collector.js" "$program"
