#include "sinks/sink.h"

#include <errno.h>

#include "base/memory.h"
#include "core/scratch.h"
#include "core/status.h"
#include "sinks/span_events.h"
#include "write/batch.h"

static cti_sink *of(ctrace_subscriber *subscriber) {
    return (cti_sink *)subscriber;
}

/* A writer's failure is counted by the writer. */
static inline void encode_and_write(cti_sink *sink, const cti_notice *notice, cti_sink_put *put) {
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        cti_lost_event(&notice->site->description);
        return;
    }
    put(sink, buf, notice);
    if (CTRACE_I_UNLIKELY(buf->failed)) {
        cti_lost_event(&notice->site->description);
    } else {
        ctrace_writer_write(sink->writer, buf->bytes, buf->size);
    }
    cti_scratch_give(buf);
}

static inline void encode_into_batch(cti_sink *sink, const cti_notice *notice, cti_sink_put *put,
                                     cti_batched *batched) {
    const size_t before = batched->lines.size;
    put(sink, &batched->lines, notice);
    if (CTRACE_I_UNLIKELY(batched->lines.failed)) {
        cti_batch_undo(batched, before);
        cti_lost_event(&notice->site->description);
    } else {
        cti_batch_close(batched, before);
    }
}

/* errno is the host's: it may emit between a failure and its look at why. */
void cti_sink_tell(cti_sink *sink, const cti_notice *notice, cti_sink_put *put) {
    cti_batched *batched = cti_batch_open(sink->writer);
    if (batched != NULL) {
        encode_into_batch(sink, notice, put, batched);
        return;
    }
    const int error = errno;
    encode_and_write(sink, notice, put);
    errno = error;
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    cti_notice notice;
    notice.site = event->site;
    notice.message = ctrace_event_message(event, &notice.message_size);
    notice.fields = &event->fields;
    notice.span = ctrace_event_span(event, subscriber);
    notice.viewer = subscriber;
    notice.moment = moment;
    cti_sink_tell(of(subscriber), &notice, of(subscriber)->kind->put);
}

static ctrace_status flush(ctrace_subscriber *subscriber, uint64_t timeout_ns) {
    return ctrace_writer_flush(of(subscriber)->writer, timeout_ns);
}

static void free_sink(ctrace_subscriber *subscriber) {
    cti_sink *sink = of(subscriber);
    sink->kind->release(sink);
    ctrace_writer_unref(sink->writer);
    cti_free(sink);
}

cti_sink *cti_sink_new(const cti_sink_kind *kind, ctrace_writer *writer, unsigned span_events) {
    if (writer == NULL) {
        return cti_fail_null("the writer");
    }
    cti_sink *sink = cti_alloc_zeroed(kind->size);
    if (sink == NULL) {
        ctrace_writer_unref(writer);
        return cti_fail_memory(kind->name);
    }
    sink->ops.size = sizeof sink->ops;
    sink->ops.on_event = on_event;
    sink->ops.flush = flush;
    sink->ops.free = free_sink;
    cti_span_events_install(&sink->ops, span_events);
    sink->kind = kind;
    sink->writer = writer;
    ctrace_subscriber_init(&sink->base, &sink->ops);
    cti_fail_forget();
    return sink;
}

/* ---- Options ---- */

bool cti_option_is_one_of(const char *name, int value, int last) {
    if (value < 0 || value > last) {
        cti_fail(CTRACE_EINVAL, "%s is %d: expected 0 to %d", name, value, last);
        return false;
    }
    return true;
}

bool cti_span_events_are_known(unsigned span_events) {
    const unsigned known = CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_ENTER |
                           CTRACE_SPAN_EVENTS_EXIT | CTRACE_SPAN_EVENTS_CLOSE;
    if ((span_events & ~known) != 0) {
        cti_fail(CTRACE_EINVAL, "span_events is 0x%x: expected bits of 0x%x", span_events, known);
        return false;
    }
    return true;
}

bool cti_options_are_clear(const uintptr_t reserved[8]) {
    uintptr_t any = 0;
    for (size_t i = 0; i < 8; i++) {
        any |= reserved[i];
    }
    if (any != 0) {
        cti_fail(CTRACE_EINVAL, "options.reserved is not zero: was the struct cleared?");
    }
    return any == 0;
}
