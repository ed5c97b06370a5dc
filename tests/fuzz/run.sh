#!/bin/sh
# Builds every tests/fuzz/*_fuzz.c with clang's libFuzzer and sanitizers, and runs each with its
# corpus. Fails on the first crash, leak or hang and leaves the input that caused it behind.
#
# Usage: tests/fuzz/run.sh [--seconds N]    N is shared by all of them; 60 unless told
set -eu

seconds=60
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        seconds=$2
        shift 2
        ;;
    *)
        echo "usage: $0 [--seconds N]" >&2
        exit 2
        ;;
    esac
done

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${CTRACE_FUZZ_BUILD:-$root/build-fuzz}
clang=${CLANG:-clang}
mkdir -p "$build"

flags="-std=c11 -g -O1 -D_GNU_SOURCE -I$root/include -I$root/src -pthread"
flags="$flags -fsanitize=address,undefined -fno-sanitize-recover=all"

# The library, with coverage for the fuzzer but without its main().
mkdir -p "$build/objects"
if [ -f "$build/libctrace.a" ] &&
    [ -n "$(find "$root/src" "$root/include" -name '*.h' -newer "$build/libctrace.a")" ]; then
    rm -f "$build"/objects/*.o
fi
for source in "$root"/src/*/*.c; do
    case $source in */src/cli/*) continue ;; esac
    object=$build/objects/$(echo "${source#"$root/src/"}" | tr / _).o
    # shellcheck disable=SC2086
    [ "$object" -nt "$source" ] || $clang $flags -fsanitize=fuzzer-no-link -c "$source" -o "$object"
done
rm -f "$build/libctrace.a"
ar rcs "$build/libctrace.a" "$build"/objects/*.o

count=$(ls "$here"/*_fuzz.c | wc -l)
share=$((seconds / count))
[ "$share" -gt 0 ] || share=1
for source in "$here"/*_fuzz.c; do
    name=$(basename "$source" _fuzz.c)
    # shellcheck disable=SC2086
    $clang $flags -fsanitize=fuzzer "$source" "$build/libctrace.a" -lm -o "$build/$name"
    mkdir -p "$build/corpus/$name" # what the fuzzer finds; the checked-in corpus stays as it is
    echo "== $name, $share s"
    "$build/$name" -max_total_time="$share" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/$name-" "$build/corpus/$name" "$here/corpus/$name" \
        >"$build/$name.log" 2>&1 || {
        tail -n 40 "$build/$name.log" >&2
        exit 1
    }
    grep -E 'number_of_executed_units|new_units_added' "$build/$name.log" || true
done
