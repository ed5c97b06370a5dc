#!/bin/sh
# One way of taking libctrace in, tried as a user would: the consumer is built and run.
#
# Usage: run.sh CASE BUILD_DIRECTORY   with the name of a case_ function below; the libraries and
# the amalgamation are in the build directory.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/abi.sh"
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strict="-std=c11 -pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Werror"
target='-DTRACE_TARGET="shop::db"'

# quietly COMMAND...: shows what it said only when it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
}

# speaks COMMAND...: the consumer must succeed, and its own event must come out.
speaks() {
    quietly "$@"
    grep -q 'said by libctrace' "$work/log" || { echo "no event in:"; cat "$work/log"; return 1; }
}

install_library() {
    quietly cmake --install "$build" --prefix "$work/prefix"
}

same_as() {
    diff -u "$here/$1" - && return
    echo "If this is meant: sh tests/packaging/update.sh (it says when the ABI version must rise)."
    return 1
}

case_exports() {
    list_exports "$build/libctrace.so" >"$work/exports"
    ! grep -v '^ctrace_' "$work/exports" || { echo "these are not ours to export"; return 1; }
    same_as exports.txt <"$work/exports"
}

# It needs the C library and its threads, and goes by the name that its ABI version gives it.
case_needed() {
    readelf -d "$build/libctrace.so" >"$work/dynamic"
    abi=$(sed -n 's/^set(CTRACE_ABI_VERSION \(.*\))/\1/p' "$root/CMakeLists.txt")
    grep -q "SONAME.*\[libctrace\.so\.$abi\]" "$work/dynamic"
    ! grep NEEDED "$work/dynamic" | grep -v -e '\[libc\.' -e '\[libpthread\.' -e '\[ld-'
}

case_layout() {
    [ "$(getconf LONG_BIT)" = 64 ] || { echo "the list is for 64 bits"; return 0; }
    list_layout "$work" "$build" >"$work/layout.txt"
    same_as layout.txt <"$work/layout.txt"
}

case_find_package() {
    install_library
    for kind in ON OFF; do
        quietly cmake -S "$here/find_package" -B "$work/consumer" -DBUILD_SHARED_LIBS=$kind \
            -DCMAKE_PREFIX_PATH="$work/prefix"
        quietly cmake --build "$work/consumer"
        for name in ctrace ctrace_static ctrace_shared; do
            speaks "$work/consumer/consumer_ctrace_$name"
        done
    done
}

case_pkg_config() {
    install_library
    config=$(find "$work/prefix" -name libctrace.pc)
    libraries=$(dirname "$(dirname "$config")")
    PKG_CONFIG_PATH=$(dirname "$config")
    export PKG_CONFIG_PATH
    version=$(sed -n 's/^#define CTRACE_VERSION_[MP][A-Z]* *//p' "$root/include/ctrace/trace.h" |
        tr '\n' '.')
    [ "$(pkg-config --modversion libctrace)." = "$version" ]

    # shellcheck disable=SC2046,SC2086 # lists of flags
    quietly cc $strict "$target" "$here/consumer.c" -o "$work/shared" \
        $(pkg-config --cflags --libs libctrace)
    speaks env LD_LIBRARY_PATH="$libraries" "$work/shared"

    rm "$libraries"/libctrace.so*
    # shellcheck disable=SC2046,SC2086
    quietly cc $strict "$target" "$here/consumer.c" -o "$work/static" \
        $(pkg-config --static --cflags --libs libctrace)
    speaks "$work/static"
}

case_subdirectory() {
    for fetch in OFF ON; do
        quietly cmake -S "$here/subdirectory" -B "$work/consumer" -DCTRACE_ROOT="$root" \
            -DBY_FETCH_CONTENT=$fetch
    done
    quietly cmake --build "$work/consumer" --parallel 2 --target consumer
    speaks "$work/consumer/consumer"
}

# With nothing but the two files and what every system has, with each compiler, in both languages.
case_amalgamation() {
    quietly cmake --build "$build" --target amalgamation
    cp "$here/consumer.c" "$build/ctrace.h" "$build/ctrace.c" "$work"
    cd "$work"
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        quietly "$compiler" -std=c11 -pthread "$target" -DAMALGAMATED consumer.c ctrace.c -o program
        speaks ./program
        quietly "$compiler" -x c++ -std=c++17 -pthread "$target" -DAMALGAMATED -c consumer.c
    done
}

"case_$1"
