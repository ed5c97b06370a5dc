/* A program that uses every macro, compiled as C and as C++ from this text: its stream must be the
 * same. Included once, by program_test.c and program_test.cpp. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrace/testing.h"

static void write_point(ctrace_buf *out, const void *object) {
    const int *point = (const int *)object;
    ctrace_buf_printf(out, "(%d, %d)", point[0], point[1]);
}

static int evaluations;

static int evaluate(int value) {
    evaluations += 1;
    return value;
}

static void every_value(void) {
    const int point[2] = {3, 4};
    char text[] = "text";
    const char *constant = "constant";
    const unsigned char bytes[] = {0, 255, 16};
    bool yes = true;
    enum { LOW, HIGH } grade = HIGH;
    TRACE_INFO("integers", ("c", 'x'), ("sc", (signed char)-1), ("uc", (unsigned char)255),
               ("s", (short)-2), ("us", (unsigned short)2), ("i", -3), ("u", 3u), ("l", -4l),
               ("ul", 4ul), ("ll", -5ll), ("ull", 5ull), ("min", INT64_MIN), ("max", UINT64_MAX));
    TRACE_INFO("others", ("bool", yes), ("float", 0.5f), ("double", 0.1), ("ld", 2.5L),
               ("array", text), ("constant", constant), ("null", (const char *)NULL),
               ("pointer", (void *)NULL), ("enum", TRACE_I64(grade)));
    TRACE_INFO("meant", ("b", TRACE_BOOL(1)), ("i", TRACE_I64(2)), ("u", TRACE_U64(3)),
               ("f", TRACE_F64(4)), ("s", TRACE_STR("five")), ("strn", TRACE_STRN("sixteen", 3)),
               ("bytes", TRACE_BYTES(bytes, sizeof bytes)), ("hex", TRACE_HEX(255)),
               ("errno", TRACE_ERRNO(ENOENT)), ("ns", TRACE_NS(1500000)), TRACE_V(yes),
               ("lazy", TRACE_LAZY(write_point, point)), ("ptr", TRACE_PTR(NULL)));
    TRACE_INFO("escapes", ("text", "a\"b\\c\n\t\x1b[31m"), ("strn", TRACE_STRN("a\0b", 3)));
}

static void every_event(void) {
    TRACE_TRACE("trace");
    TRACE_DEBUG("debug", ("n", evaluate(1)));
    TRACE_INFO("info");
    TRACE_WARN("warn", ("a", 1), ("b", 2));
    TRACE_ERROR("error");
    TRACE_EVENT(CTRACE_LEVEL_WARN, "event", ("n", 1));
    for (ctrace_level level = -1; level <= 8; level++) {
        TRACE_EVENT_DYN(level, "dynamic", ("level", level));
    }
    TRACE_TRACEF("%s", "tracef");
    TRACE_DEBUGF("%d", 1);
    TRACE_INFOF("100%%");
    TRACE_WARNF("%d of %d", 1, 2);
    TRACE_ERRORF("%-5s|", "x");
    TRACE_LOGF(CTRACE_LEVEL_INFO, "%c", 'c');
    if (TRACE_ENABLED(CTRACE_LEVEL_DEBUG)) {
        TRACE_DEBUG("enabled");
    }
    for (int i = 0; i < 7; i++) {
        TRACE_ONCE(CTRACE_LEVEL_INFO, "once", ("i", evaluate(i)));
        TRACE_EVERY(3, CTRACE_LEVEL_INFO, "every", ("i", evaluate(i)));
        TRACE_RATE(1000000, CTRACE_LEVEL_INFO, "rate", ("i", i));
        TRACE_RATE(0, CTRACE_LEVEL_INFO, "never", ("i", evaluate(i)));
    }
}

static int returns(int n) {
    TRACE_FN(("n", n));
    if (n == 0) {
        TRACE_RETURN(evaluate(n));
    }
    TRACE_RETURN(returns(n - 1) + 1);
}

static unsigned char returns_as(void) {
    TRACE_FN_AT(CTRACE_LEVEL_DEBUG);
    TRACE_RETURN_AS(unsigned char, 5);
}

static void leaves(int how) {
    for (int i = 0; i < 2; i++) {
        TRACE_SPAN("in a loop", ("i", i));
        if (how == 0) {
            continue;
        }
        if (how == 1) {
            break;
        }
        TRACE_BLOCK("block", ("how", how)) {
            if (how == 2) {
                break;
            }
            if (how == 3) {
                continue;
            }
            if (how == 4) {
                return;
            }
            TRACE_INFO("not left");
        }
        TRACE_INFO("behind the block");
    }
}

static void every_span(ctrace_subscriber *seen) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "span at", ("n", 1));
    TRACE_SPAN_AS(as, "span as", ("status", TRACE_EMPTY), ("text", "first"));
    TRACE_SPAN_AS_AT(CTRACE_LEVEL_TRACE, trace, "span as at");
    TRACE_RECORD(as, ("status", evaluate(200)), ("text", "second"), ("undeclared", 1));
    TRACE_RECORD(trace, ("undeclared", 1));
    TRACE_BLOCK_AT(CTRACE_LEVEL_WARN, "block at", ("n", 1)) {
        TRACE_INFO("inside", ("current", TRACE_BOOL(ctrace_span_current() != NULL)));
    }
    for (int how = 0; how < 6; how++) {
        leaves(how);
    }
    (void)returns(2);
    (void)returns_as();
    ctrace_span *made = TRACE_SPAN_NEW("new", ("n", 1));
    ctrace_span *child = TRACE_SPAN_CHILD(made, "child", ("n", TRACE_EMPTY));
    ctrace_span *root = TRACE_SPAN_ROOT_AT(CTRACE_LEVEL_ERROR, "root");
    ctrace_span_follows(root, child);
    TRACE_IN(child) {
        TRACE_ENTER(root);
        TRACE_INFO("in root");
        TRACE_RECORD(child, ("n", 2.5));
    }
    TRACE_WITH_SUBSCRIBER(NULL) {
        TRACE_ERROR("unheard", ("n", 1));
    }
    TRACE_WITH_SUBSCRIBER(seen) {
        TRACE_INFO("heard");
    }
    ctrace_span_unref(made);
    ctrace_span_unref(child);
    ctrace_span_unref(root);
}

/* The stream as text; to be freed. */
static ctrace_buf *run_program(void) {
    ctrace_buf *text = ctrace_buf_new();
    ctrace_subscriber *seen = ctrace_capture_new(NULL);
    every_value(); /* nobody listens */
    TRACE_INFO("not evaluated", ("n", evaluate(1)));
    TRACE_WITH_SUBSCRIBER(seen) {
        every_value();
        every_event();
        every_span(seen);
    }
    ctrace_buf_printf(text, "%d evaluations\n", evaluations);
    ctrace_capture_put(text, seen);
    ctrace_subscriber_unref(seen);
    return text;
}
