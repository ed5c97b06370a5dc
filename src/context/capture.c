/* Contexts, and threads that inherit them. */
#include <errno.h>

#include "base/memory.h"
#include "core/dispatch.h"
#include "core/place.h"
#include "core/remote.h"
#include "core/span.h"
#include "core/stats.h"
#include "core/status.h"
#include "ctrace/context.h"

struct ctrace_context {
    uint32_t references; /* its owner's, and one for each place where it is attached */
    cti_place place;
};

/* Whether anybody would hear what happens here. */
static bool listened_to(const cti_thread *self) {
    return self->scope->chosen ? self->scope->listener != NULL
                               : cti_load_relaxed(&cti_global) != NULL;
}

/* Whether there is something to hand over although nobody listens. */
static bool carries_on(const cti_scope *scope) {
    return scope->baggage != NULL ||
           (scope->current != NULL && cti_remote_of(scope->current) != NULL);
}

ctrace_context *ctrace_context_capture(void) {
    cti_thread *self = &cti_self;
    if (!listened_to(self) && !carries_on(self->scope)) {
        return NULL;
    }
    ctrace_context *context = cti_alloc(sizeof *context);
    if (context == NULL) {
        return cti_fail_memory("a context");
    }
    context->references = 1;
    context->place = cti_place_here(self);
    return context;
}

void ctrace_context_release(ctrace_context *context) {
    if (context != NULL && cti_fetch_sub_acq_rel(&context->references, 1u) == 1) {
        cti_place_release(&cti_self, &context->place);
        cti_free(context);
    }
}

uint64_t ctrace_i_attach(ctrace_context *context) {
    if (context == NULL) {
        return 0;
    }
    cti_place place = context->place;
    ctrace_span_ref(place.span);
    if (place.tree != NULL) {
        ctrace_subscriber_ref(place.tree->root);
    }
    cti_baggage_ref(place.baggage);
    return cti_place_enter(&cti_self, &place, context);
}

void ctrace_context_attach(ctrace_context *context) {
    ctrace_i_attach(context);
}

void ctrace_context_detach(ctrace_context *context) {
    cti_scope *scope = cti_self.scope;
    if (context == NULL) {
        return;
    }
    for (cti_entry *entry = scope->top; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (entry->kind == CTI_ENTRY_PLACE && entry->mark == context) {
            cti_scope_pop_to(scope, entry);
            return;
        }
    }
    cti_count(CTI_SPANS_REPAIRED, 1);
}

/* ---- Threads ---- */

typedef struct beginning {
    void *(*function)(void *);
    void *argument;
    ctrace_context *context;
} beginning;

static void *begin_thread(void *argument) {
    const beginning begun = *(beginning *)argument;
    cti_free(argument);
    ctrace_context_attach(begun.context);
    ctrace_context_release(begun.context); /* the thread's end, or pthread_exit(), detaches it */
    void *result = begun.function(begun.argument);
    ctrace_context_detach(begun.context);
    return result;
}

int ctrace_thread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
                         void *(*function)(void *), void *argument) {
    beginning *made = cti_alloc(sizeof *made);
    if (made == NULL) {
        return EAGAIN;
    }
    *made = (beginning){function, argument, ctrace_context_capture()};
    const int error = pthread_create(ret_thread, attributes, begin_thread, made);
    if (error != 0) {
        ctrace_context_release(made->context);
        cti_free(made);
    }
    return error;
}
