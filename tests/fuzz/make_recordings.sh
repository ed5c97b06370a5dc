#!/bin/sh
# Makes the recordings in the corpus of record_fuzz again: for when the format changes. Needs the
# library that tests/fuzz/run.sh or CMake has built.
#
# Usage: tests/fuzz/make_recordings.sh LIBRARY    libctrace.a
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 libctrace.a" >&2
    exit 2
}
library=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.."
program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-cc} -std=c11 -O1 -Wall -Wextra -D_GNU_SOURCE -Iinclude -Isrc -pthread tests/fuzz/make_recordings.c \
    "$library" -lm -o "$program"
"$program" tests/fuzz/corpus/record
