/* Events and moments from the inside: those who make them (macros, the library's own reports,
 * queues, recordings) fill these in. */
#ifndef CTI_CORE_EVENT_H
#define CTI_CORE_EVENT_H

#include <stdarg.h>

#include "base/ticks.h"
#include "core/span.h"

/* The arguments of a printf form, for as long as the event lasts. */
typedef struct cti_arguments {
    va_list list;
} cti_arguments;

struct ctrace_event {
    cti_site *site;
    cti_tree *tree;    /* that it goes to */
    ctrace_span *span; /* the innermost one around it, or NULL */
    ctrace_fields fields;
    const char *message; /* NULL: not formatted yet */
    size_t message_size;
    /* of a printf form, until its message is formatted: */
    cti_arguments *arguments;
    ctrace_buf *formatted; /* holds a message too long for `small` */
    char *small;           /* CTI_EVENT_SMALL bytes for a formatted message */
    bool refused;          /* of a report of losses: whoever got it lost it, too */
};

enum { CTI_EVENT_SMALL = 256 };

struct ctrace_moment {
    uint64_t time_ns;           /* 0: not asked for yet */
    uint64_t monotonic_ns;      /* 0: not asked for yet */
    uint64_t ticks;             /* 0: not asked for yet */
    const ctrace_thread *about; /* there and then, or NULL */
    cti_thread *thread;         /* here and now, or NULL */
    uint64_t task_id;
};

/* Here and now. */
static inline ctrace_moment cti_moment_now(cti_thread *self) {
    const ctrace_moment now = {.thread = self, .task_id = self->scope->task_id};
    return now;
}

/* The tick at which it happened, the same for all who ask. */
static inline uint64_t cti_moment_ticks(const ctrace_moment *moment) {
    if (moment->ticks == 0) {
        ((ctrace_moment *)(uintptr_t)moment)->ticks = cti_ticks_now(); /* on this thread's stack */
    }
    return moment->ticks;
}

/* Gives an event with all of the callsite's values to who is at the end of this thread's route, by
 * its ops, and leaves the section. */
void cti_event_deliver(cti_site *site, const ctrace_value *values);

/* Whether the event is a report of losses: who cannot keep it sets `refused`, and counts nothing.
 */
bool cti_event_tells_losses(const ctrace_event *event);

/* Allocates what telling of losses needs, so that a signal handler can do it. False when there is
 * no memory. */
bool cti_losses_prepare(void);

/* Emits "lost N records" for a callsite of which some were lost. Inside a section. */
void cti_tell_losses_at(cti_thread *self, cti_tree *tree, cti_site *site,
                        const ctrace_moment *moment);
void cti_tell_losses_now(cti_thread *self, cti_tree *tree, cti_site *site);

static inline void cti_tell_losses(cti_thread *self, cti_tree *tree, cti_site *site) {
    if (CTRACE_I_UNLIKELY(cti_load_relaxed(&site->lost) != 0)) {
        cti_tell_losses_now(self, tree, site);
    }
}

#endif
