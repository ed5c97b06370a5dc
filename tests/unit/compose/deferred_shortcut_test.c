/* The short ways into the queue and into a recording say what the long ones say: every kind of
 * value, in every place, in events and spans, heard live, from the queue and from a recording,
 * which stand alone or behind a filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/thread.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

/* ---- What is heard ---- */

typedef struct hearing {
    ctrace_subscriber base;
    char text[1 << 20];
    size_t size;
} hearing;

static void note(hearing *self, const void *bytes, size_t size) {
    assert_true(size <= sizeof self->text - self->size);
    memcpy(self->text + self->size, bytes, size);
    self->size += size;
}

static void note_value(hearing *self, const ctrace_value *value) {
    const bool has_bytes =
        (value->kind == CTRACE_VALUE_STRING || value->kind == CTRACE_VALUE_BYTES) &&
        value->as.string != NULL;
    char line[64];
    if (value->kind == CTRACE_VALUE_LAZY) { /* heard later, it has been written */
        const ctrace_value written = ctrace_i_box_strn("lazy", 4);
        note_value(self, &written);
        return;
    }
    if (has_bytes) {
        snprintf(line, sizeof line, "%u(%u)", (unsigned)value->kind, (unsigned)value->size);
        note(self, line, strlen(line));
        note(self, value->as.string, value->size);
    } else {
        snprintf(line, sizeof line, "%u:%llx", (unsigned)value->kind,
                 value->kind == CTRACE_VALUE_BOOL ? (unsigned long long)value->as.boolean
                                                  : (unsigned long long)value->as.u64);
        note(self, line, strlen(line));
    }
    note(self, " ", 1);
}

static void note_fields(hearing *self, const ctrace_fields *fields) {
    for (uint32_t i = 0; i < ctrace_fields_count(fields); i++) {
        note_value(self, ctrace_fields_value(fields, i));
    }
    note(self, "\n", 1);
}

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)moment;
    note_fields((hearing *)self, ctrace_event_fields(event));
}

static void on_span_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    (void)moment;
    note_fields((hearing *)self, ctrace_span_fields(span));
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops, .on_event = on_event, .on_span_new = on_span_new};

static hearing live, later, recorded;

static ctrace_subscriber *begin(hearing *self) {
    self->size = 0;
    ctrace_subscriber_init(&self->base, &ops);
    return &self->base;
}

/* ---- What is emitted ---- */

static void write_lazily(ctrace_buf *out, const void *object) {
    ctrace_buf_put(out, object, strlen(object));
}

enum { KINDS = 16, SIZES = 24 };

/* One value of each kind; strings, of many sizes, of which some are measured beforehand. */
static ctrace_value value_of(unsigned kind, unsigned size) {
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    static const uint64_t words[] = {0,          1,          0x7fffffff, 0x80000000,
                                     UINT64_MAX, 1ull << 63, 0xffffffff, UINT64_MAX << 31};
    static ctrace_lazy lazy = {write_lazily, "lazy"};
    const uint64_t word = words[size % 8];
    switch (kind) {
    case 0:
        return ctrace_i_box_empty();
    case 1:
        return ctrace_i_box_bool((size & 1) != 0);
    case 2:
        return ctrace_i_box_i64((int64_t)word);
    case 3:
        return ctrace_i_box_u64(word);
    case 4:
        return ctrace_i_box_f64((double)size * 0.25 - 1.0);
    case 5: /* looked for where it is read */
        return ctrace_i_box_string(text + sizeof text - 1 - size);
    case 6:
        return ctrace_i_box_strn(text, size);
    case 7:
        return ctrace_i_box_bytes(text, size);
    case 8:
        return ctrace_i_box_address(text + size, 0, CTRACE_VALUE_POINTER);
    case 9:
        return ctrace_i_box_u64_as(word, CTRACE_VALUE_HEX);
    case 10:
        return ctrace_i_box_u64_as(word, CTRACE_VALUE_NS);
    case 11:
        return ctrace_i_box_u64_as(size, CTRACE_VALUE_ERRNO);
    case 12:
        return ctrace_i_box_lazy(&lazy);
    case 13:
        return ctrace_i_box_strn(NULL, 0);
    case 14:
        return ctrace_i_box_bytes(NULL, 0);
    default:
        return ctrace_i_box_f64(0.0);
    }
}

static void emit(ctrace_value first, ctrace_value second) {
    TRACE_INFO("event", ("first", first), ("number", 7), ("second", second));
    TRACE_SPAN("span", ("first", first), ("text", "fixed"), ("second", second));
    TRACE_INFO("inside", ("second", second));
}

static void emit_all(void) {
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned other = 0; other < KINDS; other++) {
            for (unsigned size = 0; size < SIZES; size++) {
                emit(value_of(kind, size), value_of(other, SIZES - size));
            }
        }
    }
}

