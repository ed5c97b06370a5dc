#!/bin/sh
# Records more than a million events and reads them back: as many as the program tells when it is
# asked directly, each line whole.
#
# Usage: record.sh TYPECHECK CTRACE
set -eu

typecheck=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
ctrace=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$(dirname "$0")/programs"
repeat=150

CTRACE_LOG=trace "$typecheck" --quiet ./*.hm 2>&1 >/dev/null |
    sed 's/^[^ ]* //' | grep '^ *[A-Z]* .*typecheck' >"$folder/once" || true
"$typecheck" --quiet --repeat $repeat --record "$folder/trace.ctrace" ./*.hm 2>/dev/null || true
"$ctrace" cat "$folder/trace.ctrace" | sed 's/^[^ ]* //' >"$folder/recorded"

one=$(($(wc -l <"$folder/once") - 1)) # without the last one, "done"
recorded=$(($(wc -l <"$folder/recorded") - 1))
head -n "$one" "$folder/once" >"$folder/expected"
head -n "$one" "$folder/recorded" | diff "$folder/expected" - >&2
if [ "$recorded" -lt 1000000 ] || [ "$recorded" -ne $((one * repeat)) ]; then
    echo "$recorded events were recorded, $one are told in each of $repeat rounds" >&2
    exit 1
fi
echo "$recorded events recorded and read back"
