#!/bin/sh
# Takes the exports and layouts as they are now for what they should be. When a line of them goes
# or changes (not: comes), raise CTRACE_ABI_VERSION in CMakeLists.txt.
#
# Usage: update.sh [BUILD_DIRECTORY]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
. "$here/abi.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build=${1:-$work/build}
if [ $# -eq 0 ]; then
    cmake -S "$root" -B "$build" -DBUILD_TESTING=OFF -DCTRACE_EXAMPLES=OFF >/dev/null
    cmake --build "$build" --parallel 2 >/dev/null
fi
list_exports "$build/libctrace.so" >"$work/exports"
list_layout "$work" "$build" >"$work/layout.txt"
mv "$work/exports" "$here/exports.txt"
mv "$work/layout.txt" "$here/layout.txt"
