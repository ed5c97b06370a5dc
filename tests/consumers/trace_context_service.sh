#!/bin/sh
# The W3C's own tests of Trace Context, against our service: sh trace_context_service.sh PROGRAM
# FOLDER. They are those of a checkout of github.com/w3c/trace-context in TRACE_CONTEXT_DIR, and need
# python3-aiohttp; without either they are skipped, but not the few tests of ours, with curl.
set -u
program=$1
folder=$2
mkdir -p "$folder"

services=
failures=0
trap 'kill $services 2>/dev/null' EXIT

# same WHAT EXPECTED FOUND
same() {
    if [ "$2" != "$3" ]; then
        echo "FAILED: $1: $2 expected, $3 found"
        failures=$((failures + 1))
    fi
}

# start NAME: sets $port, when it is ready; its trace is NAME.json.
start() {
    rm -f "$folder/$1.json" "$folder/$1.port"
    CTRACE_LOG=info CTRACE_FORMAT=json CTRACE_OUTPUT="file:$folder/$1.json" "$program" 0 \
        >"$folder/$1.port" &
    services="$services $!"
    tries=0
    while [ ! -s "$folder/$1.port" ] && [ $tries -lt 300 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    port=$(cat "$folder/$1.port")
}

start second
second=http://127.0.0.1:$port
start first
first=http://127.0.0.1:$port

# ---- Ours: what the second service saw of what the first was asked ----

# post BODY CURL_ARGUMENT...: prints the status.
post() {
    body=$1
    shift
    curl --silent --output "$folder/answer" --write-out '%{http_code}' --data "$body" "$@" \
        "$first/any"
}

# saw: the last request that the second service was asked.
saw() {
    grep '"msg":"asked"' "$folder/second.json" | tail -n 1
}

# member NAME: of what is read, a text.
member() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

trace=0af7651916cd43dd8448eb211c80319c
parent=00-$trace-b7ad6b7169203331-01
call="[{\"url\": \"$second/x\", \"arguments\": []}]"

check_context() {
    same "a child" 200 "$(post "$call" -H "TraceParent: $parent" -H 'TraceState: a=1,b=2' \
        -H 'tracestate: c=3')"
    same "its trace" $trace "$(saw | member trace_id)"
    same "its tracestate" a=1,b=2,c=3 "$(saw | member tracestate)"
    same "two parents" 200 "$(post "$call" -H "traceparent: $parent" -H "traceparent: $parent" \
        -H 'tracestate: a=1')"
    same "is not of a trace with two parents" 0 "$(saw | grep -c $trace)"
    same "its tracestate with two parents" '' "$(saw | member tracestate)"
    same "no parent" 200 "$(post "$call")"
    same "calls in calls" 200 "$(post "[{\"url\": \"$first/y\", \"arguments\": $call}, {}]" \
        -H "traceparent: $parent")"
    same "its trace after three calls" $trace "$(saw | member trace_id)"
    same "requests of the second" 4 "$(grep -c '"msg":"asked"' "$folder/second.json")"
}

check_malformed() {
    for body in '' '{' '[' '[{]' '[{"url"}]' '[{"url":"x"' '["x"]' '[[[[' '{}' 'null' '"'; do
        same "status of $body" 400 "$(post "$body")"
    done
    same "status of no calls" 200 "$(post '[]')"
    same "status of a strange address" 200 "$(post '[{"url": "ftp://x", "arguments": {"a":[1,2]}}]')"
    same "status of a port where nobody is" 200 "$(post '[{"url": "http://127.0.0.1:1/"}]')"
}

if command -v curl >/dev/null 2>&1; then
    check_context
    check_malformed
    [ $failures -eq 0 ] || exit 1
else
    echo "skipped: our tests: no curl"
fi

# ---- Theirs ----

python=/usr/bin/python3
if [ ! -f "${TRACE_CONTEXT_DIR:-/nowhere}/test/test.py" ]; then
    echo "skipped: W3C's tests: no checkout of github.com/w3c/trace-context in TRACE_CONTEXT_DIR"
    exit 77
elif ! $python -c 'import aiohttp' 2>/dev/null; then
    echo "skipped: W3C's tests: need python3-aiohttp"
    exit 77
fi
cd "$TRACE_CONTEXT_DIR/test" &&
    PYTHONDONTWRITEBYTECODE=1 SPEC_LEVEL=2 STRICT_LEVEL=2 $python test.py "$first/any"
