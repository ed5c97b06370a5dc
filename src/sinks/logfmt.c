#include "encode/logfmt.h"
#include "sinks/sink.h"

typedef struct logfmt_sink {
    cti_sink sink;
    cti_logfmt logfmt;
} logfmt_sink;

static void put(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_logfmt_put(&((logfmt_sink *)sink)->logfmt, buf, notice);
}

static void release(cti_sink *sink) {
    cti_logfmt_release(&((logfmt_sink *)sink)->logfmt);
}

static const cti_sink_kind kind = {sizeof(logfmt_sink), put, release, "a logfmt sink"};

static bool are_valid(const ctrace_logfmt_options *options) {
    return cti_options_are_clear(options->reserved) &&
           cti_option_is_one_of("time", options->time, CTRACE_TIME_NONE) &&
           cti_span_events_are_known(options->span_events);
}

ctrace_subscriber *ctrace_logfmt_new(ctrace_writer *writer, const ctrace_logfmt_options *options) {
    static const ctrace_logfmt_options defaults;
    const ctrace_logfmt_options *said = options == NULL ? &defaults : options;
    if (writer != NULL && !are_valid(said)) {
        ctrace_writer_unref(writer);
        return NULL;
    }
    logfmt_sink *self = (logfmt_sink *)cti_sink_new(&kind, writer, said->span_events);
    if (self == NULL) {
        return NULL;
    }
    cti_logfmt_init(&self->logfmt, said);
    return &self->sink.base;
}
