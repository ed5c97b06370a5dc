#include "filter/filter.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/status.h"

ctrace_filter *cti_filter_create(cti_filter_kind kind) {
    ctrace_filter *filter = cti_alloc_zeroed(sizeof *filter);
    if (filter == NULL) {
        return cti_fail_memory("a filter");
    }
    filter->references = 1;
    filter->kind = kind;
    filter->leaves = 1;
    return filter;
}

ctrace_filter *ctrace_filter_ref(ctrace_filter *filter) {
    if (filter != NULL) {
        cti_fetch_add(&filter->references, (uintptr_t)1);
    }
    return filter;
}

static void free_filter(ctrace_filter *filter) {
    for (uint32_t i = 0; i < filter->directives.count; i++) {
        cti_directive_release(&filter->directives.at[i]);
    }
    cti_free(filter->directives.at);
    ctrace_filter_unref(filter->one);
    ctrace_filter_unref(filter->other);
    cti_free(filter);
}

void ctrace_filter_unref(ctrace_filter *filter) {
    if (filter != NULL && cti_fetch_sub_acq_rel(&filter->references, (uintptr_t)1) == 1) {
        free_filter(filter);
    }
}

static cti_directive *make_room(cti_directives *directives) {
    if (directives->count < directives->capacity) {
        return directives->at;
    }
    const uint32_t capacity = directives->capacity == 0 ? 4 : directives->capacity * 2;
    cti_directive *at = cti_resize(directives->at, capacity * sizeof *at);
    if (at != NULL) {
        directives->at = at;
        directives->capacity = capacity;
    }
    return at;
}

static void note_dynamic(cti_directives *directives, const cti_directive *directive) {
    directives->reads_spans = true;
    if (directive->verbosity > directives->dynamic_verbosity) {
        directives->dynamic_verbosity = directive->verbosity;
    }
    if (directive->span.text == NULL) {
        directives->reads_events = true;
    }
}

bool cti_directives_add(cti_directives *directives, cti_directive *directive) {
    if (directives->count == UINT32_MAX / 2 || make_room(directives) == NULL) {
        cti_directive_release(directive);
        return false;
    }
    directives->at[directives->count++] = *directive;
    if (cti_directive_is_dynamic(directive)) {
        note_dynamic(directives, directive);
    }
    return true;
}

ctrace_filter *ctrace_filter_fn_new(bool (*wants)(void *arg, const ctrace_callsite *), void *arg) {
    if (wants == NULL) {
        return cti_fail_null("the filter's function");
    }
    ctrace_filter *filter = cti_filter_create(CTI_FILTER_FUNCTION);
    if (filter != NULL) {
        filter->wants = wants;
        filter->arg = arg;
    }
    return filter;
}

/* ---- Combinations ---- */

static ctrace_filter *refuse(ctrace_filter *one, ctrace_filter *other) {
    ctrace_filter_unref(one);
    ctrace_filter_unref(other);
    return NULL;
}

static ctrace_filter *combine(cti_filter_kind kind, ctrace_filter *one, ctrace_filter *other) {
    const uint32_t leaves = one->leaves + (other == NULL ? 0 : other->leaves);
    if (leaves > CTI_FILTER_LEAVES) {
        cti_fail(CTRACE_EINVAL, "a filter combines at most %d filters", CTI_FILTER_LEAVES);
        return refuse(one, other);
    }
    ctrace_filter *filter = cti_filter_create(kind);
    if (filter == NULL) {
        return refuse(one, other);
    }
    filter->leaves = leaves;
    filter->reads_spans = one->reads_spans || (other != NULL && other->reads_spans);
    filter->reads_events = one->reads_events || (other != NULL && other->reads_events);
    filter->one = one;
    filter->other = other;
    return filter;
}

static ctrace_filter *combine_two(cti_filter_kind kind, ctrace_filter *one, ctrace_filter *other) {
    if (one == NULL || other == NULL) {
        cti_fail_null("a filter to combine");
        return refuse(one, other);
    }
    return combine(kind, one, other);
}

ctrace_filter *ctrace_filter_and(ctrace_filter *one, ctrace_filter *other) {
    return combine_two(CTI_FILTER_AND, one, other);
}

ctrace_filter *ctrace_filter_or(ctrace_filter *one, ctrace_filter *other) {
    return combine_two(CTI_FILTER_OR, one, other);
}

ctrace_filter *ctrace_filter_not(ctrace_filter *filter) {
    if (filter == NULL) {
        return cti_fail_null("the filter to negate");
    }
    return combine(CTI_FILTER_NOT, filter, NULL);
}
