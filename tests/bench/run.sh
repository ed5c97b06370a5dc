#!/bin/sh
# Prints what libctrace costs on this machine, in nanoseconds of processor time, beside what the
# machine can do at best: one table, from one run.
#
# Usage: run.sh [--peers] [--smoke]
#   --peers  spdlog, Rust's tracing and LTTng beside it (Debian packages, installed when missing)
#   --smoke  few repetitions: only whether everything runs
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/tests/support/need.sh"

peers=
smoke=
rounds=3
for option; do
    case $option in
    --peers) peers=yes ;;
    --smoke) smoke=--smoke rounds=1 ;;
    *)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done

need $to_build_c
folder=$(build_folder "$root" bench)
build "$here" "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG"
columns="static shared"

if [ -n "$peers" ]; then
    for peer in spdlog tracing lttng; do
        if sh "$here/peers/$peer.sh" "$folder/bench_$peer"; then
            columns="$columns $peer"
        else
            echo "Without $peer: it could not be built here." >&2
        fi
    done
fi

# The programs take turns, so that a slow minute of the machine does not hit one alone.
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
round=0
while [ $round -lt $rounds ]; do
    for column in $columns; do
        "$folder/bench_$column" $smoke | sed "s/^/$column	/" >>"$rows"
    done
    round=$((round + 1))
done

awk -v columns="$columns" -f "$here/table.awk" "$rows"
