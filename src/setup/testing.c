/* The capturing subscriber of <ctrace/testing.h>. */
#include "ctrace/testing.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/scratch.h"
#include "core/status.h"
#include "setup/testing_copy.h"

enum { MOST_CAPTURED = 1000000 };

typedef struct capture {
    ctrace_subscriber base;
    cti_lock lock; /* guards what follows; nothing else is called while it is held */
    pthread_cond_t more;
    ctrace_captured **captured;
    size_t count, capacity;
    size_t lost;
    ctrace_level level;
    bool events_only;
    size_t most;
    char *target;
} capture;

static const ctrace_subscriber_ops ops;

static capture *capture_of(ctrace_subscriber *subscriber) {
    return subscriber != NULL && subscriber->ops == &ops ? (capture *)subscriber : NULL;
}

/* ---- Keeping ---- */

static bool make_room(capture *self) {
    if (self->count < self->capacity) {
        return true;
    }
    const size_t capacity = self->capacity == 0 ? 64 : 2 * self->capacity;
    ctrace_captured **captured = cti_resize(self->captured, capacity * sizeof(ctrace_captured *));
    if (captured == NULL) {
        return false;
    }
    self->captured = captured;
    self->capacity = capacity;
    return true;
}

static void keep(capture *self, cti_captured *made, const ctrace_callsite *site) {
    cti_lock_take(&self->lock);
    const bool kept = made != NULL && self->count < self->most && make_room(self);
    if (kept) {
        made->index = self->count;
        self->captured[self->count++] = &made->about;
    } else {
        self->lost += 1;
    }
    pthread_cond_broadcast(&self->more);
    cti_lock_give(&self->lock);
    if (!kept) {
        cti_free(made);
        cti_lost_event(site);
    }
}

static void take(capture *self, cti_capture_draft *draft, const ctrace_fields *fields,
                 const ctrace_moment *moment) {
    ctrace_captured *about = &draft->about;
    about->level = about->site->level;
    about->target = about->site->target;
    about->time_ns = ctrace_moment_time_ns(moment);
    about->monotonic_ns = ctrace_moment_monotonic_ns(moment);
    about->thread_id = ctrace_moment_thread(moment)->id;
    about->task_id = ctrace_moment_task_id(moment);
    draft->viewer = &self->base;
    cti_captured *made = cti_capture_take_fields(draft, fields) ? cti_capture_copy(draft) : NULL;
    cti_capture_release(draft);
    keep(self, made, about->site);
}

static void take_span(ctrace_subscriber *subscriber, ctrace_captured_kind kind, ctrace_span *span,
                      const ctrace_span *cause, const ctrace_fields *fields,
                      const ctrace_moment *moment) {
    cti_capture_draft draft = {.about = {.kind = kind}, .text = CTI_BUF_INIT, .lazy = CTI_BUF_INIT};
    draft.around = ctrace_span_parent(span, subscriber);
    draft.about.site = ctrace_span_site(span);
    draft.about.name = ctrace_span_name(span);
    draft.name_size = strlen(draft.about.name);
    draft.about.span_id = ctrace_span_id(span);
    draft.about.parent_id = ctrace_span_id(draft.around);
    draft.about.cause_id = ctrace_span_id(cause);
    ctrace_span_trace_id(span, draft.about.trace_id);
    take((capture *)subscriber, &draft, fields, moment);
}

/* ---- Callbacks ---- */

static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const capture *self = (const capture *)subscriber;
    const bool wanted =
        site->level >= self->level && !(self->events_only && site->kind == CTRACE_KIND_SPAN) &&
        (self->target == NULL || strncmp(site->target, self->target, strlen(self->target)) == 0);
    return wanted ? CTRACE_INTEREST_ALWAYS : CTRACE_INTEREST_NEVER;
}

static void on_new(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_NEW, span, NULL, ctrace_span_fields(span), moment);
}

static void on_record(ctrace_subscriber *self, ctrace_span *span, const ctrace_fields *fields,
                      const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_RECORD, span, NULL, fields, moment);
}

static void on_follows(ctrace_subscriber *self, ctrace_span *span, const ctrace_span *cause,
                       const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_FOLLOWS, span, cause, NULL, moment);
}

static void on_enter(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_ENTER, span, NULL, NULL, moment);
}

static void on_exit(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_EXIT, span, NULL, NULL, moment);
}

static void on_close(ctrace_subscriber *self, ctrace_span *span, const ctrace_moment *moment) {
    take_span(self, CTRACE_CAPTURED_CLOSE, span, NULL, NULL, moment);
}

static void on_event(ctrace_subscriber *subscriber, const ctrace_event *event,
                     const ctrace_moment *moment) {
    cti_capture_draft draft = {
        .about = {.kind = CTRACE_CAPTURED_EVENT}, .text = CTI_BUF_INIT, .lazy = CTI_BUF_INIT};
    draft.around = ctrace_event_span(event, subscriber);
    draft.about.site = ctrace_event_site(event);
    draft.about.name = ctrace_event_message(event, &draft.name_size);
    draft.about.span_id = ctrace_span_id(draft.around);
    ctrace_span_trace_id(draft.around, draft.about.trace_id);
    take((capture *)subscriber, &draft, ctrace_event_fields(event), moment);
}

