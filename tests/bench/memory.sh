#!/bin/sh
# Prints what libctrace takes of memory on this machine, in KiB over the same program without a
# subscriber, with 1 and with 17 threads that have emitted and are alive.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/tests/support/need.sh"

need $to_build_c
folder=$(build_folder "$root" bench)
build "$here" "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG"
cd "$folder"

# least KIND THREADS: of five runs.
least() {
    for run in 1 2 3 4 5; do
        ./bench_memory "$1" "$2"
    done | sort -n | head -n 1
}

nobody_1=$(least nobody 1)
nobody_17=$(least nobody 17)
printf '%-44s %8s %8s\n' "KiB of private memory, threads:" 1 17
printf '%-44s %8d %8d\n' "the program without a subscriber" "$nobody_1" "$nobody_17"
more() {
    printf '%-44s %8d %8d\n' "$2" \
        $(($(least "$1" 1) - nobody_1)) $(($(least "$1" 17) - nobody_17))
}
more text "text, more than that"
more deferred "deferred, its rings filled, more than that"
more recorder "recorder, its file's pages, more than that"
