/* Fields of the whole process: they stay set, so these tests have a process of their own. */
#define TRACE_TARGET "t"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/process.h"
#include "ctrace/trace.h"
#include "support/sink_output.h"

static void emit(const sink_output *output) {
    TRACE_WITH_SUBSCRIBER(output->sink) {
        TRACE_SPAN("s");
        TRACE_INFO("m", ("a", 1));
        TRACE_INFO("", ("version", "mine"));
    }
}

static void in_text(void **state) {
    (void)state;
    sink_output output = sink_output_text(&(ctrace_text_options){.time = CTRACE_TIME_NONE});
    emit(&output);
    sink_output_expect(
        &output, " INFO s: t: m a=1 service=\"shop\" version=\"1.2\" time=\"x\"\n"
                 " INFO s: t: version=\"mine\" service=\"shop\" version=\"1.2\" time=\"x\"\n");
}

/* The event's own win, though those of the process come behind them. */
static void in_json(void **state) {
    (void)state;
    sink_output output = sink_output_json(
        &(ctrace_json_options){.time = CTRACE_TIME_NONE, .no_ids = true, .no_spans = true});
    emit(&output);
    sink_output_expect(&output,
                       "{\"level\":\"INFO\",\"msg\":\"m\",\"target\":\"t\",\"a\":1,"
                       "\"service\":\"shop\",\"version\":\"1.2\",\"field_time\":\"x\"}\n"
                       "{\"level\":\"INFO\",\"msg\":\"\",\"target\":\"t\",\"version\":\"mine\","
                       "\"service\":\"shop\",\"field_time\":\"x\"}\n");
}

static void in_logfmt(void **state) {
    (void)state;
    sink_output output = sink_output_logfmt(
        &(ctrace_logfmt_options){.time = CTRACE_TIME_NONE, .no_ids = true, .no_spans = true});
    emit(&output);
    sink_output_expect(&output, "level=INFO msg=m target=t a=1 service=shop version=1.2 "
                                "field_time=x\nlevel=INFO msg= target=t version=mine service=shop "
                                "version=1.2 field_time=x\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_text),
        cmocka_unit_test(in_json),
        cmocka_unit_test(in_logfmt),
    };
    if (cti_process_fields_set("service=shop,version=1.2,time=x") != CTRACE_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
