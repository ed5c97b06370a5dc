#!/bin/sh
# Counts the processor instructions of events and spans, with callgrind: what two runs of different
# length differ by, without the loop.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/tests/support/need.sh"

need $to_build_c valgrind=valgrind
folder=$(build_folder "$root" bench)
build "$here" "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG"
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

# instructions KIND TIMES: of the whole program.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$counts" \
        "$folder/bench_counted" "$1" "$2" >/dev/null 2>&1
    sed -n 's/^summary: //p' "$counts"
}

# one KIND: hundredths of instructions of one, the loop included.
one() {
    few=$(instructions "$1" 10000)
    many=$(instructions "$1" 20000)
    echo $(((many - few) / 100))
}

loop=$(one nothing)
printf '%-44s %s\n' "instructions, static library" "of one"
row() {
    printf '%-44s %d\n' "$2" $((($(one "$1") - loop + 50) / 100))
}
row disabled-event "disabled event"
row disabled-span "disabled span, its end included"
row event "event, 3 fields, to nobody in particular"
row gated-event "the same, let through by a dynamic directive"
row span "span, 2 fields, open and close"
row ring-event "event into the ring of a deferred subscriber"
row ring-span "span likewise"
row filtered-ring-event "event likewise, behind a filter by level"
row filtered-ring-span "span likewise"
row tape-event "event into a recording"
row tape-span "span likewise"
row filtered-tape-event "event likewise, behind a filter by level"
row filtered-tape-span "span likewise"
row both-event "event into both, by a tee"
row both-span "span likewise"
row text-event "event, 3 fields, as a line of text, written"
row queued-text "the same through a queue, all in all"
row queued-json "the same as JSON"
