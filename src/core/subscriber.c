/* Subscribers, and passing callbacks on to those that a composer holds. */
#include <string.h>

#include "core/event.h"
#include "core/dispatch.h"
#include "core/registry.h"
#include "core/span.h"
#include "core/thread.h"
#include "core/tree.h"

void ctrace_subscriber_init(ctrace_subscriber *subscriber, const ctrace_subscriber_ops *ops) {
    memset(subscriber, 0, sizeof *subscriber);
    subscriber->ops = ops;
    subscriber->references = 1;
}

ctrace_subscriber *ctrace_subscriber_ref(ctrace_subscriber *subscriber) {
    if (subscriber != NULL) {
        cti_fetch_add(&subscriber->references, (uintptr_t)1);
    }
    return subscriber;
}

/* Gives a reference back unless it is the last. */
static bool give_back_early(ctrace_subscriber *subscriber) {
    uintptr_t held = cti_load_relaxed(&subscriber->references);
    while (held > 1) {
        if (cti_compare_exchange(&subscriber->references, &held, held - 1)) {
            return true;
        }
    }
    return false;
}

/* The last one goes under the lock: a span that outlives its scope may take another one from a
 * subscriber that has none, and give that back before we have looked at the tree. */
void ctrace_subscriber_unref(ctrace_subscriber *subscriber) {
    if (subscriber == NULL || give_back_early(subscriber)) {
        return;
    }
    const bool taken = cti_registry_take();
    const bool last = cti_fetch_sub_acq_rel(&subscriber->references, (uintptr_t)1) == 1;
    cti_tree *tree = subscriber->tree;
    if (last && tree != NULL) {
        cti_tree_let_go(tree);
    }
    if (taken) {
        cti_registry_give();
    }
    if (last && tree != NULL) {
        cti_tree_retire(tree);
    } else if (last && subscriber->ops->free != NULL) {
        subscriber->ops->free(subscriber);
    }
}

/* ---- Passing on ---- */

ctrace_interest ctrace_forward_callsite(ctrace_subscriber *inner, const ctrace_callsite *site) {
    const int interest = inner == NULL ? CTI_INTEREST_NEVER : cti_interest_of(inner, site);
    return interest == CTI_INTEREST_GATED ? CTRACE_INTEREST_SOMETIMES : (ctrace_interest)interest;
}

static bool wants(ctrace_subscriber *inner, int interest, const ctrace_callsite *site) {
    return interest == CTI_INTEREST_ALWAYS ||
           (interest != CTI_INTEREST_NEVER && cti_enabled_now(inner, site));
}

/* What a node answered, or what a subscriber outside the tree answers. */
static int answer_of(const cti_tree *tree, int node, ctrace_subscriber *inner,
                     const ctrace_callsite *site) {
    if (node < 0) {
        return cti_interest_of(inner, site);
    }
    const uint8_t *row = cti_load_acquire(&((cti_tree *)(uintptr_t)tree)->nodes[node].interest);
    return cti_load_relaxed(&row[cti_site_of(site)->id]);
}

bool ctrace_forward_is_enabled(ctrace_subscriber *inner, const ctrace_callsite *site) {
    if (inner == NULL) {
        return false;
    }
    const cti_tree *tree = cti_listener(&cti_self);
    const int node = tree == NULL ? -1 : cti_tree_find(tree, inner);
    return wants(inner, answer_of(tree, node, inner, site), site);
}

void ctrace_forward_event(ctrace_subscriber *inner, const ctrace_event *event,
                          const ctrace_moment *moment) {
    if (inner == NULL || inner->ops->on_event == NULL) {
        return;
    }
    const ctrace_callsite *site = &event->site->description;
    const int node = cti_tree_find(event->tree, inner);
    if (wants(inner, answer_of(event->tree, node, inner, site), site)) {
        inner->ops->on_event(inner, event, moment);
    }
}

void ctrace_forward_span_new(ctrace_subscriber *inner, ctrace_span *span,
                             const ctrace_moment *moment) {
    if (inner == NULL) {
        return;
    }
    const ctrace_callsite *site = &span->site->description;
    const int node = cti_tree_find(span->tree, inner);
    if (node < 0 || !wants(inner, answer_of(span->tree, node, inner, site), site)) {
        return;
    }
    cti_span_set_seen(span, (uint32_t)node);
    if (inner->ops->on_span_new != NULL) {
        inner->ops->on_span_new(inner, span, moment);
    }
}

/* Whether `inner` was given the span when it was new. */
static bool given(ctrace_subscriber *inner, const ctrace_span *span) {
    const int node = inner == NULL ? -1 : cti_tree_find(span->tree, inner);
    return node >= 0 && cti_span_seen(span, (uint32_t)node);
}

void ctrace_forward_span_record(ctrace_subscriber *inner, ctrace_span *span,
                                const ctrace_fields *fields, const ctrace_moment *moment) {
    if (given(inner, span) && inner->ops->on_span_record != NULL) {
        inner->ops->on_span_record(inner, span, fields, moment);
    }
}

void ctrace_forward_span_follows(ctrace_subscriber *inner, ctrace_span *span,
                                 const ctrace_span *cause, const ctrace_moment *moment) {
    /* a cause that this one was not given does not exist for it */
    if (given(inner, span) && (cause->tree != span->tree || given(inner, cause)) &&
        inner->ops->on_span_follows != NULL) {
        inner->ops->on_span_follows(inner, span, cause, moment);
    }
}

void ctrace_forward_span_enter(ctrace_subscriber *inner, ctrace_span *span,
                               const ctrace_moment *moment) {
    if (given(inner, span) && inner->ops->on_span_enter != NULL) {
        inner->ops->on_span_enter(inner, span, moment);
    }
}

void ctrace_forward_span_exit(ctrace_subscriber *inner, ctrace_span *span,
                              const ctrace_moment *moment) {
    if (given(inner, span) && inner->ops->on_span_exit != NULL) {
        inner->ops->on_span_exit(inner, span, moment);
    }
}

void ctrace_forward_span_close(ctrace_subscriber *inner, ctrace_span *span,
                               const ctrace_moment *moment) {
    if (given(inner, span) && inner->ops->on_span_close != NULL) {
        inner->ops->on_span_close(inner, span, moment);
    }
}

ctrace_status ctrace_forward_flush(ctrace_subscriber *inner, uint64_t timeout_ns) {
    if (inner == NULL) {
        return CTRACE_OK;
    }
    if (inner->ops->flush != NULL) {
        return inner->ops->flush(inner, timeout_ns);
    }
    ctrace_status status = CTRACE_OK;
    ctrace_subscriber *held;
    for (size_t i = 0; inner->ops->inner != NULL && (held = inner->ops->inner(inner, i)) != NULL;
         i++) {
        const ctrace_status one = ctrace_forward_flush(held, timeout_ns);
        status = status != CTRACE_OK ? status : one;
    }
    return status;
}
