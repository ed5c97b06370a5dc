#include "sinks/otlp.h"

#include <errno.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/remote.h"
#include "core/scratch.h"
#include "core/status.h"
#include "sinks/otlp_answer.h"
#include "sinks/sink.h"

enum { DEFAULT_BYTES = 1 << 20 };

static const cti_otlp_signal traces = {true, "resourceSpans", "scopeSpans", "spans",
                                       cti_otlp_spans_answered};
static const cti_otlp_signal logs = {false, "resourceLogs", "scopeLogs", "logRecords",
                                     cti_otlp_logs_answered};

/* ---- Events ---- */

static void send_log(cti_otlp *otlp, const cti_notice *notice) {
    const ctrace_callsite *site = &notice->site->description;
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        cti_lost_event(site);
        return;
    }
    cti_otlp_pen pen = {.buf = buf, .is_json = otlp->is_json};
    cti_otlp_put_log(&pen, notice, &otlp->limits);
    if (buf->failed || !cti_otlp_batch_add(&otlp->logs, site->target, buf,
                                           ctrace_moment_thread(notice->moment)->process_id)) {
        cti_lost_event(site);
    }
    cti_scratch_give(buf);
}

/* Where no span of ours is around it, another process's may be: the event belongs to that trace. */
static ctrace_span *span_or_remote(const ctrace_event *event, ctrace_span *seen) {
    ctrace_span *root = seen == NULL && event->span != NULL ? event->span->root : seen;
    return seen != NULL || root == NULL || !cti_span_is_remote(root) ? seen : root;
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    cti_otlp *otlp = cti_otlp_of(subscriber);
    ctrace_span *seen = ctrace_event_span(event, subscriber);
    const int error = errno;
    cti_notice notice = {.site = event->site,
                         .fields = &event->fields,
                         .span = span_or_remote(event, seen),
                         .viewer = subscriber,
                         .moment = moment};
    notice.message = ctrace_event_message(event, &notice.message_size);
    if (!cti_otlp_keep_event(otlp, seen, &notice) && !otlp->no_logs) {
        send_log(otlp, &notice);
    }
    errno = error;
}

static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    (void)site;
    const cti_otlp *otlp = cti_otlp_of(subscriber);
    return otlp->no_spans && otlp->no_logs ? CTRACE_INTEREST_NEVER : CTRACE_INTEREST_ALWAYS;
}

/* ---- Flush and end ---- */

static uint64_t left_until(uint64_t begun, uint64_t timeout_ns) {
    const uint64_t spent = cti_clock_monotonic_ns() - begun;
    return timeout_ns == CTRACE_FOREVER ? timeout_ns : spent < timeout_ns ? timeout_ns - spent : 0;
}

/* In a section: a signal handler that emits meanwhile would wait for the batch for ever. */
static ctrace_status send_all(cti_otlp *otlp) {
    cti_thread *self = &cti_self;
    const bool entered = cti_section_enter(self);
    const ctrace_status of_traces = cti_otlp_batch_send(&otlp->traces);
    const ctrace_status of_logs = cti_otlp_batch_send(&otlp->logs);
    if (entered) {
        cti_section_leave(self);
    }
    return of_traces != CTRACE_OK ? of_traces : of_logs;
}

static ctrace_status flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    cti_otlp *otlp = cti_otlp_of(subscriber);
    const uint64_t begun = cti_clock_monotonic_ns();
    const ctrace_status sent = send_all(otlp);
    const ctrace_status of_traces = ctrace_writer_flush(otlp->traces.writer, timeout_ns);
    const ctrace_status of_logs =
        otlp->logs.writer == otlp->traces.writer
            ? CTRACE_OK
            : ctrace_writer_flush(otlp->logs.writer, left_until(begun, timeout_ns));
    return sent != CTRACE_OK ? sent : of_traces != CTRACE_OK ? of_traces : of_logs;
}

static void end(cti_otlp *otlp) {
    cti_otlp_batch_end(&otlp->traces);
    cti_otlp_batch_end(&otlp->logs);
    cti_otlp_resource_release(&otlp->resource);
    cti_lock_destroy(&otlp->lock);
    cti_free(otlp);
}

static void free_otlp(ctrace_subscriber *subscriber) {
    send_all(cti_otlp_of(subscriber));
    end(cti_otlp_of(subscriber));
}

