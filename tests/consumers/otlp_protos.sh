# Sourced: prepare_protos FOLDER has python modules made of OpenTelemetry's own .proto files in
# FOLDER/python. They are those of OTEL_PROTO_DIR (a checkout of opentelemetry-proto), or of an npm
# package. Debian: python3-protobuf protobuf-compiler. Exits with 77 where something is missing.
find_protos() {
    find "$@" -path '*/opentelemetry/proto/collector/logs/v1/logs_service.proto' 2>/dev/null |
        sed -n '1s|/opentelemetry/proto/collector/.*||p'
}

prepare_protos() {
    mkdir -p "$1/python"
    if ! command -v protoc >/dev/null 2>&1 ||
        ! /usr/bin/python3 -c 'import google.protobuf' 2>/dev/null; then
        echo "skipped: needs protobuf-compiler and python3-protobuf"
        exit 77
    fi
    found=$(find_protos "${OTEL_PROTO_DIR:-$1/npm}")
    if [ -z "$found" ] && command -v npm >/dev/null 2>&1; then
        timeout 100 npm install --prefix "$1/npm" --no-audit --no-fund --loglevel=silent \
            @elastic/mockotlpserver >/dev/null 2>&1 || true
        found=$(find_protos "$1/npm")
    fi
    if [ -z "$found" ]; then
        echo "skipped: needs opentelemetry-proto in OTEL_PROTO_DIR, or npm to fetch" \
            "@elastic/mockotlpserver"
        exit 77
    fi
    (cd "$found" && find opentelemetry -name '*.proto' ! -path '*profiles*' \
        ! -path '*development*' -exec protoc -I . --python_out "$1/python" {} +)
}