/* A long text, with which the record is no short one, and texts that leave little room. */
static void emit_long(void) {
    static char text[2000];
    memset(text, 'x', sizeof text - 1);
    for (size_t size = 380; size < 520; size++) {
        emit(ctrace_i_box_strn(text, size), ctrace_i_box_string(text + sizeof text - 1 - size));
        emit(ctrace_i_box_string(text + sizeof text - 1 - 11), ctrace_i_box_strn(text, size));
    }
    emit(ctrace_i_box_string(text), ctrace_i_box_string(text));
}

static void hear_live(void (*emits)(void)) {
    TRACE_WITH_SUBSCRIBER(begin(&live)) {
        emits();
        TRACE_ERROR("one way or the other");
    }
}

static void assert_same(const hearing *heard) {
    assert_true(live.size > 0);
    assert_int_equal(heard->size, live.size);
    assert_memory_equal(heard->text, live.text, live.size);
}

static ctrace_subscriber *behind(const char *directives, ctrace_subscriber *subscriber) {
    ctrace_filter *filter;
    assert_non_null(subscriber);
    if (directives == NULL) {
        return subscriber;
    }
    assert_int_equal(ctrace_filter_parse(directives, &filter, NULL), CTRACE_OK);
    ctrace_subscriber *filtered = ctrace_filtered_new(subscriber, filter);
    assert_non_null(filtered);
    return filtered;
}

/* By the short ways, where the filter reads neither spans nor values. */
static void emit_to(ctrace_subscriber *subscriber, const char *directives, void (*emits)(void)) {
    TRACE_WITH_SUBSCRIBER(subscriber) {
        emits();
        TRACE_ERROR("one way or the other");
        const bool reads = directives != NULL && strchr(directives, '[') != NULL;
        assert_int_equal(cti_self.route.take.event == cti_ways_by_ops.event, reads);
        assert_int_equal(cti_self.route.take.open == cti_ways_by_ops.open, reads);
    }
}

static void hear_later(const char *directives, void (*emits)(void)) {
    const ctrace_deferred_options options = {
        .manual = true, .policy = CTRACE_DEFERRED_GROW, .ring_bytes = 1 << 20};
    ctrace_subscriber *deferred = ctrace_deferred_new(begin(&later), &options);
    ctrace_subscriber *listener = behind(directives, deferred);
    emit_to(listener, directives, emits);
    while (ctrace_deferred_poll(deferred) != 0) {
    }
    ctrace_subscriber_unref(listener);
}

static void hear_recorded(const char *directives, void (*emits)(void)) {
    char path[] = "/tmp/ctrace-shortcut-XXXXXX";
    const ctrace_recorder_options options = {.max_bytes = 32 << 20, .thread_bytes = 16 << 20};
    close(mkstemp(path));
    ctrace_subscriber *recorder = behind(directives, ctrace_recorder_new(path, &options));
    emit_to(recorder, directives, emits);
    ctrace_subscriber_unref(recorder);
    ctrace_recording *recording = ctrace_recording_open(begin(&recorded), path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    unlink(path);
}

/* ---- Tests ---- */

/* Directives that let everything through, and what they look at to do so. */
static const char *const directives[] = {NULL, "trace", "trace,[nowhere]=off"};

static void all_tell_the_same(void (*emits)(void)) {
    hear_live(emits);
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
        hear_later(directives[i], emits);
        assert_same(&later);
        hear_recorded(directives[i], emits);
        assert_same(&recorded);
    }
}

static void all_kinds_in_all_places(void **state) {
    (void)state;
    all_tell_the_same(emit_all);
}

static void texts_that_leave_little_room(void **state) {
    (void)state;
    all_tell_the_same(emit_long);
}

static void tell(const char *word) {
    TRACE_INFO("told", ("word", word));
}

static bool was_heard(const char *word) {
    later.text[later.size] = '\0';
    return strstr(later.text, word) != NULL;
}

/* From then on, values are read; and of a span that was opened before, nothing is known. */
static void a_reload_ends_the_short_way(void **state) {
    (void)state;
    const ctrace_deferred_options options = {.manual = true};
    ctrace_filter *filter;
    ctrace_subscriber *deferred = ctrace_deferred_new(begin(&later), &options);
    ctrace_subscriber *filtered = behind("trace", deferred);
    TRACE_WITH_SUBSCRIBER(filtered) {
        tell("before");
        { TRACE_SPAN("wide", ("what", "lay"), ("there", "yet")); }
        TRACE_SPAN("narrow");
        assert_int_equal(ctrace_filter_parse("warn,[{word=\"passes\"}]=trace", &filter, NULL),
                         CTRACE_OK);
        assert_int_equal(ctrace_filter_reload(filtered, filter), CTRACE_OK);
        tell("stays");
        tell("passes");
    }
    while (ctrace_deferred_poll(deferred) != 0) {
    }
    ctrace_subscriber_unref(filtered);
    ctrace_flush(CTRACE_FOREVER);
    assert_true(was_heard("before"));
    assert_true(was_heard("passes"));
    assert_false(was_heard("stays"));
    assert_int_equal(ctrace_i_open_gates, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_in_all_places),
        cmocka_unit_test(texts_that_leave_little_room),
        cmocka_unit_test(a_reload_ends_the_short_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