/* ---- The beginning ---- */

static bool are_valid(const ctrace_otlp_options *options) {
    return cti_options_are_clear(options->reserved) &&
           cti_option_is_one_of("protocol", options->protocol, CTRACE_OTLP_PROTOBUF);
}

static void set_up(cti_otlp_batch *batch, const ctrace_otlp_options *options, cti_otlp_pace pace) {
    batch->is_json = options->protocol == CTRACE_OTLP_JSON;
    batch->most_bytes = options->batch_bytes == 0 ? DEFAULT_BYTES : options->batch_bytes;
    batch->pace.records = options->batch_records == 0 ? pace.records : options->batch_records;
    batch->pace.age_ns = options->batch_age_ns == 0 ? pace.age_ns : options->batch_age_ns;
}

static void choose_callbacks(cti_otlp *otlp) {
    otlp->ops = (ctrace_subscriber_ops){.size = sizeof otlp->ops,
                                        .span_data_size = sizeof(cti_otlp_open),
                                        .on_callsite = on_callsite,
                                        .on_span_new = cti_otlp_on_span_new,
                                        .on_span_follows = cti_otlp_on_span_follows,
                                        .on_span_close = cti_otlp_on_span_close,
                                        .on_event = on_event,
                                        .flush = flush,
                                        .free = free_otlp};
}

/* The batches take over the writers. */
static cti_otlp *allocate(const cti_otlp_ways *ways, const ctrace_otlp_options *options) {
    cti_otlp *otlp = cti_alloc_zeroed(sizeof *otlp);
    if (otlp == NULL) {
        ctrace_writer_unref(ways->traces);
        ctrace_writer_unref(ways->logs);
        return NULL;
    }
    cti_otlp_environment said;
    cti_otlp_environment_read(&said);
    cti_lock_init(&otlp->lock);
    otlp->traces = (cti_otlp_batch){.signal = &traces,
                                    .resource = &otlp->resource,
                                    .writer = ways->traces,
                                    .path = ways->traces_path};
    otlp->logs = (cti_otlp_batch){.signal = &logs,
                                  .resource = &otlp->resource,
                                  .writer = ways->logs,
                                  .path = ways->logs_path};
    set_up(&otlp->traces, options, said.spans);
    set_up(&otlp->logs, options, said.logs);
    otlp->is_json = options->protocol == CTRACE_OTLP_JSON;
    otlp->events_as_logs = options->events_as_logs;
    otlp->events_as_span_events = options->events_as_span_events && !said.no_spans;
    otlp->no_spans = said.no_spans;
    otlp->no_logs = said.no_logs;
    otlp->limits = said.limits;
    return otlp;
}

static ctrace_subscriber *begin(const cti_otlp_ways *ways, const ctrace_otlp_options *options) {
    cti_otlp *otlp = allocate(ways, options);
    if (otlp == NULL) {
        return cti_fail_memory("an OTLP sink");
    }
    if (!cti_otlp_resource_init(&otlp->resource, options->service_name) ||
        !cti_otlp_batch_begin(&otlp->traces) || !cti_otlp_batch_begin(&otlp->logs)) {
        end(otlp);
        return cti_fail_memory("an OTLP sink, or its thread");
    }
    choose_callbacks(otlp);
    ctrace_subscriber_init(&otlp->base, &otlp->ops);
    cti_fail_forget();
    return &otlp->base;
}

ctrace_subscriber *cti_otlp_new(const cti_otlp_ways *ways, const ctrace_otlp_options *options) {
    static const ctrace_otlp_options defaults;
    const ctrace_otlp_options *said = options == NULL ? &defaults : options;
    if (ways->traces != NULL && ways->logs != NULL && are_valid(said)) {
        return begin(ways, said);
    }
    if (ways->traces == NULL || ways->logs == NULL) {
        cti_fail_null("the writer");
    }
    ctrace_writer_unref(ways->traces);
    ctrace_writer_unref(ways->logs);
    return NULL;
}

ctrace_subscriber *ctrace_otlp_new(ctrace_writer *writer, const ctrace_otlp_options *options) {
    const cti_otlp_ways ways = {writer, ctrace_writer_ref(writer), "/v1/traces", "/v1/logs"};
    return cti_otlp_new(&ways, options);
}
