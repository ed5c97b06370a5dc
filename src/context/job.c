/* Jobs: work with the context of who handed it over, in storage of its owner's. */
#include <string.h>

#include "core/place.h"
#include "core/span.h"
#include "ctrace/context.h"

enum { CHOSEN = 1 };

static void take_place(ctrace_job *job, cti_place *ret_place) {
    ret_place->span = job->span;
    ret_place->tree = job->subscriber == NULL ? NULL : job->subscriber->tree;
    ret_place->baggage = job->baggage;
    ret_place->chosen = (job->flags & CHOSEN) != 0;
    ret_place->same_span = false;
    job->span = NULL;
    job->subscriber = NULL;
    job->baggage = NULL;
}

void ctrace_job_init(ctrace_job *ret_job, void (*function)(void *), void *argument) {
    const cti_place here = cti_place_here(&cti_self);
    memset(ret_job, 0, sizeof *ret_job);
    ret_job->function = function;
    ret_job->argument = argument;
    ret_job->span = here.span;
    ret_job->subscriber = here.tree == NULL ? NULL : here.tree->root;
    ret_job->baggage = here.baggage;
    ret_job->flags = here.chosen ? CHOSEN : 0;
}

/* On its own, so that the thread is looked up anew: a coroutine may have gone on to another one
 * while its job ran. */
CTRACE_I_NOINLINE
static void leave_place(uint64_t token) {
    if (token != 0) {
        ctrace_i_scope_end(token);
    }
}

static void run_there(cti_place *place, void (*function)(void *), void *argument) {
    const uint64_t token = cti_place_enter(&cti_self, place, NULL);
    function(argument);
    leave_place(token);
}

/* A job that brings nothing, on a thread where nothing is open: there is no place to enter. What
 * the function leaves open ends here all the same. */
static void run_here(void (*function)(void *), void *argument) {
    function(argument);
    cti_scope *scope = cti_self.scope;
    if (scope->task_id == 0 && scope->top->kind != CTI_ENTRY_BOTTOM) {
        cti_scope_clear(scope);
    }
}

static bool brings_nothing(const cti_place *place) {
    return place->span == NULL && place->baggage == NULL && !place->chosen;
}

void ctrace_job_run(void *argument) {
    ctrace_job *job = argument;
    if (job == NULL || job->function == NULL) {
        return;
    }
    void (*function)(void *) = job->function;
    cti_place place;
    take_place(job, &place);
    job->function = NULL; /* once */
    if (cti_self.scope->top->kind == CTI_ENTRY_BOTTOM && brings_nothing(&place)) {
        run_here(function, job->argument);
    } else {
        run_there(&place, function, job->argument);
    }
}

void ctrace_job_cancel(ctrace_job *job) {
    if (job != NULL) {
        cti_place place;
        take_place(job, &place);
        job->function = NULL;
        cti_place_release(&cti_self, &place);
    }
}
