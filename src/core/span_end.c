/* Entering, leaving and ending spans, and the ends of scopes. */
#include "base/fence.h"
#include "base/inline.h"
#include "core/event.h"
#include "core/span_finish.h"
#include "ctrace/detail/emit.h"

/* ---- Callbacks ---- */

typedef void span_callback(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);

/* Inside a section, or inside another callback's: what a callback emits is dropped either way. */
static void call(cti_thread *self, ctrace_span *span, span_callback *callback) {
    if (callback != NULL) {
        const ctrace_moment now = cti_moment_now(self);
        const bool entered = cti_section_enter(self);
        callback(span->tree->root, span, &now);
        if (entered) {
            cti_section_leave(self);
        }
    }
}

void cti_span_entered(cti_thread *self, ctrace_span *span) {
    call(self, span, span->tree->ops->on_span_enter);
}

void cti_span_left(cti_thread *self, ctrace_span *span) {
    call(self, span, span->tree->ops->on_span_exit);
}

/* ---- Ends ---- */

CTRACE_I_COLD
void cti_lease_watch(cti_lease *lease, size_t count) {
    if (cti_light_fence_is_heavy()) {
        cti_fence();
    }
    if (count == 0 && cti_load_relaxed(&lease->tree_retired)) {
        cti_lease_ended(cti_load_acquire(&lease->tree));
    }
}

/* Gives back what kept the tree for the span. */
static void leave_tree(cti_lease *lease, cti_tree *tree) {
    if (lease != NULL) {
        cti_lease_end_one(lease);
    } else {
        ctrace_subscriber_unref(tree->root);
    }
}

static void close_span(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    cti_tree *tree = span->tree;
    call(self, span, tree->ops->on_span_close);
    cti_span_let_go(self, span);
    leave_tree(lease, tree);
}

void cti_span_release(cti_thread *self, ctrace_span *span) {
    if (cti_fetch_sub_acq_rel(&span->references, 1u) == 1) {
        close_span(self, span);
    }
}

/* Others hold it: from now on it is kept by counts that any thread may change. */
CTRACE_I_COLD
static void leave_scope(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    if (lease != NULL) {
        ctrace_subscriber_ref(span->tree->root);
        span->lease = NULL;
        cti_lease_end_one(lease);
    }
    cti_span_release(self, span);
}

void cti_span_end_scope(cti_thread *self, ctrace_span *span) {
    cti_span_left(self, span);
    leave_scope(self, span);
}

/* ---- The common end ---- */

/* One call for both callbacks: they share the moment. False when on_span_exit took a reference, so
 * that the span stays open. */
static CTI_ALWAYS_INLINE bool exit_and_close(cti_thread *self, ctrace_span *span) {
    const ctrace_subscriber_ops *ops = span->tree->ops;
    const ctrace_moment now = cti_moment_now(self);
    if (ops->on_span_exit != NULL) {
        ops->on_span_exit(span->tree->root, span, &now);
    }
    /* acquire: with one reference left, ours, nobody else can take another */
    const bool last = cti_load_acquire(&span->references) == 1;
    if (last && ops->on_span_close != NULL) {
        ops->on_span_close(span->tree->root, span, &now);
    }
    return last;
}

CTRACE_I_NOINLINE
void cti_span_finish_slowly(cti_thread *self, ctrace_span *span) {
    cti_lease *lease = span->lease;
    cti_span_let_go(self, span);
    cti_lease_end_one(lease);
}

static void give_back(cti_thread *self, ctrace_span *span, bool last) {
    if (CTRACE_I_LIKELY(last)) {
        cti_span_finish(self, span);
    } else {
        leave_scope(self, span);
    }
}

void cti_span_deliver_end(ctrace_span *span) {
    cti_thread *self = &cti_self;
    const bool last = exit_and_close(self, span);
    cti_section_leave(self);
    give_back(self, span, last);
}

static inline void pop(cti_scope *scope, const cti_entry *top) {
    scope->current = top->outer;
    scope->top -= 1;
}

/* Where others hold the span, or inside a callback. */
CTRACE_I_COLD
static void end_uncommonly(cti_thread *self, const cti_entry *top) {
    ctrace_span *span = top->span;
    uint64_t section;
    cti_section_begin(self, &section);
    pop(self->scope, top);
    cti_route_forget(&self->route);
    const bool last = exit_and_close(self, span);
    cti_section_end(self, section);
    give_back(self, span, last);
}

/* Where the span is not of who is at the end of this thread's route, or that is not known. */
CTRACE_I_COLD
static void end_astray(cti_thread *self, ctrace_span *span) {
    if (self->fence) {
        cti_fence(); /* as in cti_section_begin() */
    }
    cti_route_forget(&self->route);
    cti_span_deliver_end(span);
}

/* What is rare is somewhere else, so that nothing has to be saved here. */
void ctrace_i_scope_end(uint64_t token) {
    cti_thread *self = &cti_self;
    cti_scope *scope = self->scope;
    const cti_entry *top = scope->top;
    if (CTRACE_I_UNLIKELY(top->token != token || top->kind != CTI_ENTRY_SCOPED ||
                          cti_load_relaxed(&scope->requests) != NULL)) {
        cti_scope_end_any(token);
        return;
    }
    ctrace_span *span = top->span;
    uint64_t section;
    if (CTRACE_I_UNLIKELY(cti_load_acquire(&span->references) != 1 ||
                          !cti_section_begin_unfenced(self, &section))) {
        end_uncommonly(self, top);
        return;
    }
    pop(scope, top);
    if (CTRACE_I_LIKELY(cti_route_holds(&self->route) && span->tree == self->route.tree)) {
        self->route.take.end(span);
    } else {
        end_astray(self, span);
    }
}
