#!/bin/sh
# What a user's compiler says to our headers, with every compiler that is installed (gcc, clang), as
# C11 and as C++17, under the strict flags.
#
# Usage: run.sh headers|pass|fail [FILE...]
#
# headers  Each public header compiles as the only include of a file, twice over.
# pass     pass/*.c compile without a word. Comment lines in a file ask for more:
#            /* also: FLAGS */        once more with these flags
#            /* only: c */            as this language alone (c or c++)
# fail     fail/*.c do not compile, and the first error shown holds the text of
#            /* expect: TEXT */       in C11
#            /* expect c++: TEXT */   in C++17, which is tried only when this is there
#            /* expect clang: TEXT */ or gcc, where they word it differently; also "clang c++"
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
strict="-pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Werror -I$root/include"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
runs=0

# compile COMPILER LANGUAGE FILE FLAGS...: what it says is left in $work/said.
compile() {
    compiler=$1 language=$2 file=$3
    shift 3
    case $language in
    c) standard="-x c -std=c11" ;;
    c++) standard="-x c++ -std=c++17" ;;
    esac
    runs=$((runs + 1))
    # shellcheck disable=SC2086 # lists of flags
    $compiler $standard $strict "$@" -c "$file" -o "$work/out.o" >"$work/said" 2>&1
}

complain() {
    failures=$((failures + 1))
    printf 'FAIL %s\n' "$1"
    sed -n '1,12s/^/    /p' "$work/said"
}

# asked WORD FILE: the texts of the comment lines "/* WORD: text */".
asked() {
    sed -n "s|^/\* $1: \(.*\) \*/\$|\1|p" "$2"
}

check_headers() {
    for header in "$root"/include/ctrace/*.h; do
        name=ctrace/${header##*/}
        printf '#include "%s"\n#include "%s"\nextern int ctrace_nothing;\n' "$name" "$name" \
            >"$work/alone.c"
        compile "$1" "$2" "$work/alone.c" && [ ! -s "$work/said" ] ||
            complain "$name alone, $1 as $2"
    done
}

check_pass() {
    only=$(asked only "$3")
    [ -z "$only" ] || [ "$only" = "$2" ] || return 0
    { echo; asked also "$3"; } >"$work/variants"
    while read -r flags; do
        # shellcheck disable=SC2086
        compile "$1" "$2" "$3" $flags && [ ! -s "$work/said" ] ||
            complain "${3##*/} should compile: $1 as $2 $flags"
    done <"$work/variants"
}

check_fail() {
    compiler=$1 language=$2 file=$3
    expected=$(asked "expect $compiler $language" "$file")
    if [ -z "$expected" ] && [ "$language" = c ]; then
        expected=$(asked "expect $compiler" "$file")
        [ -n "$expected" ] || expected=$(asked expect "$file")
        [ -n "$expected" ] || { : >"$work/said"; complain "${file##*/} has no expect line"; return; }
    elif [ -z "$expected" ]; then
        expected=$(asked "expect $language" "$file")
        [ -n "$expected" ] || return 0
    fi
    if compile "$compiler" "$language" "$file"; then
        complain "${file##*/} should not compile: $compiler as $language"
    elif ! grep -m1 'error:' "$work/said" | grep -qF -e "$expected"; then
        complain "${file##*/}: the first error does not say \"$expected\": $compiler as $language"
    fi
}

what=$1
shift
[ $# -gt 0 ] || set -- "$here/$what"/*.c
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || { echo "skipped: no $compiler here"; continue; }
    for language in c c++; do
        if [ "$what" = headers ]; then
            check_headers "$compiler" "$language"
            continue
        fi
        for file; do
            [ ! -f "$file" ] || "check_$what" "$compiler" "$language" "$file"
        done
    done
done

echo "$what: $runs compilations, $failures failures"
[ "$runs" -gt 0 ] && [ "$failures" -eq 0 ]
