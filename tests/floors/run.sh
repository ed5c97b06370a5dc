#!/bin/sh
# The floors test. First shows that the checker can fail, then checks the tree.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect_complaint FILE INCLUDE: the checker must refuse such a line in such a file.
expect_complaint() {
    rm -rf "${work:?}/src" "$work/include"
    mkdir -p "$work/$(dirname "$1")"
    echo "#include $2" >"$work/$1"
    if (cd "$work" && awk -f "$here/floors.awk" "$1") >/dev/null; then
        echo "not refused: #include $2 in $1"
        exit 1
    fi
}
expect_complaint src/base/buf.c '"core/span.h"'
expect_complaint src/core/span.c '"setup/init.h"'
expect_complaint src/write/fd.c '"encode/text.h"'
expect_complaint src/filter/parse.c '"parse.h"'
expect_complaint src/attic/old.c '"base/buf.h"'
expect_complaint include/ctrace/trace.h '"base/buf.h"'
expect_complaint include/ctrace/trace.h '<unistd.h>'

cd "$here/../.."
find src include -name '*.[ch]' ! -path 'src/packaging/*' | sort | xargs awk -f "$here/floors.awk"
