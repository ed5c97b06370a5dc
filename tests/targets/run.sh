#!/bin/sh
# Builds the library for other C libraries, word sizes and byte orders, with all warnings as errors,
# and runs it there: what it tells at once, through the queue and in recordings must be the same
# everywhere. Installs what it needs as tests/run.sh does.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/tests/support/need.sh"

need $to_build_c ninja=ninja-build musl-gcc=musl-tools \
    i686-linux-gnu-gcc=gcc-i686-linux-gnu /usr/i686-linux-gnu/lib/crt1.o=libc6-dev-i386-cross \
    s390x-linux-gnu-gcc=gcc-s390x-linux-gnu /usr/s390x-linux-gnu/lib/crt1.o=libc6-dev-s390x-cross \
    qemu-s390x-static=qemu-user-static
targets=$(build_folder "$root" targets)
flags="-pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Werror"

# target NAME COMPILER FLAGS [RUNNER]: builds and runs it, and has each read the other's recording.
target() {
    folder=$targets/$1
    build "$here" "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$2" \
        -DCMAKE_C_FLAGS="$flags $3" -DCMAKE_EXE_LINKER_FLAGS=-static
    there="${4:-} $folder/stream"
    $there live >"$folder/out"
    $there deferred | diff "$folder/out" -
    $there record "$folder/stream.ctrace"
    "$targets/here/stream" read "$folder/stream.ctrace" | diff "$folder/out" -
    $there read "$targets/here/stream.ctrace" | diff "$folder/out" -
    diff "$targets/here/out" "$folder/out"
    echo "$1: $(wc -l <"$folder/out") lines, five times the same"
}

target here gcc ""
target musl musl-gcc ""
target i686 i686-linux-gnu-gcc "-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64"
target s390x s390x-linux-gnu-gcc "" qemu-s390x-static
