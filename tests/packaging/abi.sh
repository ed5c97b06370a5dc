# What binaries that link libctrace rely on. Sourced by run.sh and update.sh; $root is the tree.

# list_exports LIBRARY: the names that the shared library gives away.
list_exports() {
    nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort
}

# list_layout WORK_DIRECTORY BUILD_DIRECTORY: sizes and offsets of the public structs, a
# struct after the other by name, so that a new one moves no line.
list_layout() {
    for header in "$root"/include/ctrace/*.h; do
        echo "#include \"ctrace/${header##*/}\""
    done >"$1/all.c"
    cc -std=c11 -I"$root/include" -E "$1/all.c" >"$1/all.i"
    {
        cat "$1/all.c"
        cat <<'END'
#include <stdio.h>
#define P(s) printf("%s.*: %zu bytes\n", #s, sizeof(struct s))
#define M(s, m) \
    printf("%s.%s: at %zu, %zu bytes\n", #s, #m, offsetof(struct s, m), sizeof(((struct s *)0)->m))
END
        awk -f "$root/src/packaging/amalgamate/tokens.awk" \
            -f "$root/tests/packaging/layout.awk" "$1/all.i"
    } >"$1/layout.c"
    cc -std=c11 -I"$root/include" "$1/layout.c" "$2/libctrace.a" -pthread -o "$1/layout" &&
        "$1/layout" | LC_ALL=C sort -s -t. -k1,1
}
