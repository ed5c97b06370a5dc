/* Context across threads, tasks and machines. */
#include "ctrace/context.h"

#include "harness.h"

static const char header[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static void parse(uint64_t times) {
    const char *volatile from = header;
    ctrace_remote remote;
    BENCH_LOOP(times, ctrace_traceparent_parse(from, sizeof header - 1, &remote);)
}

static void format(uint64_t times) {
    char text[56];
    BENCH_LOOP(times, ctrace_traceparent_format(text, sizeof text);)
}

static void format_here(uint64_t times) {
    TRACE_SPAN("request");
    format(times);
}

static void capture_and_attach(uint64_t times) {
    BENCH_LOOP(times, {
        ctrace_context *context = ctrace_context_capture();
        ctrace_context_attach(context);
        ctrace_context_detach(context);
        ctrace_context_release(context);
    })
}

static void capture_here(uint64_t times) {
    TRACE_SPAN("request");
    capture_and_attach(times);
}

static void swap(uint64_t times) {
    ctrace_task *task = ctrace_task_new();
    BENCH_LOOP(times, {
        ctrace_task_resume(task);
        ctrace_task_suspend(task);
    })
    ctrace_task_free(task);
}

/* A task that stands in a span: its exit and its entry are told at each swap. */
static void swap_in_span(uint64_t times) {
    ctrace_task *task = ctrace_task_new();
    ctrace_task_resume(task);
    {
        TRACE_SPAN("part");
        ctrace_task_suspend(task);
        BENCH_LOOP(times, {
            ctrace_task_resume(task);
            ctrace_task_suspend(task);
        })
        ctrace_task_resume(task);
    }
    ctrace_task_free(task);
}

/* As a server has it: where nobody wants the span, too. */
static void remote_span(uint64_t times) {
    ctrace_remote remote;
    if (!ctrace_traceparent_parse(header, sizeof header - 1, &remote)) {
        return;
    }
    BENCH_LOOP(times, {
        ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request");
        ctrace_span_unref(span);
    })
}

void bench_context(void) {
    bench_row("capture + attach, nobody listens", BENCH_FLOOR_CALL, capture_and_attach, 1);
    bench_row("task swapped in and out, nobody listens", BENCH_FLOOR_CALL, swap, 1);
    bench_row("remote span, nobody listens", BENCH_FLOOR_CALL, remote_span, 1);
    bench_row("traceparent parsed", BENCH_FLOOR_CALL, parse, 1);
    if (!bench_listen(bench_nobody_new())) {
        return;
    }
    bench_row("traceparent formatted", BENCH_FLOOR_CALL, format_here, 1);
    bench_row("capture + attach, in a span", BENCH_FLOOR_CALL, capture_here, 1);
    bench_row("task swapped in and out", BENCH_FLOOR_CALL, swap, 1);
    bench_row("task swapped in and out, in a span", BENCH_FLOOR_CALL, swap_in_span, 1);
    bench_row("remote span", BENCH_FLOOR_CALL, remote_span, 1);
    bench_listen(NULL);
}
