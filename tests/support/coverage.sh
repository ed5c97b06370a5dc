#!/bin/sh
# Prints how many lines of each source of the library were executed, and of all; fails when that is
# less than LEAST per cent.
#
# Usage: coverage.sh BUILD_DIRECTORY LEAST
set -eu

cd "$1"
find CMakeFiles/ctrace_static.dir -name '*.gcno' | sort | while read -r notes; do
    gcov -n "$notes" 2>/dev/null
done | awk -v least="$2" '
    /^File / {
        file = $2
        gsub(/\047/, "", file)
        wanted = sub(/^.*\/src\//, "", file) && file ~ /\.c$/
    }
    /^Lines executed:/ && wanted {
        split($0, part, /[:% ]+/)
        lines = $NF
        executed += part[3] * lines / 100
        all += lines
        printf "%6.1f %% of %5d  %s\n", part[3], lines, file
        wanted = 0
    }
    END {
        share = all ? 100 * executed / all : 0
        printf "%6.1f %% of %5d  lines executed\n", share, all
        if (share < least) {
            printf "That is less than %d %%.\n", least
            exit 1
        }
    }'
