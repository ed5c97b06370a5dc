#!/bin/sh
# Runs the type checker on its programs and compares what it prints with expected/.
#
#     sh compare.sh TYPECHECK            prints the differences, exit status 1 if there are any
#     sh compare.sh --update TYPECHECK   writes expected/ anew
set -u

update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "Usage: sh compare.sh [--update] TYPECHECK" >&2
    exit 2
fi
typecheck=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

cd "$(dirname "$0")" || exit 2
found=$(mktemp) || exit 2
trap 'rm -f "$found"' EXIT
CTRACE_LOG=off
export CTRACE_LOG

result=0
for program in programs/*.hm; do
    expected=expected/$(basename "$program" .hm).txt
    "$typecheck" "$program" >"$found" 2>&1
    echo "exit status $?" >>"$found"
    if [ $update = yes ]; then
        cp "$found" "$expected"
    elif ! diff -u "$expected" "$found"; then
        result=1
    fi
done
exit $result
