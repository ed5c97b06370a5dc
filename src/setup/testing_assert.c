/* The assertions of <ctrace/testing.h>: built on what the capturing subscriber tells everybody. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/value.h"
#include "ctrace/testing.h"

static void (*on_failure)(const char *file, int line);

void ctrace_capture_on_failure(void (*fail)(const char *file, int line)) {
    on_failure = fail;
}

/* ---- Showing ---- */

static const char *kind_text(ctrace_captured_kind kind) {
    static const char *const texts[] = {
        [CTRACE_CAPTURED_ANY] = "record",      [CTRACE_CAPTURED_EVENT] = "event",
        [CTRACE_CAPTURED_NEW] = "new",         [CTRACE_CAPTURED_RECORD] = "record",
        [CTRACE_CAPTURED_FOLLOWS] = "follows", [CTRACE_CAPTURED_ENTER] = "enter",
        [CTRACE_CAPTURED_EXIT] = "exit",       [CTRACE_CAPTURED_CLOSE] = "close",
    };
    return (size_t)kind < sizeof texts / sizeof *texts ? texts[kind] : "?";
}

static const char *level_text(ctrace_level level) {
    static const char *const texts[] = {"", "TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
    return level >= 0 && level <= CTRACE_LEVEL_ERROR ? texts[level] : "?";
}

static void put_captured(ctrace_buf *buf, const ctrace_captured *captured) {
    ctrace_buf_printf(buf, "%-7s %-5s %s: ", kind_text(captured->kind), level_text(captured->level),
                      captured->target);
    if (captured->path[0] != '\0') {
        ctrace_buf_printf(buf, "%s: ", captured->path);
    }
    ctrace_buf_printf(buf, "%s%s%s\n", captured->name, captured->text[0] == '\0' ? "" : " ",
                      captured->text);
}

void ctrace_capture_put(ctrace_buf *buf, ctrace_subscriber *capture) {
    const ctrace_captured *at;
    for (size_t i = 0; (at = ctrace_capture_at(capture, i)) != NULL; i++) {
        put_captured(buf, at);
    }
}

/* ---- Comparing ---- */

/* Whether it is an integer, and then its number: a sign and what is left of it. */
static bool read_integer(const ctrace_value *value, bool *ret_negative, uint64_t *ret_number) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        *ret_negative = false;
        *ret_number = value->as.boolean;
        return true;
    case CTRACE_VALUE_U64:
    case CTRACE_VALUE_HEX:
        *ret_negative = false;
        *ret_number = value->as.u64;
        return true;
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        *ret_negative = value->as.i64 < 0;
        *ret_number = (uint64_t)value->as.i64;
        return true;
    default:
        return false;
    }
}

static bool same_integer(const ctrace_value *one, const ctrace_value *other) {
    bool one_negative, other_negative;
    uint64_t one_number, other_number;
    return read_integer(one, &one_negative, &one_number) &&
           read_integer(other, &other_negative, &other_number) && one_negative == other_negative &&
           one_number == other_number;
}

static bool same_bytes(const ctrace_value *one, const ctrace_value *other) {
    if (one->as.pointer == NULL || other->as.pointer == NULL) {
        return one->as.pointer == other->as.pointer;
    }
    return one->size == other->size && memcmp(one->as.pointer, other->as.pointer, one->size) == 0;
}

static bool same_number(double one, double other) {
    const bool both_nan = one != one && other != other;
    return both_nan || (one <= other && one >= other);
}

static bool same_value(const ctrace_value *one, const ctrace_value *other) {
    if (same_integer(one, other)) {
        return true;
    }
    if (one->kind != other->kind) {
        return false;
    }
    switch (one->kind) {
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return same_bytes(one, other);
    case CTRACE_VALUE_F64:
        return same_number(one->as.f64, other->as.f64);
    case CTRACE_VALUE_POINTER:
        return one->as.pointer == other->as.pointer;
    default:
        return one->kind == CTRACE_VALUE_EMPTY;
    }
}

/* What the span was given for the key last, if that was recorded after it was opened. */
static const ctrace_value *recorded_value(ctrace_subscriber *capture, const ctrace_captured *opened,
                                          const char *key) {
    const ctrace_value *value = NULL;
    const ctrace_captured *at = opened;
    while ((at = ctrace_capture_find(capture, CTRACE_CAPTURED_RECORD, opened->name, at)) != NULL) {
        const ctrace_value *found = ctrace_fields_find(at->fields, key);
        if (at->span_id == opened->span_id && found != NULL) {
            value = found;
        }
    }
    return value;
}

