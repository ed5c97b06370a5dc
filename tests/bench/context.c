/* Context across threads, tasks and machines.
 *
 * For the swaps, what others document: Tracy with TRACY_FIBERS puts what all threads emit into one
 * queue behind one lock (its issue 106), which took single zones "from 50ns to 200us" in IREE, a
 * program of many threads (iree-org/iree, issue 9627). */
#include "ctrace/context.h"
#include "ctrace/deferred.h"

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

static void do_nothing(void *unused) {
    (void)unused;
}

/* As a pool has it: made by one, run by another. */
static void job_here(uint64_t times) {
    TRACE_SPAN("request");
    BENCH_LOOP(times, {
        ctrace_job job;
        ctrace_job_init(&job, do_nothing, NULL);
        ctrace_job_run(&job);
    })
}

static void job(uint64_t times) {
    BENCH_LOOP(times, {
        ctrace_job made;
        ctrace_job_init(&made, do_nothing, NULL);
        ctrace_job_run(&made);
    })
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

/* The same in four. */
static void swap_in_spans(uint64_t times) {
    ctrace_task *task = ctrace_task_new();
    ctrace_task_resume(task);
    {
        TRACE_SPAN("first");
        TRACE_SPAN("second");
        TRACE_SPAN("third");
        TRACE_SPAN("fourth");
        ctrace_task_suspend(task);
        BENCH_LOOP(times, {
            ctrace_task_resume(task);
            ctrace_task_suspend(task);
        })
        ctrace_task_resume(task);
    }
    ctrace_task_free(task);
}

/* Nothing is dropped: where the ring is full the emitter waits, which is no processor time. */
static ctrace_subscriber *behind_a_queue(void) {
    const ctrace_deferred_options patient = {
        .policy = CTRACE_DEFERRED_BLOCK, .block_timeout_ns = CTRACE_FOREVER, .ring_bytes = 1 << 24};
    return ctrace_deferred_new(bench_nobody_new(), &patient);
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

static void rows_of_nobody(void) {
    bench_row("capture + attach, nobody listens", BENCH_FLOOR_CALL, capture_and_attach, 1);
    bench_row("job made and run, nobody listens", BENCH_FLOOR_CALL, job, 1);
    bench_row("task swapped in and out, nobody listens", BENCH_FLOOR_CALL, swap, 1);
    bench_row("remote span, nobody listens", BENCH_FLOOR_CALL, remote_span, 1);
    bench_row("traceparent parsed", BENCH_FLOOR_CALL, parse, 1);
}

static void rows_of_somebody(void) {
    bench_row("traceparent formatted", BENCH_FLOOR_CALL, format_here, 1);
    bench_row("capture + attach, in a span", BENCH_FLOOR_CALL, capture_here, 1);
    bench_row("job made and run, in a span", BENCH_FLOOR_CALL, job_here, 1);
    bench_row("task swapped in and out", BENCH_FLOOR_CALL, swap, 1);
    bench_row("task swapped in and out, in a span", BENCH_FLOOR_CALL, swap_in_span, 1);
    bench_row("task swapped in and out, in 4 spans", BENCH_FLOOR_CALL, swap_in_spans, 1);
    bench_row("remote span", BENCH_FLOOR_CALL, remote_span, 1);
}

void bench_context(void) {
    rows_of_nobody();
    if (bench_listen(bench_nobody_new())) {
        rows_of_somebody();
    }
    if (bench_listen(behind_a_queue())) {
        bench_row("deferred: task swapped in and out", BENCH_FLOOR_TSC, swap, 1);
        bench_row("deferred: task swapped in and out, in a span", BENCH_FLOOR_TSC, swap_in_span, 1);
    }
    bench_listen(NULL);
}
