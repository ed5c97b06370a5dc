#!/bin/sh
# What protobuf's own decoder makes of our OTLP: sh otlp.sh PROGRAM FOLDER. The real .proto files
# are those of OTEL_PROTO_DIR (a checkout of opentelemetry-proto), or of an npm package. Debian:
# python3-protobuf protobuf-compiler.
set -eu
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
rm -f "$folder/otlp.json" "$folder/traces.pb" "$folder/logs.pb"

protos() {
    find "$@" -path '*/opentelemetry/proto/collector/logs/v1/logs_service.proto' 2>/dev/null |
        sed -n '1s|/opentelemetry/proto/collector/.*||p'
}

if ! command -v protoc >/dev/null 2>&1 || ! /usr/bin/python3 -c 'import google.protobuf' 2>/dev/null
then
    echo "skipped: needs protobuf-compiler and python3-protobuf"
    exit 77
fi
found=$(protos "${OTEL_PROTO_DIR:-$folder/npm}")
if [ -z "$found" ] && command -v npm >/dev/null 2>&1; then
    timeout 100 npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=silent \
        @elastic/mockotlpserver >/dev/null 2>&1 || true
    found=$(protos "$folder/npm")
fi
if [ -z "$found" ]; then
    echo "skipped: needs opentelemetry-proto in OTEL_PROTO_DIR, or npm to fetch @elastic/mockotlpserver"
    exit 77
fi
mkdir -p "$folder/python"
(cd "$found" && find opentelemetry -name '*.proto' ! -path '*profiles*' ! -path '*development*' \
    -exec protoc -I . --python_out "$folder/python" {} +)
(cd "$folder" && "$program")
PYTHONPATH=$folder/python exec /usr/bin/python3 "$here/otlp.py" "$folder"
