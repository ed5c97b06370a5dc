/* The traceparent header, as https://www.w3.org/TR/trace-context-2/ has it. */
#include "ctrace/context.h"
#include "ctrace/subscriber.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "support/probe.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_ID  "00f067aa0ba902b7"
#define VALID    "00-" TRACE_ID "-" SPAN_ID "-01"

/* From memory of exactly that size, so that a sanitizer sees who reads on. */
static bool parse(const char *header, ctrace_remote *ret_remote) {
    const size_t size = strlen(header);
    char *exact = malloc(size + (size == 0));
    assert_non_null(exact);
    memcpy(exact, header, size);
    const bool parsed = ctrace_traceparent_parse(exact, size, ret_remote);
    free(exact);
    return parsed;
}

static void a_valid_header_is_taken_apart(void **state) {
    (void)state;
    static const uint8_t trace_id[] = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
                                       0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
    static const uint8_t span_id[] = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
    ctrace_remote remote = {.tracestate = "gone"};
    assert_true(parse(VALID, &remote));
    assert_memory_equal(remote.trace_id, trace_id, sizeof trace_id);
    assert_memory_equal(remote.span_id, span_id, sizeof span_id);
    assert_int_equal(remote.flags, 1);
    assert_string_equal(remote.tracestate, "");
}

static void every_other_form_is_refused(void **state) {
    (void)state;
    static const char *const forms[] = {
        "",
        "00",
        "00-" TRACE_ID "-" SPAN_ID,
        "00-" TRACE_ID "-" SPAN_ID "-",
        "00-" TRACE_ID "-" SPAN_ID "-0",
        VALID "-",
        VALID "-what-the-future-will-be-like",
        VALID ".",
        VALID " ",
        " " VALID,
        "ff-" TRACE_ID "-" SPAN_ID "-01",
        "0-" TRACE_ID "-" SPAN_ID "-01",
        "000-" TRACE_ID "-" SPAN_ID "-01",
        ".0-" TRACE_ID "-" SPAN_ID "-01",
        "0.-" TRACE_ID "-" SPAN_ID "-01",
        "CC-" TRACE_ID "-" SPAN_ID "-01",
        "00-00000000000000000000000000000000-" SPAN_ID "-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN_ID "-01",
        "00-" TRACE_ID "-00F067AA0BA902B7-01",
        "00-" TRACE_ID "-" SPAN_ID "-0A",
        "00-" TRACE_ID "-" SPAN_ID "-.1",
        "00_" TRACE_ID "-" SPAN_ID "-01",
        "00-" TRACE_ID "_" SPAN_ID "-01",
        "00-" TRACE_ID "-" SPAN_ID "_01",
        "00-" TRACE_ID "0-" SPAN_ID "-01",
        "00-" TRACE_ID "-" SPAN_ID "0-01",
        "cc-" TRACE_ID "-" SPAN_ID "-01.what-the-future-will-be-like",
        "cc-" TRACE_ID "-" SPAN_ID "-0",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        ctrace_remote remote = {.flags = 42, .tracestate = "kept"};
        assert_false(parse(forms[i], &remote));
        assert_int_equal(remote.flags, 42);
        assert_string_equal(remote.tracestate, "kept");
    }
    ctrace_remote remote;
    assert_false(ctrace_traceparent_parse(NULL, 55, &remote));
    assert_false(ctrace_traceparent_parse(VALID, 55, NULL));
    assert_false(ctrace_traceparent_parse(VALID, 54, &remote));
}

static void versions_to_come_may_have_more(void **state) {
    (void)state;
    ctrace_remote remote;
    assert_true(parse("cc-" TRACE_ID "-" SPAN_ID "-03", &remote));
    assert_int_equal(remote.flags, 3);
    assert_true(parse("01-" TRACE_ID "-" SPAN_ID "-01-what-the-future-will-be-like", &remote));
    assert_true(parse("fe-" TRACE_ID "-" SPAN_ID "-01-", &remote));
}

static void unknown_flags_are_passed_over(void **state) {
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        char header[] = "00-" TRACE_ID "-" SPAN_ID "-00";
        static const char digits[] = "0123456789abcdef";
        ctrace_remote remote;
        header[53] = digits[flags >> 4];
        header[54] = digits[flags & 15];
        assert_true(parse(header, &remote));
        assert_int_equal(remote.flags, flags & 3);
    }
}

/* Half of the trace id may be 0: it is another's, who has only 64 bits. */
static void a_short_trace_id_stays_what_it_is(void **state) {
    (void)state;
    static const char *const headers[] = {"00-0000000000000000a3ce929d0e0e4736-" SPAN_ID "-00",
                                          "00-a3ce929d0e0e47360000000000000000-" SPAN_ID "-00"};
    for (size_t i = 0; i < 2; i++) {
        ctrace_remote remote;
        char text[56];
        assert_true(parse(headers[i], &remote));
        ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "continued");
        ctrace_span *child = TRACE_SPAN_CHILD(span, "child");
        assert_int_equal(ctrace_span_traceparent(child, text, sizeof text), 55);
        assert_memory_equal(text, headers[i], 36);
        ctrace_span_unref(child);
        ctrace_span_unref(span);
    }
}

static void what_is_written_is_the_current_span(void **state) {
    (void)state;
    char text[64];
    ctrace_remote remote;
    uint8_t trace_id[16];
    assert_int_equal(ctrace_traceparent_format(text, sizeof text), 0);
    assert_string_equal(text, "");
    TRACE_SPAN_AS(span, "span");
    assert_int_equal(ctrace_traceparent_format(text, sizeof text), 55);
    assert_int_equal(strlen(text), 55);
    assert_true(parse(text, &remote));
    ctrace_span_trace_id(span, trace_id);
    assert_memory_equal(remote.trace_id, trace_id, sizeof trace_id);
    uint64_t id = 0;
    for (size_t i = 0; i < 8; i++) {
        id = id << 8 | remote.span_id[i];
    }
    assert_true(id == ctrace_span_id(span));
    assert_int_equal(remote.flags, 3); /* sampled, random */
    char again[64];
    assert_int_equal(ctrace_span_traceparent(span, again, sizeof again), 55);
    assert_string_equal(again, text);
}

static void too_little_room_is_said(void **state) {
    (void)state;
    TRACE_SPAN_AS(span, "span");
    char text[56] = "untouched";
    assert_int_equal(ctrace_span_traceparent(span, text, 0), 0);
    assert_string_equal(text, "untouched");
    assert_int_equal(ctrace_span_traceparent(span, text, 55), 0);
    assert_string_equal(text, "");
    assert_int_equal(ctrace_span_traceparent(span, text, 56), 55);
    assert_int_equal(ctrace_span_traceparent(NULL, text, 56), 0);
    assert_string_equal(text, "");
    assert_int_equal(ctrace_span_traceparent(span, NULL, 56), 0);
}

static probe listener;

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_valid_header_is_taken_apart),     TEST(every_other_form_is_refused),
        TEST(versions_to_come_may_have_more),    TEST(unknown_flags_are_passed_over),
        TEST(a_short_trace_id_stays_what_it_is), TEST(what_is_written_is_the_current_span),
        TEST(too_little_room_is_said),
    };
    int failed = ctrace_replace_global(probe_init(&listener)) != CTRACE_OK;
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (ctrace_replace_global(NULL) != CTRACE_OK);
}
