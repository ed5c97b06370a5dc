/* Posts spans, one a request, as OTLP's JSON: collector URL COUNT [QUEUE_BYTES RETRY_FOR_NS],
 * or sends them by the OTLP sink: collector URL COUNT sink. Then says on one line what became of
 * them: answered with 2xx, otherwise, and counted as lost. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "write/http.h"

static const uint64_t SECOND_NS = UINT64_C(1000000000);

typedef struct tally {
    unsigned taken, refused;
} tally;

/* On the writer's thread; read again after the writer is gone. */
static void note(void *arg, int status, const char *body, size_t size) {
    tally *so_far = arg;
    (void)body;
    (void)size;
    if (status >= 200 && status <= 299) {
        so_far->taken++;
    } else {
        so_far->refused++;
    }
}

static void post(ctrace_writer *writer, unsigned number, tally *so_far) {
    char body[400];
    const int size =
        snprintf(body, sizeof body,
                 "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[{"
                 "\"traceId\":"
                 "\"0123456789abcdef0123456789abcdef\",\"spanId\":\"%016x\",\"name\":\"span\","
                 "\"attributes\":[{\"key\":\"number\",\"value\":{\"intValue\":\"%u\"}}],\"kind\":1,"
                 "\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"2\"}]}]}]}",
                 number + 1, number);
    const cti_http_message message = {.path = "/v1/traces",
                                      .content_type = "application/json",
                                      .bytes = body,
                                      .size = (size_t)size,
                                      .spans = 1,
                                      .answered = note,
                                      .arg = so_far};
    cti_http_post(writer, &message);
}

static void post_all(ctrace_writer *writer, unsigned count, tally *all) {
    for (unsigned i = 0; i < count; i++) {
        post(writer, i, all);
    }
    ctrace_writer_flush(writer, 100 * SECOND_NS);
    ctrace_writer_unref(writer);
}

/* The same number of real spans, by the sink, ten in a request. */
static void trace_all(ctrace_writer *writer, unsigned count) {
    ctrace_subscriber *sink = ctrace_otlp_new(writer, &(ctrace_otlp_options){.batch_records = 10});
    if (ctrace_set_global(sink) != CTRACE_OK) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        TRACE_SPAN("span", ("number", i));
    }
    ctrace_flush(100 * SECOND_NS);
    ctrace_shutdown(SECOND_NS);
}

int main(int count, char **arguments) {
    const ctrace_http_writer_options options = {
        .timeout_ns = SECOND_NS,
        .queue_bytes = count > 4 ? strtoul(arguments[3], NULL, 10) : 0,
        .retry_for_ns = count > 4 ? strtoull(arguments[4], NULL, 10) : 0};
    ctrace_writer *writer = count < 3 ? NULL : ctrace_http_writer_new(arguments[1], &options);
    if (writer == NULL) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        return 2;
    }
    tally all = {0, 0};
    const unsigned spans = (unsigned)strtoul(arguments[2], NULL, 10);
    if (count == 4) {
        trace_all(writer, spans);
    } else {
        post_all(writer, spans, &all);
    }
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    printf("%u taken %u refused %" PRIu64 " spans lost %" PRIu64 " write errors\n", all.taken,
           all.refused, stats.spans_lost, stats.write_errors);
    return 0;
}
