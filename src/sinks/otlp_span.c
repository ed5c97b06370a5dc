#include <errno.h>
#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/scratch.h"
#include "sinks/otlp.h"

enum { MOST_KEPT_BYTES = 1 << 20, MOST_ERROR_BYTES = 1024 };

static cti_otlp_open *open_of(cti_otlp *otlp, ctrace_span *span) {
    return ctrace_span_data(span, &otlp->base);
}

void cti_otlp_on_span_new(ctrace_subscriber *subscriber, ctrace_span *span,
                          const ctrace_moment *moment) {
    cti_otlp_open *open = open_of(cti_otlp_of(subscriber), span);
    if (open != NULL) {
        open->start_ns = ctrace_moment_time_ns(moment);
    }
}

/* ---- Links and events ---- */

/* What the span is full of, or there is no memory for, is dropped and counted in its record. */
static void keep(cti_otlp *otlp, cti_otlp_items *items, uint32_t most, const ctrace_buf *item) {
    cti_lock_take(&otlp->lock);
    const size_t comma = otlp->is_json && items->count != 0;
    const bool fits =
        items->count < most && !item->failed && items->encoded.size + item->size < MOST_KEPT_BYTES;
    const size_t before = items->encoded.size;
    char *room = fits ? cti_buf_room(&items->encoded, comma + item->size) : NULL;
    if (room == NULL) {
        items->encoded.failed = false; /* what was in it is whole */
        items->encoded.size = before;
        items->dropped++;
    } else {
        *room = ',';
        memcpy(room + comma, item->bytes, item->size);
        cti_buf_wrote(&items->encoded, comma + item->size);
        items->count++;
    }
    cti_lock_give(&otlp->lock);
}

static void drop(cti_otlp *otlp, cti_otlp_items *items) {
    cti_lock_take(&otlp->lock);
    items->dropped++;
    cti_lock_give(&otlp->lock);
}

void cti_otlp_on_span_follows(ctrace_subscriber *subscriber, ctrace_span *span,
                              const ctrace_span *cause, const ctrace_moment *moment) {
    (void)moment;
    cti_otlp *otlp = cti_otlp_of(subscriber);
    cti_otlp_open *open = open_of(otlp, span);
    ctrace_buf *buf = open == NULL ? NULL : cti_scratch_take();
    if (buf != NULL) {
        cti_otlp_pen pen = {.buf = buf, .is_json = otlp->is_json};
        cti_otlp_put_link(&pen, cause);
        keep(otlp, &open->links, otlp->limits.links, buf);
        cti_scratch_give(buf);
    } else if (open != NULL) {
        drop(otlp, &open->links);
    }
}

static void keep_whole_event(cti_otlp *otlp, cti_otlp_open *open, const cti_notice *notice) {
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        drop(otlp, &open->events);
        return;
    }
    cti_otlp_pen pen = {.buf = buf, .is_json = otlp->is_json};
    cti_otlp_put_span_event(&pen, notice, &otlp->limits);
    keep(otlp, &open->events, otlp->limits.events, buf);
    cti_scratch_give(buf);
}

/* The first error counts: others follow from it. */
static void keep_error(cti_otlp *otlp, cti_otlp_open *open, const cti_notice *notice) {
    const size_t limit =
        notice->message_size < MOST_ERROR_BYTES
            ? notice->message_size
            : cti_otlp_cut(notice->message, notice->message_size, MOST_ERROR_BYTES / 4);
    cti_lock_take(&otlp->lock);
    if (!open->had_error) {
        open->had_error = true;
        open->error = cti_copy_text(notice->message, limit);
        open->error_size = open->error == NULL ? 0 : (uint32_t)limit;
    }
    cti_lock_give(&otlp->lock);
}

bool cti_otlp_keep_event(cti_otlp *otlp, ctrace_span *span, const cti_notice *notice) {
    cti_otlp_open *open = span == NULL ? NULL : open_of(otlp, span);
    if (open == NULL) {
        return false;
    }
    if (notice->site->description.level == CTRACE_LEVEL_ERROR) {
        keep_error(otlp, open, notice);
    }
    if (otlp->events_as_span_events) {
        keep_whole_event(otlp, open, notice);
    }
    return otlp->events_as_span_events && !otlp->events_as_logs;
}

/* ---- The end ---- */

static void encode(cti_otlp *otlp, ctrace_span *span, const cti_otlp_open *open, uint64_t end_ns,
                   ctrace_buf *buf) {
    cti_otlp_pen pen = {.buf = buf, .is_json = otlp->is_json};
    const cti_otlp_ended ended = {
        .span = span,
        .viewer = &otlp->base,
        .start_ns = open->start_ns,
        .end_ns = end_ns > open->start_ns ? end_ns : open->start_ns, /* clocks are set back */
        .events = &open->events,
        .links = &open->links,
        .had_error = open->had_error,
        .error_message = open->error,
        .error_size = open->error_size,
    };
    cti_otlp_put_span(&pen, &ended, &otlp->limits);
}

static void send_span(cti_otlp *otlp, ctrace_span *span, const cti_otlp_open *open,
                      const ctrace_moment *moment) {
    const ctrace_callsite *site = ctrace_span_site(span);
    ctrace_buf *buf = cti_scratch_take();
    if (buf == NULL) {
        cti_lost_span(site);
        return;
    }
    encode(otlp, span, open, ctrace_moment_time_ns(moment), buf);
    if (buf->failed || !cti_otlp_batch_add(&otlp->traces, site->target, buf,
                                           ctrace_moment_thread(moment)->process_id)) {
        cti_lost_span(site);
    }
    cti_scratch_give(buf);
}

void cti_otlp_on_span_close(ctrace_subscriber *subscriber, ctrace_span *span,
                            const ctrace_moment *moment) {
    cti_otlp *otlp = cti_otlp_of(subscriber);
    cti_otlp_open *open = open_of(otlp, span);
    const int error = errno;
    if (open != NULL) {
        if (!otlp->no_spans) {
            send_span(otlp, span, open, moment);
        }
        cti_buf_release(&open->events.encoded);
        cti_buf_release(&open->links.encoded);
        cti_free(open->error);
    }
    errno = error;
}
