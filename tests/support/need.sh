# Sourced by the scripts that promise to work on a fresh Debian machine. They run on any other one
# too, when what they need is there.

# need WHAT=PACKAGE...: installs the packages whose WHAT (a command, or a file by its whole path) is
# missing, as root or by a sudo that asks no password. Says what to install when it may not.
need() {
    missing=
    for pair; do
        what=${pair%%=*}
        case $what in
        /*) [ -e "$what" ] || missing="$missing ${pair#*=}" ;;
        *) command -v "$what" >/dev/null 2>&1 || missing="$missing ${pair#*=}" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root="sudo -n"
        sudo -n true 2>/dev/null || as_root=none
    fi
    if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing, and not mine to install here:$missing" >&2
        echo "On Debian: apt-get install$missing" >&2
        return 1
    fi
    echo "Installing:$missing"
    install_log=$(mktemp)
    # shellcheck disable=SC2086 # lists of words
    if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $missing; } >"$install_log" 2>&1; then
        cat "$install_log" >&2
        rm -f "$install_log"
        return 1
    fi
    rm -f "$install_log"
}

# What building C programs takes: `need $to_build_c`. A compiler only recommends the C library's
# headers, and nothing recommended is installed.
to_build_c="cc=gcc /usr/include/stdio.h=libc6-dev cmake=cmake make=make"

# quietly COMMAND...: shows what it said only when it fails.
quietly() {
    quiet_log=$(mktemp)
    if "$@" >"$quiet_log" 2>&1; then
        rm -f "$quiet_log"
        return 0
    fi
    cat "$quiet_log" >&2
    rm -f "$quiet_log"
    return 1
}

# build SOURCE BUILD CMAKE_ARGUMENT...: configures and builds $build_target (default: everything),
# with ninja where there is one.
build() {
    source=$1 build=$2
    shift 2
    if [ ! -f "$build/CMakeCache.txt" ] && command -v ninja >/dev/null 2>&1; then
        set -- -G Ninja "$@"
    fi
    quietly cmake -S "$source" -B "$build" "$@" &&
        quietly cmake --build "$build" --target "${build_target:-all}" --parallel "$(jobs_here)"
}

# build_folder ROOT NAME: where to build: below build/, or in a tree that is not ours, elsewhere.
build_folder() {
    if [ -w "$1" ]; then
        echo "$1/build/$2"
    else
        echo "${TMPDIR:-/tmp}/libctrace-$(id -u)/$2"
    fi
}

jobs_here() {
    nproc 2>/dev/null || getconf _NPROCESSORS_ONLN
}
