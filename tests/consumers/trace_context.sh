#!/bin/sh
# Trace contexts between us and OpenTelemetry's JavaScript: sh trace_context.sh PROGRAM FOLDER.
# Skipped without node, or without @opentelemetry/core in OTEL_DIR or where npm can fetch it.
set -eu
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"

if ! command -v node >/dev/null 2>&1; then
    echo "skipped: no node"
    exit 77
fi
modules=${OTEL_DIR:-$folder/npm/node_modules}
if [ ! -d "$modules/@opentelemetry/core" ] && command -v npm >/dev/null 2>&1; then
    timeout 100 npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=silent \
        @opentelemetry/core@2 @opentelemetry/api@1 >/dev/null 2>&1 || true
fi
if [ ! -d "$modules/@opentelemetry/core" ]; then
    echo "skipped: no @opentelemetry/core, and npm cannot fetch it"
    exit 77
fi
NODE_PATH=$modules exec node "$here/trace_context.js" "$program"
