#!/bin/sh
# A request through three servers, front -> middle -> files, driven by curl; and the one tree that
# it makes of the three outputs.
#
# Usage: run.sh [HTTPD CTRACE]
#   HTTPD   the server; CTRACE  the tool that prints trees. Without them they are built.
# Exit status 77: there is no curl, and none was to be installed.
set -u

if [ $# -eq 2 ]; then
    httpd=$1
    ctrace=$2
else
    root=$(cd "$(dirname "$0")/../.." && pwd)
    . "$root/tests/support/need.sh"
    need $to_build_c curl=curl || exit 2
    build_dir=$(build_folder "$root" demo)
    build "$root" "$build_dir" -DBUILD_TESTING=OFF || exit 2
    httpd=$build_dir/examples/httpd
    ctrace=$build_dir/ctrace
fi

if ! command -v curl >/dev/null 2>&1; then
    echo "skipped: no curl"
    exit 77
fi

folder=$(mktemp -d) || exit 2
servers=
failures=0
trap 'kill $servers 2>/dev/null; rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# same WHAT EXPECTED FOUND
same() {
    [ "$2" = "$3" ] || fail "$1: $2 expected, $3 found"
}

# start NAME OPTION...: sets $port, when it is ready.
start() {
    name=$1
    shift
    CTRACE_LOG=debug CTRACE_FORMAT=json CTRACE_OUTPUT="file:$folder/$name.json" \
        "$httpd" --port 0 "$@" >"$folder/$name.port" &
    servers="$servers $!"
    tries=0
    while [ ! -s "$folder/$name.port" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ]; then
            echo "$name does not start"
            exit 1
        fi
        sleep 0.1
    done
    port=$(cat "$folder/$name.port")
}

# SIGTERM has each finish, write its trace and exit with 0.
stop() {
    for server in $servers; do
        kill "$server"
        wait "$server" || fail "a server exits with $?"
    done
    servers=
}

# ask STATUS PATH CURL_ARGUMENT...: asks the front, and expects that status.
ask() {
    expected=$1
    path=$2
    shift 2
    same "status of $path $*" "$expected" "$(curl --silent --show-error --path-as-is \
        --output "$folder/answer" --write-out '%{http_code}' "$@" "$front$path")"
}

# answers WHAT FILE: the last answer is what the file has.
answers() {
    cmp "$folder/answer" "$2" || fail "$1 is not what the file has"
}

# ---- The chain ----

root=$folder/root
mkdir -p "$root/folder"
echo 'Hello from the third server.' >"$root/hello.txt"
echo '<p>A folder' >"$root/folder/index.html"
echo 'a name' >"$root/with a space"
head -c 3000000 /dev/urandom >"$root/large"
ln -s hello.txt "$root/inside"
ln -s "$folder" "$root/outside"

start files --root "$root"
start middle --upstream "127.0.0.1:$port"
start front --upstream "127.0.0.1:$port"
front=http://127.0.0.1:$port

# ---- One request, of a trace that curl began ----

trace=0af7651916cd43dd8448eb211c80319c
parent=b7ad6b7169203331
ask 200 '/hello.txt?from=curl' -H "traceparent: 00-$trace-$parent-01" -H 'tracestate: curl=yes' \
    -H 'baggage: user=ada'
answers /hello.txt "$root/hello.txt"

# ---- What else a server meets ----

ask 200 /large
answers /large "$root/large"
ask 200 /large -r 0-9 # ranges are passed over
ask 200 /with%20a%20space
answers '/with a space' "$root/with a space"
ask 200 /folder/
answers /folder/ "$root/folder/index.html"
ask 200 /inside
ask 200 /hello.txt --head
ask 200 /hello.txt --http1.0
ask 404 /nothing
ask 404 /hello.txt/below
ask 403 /../root/hello.txt
ask 403 /folder/%2e%2e/../../front.json
ask 403 /outside/front.json
ask 400 /%zz
ask 405 /hello.txt -X DELETE
ask 405 /hello.txt --data 'some text'
ask 405 /hello.txt -T "$root/large"
ask 405 /hello.txt -T "$root/large" -H 'Transfer-Encoding: chunked'
same "requests on one connection" 2 "$(curl --silent "$front/hello.txt" "$front/inside" |
    grep -c 'third server')"
stop

# ---- What it makes ----

tree() {
    "$ctrace" tree --trace $trace "$@" "$folder/front.json" "$folder/middle.json" "$folder/files.json"
}

echo "One request, by its trace id, from the outputs of three processes:"
echo
tree
tree --color never >"$folder/tree" || fail "ctrace tree exits with $?"
same "traces" 1 "$(grep -c '^trace ' "$folder/tree")"
same "the requests, each inside of the one before" 'front middle files ' \
    "$(sed -n 's/.*│ \(│ │ \)*┌ request .*\[\(.*\)\]$/\2/p' "$folder/tree" | tr '\n' ' ')"
same "how deep the last request is" 1 "$(grep -c ' │ │ │ │ │ ┌ request .*\[files\]$' "$folder/tree")"

for server in front middle files; do
    same "$server: requests of this trace" 1 \
        "$(grep '"msg":"served"' "$folder/$server.json" | grep -c "$trace")"
done
[ $failures -eq 0 ]
