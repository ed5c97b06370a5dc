#!/bin/sh
# Shows libctrace at work in a real program: builds the type checker and runs it, with its trace in
# colour, on its own programs, or on the given files.
#
# Usage: run.sh [FILE...]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
. "$root/tests/support/need.sh"

case ${1-} in
-*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

need $to_build_c
build_dir=$(build_folder "$root" demo)
build_target=examples
build "$root" "$build_dir" -DBUILD_TESTING=OFF
typecheck=$build_dir/examples/typecheck

export CTRACE_COLOR="${CTRACE_COLOR:-always}"
if [ $# -gt 0 ]; then
    export CTRACE_LOG="${CTRACE_LOG:-typecheck=debug}"
    exec "$typecheck" "$@"
fi

export CTRACE_LOG="${CTRACE_LOG:-typecheck=debug}"
cd "$here/typecheck/programs"
for program in *.hm; do
    printf '\n==== %s\n' "$program"
    "$typecheck" "$program" 2>&1 || [ $? -eq 1 ] # a type error: some programs have one to show
done

cd "$root"
checker=${typecheck#"$root"/}
pool=${checker%typecheck}pool
programs=examples/typecheck/programs
cat <<END

That was every definition, expression and unification on the way to a type. Try next, in $root:

  sh examples/run.sh $programs/bad_infinite.hm
  CTRACE_LOG='warn,[infer{name="map"}]=trace' $checker $programs/lists.hm
  CTRACE_LOG=typecheck=debug CTRACE_FORMAT=json $checker $programs/sorting.hm
  CTRACE_LOG=off $checker $programs/*.hm

and a work-stealing pool (examples/pool) that counts words, each event in the spans of its directories:

  CTRACE_LOG=info,wordcount=debug,pool=trace $pool --workers 4 src

and three HTTP servers in a chain (examples/httpd), whose outputs make one tree of one request:

  sh examples/httpd/run.sh
END