static bool has_field(ctrace_subscriber *capture, const ctrace_captured *captured, const char *key,
                      const ctrace_value *expected) {
    const ctrace_value *value = NULL;
    if (captured->kind == CTRACE_CAPTURED_NEW) {
        value = recorded_value(capture, captured, key);
    }
    if (value == NULL) {
        value = ctrace_fields_find(captured->fields, key);
    }
    return value != NULL && same_value(value, expected);
}

static bool is_in(const ctrace_captured *captured, const char *path) {
    if (path == NULL) {
        return true;
    }
    const size_t whole = strlen(captured->path), wanted = strlen(path);
    if (wanted == 0 || wanted > whole) {
        return wanted == whole;
    }
    const char *tail = captured->path + whole - wanted;
    return strcmp(tail, path) == 0 && (tail == captured->path || tail[-1] == ':');
}

static bool matches(ctrace_subscriber *capture, const ctrace_captured *captured,
                    const ctrace_i_expected *expected, const ctrace_value *values) {
    bool all = is_in(captured, expected->path);
    for (uint32_t i = 0; i < expected->count && all; i++) {
        all = has_field(capture, captured, expected->keys[i], &values[i]);
    }
    return all;
}

static bool find(ctrace_subscriber *capture, const ctrace_i_expected *expected,
                 const ctrace_value *values) {
    const ctrace_captured *at = NULL;
    while ((at = ctrace_capture_find(capture, expected->kind, expected->name, at)) != NULL) {
        if (matches(capture, at, expected, values)) {
            return true;
        }
    }
    return false;
}

/* ---- Failing ---- */

/* Prints and gives back the text, and only then fails: that may not return. */
static void fail(ctrace_buf *text, ctrace_subscriber *capture, const char *file, int line) {
    ctrace_buf_printf(text, "There %s:\n",
                      ctrace_capture_count(capture) == 0 ? "was nothing" : "was");
    ctrace_capture_put(text, capture);
    const char *bytes = ctrace_buf_bytes(text, NULL);
    fprintf(stderr, "%s:%d: %s", file, line, bytes == NULL ? "assertion failed\n" : bytes);
    fflush(stderr);
    cti_buf_release(text);
    if (on_failure == NULL) {
        abort();
    }
    on_failure(file, line);
}

static void put_expected(ctrace_buf *text, const ctrace_i_expected *expected,
                         const ctrace_value *values) {
    ctrace_buf_printf(text, "%s %s \"%s\"",
                      expected->there ? "nobody captured the" : "somebody captured the",
                      expected->kind == CTRACE_CAPTURED_EVENT ? "event" : "span", expected->name);
    if (expected->path != NULL) {
        ctrace_buf_printf(text, " in \"%s\"", expected->path);
    }
    for (uint32_t i = 0; i < expected->count; i++) {
        ctrace_buf_printf(text, "%s%s=", i == 0 ? " with " : " ", expected->keys[i]);
        ctrace_value_put(text, &values[i]);
    }
    ctrace_buf_printf(text, ". ");
}

bool ctrace_i_assert(ctrace_subscriber *capture, const ctrace_i_expected *expected,
                     const ctrace_value *values) {
    ctrace_value *own = (ctrace_value *)(uintptr_t)values; /* the macro's own array */
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    const bool settled = cti_values_settle(own, expected->count, &texts, &bytes);
    const bool holds = settled && find(capture, expected, own) == expected->there;
    ctrace_buf text = CTI_BUF_INIT;
    if (!holds) {
        put_expected(&text, expected, own);
    }
    cti_buf_release(&texts);
    if (!holds) {
        fail(&text, capture, expected->file, expected->line);
    }
    return holds;
}

bool ctrace_i_assert_count(ctrace_subscriber *capture, ctrace_captured_kind kind, const char *name,
                           size_t count, const char *file, int line) {
    const size_t there = ctrace_capture_count_of(capture, kind, name);
    if (there == count) {
        return true;
    }
    ctrace_buf text = CTI_BUF_INIT;
    ctrace_buf_printf(&text, "%zu of %s \"%s\", expected %zu. ", there, kind_text(kind),
                      name == NULL ? "(any)" : name, count);
    fail(&text, capture, file, line);
    return false;
}
