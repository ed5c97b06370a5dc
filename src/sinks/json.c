#include "encode/json.h"
#include "sinks/sink.h"

typedef struct json_sink {
    cti_sink sink;
    cti_json json;
} json_sink;

static void put(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_json_put(&((json_sink *)sink)->json, buf, notice);
}

static void release(cti_sink *sink) {
    cti_json_release(&((json_sink *)sink)->json);
}

static const cti_sink_kind kind = {sizeof(json_sink), put, release, "a JSON sink"};

static bool are_valid(const ctrace_json_options *options) {
    return cti_options_are_clear(options->reserved) &&
           cti_option_is_one_of("time", options->time, CTRACE_TIME_NONE) &&
           cti_span_events_are_known(options->span_events);
}

ctrace_subscriber *ctrace_json_new(ctrace_writer *writer, const ctrace_json_options *options) {
    static const ctrace_json_options defaults;
    const ctrace_json_options *said = options == NULL ? &defaults : options;
    if (writer != NULL && !are_valid(said)) {
        ctrace_writer_unref(writer);
        return NULL;
    }
    json_sink *self = (json_sink *)cti_sink_new(&kind, writer, said->span_events);
    if (self == NULL) {
        return NULL;
    }
    cti_json_init(&self->json, said);
    return &self->sink.base;
}
