#!/bin/sh
# Installs what is missing (on Debian), builds, and runs every test. Ends as ctest does.
#
# Usage: run.sh [OPTION...] [CTEST ARGUMENT...]
#   --sanitize address|thread|undefined|address,undefined
#   --coverage              fails when less than 90 % of the lines of src were executed
#   --compiler gcc|clang    default: gcc
#   --build-dir DIRECTORY   default: one below build/, by the other options
# For example: run.sh --sanitize thread -R core
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/support/need.sh"

usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

# ctest ignores options that it does not know; a misspelt one of ours must not go by like that.
ctest_knows() {
    option=${1%%[=0-9]*}
    ctest --help | grep -qE -e "(^|[ ,])$option([ ,=]|\$)"
}

sanitize=
coverage=
compiler=gcc
build_dir=
while [ $# -gt 0 ]; do
    case $1 in
    --coverage) coverage=ON ;;
    --sanitize | --compiler | --build-dir)
        [ $# -gt 1 ] || usage
        case $1 in
        --sanitize) sanitize=$2 ;;
        --compiler) compiler=$2 ;;
        --build-dir) build_dir=$2 ;;
        esac
        shift
        ;;
    --help) usage ;;
    *) break ;;
    esac
    shift
done
case $sanitize in
'' | address | thread | undefined | address,undefined) ;;
*) usage ;;
esac
case $compiler in
gcc) compiler_cxx=g++ ;;
clang) compiler_cxx=clang++ ;;
*) usage ;;
esac
if [ -n "$coverage" ] && [ "$compiler" != gcc ]; then
    echo "--coverage wants gcc" >&2
    exit 2
fi

need "$compiler=$compiler" g++=g++ cmake=cmake ninja=ninja-build pkg-config=pkg-config nm=binutils diff=diffutils \
    /usr/include/cmocka.h=libcmocka-dev
for argument; do
    case $argument in
    -*) ctest_knows "$argument" || usage ;;
    esac
done
if [ "$compiler" = clang ] && [ -n "$sanitize" ] &&
    ! echo 'int main(void) { return 0; }' | clang -fsanitize="$sanitize" -x c - -o /dev/null 2>/dev/null; then
    need no-sanitizer-of-clang=libclang-rt-dev
fi

: "${build_dir:=$(build_folder "$root" "$compiler${sanitize:+-$sanitize}${coverage:+-coverage}")}"
echo "Building in $build_dir"
build "$root" "$build_dir" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_CXX_COMPILER="$compiler_cxx" \
    -DCTRACE_SANITIZE="$sanitize" -DCTRACE_COVERAGE="${coverage:-OFF}" -DBUILD_TESTING=ON

export UBSAN_OPTIONS="print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
cd "$build_dir"
if [ -z "$coverage" ]; then
    exec ctest --output-on-failure --no-label-summary --parallel "$(jobs_here)" "$@"
fi

find . -name '*.gcda' -exec rm -f {} +
status=0
ctest --output-on-failure --no-label-summary --parallel "$(jobs_here)" "$@" >ctest.log 2>&1 || status=$?
sed '/tests passed,/,$d' ctest.log
sh "$root/tests/support/coverage.sh" . 90 || status=1
sed -n '/tests passed,/,$p' ctest.log
exit $status
