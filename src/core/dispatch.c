#include "core/dispatch.h"

#include "base/clock.h"
#include "core/event.h"
#include "core/nested.h"
#include "core/registry.h"
#include "core/retire.h"
#include "core/scratch.h"
#include "core/shutdown.h"
#include "core/span.h"
#include "core/stats.h"
#include "core/status.h"
#include "core/thread.h"
#include "ctrace/filter.h"

cti_tree *cti_global;

/* ---- Who listens ---- */

/* One of a callsite that could not be made known. */
static void lose(const ctrace_callsite *instance) {
    if (instance->kind == CTRACE_KIND_SPAN) {
        cti_lost_span(NULL);
    } else {
        cti_lost_event(NULL);
    }
}

/* Inside a section already, or not known for want of memory. */
static bool ask_nested(const cti_thread *self, const ctrace_callsite *instance) {
    if (instance->kind == CTRACE_KIND_EVENT &&
        cti_nested_listener(self, cti_site_known(instance)) != NULL) {
        return true;
    }
    if (cti_section_inside(self)) {
        cti_count(CTI_REENTRANT_EVENTS, 1);
    } else {
        lose(instance);
    }
    return false;
}

/* In whatever state the thread and the callsite are. */
CTRACE_I_COLD
static bool ask_uncommonly(cti_thread *self, ctrace_callsite *instance) {
    if (!cti_section_enter(self)) {
        return ask_nested(self, instance);
    }
    cti_site *site = cti_site_known(instance);
    if (site == NULL) {
        site = cti_site_register(instance);
    }
    const cti_tree *tree = cti_listener(self);
    if (site == NULL && tree != NULL) {
        lose(instance);
    }
    const bool wanted = tree != NULL && site != NULL && cti_tree_wants(tree, site);
    cti_section_leave(self);
    return wanted;
}

bool ctrace_i_ask(ctrace_callsite *instance) {
    cti_thread *self = &cti_self;
    const cti_site *site = cti_site_known(instance);
    uint64_t section;
    if (CTRACE_I_UNLIKELY(site == NULL || !cti_section_begin_lightly(self, &section))) {
        return ask_uncommonly(self, instance);
    }
    const cti_tree *tree = cti_listener(self);
    const bool wanted = tree != NULL && cti_tree_wants(tree, site);
    cti_section_end(self, section);
    return wanted;
}

ctrace_subscriber *cti_global_ref(void) {
    const bool taken = cti_registry_take();
    ctrace_subscriber *root = cti_global == NULL ? NULL : ctrace_subscriber_ref(cti_global->root);
    if (taken) {
        cti_registry_give();
    }
    return root;
}

/* ---- The process's subscriber ---- */

/* Puts `tree` (NULL: nobody) in the place of who listened, whose reference is handed back. */
static cti_tree *exchange_global(cti_tree *tree) {
    cti_tree *old = cti_global;
    if (tree != NULL) {
        cti_tree_listening(tree, 1);
    }
    cti_store_release(&cti_global, tree);
    cti_epoch_begin();
    if (old != NULL) {
        cti_tree_listening(old, -1);
    }
    cti_interest_publish();
    return old;
}

static ctrace_status install(ctrace_subscriber *subscriber, bool replace) {
    cti_tree *tree = NULL;
    if (subscriber != NULL) {
        tree = cti_tree_of(subscriber);
        if (tree == NULL) {
            ctrace_subscriber_unref(subscriber);
            return cti_fail(CTRACE_ENOMEM, "no memory for the subscriber's bookkeeping");
        }
        cti_shutdown_at_exit();
    }
    if (!cti_registry_take()) {
        ctrace_subscriber_unref(subscriber);
        return cti_fail(CTRACE_EINVAL, "the subscriber cannot be changed from inside on_callsite");
    }
    const bool refused = cti_global != NULL && !replace;
    cti_tree *old = refused ? tree : exchange_global(tree);
    cti_registry_give();
    if (old != NULL) {
        ctrace_subscriber_unref(old->root);
    }
    if (refused) {
        return cti_fail(CTRACE_EALREADY, "somebody listens already");
    }
    cti_fail_forget();
    return CTRACE_OK;
}

ctrace_status ctrace_set_global(ctrace_subscriber *subscriber) {
    if (subscriber == NULL) {
        cti_fail_null("the subscriber");
        return CTRACE_EINVAL;
    }
    return install(subscriber, false);
}

ctrace_status ctrace_replace_global(ctrace_subscriber *subscriber) {
    return install(subscriber, true);
}

void ctrace_interest_changed(ctrace_subscriber *subscriber) {
    (void)subscriber; /* it may be held by several trees: all are asked */
    cti_thread_know(&cti_self);
    if (!cti_registry_take()) {
        return;
    }
    cti_interest_refresh();
    cti_interest_publish();
    cti_registry_give();
}

/* ---- Listing ---- */

void ctrace_callsites_each(void (*visit)(void *arg, const ctrace_callsite *, ctrace_interest),
                           void *arg) {
    for (cti_site *site = cti_site_first(); visit != NULL && site != NULL;
         site = cti_site_next(site)) {
        const uint8_t state = cti_load_relaxed(&site->state);
        visit(arg, &site->description,
              state == CTRACE_I_STATE_OFF  ? CTRACE_INTEREST_NEVER
              : state == CTRACE_I_STATE_ON ? CTRACE_INTEREST_ALWAYS
                                           : CTRACE_INTEREST_SOMETIMES);
    }
}

/* ---- Flushing ---- */

/* Losses that no later event of their callsite has told. */
static void tell_all_losses(void) {
    cti_thread *self = &cti_self;
    if (!cti_section_enter(self)) {
        return;
    }
    cti_tree *tree = cti_listener(self);
    for (cti_site *site = cti_site_first(); tree != NULL && site != NULL;
         site = cti_site_next(site)) {
        cti_tell_losses(self, tree, site);
    }
    if (tree != NULL) {
        cti_tell_losses(self, tree, &cti_unknown_site);
    }
    cti_section_leave(self);
}

static ctrace_status flush_chosen(uint64_t timeout_ns) {
    const cti_scope *scope = cti_self.scope;
    if (!scope->chosen || scope->listener == NULL) {
        return CTRACE_OK;
    }
    return ctrace_forward_flush(scope->listener->root, timeout_ns);
}

static uint64_t time_left(uint64_t begun, uint64_t timeout_ns) {
    const uint64_t spent = cti_clock_monotonic_ns() - begun;
    return timeout_ns == CTRACE_FOREVER ? timeout_ns : spent >= timeout_ns ? 0 : timeout_ns - spent;
}

ctrace_status ctrace_flush(uint64_t timeout_ns) {
    const uint64_t begun = cti_clock_monotonic_ns();
    cti_free_retired();
    tell_all_losses();
    const ctrace_status chosen = flush_chosen(timeout_ns);
    ctrace_subscriber *root = cti_global_ref();
    if (root == NULL) {
        return chosen;
    }
    const ctrace_status status = ctrace_forward_flush(root, time_left(begun, timeout_ns));
    ctrace_subscriber_unref(root);
    return chosen != CTRACE_OK ? chosen : status;
}
