/* Tasks: a coroutine's place is a scope of its own, swapped in and out. */
#include "base/memory.h"
#include "core/event.h"
#include "core/place.h"
#include "core/registry.h"
#include "core/span.h"
#include "core/stats.h"
#include "core/status.h"
#include "ctrace/context.h"

struct ctrace_task {
    cti_scope scope;    /* first: the scope that a thread stands in leads back to its task */
    cti_scope *resumer; /* where the thread stood that resumed it; NULL while it is suspended */
    void (*on_switch)(void *arg, ctrace_task *task, bool resumed);
    void *arg;
};

static uint64_t last_id;

/* Makes the thread known, so that it has a scope of its own to return to. */
static cti_scope *stand(cti_thread *self) {
    if (self->section == 0 && cti_section_enter(self)) {
        cti_section_leave(self);
    }
    return self->scope;
}

ctrace_task *ctrace_task_new(void) {
    cti_thread *self = &cti_self;
    const cti_place here = cti_place_here(self);
    ctrace_task *task = cti_alloc_zeroed(sizeof *task);
    if (task == NULL) {
        cti_place_release(self, &here);
        return cti_fail_memory("a task");
    }
    cti_scope_begin(&task->scope);
    task->scope.task_id = cti_fetch_add(&last_id, (uint64_t)1) + 1;
    cti_scope *mine = stand(self); /* a new thread's would take the place of the task's */
    cti_thread_stand(self, &task->scope);
    const uint64_t token = cti_place_enter(self, &here, task);
    cti_thread_stand(self, mine);
    if (token == 0) {
        cti_scope_end(&task->scope);
        cti_free(task);
        return cti_fail_memory("a task");
    }
    return task;
}

uint64_t ctrace_task_id(const ctrace_task *task) {
    return task == NULL ? 0 : task->scope.task_id;
}

void ctrace_task_on_switch(ctrace_task *task,
                           void (*on_switch)(void *arg, ctrace_task *task, bool resumed),
                           void *arg) {
    if (task != NULL) {
        task->on_switch = on_switch;
        task->arg = arg;
    }
}

/* ---- Switching ---- */

static bool is_span(const cti_entry *entry) {
    return entry->kind == CTI_ENTRY_SCOPED || entry->kind == CTI_ENTRY_ENTERED;
}

/* The scope grows and shrinks span by span, as where spans are opened and left: who looks at it in
 * a callback finds those entered that he was told of. False when a callback took entries off
 * itself; then that is how it stays. */
typedef bool tell_spans(cti_scope *scope, cti_entry *last, const ctrace_moment *now);

static bool tell_entered(cti_scope *scope, cti_entry *last, const ctrace_moment *now) {
    for (cti_entry *entry = &scope->entries[1]; entry <= last; entry++) {
        if (is_span(entry)) {
            const cti_tree *tree = entry->span->tree;
            scope->top = entry;
            scope->current = entry->span;
            if (tree->ops->on_span_enter != NULL) {
                tree->ops->on_span_enter(tree->root, entry->span, now);
            }
            if (scope->top != entry) {
                return false;
            }
        }
    }
    return true;
}

static bool tell_left(cti_scope *scope, cti_entry *last, const ctrace_moment *now) {
    for (cti_entry *entry = last; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (is_span(entry)) {
            const cti_tree *tree = entry->span->tree;
            scope->top = entry - 1;
            scope->current = entry->outer;
            if (tree->ops->on_span_exit != NULL) {
                tree->ops->on_span_exit(tree->root, entry->span, now);
            }
            if (scope->top != entry - 1) {
                return false;
            }
        }
    }
    return true;
}

/* All spans of a swap share its moment, and one section. */
static void swap_spans(cti_thread *self, cti_scope *scope, tell_spans *tell) {
    cti_entry *const last = scope->top;
    ctrace_span *const innermost = scope->current;
    if (last == &scope->entries[1]) {
        return; /* nothing is open but the place that it began in */
    }
    ctrace_moment now = cti_moment_now(self); /* the clock is read when first asked */
    const bool entered = cti_section_enter(self);
    if (tell(scope, last, &now)) {
        scope->top = last;
        scope->current = innermost;
    }
    cti_route_forget(&self->route);
    if (entered) {
        cti_section_leave(self);
    }
}

/* The thread that resumed the task ended inside it: its spans are still said to be busy. */
static bool is_abandoned(const ctrace_task *task) {
    return task->resumer != NULL && !cti_scope_is_known(task->resumer);
}

void ctrace_task_resume(ctrace_task *task) {
    cti_thread *self = &cti_self;
    if (task == NULL) {
        return;
    }
    const bool abandoned = is_abandoned(task);
    if (task->resumer != NULL) {
        cti_count(CTI_SPANS_REPAIRED, 1);
    }
    if (task->resumer != NULL && !abandoned) {
        return;
    }
    task->resumer = stand(self);
    cti_thread_stand(self, &task->scope);
    if (abandoned) {
        swap_spans(self, &task->scope, tell_left);
    }
    swap_spans(self, &task->scope, tell_entered);
    if (task->on_switch != NULL) {
        task->on_switch(task->arg, task, true);
    }
}

static ctrace_task *task_of(cti_scope *scope) {
    return scope->task_id == 0 ? NULL : (ctrace_task *)(void *)scope;
}

static void suspend_top(cti_thread *self, ctrace_task *task) {
    if (task->on_switch != NULL) {
        task->on_switch(task->arg, task, false);
    }
    swap_spans(self, &task->scope, tell_left);
    cti_thread_stand(self, task->resumer);
    task->resumer = NULL;
}

/* Whether the task is among those that this thread resumed. */
static bool resumed_here(const cti_thread *self, const ctrace_task *task) {
    for (ctrace_task *at = task_of(self->scope); at != NULL; at = task_of(at->resumer)) {
        if (at == task) {
            return true;
        }
    }
    return false;
}

void ctrace_task_suspend(ctrace_task *task) {
    cti_thread *self = &cti_self;
    if (task == NULL) {
        return;
    }
    if (!resumed_here(self, task)) {
        cti_count(CTI_SPANS_REPAIRED, 1);
        return;
    }
    for (ctrace_task *top = task_of(self->scope); top != task; top = task_of(self->scope)) {
        cti_count(CTI_SPANS_REPAIRED, 1);
        suspend_top(self, top);
    }
    suspend_top(self, task);
}

/* It stands in its own scope while that ends, as its guards would have. What is open is busy then:
 * it is left once more when it closes. */
static void end_scope(cti_thread *self, ctrace_task *task) {
    cti_scope *mine = self->scope;
    cti_thread_stand(self, &task->scope);
    if (task->resumer == NULL) {
        swap_spans(self, &task->scope, tell_entered);
    }
    cti_scope_serve_requests(&task->scope);
    cti_scope_pop_to(&task->scope, &task->scope.entries[1]); /* the place it began in */
    cti_scope_end(&task->scope);
    cti_thread_stand(self, mine);
}

void ctrace_task_free(ctrace_task *task) {
    cti_thread *self = &cti_self;
    if (task == NULL) {
        return;
    }
    if (task->resumer != NULL) {
        cti_count(CTI_SPANS_REPAIRED, 1);
    }
    if (resumed_here(self, task)) {
        ctrace_task_suspend(task);
    } else if (task->resumer != NULL && !is_abandoned(task)) {
        return; /* another thread stands in it, and goes on to */
    }
    end_scope(self, task);
    cti_free(task);
}
