/* A filtered subscriber: what it is made of, and what it wants. */
#ifndef CTI_COMPOSE_FILTERED_H
#define CTI_COMPOSE_FILTERED_H

#include "compose/filtered_plans.h"
#include "ctrace/subscriber.h"

typedef struct cti_filtered {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    cti_filter_in_use *in_use; /* replaced by reloads, and then retired */
    uint32_t generations;
    bool has_read_spans; /* some filter did: then spans may have been counted as entered */
    bool holds_sink;     /* `inner` wants everything and holds nothing: calls go to it directly */
} cti_filtered;

static inline cti_filtered *cti_filtered_of(ctrace_subscriber *subscriber) {
    return (cti_filtered *)subscriber;
}

static inline cti_filter_in_use *cti_filtered_in_use(ctrace_subscriber *subscriber) {
    /* acquire: pairs with the exchange in ctrace_filter_reload() */
    return cti_load_acquire(&cti_filtered_of(subscriber)->in_use);
}

/* Its on_callsite and is_enabled. */
ctrace_interest cti_filtered_interest(ctrace_subscriber *subscriber, const ctrace_callsite *site);
bool cti_filtered_is_enabled(ctrace_subscriber *subscriber, const ctrace_callsite *site);

/* The filter's last word, for events that it lets through by their fields. */
bool cti_filtered_lets_through(ctrace_subscriber *subscriber, const ctrace_event *event);

#endif
