#include "encode/text_tree.h"
#include "sinks/color.h"
#include "sinks/sink.h"
#include "sinks/span_clock.h"

typedef struct tree_sink {
    cti_sink sink;
    cti_text text;
} tree_sink;

static void put_event(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_tree_put_event(&((tree_sink *)sink)->text, buf, notice);
}

static void put_open(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_tree_put_open(&((tree_sink *)sink)->text, buf, notice);
}

static void put_record(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_tree_put_record(&((tree_sink *)sink)->text, buf, notice);
}

static void put_close(cti_sink *sink, ctrace_buf *buf, const cti_notice *notice) {
    cti_tree_put_close(&((tree_sink *)sink)->text, buf, notice);
}

static void release(cti_sink *sink) {
    cti_text_release(&((tree_sink *)sink)->text);
}

static const cti_sink_kind kind = {sizeof(tree_sink), put_event, release, "a tree sink"};

static void tell(ctrace_subscriber *subscriber, ctrace_span *span, const ctrace_fields *fields,
                 const ctrace_moment *moment, cti_sink_put *put) {
    const cti_notice notice = {
        .site = span->site,
        .fields = fields,
        .span = span,
        .viewer = subscriber,
        .moment = moment,
    };
    cti_sink_tell((cti_sink *)subscriber, &notice, put);
}

static void on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                        const ctrace_moment *moment) {
    cti_span_clock_new(subscriber, span, moment);
    tell(subscriber, span, &span->fields, moment, put_open);
}

static void on_span_record(ctrace_subscriber *subscriber, ctrace_span *span,
                           const ctrace_fields *fields, const ctrace_moment *moment) {
    tell(subscriber, span, fields, moment, put_record);
}

static void on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    ctrace_value durations[2] = {{.kind = CTRACE_VALUE_NS}, {.kind = CTRACE_VALUE_NS}};
    cti_span_clock_read(subscriber, span, moment, &durations[0].as.i64, &durations[1].as.i64);
    const ctrace_fields fields = {NULL, durations, 2};
    tell(subscriber, span, &fields, moment, put_close);
}

static bool are_valid(const ctrace_tree_options *options) {
    return cti_options_are_clear(options->reserved) &&
           cti_option_is_one_of("time", options->time, CTRACE_TIME_NONE) &&
           cti_option_is_one_of("color", options->color, CTRACE_COLOR_NEVER);
}

static void init(tree_sink *self, const ctrace_tree_options *options, bool color) {
    const ctrace_text_options text = {
        .time = options->time,
        .no_target = options->no_target,
        .no_level = options->no_level,
        .thread_id = options->thread_id,
        .thread_name = options->thread_name,
    };
    cti_text_init(&self->text, &text, color);
    self->sink.ops.span_data_size = sizeof(cti_span_clock);
    self->sink.ops.on_span_new = on_span_new;
    self->sink.ops.on_span_record = on_span_record;
    self->sink.ops.on_span_enter = cti_span_clock_enter;
    self->sink.ops.on_span_exit = cti_span_clock_exit;
    self->sink.ops.on_span_close = on_span_close;
}

ctrace_subscriber *ctrace_tree_new(ctrace_writer *writer, const ctrace_tree_options *options) {
    static const ctrace_tree_options defaults;
    const ctrace_tree_options *said = options == NULL ? &defaults : options;
    if (writer != NULL && !are_valid(said)) {
        ctrace_writer_unref(writer);
        return NULL;
    }
    tree_sink *self = (tree_sink *)cti_sink_new(&kind, writer, 0);
    if (self == NULL) {
        return NULL;
    }
    init(self, said, cti_has_color(said->color, writer));
    return &self->sink.base;
}
