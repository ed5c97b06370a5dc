#include "encode/text.h"
#include "sinks/color.h"
#include "sinks/sink.h"

typedef struct text_sink {
    cti_sink sink;
    cti_text text;
} text_sink;

static void put(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_text_put(&((text_sink *)sink)->text, buf, notice);
}

static void release(cti_sink *sink) {
    cti_text_release(&((text_sink *)sink)->text);
}

static const cti_sink_kind kind = {sizeof(text_sink), put, release, "a text sink"};

static bool are_valid(const ctrace_text_options *options) {
    return cti_options_are_clear(options->reserved) &&
           cti_option_is_one_of("format", options->format, CTRACE_TEXT_PRETTY) &&
           cti_option_is_one_of("time", options->time, CTRACE_TIME_NONE) &&
           cti_option_is_one_of("color", options->color, CTRACE_COLOR_NEVER) &&
           cti_span_events_are_known(options->span_events);
}

ctrace_subscriber *ctrace_text_new(ctrace_writer *writer, const ctrace_text_options *options) {
    static const ctrace_text_options defaults;
    const ctrace_text_options *said = options == NULL ? &defaults : options;
    if (writer != NULL && !are_valid(said)) {
        ctrace_writer_unref(writer);
        return NULL;
    }
    text_sink *self = (text_sink *)cti_sink_new(&kind, writer, said->span_events);
    if (self == NULL) {
        return NULL;
    }
    cti_text_init(&self->text, said, cti_has_color(said->color, writer));
    return &self->sink.base;
}