static void free_capture(ctrace_subscriber *subscriber) {
    capture *self = (capture *)subscriber;
    ctrace_capture_clear(subscriber);
    cti_lock_destroy(&self->lock);
    /* self->more is left: a forked child may hold one on which threads wait that it does not have,
     * and destroying that would wait for them */
    cti_free(self->captured);
    cti_free(self->target);
    cti_free(self);
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .on_callsite = on_callsite,
    .on_span_new = on_new,
    .on_span_record = on_record,
    .on_span_follows = on_follows,
    .on_span_enter = on_enter,
    .on_span_exit = on_exit,
    .on_span_close = on_close,
    .on_event = on_event,
    .free = free_capture,
};

ctrace_subscriber *ctrace_capture_new(const ctrace_capture_options *options) {
    static const ctrace_capture_options defaults;
    options = options == NULL ? &defaults : options;
    capture *self = cti_alloc_zeroed(sizeof *self);
    char *target =
        options->target == NULL ? NULL : cti_copy_text(options->target, strlen(options->target));
    if (self == NULL || (options->target != NULL && target == NULL)) {
        cti_free(self);
        cti_free(target);
        return cti_fail_memory("a capturing subscriber");
    }
    ctrace_subscriber_init(&self->base, &ops);
    cti_lock_init(&self->lock);
    pthread_cond_init(&self->more, NULL);
    self->level = options->level;
    self->target = target;
    self->events_only = options->events_only;
    self->most = options->max_captured == 0 ? MOST_CAPTURED : options->max_captured;
    return &self->base;
}

/* ---- Asking ---- */

const ctrace_captured *ctrace_capture_at(ctrace_subscriber *subscriber, size_t i) {
    capture *self = capture_of(subscriber);
    if (self == NULL) {
        return NULL;
    }
    cti_lock_take(&self->lock);
    const ctrace_captured *found = i < self->count ? self->captured[i] : NULL;
    cti_lock_give(&self->lock);
    return found;
}

static bool is_of(const ctrace_captured *captured, ctrace_captured_kind kind, const char *name) {
    return (kind == CTRACE_CAPTURED_ANY || captured->kind == kind) &&
           (name == NULL || strcmp(captured->name, name) == 0);
}

const ctrace_captured *ctrace_capture_find(ctrace_subscriber *subscriber, ctrace_captured_kind kind,
                                           const char *name, const ctrace_captured *after) {
    const cti_captured *last = (const cti_captured *)(const void *)after;
    const ctrace_captured *at = NULL;
    for (size_t i = last == NULL ? 0 : last->index + 1;
         (at = ctrace_capture_at(subscriber, i)) != NULL && !is_of(at, kind, name); i++) {
    }
    return at;
}

static size_t count_of(const capture *self, ctrace_captured_kind kind, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        count += is_of(self->captured[i], kind, name);
    }
    return count;
}

size_t ctrace_capture_count_of(ctrace_subscriber *subscriber, ctrace_captured_kind kind,
                               const char *name) {
    capture *self = capture_of(subscriber);
    if (self == NULL) {
        return 0;
    }
    cti_lock_take(&self->lock);
    const size_t count = count_of(self, kind, name);
    cti_lock_give(&self->lock);
    return count;
}

size_t ctrace_capture_count(ctrace_subscriber *subscriber) {
    return ctrace_capture_count_of(subscriber, CTRACE_CAPTURED_ANY, NULL);
}

size_t ctrace_capture_lost(ctrace_subscriber *subscriber) {
    capture *self = capture_of(subscriber);
    if (self == NULL) {
        return 0;
    }
    cti_lock_take(&self->lock);
    const size_t lost = self->lost;
    cti_lock_give(&self->lock);
    return lost;
}

/* When a wait that begins now ends; what would overflow never ends in practice. */
static struct timespec deadline_in(uint64_t timeout_ns) {
    const uint64_t century = UINT64_C(3155760000) * 1000000000u;
    const uint64_t at = cti_clock_realtime_ns() + (timeout_ns < century ? timeout_ns : century);
    return (struct timespec){(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
}

bool ctrace_capture_wait(ctrace_subscriber *subscriber, ctrace_captured_kind kind, const char *name,
                         size_t count, uint64_t timeout_ns) {
    capture *self = capture_of(subscriber);
    if (self == NULL) {
        return count == 0;
    }
    const struct timespec deadline = deadline_in(timeout_ns);
    int status = 0;
    cti_lock_take(&self->lock);
    while (count_of(self, kind, name) < count && status == 0) {
        status = pthread_cond_timedwait(&self->more, &self->lock.mutex, &deadline);
    }
    const bool there = count_of(self, kind, name) >= count;
    cti_lock_give(&self->lock);
    return there;
}

void ctrace_capture_clear(ctrace_subscriber *subscriber) {
    capture *self = capture_of(subscriber);
    if (self == NULL) {
        return;
    }
    cti_lock_take(&self->lock);
    for (size_t i = 0; i < self->count; i++) {
        cti_free(self->captured[i]);
    }
    self->count = 0;
    cti_lock_give(&self->lock);
}
