/* Every kind of value that a field takes. */
/* also: -O2 */
/* also: -funsigned-char */
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

struct point {
    int x, y;
};

static void describe(ctrace_buf *out, const void *object) {
    const struct point *point = (const struct point *)object;
    ctrace_buf_printf(out, "(%d, %d)", point->x, point->y);
}

struct flags {
    unsigned ready : 1;
    unsigned count : 7;
};

void arithmetic(void);
void arithmetic(void) {
    bool b = true;
    char c = 'c';
    signed char sc = -1;
    unsigned char uc = 1;
    short s = -2;
    unsigned short us = 2;
    int i = -3;
    unsigned u = 3;
    long l = -4;
    unsigned long ul = 4;
    long long ll = -5;
    unsigned long long ull = 5;
    float f = 1.5f;
    double d = 2.5;
    long double ld = 3.5L;
    TRACE_INFO("integers", ("b", b), ("c", c), ("sc", sc), ("uc", uc), ("s", s), ("us", us),
               ("i", i), ("u", u), ("l", l), ("ul", ul), ("ll", ll), ("ull", ull));
    TRACE_INFO("others", ("f", f), ("d", d), ("ld", ld), ("size", sizeof i));
}

void pointers(const char *text, char *own, const volatile int *port);
void pointers(const char *text, char *own, const volatile int *port) {
    char array[8] = "array";
    TRACE_INFO("texts", ("text", text), ("own", own), ("array", array), ("literal", "it"));
    TRACE_INFO("addresses", ("port", port), ("array", &array), ("code", &pointers),
               ("file", (void *)0));
}

void meanings(const void *bytes, size_t size, int64_t elapsed);
void meanings(const void *bytes, size_t size, int64_t elapsed) {
    struct point origin = {0, 0};
    struct flags flags = {1, 2};
    int x = 1;
    TRACE_INFO("said", ("bool", TRACE_BOOL(size == 2)), ("i64", TRACE_I64(-1)),
               ("u64", TRACE_U64(flags.count)), ("ready", TRACE_BOOL(flags.ready)),
               ("f64", TRACE_F64(1)), ("str", TRACE_STR("s")), ("ptr", TRACE_PTR(bytes)));
    TRACE_INFO("meant", ("strn", TRACE_STRN("abcdef", 3)), ("bytes", TRACE_BYTES(bytes, size)),
               ("hex", TRACE_HEX(255)), ("errno", TRACE_ERRNO(2)), ("took", TRACE_NS(elapsed)),
               ("point", TRACE_LAZY(describe, &origin)), ("later", TRACE_EMPTY), TRACE_V(x),
               TRACE_V(size));
}
