#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctrace/trace.h"
#include "sinks/otlp_answer.h"

static uint64_t rejected(const char *body) {
    return cti_otlp_rejected(body, strlen(body));
}

static void json(void **state) {
    (void)state;
    assert_int_equal(rejected("{\"partialSuccess\":{\"rejectedSpans\":\"12\"}}"), 12);
    assert_int_equal(rejected("{\"partialSuccess\": {\"rejectedLogRecords\" : 3}}"), 3);
    assert_int_equal(rejected("{\"partialSuccess\":{}}"), 0);
    assert_int_equal(rejected("{}"), 0);
    assert_int_equal(rejected("{\"rejectedSpans\""), 0);
    assert_int_equal(rejected("{\"rejectedSpans\":\"99999999999999999999\"}"), 0);
}

static void protobuf(void **state) {
    (void)state;
    assert_int_equal(rejected("\x0a\x07\x08\xac\x02\x12\x02no"), 300);
    assert_int_equal(rejected("\x0a\x04\x12\x02no"), 0);
    assert_int_equal(rejected(""), 0);
    assert_int_equal(rejected("\x0a\x7f\x08"), 0);
    assert_int_equal(rejected("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 0);
    assert_int_equal(rejected("\x0f"), 0);
}

static void what_was_rejected_is_counted(void **state) {
    (void)state;
    static const char body[] = "{\"partialSuccess\":{\"rejectedSpans\":\"2\"}}";
    ctrace_stats before;
    ctrace_stats after;
    ctrace_stats_get(&before, sizeof before);
    cti_otlp_spans_answered(NULL, 200, body, sizeof body - 1);
    cti_otlp_spans_answered(NULL, 503, body, sizeof body - 1); /* counted by the writer */
    ctrace_stats_get(&after, sizeof after);
    assert_int_equal(after.spans_lost - before.spans_lost, 2);
    assert_int_equal(after.events_lost - before.events_lost, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json),
        cmocka_unit_test(protobuf),
        cmocka_unit_test(what_was_rejected_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
