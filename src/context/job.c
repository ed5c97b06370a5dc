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

void ctrace_job_run(void *argument) {
    ctrace_job *job = argument;
    if (job == NULL || job->function == NULL) {
        return;
    }
    void (*function)(void *) = job->function;
    void *of = job->argument;
    cti_place place;
    take_place(job, &place);
    job->function = NULL; /* once */
    const uint64_t token = cti_place_enter(&cti_self, &place, NULL);
    function(of);
    if (token != 0) {
        ctrace_i_scope_end(token);
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
