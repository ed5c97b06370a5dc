/* Deferred subscribers: made, polled and given back. */
#include "compose/deferred.h"

#include <string.h>

#include "base/memory.h"
#include "compose/deferred_pen.h"
#include "compose/deferred_reader.h"
#include "core/shutdown.h"
#include "core/status.h"
#include "core/traits.h"

/* ---- Reading by hand ---- */

static const ctrace_subscriber_ops ops;

size_t ctrace_deferred_poll(ctrace_subscriber *subscriber) {
    if (subscriber == NULL || subscriber->ops != &ops) {
        cti_fail(CTRACE_EINVAL, "what is polled must be a deferred subscriber");
        return 0;
    }
    cti_deferred *deferred = cti_deferred_of(subscriber);
    if (cti_section_inside(&cti_self) || !cti_lock_try(&deferred->reading)) {
        return 0;
    }
    size_t count;
    cti_deferred_read(deferred, cti_ticks_now(), UINT64_MAX, &count);
    cti_lock_give(&deferred->reading);
    return count;
}

/* ---- The end ---- */

void cti_deferred_free(cti_deferred *deferred) {
    size_t count;
    if (!cti_deferred_read(deferred, UINT64_MAX, cti_shutdown_due_ns(), &count)) {
        cti_deferred_lose(deferred);
    }
    if (deferred->generation == cti_fork_generation()) {
        cti_sources_release(deferred);
        cti_reader_free(deferred->reader);
    } else if (deferred->reader != NULL) {
        cti_reader_abandon(deferred->reader, deferred->sources);
    }
    if (deferred->condition_generation == cti_fork_generation()) {
        pthread_cond_destroy(&deferred->caught_up);
    }
    cti_wakeup_destroy(&deferred->wakeup);
    cti_lock_destroy(&deferred->reading);
    cti_lock_destroy(&deferred->lock);
    ctrace_subscriber_unref(deferred->inner);
    cti_free(deferred);
}

static void end(ctrace_subscriber *subscriber) {
    cti_deferred *deferred = cti_deferred_of(subscriber);
    if (cti_deferred_stop(deferred)) {
        cti_deferred_free(deferred);
    }
}

/* ---- What it does ---- */

/* What is wanted sometimes is decided when it is delivered, among the spans as rebuilt. */
static ctrace_interest on_callsite(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    if ((site->flags & CTRACE_I_SITE_FORMAT) != 0 && !cti_defer_format(cti_site_of(site))) {
        return CTRACE_INTEREST_NEVER;
    }
    /* now, since the first event may come from a handler; tried again then, if it fails */
    cti_deferred_make_ready(cti_deferred_of(subscriber));
    return ctrace_forward_callsite(cti_deferred_of(subscriber)->inner, site) ==
                   CTRACE_INTEREST_NEVER
               ? CTRACE_INTEREST_NEVER
               : CTRACE_INTEREST_ALWAYS;
}

static const ctrace_subscriber_ops ops = {
    .size = sizeof ops,
    .span_data_size = sizeof(cti_told),
    .on_callsite = on_callsite,
    .on_span_new = cti_defer_span_new,
    .on_span_record = cti_defer_span_record,
    .on_span_follows = cti_defer_span_follows,
    .on_span_enter = cti_defer_span_enter,
    .on_span_exit = cti_defer_span_exit,
    .on_span_close = cti_defer_span_close,
    .on_event = cti_defer_event,
    .flush = cti_deferred_flush,
    .free = end,
};

static bool prepare(ctrace_subscriber *subscriber, cti_thread *self) {
    const cti_source *source = cti_source_find(cti_deferred_of(subscriber), self);
    if (source == NULL) {
        return false;
    }
    cti_ring *ring = source->rings[CTI_LANE_OWN];
    if (ring->head == 0 && source->writing == CTI_LANE_OWN) {
        cti_ring_touch(ring);
    }
    return true;
}

static const cti_traits traits = {
    .keeps_nested = true, .prepare = prepare, .ways = cti_deferred_ways};

static const cti_traits traits_without_counter = {.keeps_nested = true, .prepare = prepare};

/* ---- The beginning ---- */

static void begin(cti_deferred *deferred, ctrace_subscriber *inner,
                  const ctrace_deferred_options *options) {
    ctrace_subscriber_init(&deferred->base, &ops);
    cti_traits_set(&deferred->base, cti_ticks_count ? &traits : &traits_without_counter);
    const char *name = options->thread_name == NULL ? "ctrace" : options->thread_name;
    strncpy(deferred->thread_name, name, sizeof deferred->thread_name - 1);
    deferred->inner = inner;
    deferred->options = cti_deferred_complete(options);
    deferred->plenty = cti_deferred_plenty(options, deferred->options.max_bytes);
    deferred->options.thread_name = deferred->thread_name;
    cti_lock_init(&deferred->lock);
    cti_lock_init(&deferred->reading);
    deferred->generation = cti_fork_generation();
}

ctrace_subscriber *ctrace_deferred_new(ctrace_subscriber *subscriber,
                                       const ctrace_deferred_options *options) {
    static const ctrace_deferred_options defaults;
    const ctrace_deferred_options *said = options == NULL ? &defaults : options;
    if (subscriber == NULL) {
        return cti_fail_null("the subscriber to defer");
    }
    cti_deferred *deferred = NULL;
    if (cti_deferred_check(said) == CTRACE_OK) {
        deferred = cti_alloc_zeroed(sizeof *deferred);
        if (deferred == NULL || !cti_losses_prepare() || cti_tree_of(subscriber) == NULL ||
            !cti_wakeup_init(&deferred->wakeup)) {
            cti_free(deferred);
            deferred = cti_fail_memory("a deferred subscriber");
        }
    }
    if (deferred == NULL) {
        ctrace_subscriber_unref(subscriber);
        return NULL;
    }
    cti_ticks_prepare();
    begin(deferred, subscriber, said);
    cti_fail_forget();
    return &deferred->base;
}
