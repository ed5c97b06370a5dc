#!/bin/sh
# Builds the same work done with LTTng's user-space tracer, into the given file: a script that runs
# it in a session of its own, in snapshot mode (rings in memory that are overwritten, nobody reads).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../support/need.sh"
need gcc=gcc lttng=lttng-tools babeltrace2=babeltrace2 \
    /usr/share/doc/liblttng-ust-dev=liblttng-ust-dev
gcc -std=gnu11 -O2 -DNDEBUG -I"$here" "$here/lttng.c" -o "$1.program" -llttng-ust -ldl
cat >"$1" <<'SCRIPT'
#!/bin/sh
# Fails when not all that was emitted can be read back.
set -eu
home=$(mktemp -d)
export LTTNG_HOME="$home" HOME="$home"
trap '[ ! -s "$home/pid" ] || kill "$(cat "$home/pid")"; rm -rf "$home"' EXIT
if ! lttng --no-sessiond list >/dev/null 2>&1; then
    lttng-sessiond --daemonize --no-kernel --quiet --pidfile="$home/pid"
fi
{
    lttng --no-sessiond create bench$$ --snapshot --output="$home/trace"
    lttng --no-sessiond enable-channel --userspace ring --subbuf-size=4M --num-subbuf=4
    lttng --no-sessiond enable-event --userspace --channel ring bench:request_done
    lttng --no-sessiond start
} >"$home/log" 2>&1 || { cat "$home/log" >&2; exit 1; }
LTTNG_UST_REGISTER_TIMEOUT=5000 "$0.program" "$@" 2>"$home/emitted"
{
    lttng --no-sessiond stop
    lttng --no-sessiond snapshot record
    lttng --no-sessiond destroy bench$$
} >"$home/log" 2>&1 || { cat "$home/log" >&2; exit 1; }
read_back=$(babeltrace2 "$home/trace" 2>/dev/null |
    grep -c 'count = 42, ratio = 2.5, what = "request"')
[ "$read_back" -eq "$(cat "$home/emitted")" ] || {
    echo "lttng: $read_back of $(cat "$home/emitted") events read back" >&2
    exit 1
}
SCRIPT
chmod +x "$1"
