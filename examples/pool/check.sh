#!/bin/sh
# Has the pool count words and sort, and compares that with wc and with what it says of itself.
#
# Usage: check.sh POOL
set -u
pool=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

folder=$(mktemp -d) || exit 2
trap 'chmod -R u+rwx "$folder"; rm -rf "$folder"' EXIT
tree=$folder/tree
trace=$folder/trace
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# same WHAT EXPECTED FOUND
same() {
    [ "$2" = "$3" ] || fail "$1: $2 expected, $3 found"
}

# events MESSAGE: how many events of that message are in the trace.
events() {
    grep -c "\"msg\":\"$1\"" "$trace"
}

# The total of all files, one by one: a word ends where its file does.
words_by_wc() {
    find "$1" -type f -exec wc -w {} + | awk '!/ total$/ { words += $1 } END { print words + 0 }'
}

# ---- A tree of everything ----

plant() {
    mkdir -p "$tree/empty folder" "$tree/a folder"
    for branch in 1 2 3 4 5 6 7 8; do
        mkdir -p "$tree/$branch/deeper/deeper still"
        for leaf in 1 2 3 4 5 6 7 8 9 10; do
            echo "file $leaf of branch $branch" >"$tree/$branch/$leaf.txt"
            seq 1 $((leaf * 50)) >"$tree/$branch/deeper/$leaf.txt"
            printf 'no newline at the end' >"$tree/$branch/deeper/deeper still/$leaf"
        done
    done
    : >"$tree/empty"
    echo 'a name with spaces' >"$tree/a folder/a file"
    echo 'a name with a newline' >"$tree/a folder/a
file"
    printf 'tabs\tand\vother\fspace\r\n \n  x ' >"$tree/spaces"
    printf 'caf\303\251 \303\274ber\302\240alles \342\200\203 \342\202\254 \342\201\240' >"$tree/utf-8"
    printf 'caf\351 \377\376 \303 a\303' >"$tree/latin-1"
    printf 'a\000b \000 \001 c\001d \033[31m \177' >"$tree/controls"
    head -c 300000 "$pool" >"$tree/binary"
    # pieces of a character on both sides of where the file is read in pieces
    { head -c 65535 /dev/zero | tr '\0' a; printf '\303\251 \342\202\254'; } >"$tree/boundary"
    seq 1 400000 >"$tree/big"
    ln -s big "$tree/link"
    ln -s . "$tree/loop"
    ln -s nowhere "$tree/broken"
    mkfifo "$tree/fifo"
}

check_totals() {
    for locale in C C.UTF-8; do
        for workers in 1 2 7; do
            same "words in $locale with $workers workers" "$(LC_ALL=$locale words_by_wc "$tree")" \
                "$(LC_ALL=$locale "$pool" --workers $workers "$tree" 2>"$trace")"
        done
    done
    POSIXLY_CORRECT=1 LC_ALL=C.UTF-8
    export POSIXLY_CORRECT LC_ALL
    same "words as POSIX has them" "$(words_by_wc "$tree")" "$("$pool" "$tree" 2>"$trace")"
    unset POSIXLY_CORRECT LC_ALL
    same "words of one file" "$(words_by_wc "$tree/big")" "$("$pool" "$tree/big" 2>"$trace")"
    same "words of a symbolic link" 0 "$("$pool" "$tree/link" 2>"$trace")"
    same "words of nothing" 0 "$("$pool" "$tree/empty folder" 2>"$trace")"
}

# Where the user may read everything, another one tries.
as_nobody() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    else
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    fi
}

check_what_cannot_be_read() {
    "$pool" "$tree/not here" >"$folder/out" 2>"$trace"
    same "status of what is not there" 1 $?
    same "words of what is not there" 0 "$(cat "$folder/out")"
    chmod 755 "$folder"
    if ! as_nobody test -x "$pool"; then
        echo "skipped: files that cannot be read: needs a user that may run $pool and is not root"
        return
    fi
    mkdir "$folder/closed" "$folder/closed/room"
    echo 'one two' >"$folder/closed/open"
    echo 'not seen' >"$folder/closed/shut"
    echo 'not seen' >"$folder/closed/room/file"
    chmod 0 "$folder/closed/shut" "$folder/closed/room"
    CTRACE_FORMAT=json as_nobody "$pool" "$folder/closed" >"$folder/out" 2>"$trace"
    same "status with files that cannot be read" 1 $?
    same "words of what can be read" 2 "$(cat "$folder/out")"
    same "warnings" 2 "$(events 'cannot read')"
}

# ---- Context: on every worker, the application's events are in its spans ----

# The last folder of the event's path must be the innermost span's, the outermost span the count.
check_context() {
    CTRACE_FORMAT=json CTRACE_LOG=wordcount=debug,main=info "$pool" --workers 4 "$tree" \
        >/dev/null 2>"$trace"
    same "files told" "$(find "$tree" -type f | grep -vc '^file$')" "$(events counted)"
    same "in the wrong span" 0 "$(grep '"msg":"counted"' "$trace" | sed '
        s/\\n/?/g
        s|.*"path":"\([^"]*\)/[^"/]*","words".*"span":{"name":"directory","path":"\1"},"spans":\[{"name":"count",.*|right|
        ' | grep -vc '^right$')"
    same "traces" 1 "$(sed -n 's/.*"trace_id":"\([0-9a-f]*\)".*/\1/p' "$trace" | sort -u | wc -l)"
    CTRACE_FORMAT=json CTRACE_LOG=mergesort=debug,main=info "$pool" --workers 4 --sort 300000 \
        >/dev/null 2>"$trace"
    same "merges outside of where they belong" 0 "$(grep '"msg":"merged"' "$trace" |
        grep -vc '"count":\([0-9]*\),.*"span":{"name":"sort","count":\1},"spans":\[{"name":"sort all",')"
}

# workers_seen: how many workers the application's events name.
workers_seen() {
    sed -n 's/.*"worker":\([0-9]*\).*/\1/p' "$trace" | sort -u | wc -l
}

# ---- The pool's own diagnostics ----

check_diagnostics() {
    "$pool" --workers 4 --sort 1000000 >"$folder/out" 2>"$trace"
    same "numbers in order" 1000000 "$(cat "$folder/out")"
    same "lines about the pool by default" 0 "$(grep -c pool: "$trace")"
    # a thread may come too late once; not every time
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        CTRACE_FORMAT=json CTRACE_LOG=pool=trace,mergesort=debug "$pool" --workers 4 --sort 1000000 \
            >/dev/null 2>"$trace"
        [ "$(events steal)" -gt 0 ] && [ "$(events park)" -gt 0 ] && [ "$(workers_seen)" -gt 1 ] && break
    done
    [ "$(events steal)" -gt 0 ] || fail "no steals told in $attempt attempts"
    [ "$(events park)" -gt 0 ] || fail "no parks told in $attempt attempts"
    same "workers told" 4 "$(events worker)"
    same "steals, told and counted" "$(events steal)" "$(sed -n 's/.*"steals":\([0-9]*\).*/\1/p' "$trace" |
        awk '{ sum += $1 } END { print sum }')"
}

plant
check_totals
check_what_cannot_be_read
check_context
check_diagnostics
[ $failures -eq 0 ]
