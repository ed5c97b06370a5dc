#!/bin/sh
# Writes the library as two files, ctrace.h and ctrace.c, to take into another program as they are:
# cc -std=c11 -pthread program.c ctrace.c
#
# Usage: amalgamate.sh OUTPUT_DIRECTORY ROOM...   rooms (folders of src) from the lowest floor up
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
output=$(cd "$1" && pwd)
shift
cd "$tools/../../.."

# banner FILE TEXT: opens FILE with what it is and the licence.
banner() {
    {
        echo "/* $2"
        echo " *"
        sed 's/^/ * /; s/ *$//' LICENSE
        echo " */"
    } >"$1"
}

headers=
sources=
for room; do
    headers="$headers $(find "src/$room" -name '*.h' | sort)"
    sources="$sources $(find "src/$room" -name '*.c' | sort)"
done

locals=$(mktemp)
trap 'rm -f "$locals"' EXIT

banner "$output/ctrace.h" "libctrace in one header: made from include/ctrace, not to be edited."
awk -f "$tools/tokens.awk" -f "$tools/emit.awk" include/ctrace/*.h >>"$output/ctrace.h"

banner "$output/ctrace.c" "libctrace in one source: made from src, not to be edited."
cat >>"$output/ctrace.c" <<'END'
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#elif !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif
#define CTRACE_I_NO_MODULE

#include "ctrace.h"
END
# All headers before all sources: one that a source includes under some condition is for all.
# shellcheck disable=SC2086 # lists of files
{
    awk -f "$tools/tokens.awk" -f "$tools/locals.awk" $sources >"$locals"
    awk -v locals="$locals" -v done='^include/' -f "$tools/tokens.awk" -f "$tools/emit.awk" \
        $headers $sources >>"$output/ctrace.c"
}
