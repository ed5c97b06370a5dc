/* A subscriber that counts its callbacks, calls a hook from each, and knows when it was freed. */
#ifndef CTRACE_TESTS_PROBE_H
#define CTRACE_TESTS_PROBE_H

#include <stdatomic.h>

#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

typedef enum probe_callback {
    PROBE_CALLSITE,
    PROBE_ENABLED,
    PROBE_NEW,
    PROBE_RECORD,
    PROBE_FOLLOWS,
    PROBE_ENTER,
    PROBE_EXIT,
    PROBE_CLOSE,
    PROBE_EVENT,
    PROBE_FREE,
    PROBE_CALLBACKS
} probe_callback;

typedef struct probe {
    ctrace_subscriber base;
    atomic_size_t calls[PROBE_CALLBACKS];
    atomic_size_t inside;       /* callbacks running now */
    atomic_bool freed_too_soon; /* free was called while one was running */
    atomic_int interest;        /* what on_callsite answers */
    atomic_bool enabled;        /* what is_enabled answers */
    const char *only;           /* a callsite's name: NEVER for all others; NULL: all */
    _Atomic(const char *) last; /* name of the callsite asked about last */
    void (*hook)(struct probe *, probe_callback, ctrace_span *);
    void *argument; /* the hook's own */
} probe;

/* Makes a probe that answers ALWAYS, in the caller's storage, which must outlive its free. */
ctrace_subscriber *probe_init(probe *self);

/* How often the callback ran. */
size_t probe_calls(const probe *self, probe_callback callback);

/* The figures of ctrace_stats_get(). */
ctrace_stats stats_now(void);

#endif
