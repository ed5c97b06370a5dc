#include "core/record.h"

#include <string.h>

#include "base/buf.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/event.h"
#include "core/remote.h"
#include "core/retire.h"
#include "core/scratch.h"
#include "core/stats.h"
#include "core/value.h"

enum {
    MOST_FIELDS = 33,   /* 32, and the one that TRACE_FN and the flood forms add */
    MOST_VERSIONS = 16, /* old ones that are kept before they are retired */
    LOCKS = 16
};

/* Two threads that record in the same span take turns. */
static cti_lock locks[LOCKS] = {
    CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT,
    CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT,
    CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT, CTI_LOCK_INIT,
};

static cti_lock *lock_of(const ctrace_span *span) {
    return &locks[((uintptr_t)span >> 8) % LOCKS];
}

void cti_versions_free(cti_version *version) {
    while (version != NULL) {
        cti_version *older = version->older;
        cti_free(version);
        version = older;
    }
}

static void free_versions(void *versions) {
    cti_versions_free(versions);
}

/* The index of the last field of that key, or -1. */
static int64_t find_field(const ctrace_span *span, const char *key) {
    for (uint32_t i = span->fields.count; i > 0; i--) {
        if (strcmp(span->fields.keys[i - 1], key) == 0) {
            return (int64_t)i - 1;
        }
    }
    return -1;
}

/* What is recorded, reduced to fields that the span declared. */
typedef struct recorded {
    const char *keys[MOST_FIELDS];
    ctrace_value values[MOST_FIELDS];
    uint32_t index[MOST_FIELDS];
    uint32_t count;
} recorded;

static void choose_declared(recorded *ret_chosen, const ctrace_span *span, const char *const *keys,
                            const ctrace_value *values, uint32_t count) {
    ret_chosen->count = 0;
    for (uint32_t i = 0; i < count && ret_chosen->count < MOST_FIELDS; i++) {
        const int64_t index = find_field(span, keys[i]);
        if (index < 0) {
            cti_count(CTI_UNDECLARED_FIELDS, 1);
            continue;
        }
        ret_chosen->keys[ret_chosen->count] = keys[i];
        ret_chosen->values[ret_chosen->count] = values[i];
        ret_chosen->index[ret_chosen->count] = (uint32_t)index;
        ret_chosen->count += 1;
    }
}

static bool plain(const ctrace_value *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (cti_value_has_bytes(&values[i])) {
            return false;
        }
    }
    return true;
}

static void write_in_place(ctrace_span *span, const recorded *chosen) {
    for (uint32_t i = 0; i < chosen->count; i++) {
        span->fields.values[chosen->index[i]] = chosen->values[i];
    }
}

/* Publishes a new version of the values. False when there is no memory. */
static bool write_version(ctrace_span *span, const recorded *chosen) {
    const uint32_t count = span->fields.count;
    ctrace_value merged[MOST_FIELDS];
    memcpy(merged, span->fields.values, count * sizeof *merged);
    for (uint32_t i = 0; i < chosen->count; i++) {
        merged[chosen->index[i]] = chosen->values[i];
    }
    size_t bytes;
    cti_values_settle(merged, count, NULL, &bytes); /* all settled: no texts to write */
    cti_version *version = cti_alloc(sizeof *version + count * sizeof *merged + bytes);
    if (version == NULL) {
        return false;
    }
    cti_values_copy(version->values, merged, count, (char *)(version->values + count));
    version->older = span->recorded ? span->versions : NULL;
    version->age = version->older == NULL ? 0 : version->older->age + 1;
    span->versions = version;
    span->recorded = true;
    /* release: who loads the pointer reads the values; pairs with ctrace_fields_value() */
    cti_store_release(&span->fields.values, (ctrace_value *)version->values);
    return true;
}

/* Takes the versions off that nobody needs, for freeing; NULL while they are few. */
static cti_version *take_old_versions(ctrace_span *span) {
    cti_version *current = span->recorded ? span->versions : NULL;
    const uint32_t most = cti_load_relaxed(&span->exposed) ? MOST_VERSIONS : 0;
    if (current == NULL || current->age <= most) {
        return NULL;
    }
    cti_version *old = current->older;
    current->older = NULL;
    current->age = 0;
    return old;
}

static bool write_values(ctrace_span *span, const recorded *chosen, cti_version **ret_old) {
    if (!cti_load_relaxed(&span->exposed) && plain(chosen->values, chosen->count)) {
        write_in_place(span, chosen); /* only this thread knows the span */
        return true;
    }
    cti_lock *lock = lock_of(span);
    cti_lock_take(lock);
    const bool written = write_version(span, chosen);
    *ret_old = written ? take_old_versions(span) : NULL;
    cti_lock_give(lock);
    return written;
}

static void tell(cti_thread *self, ctrace_span *span, recorded *chosen) {
    if (span->tree->ops->on_span_record != NULL) {
        const ctrace_moment now = cti_moment_now(self);
        const ctrace_fields fields = {chosen->keys, chosen->values, chosen->count};
        span->tree->ops->on_span_record(span->tree->root, span, &fields, &now);
    }
}

static void record_inside(cti_thread *self, ctrace_span *span, recorded *chosen,
                          cti_version **ret_old) {
    ctrace_buf texts = CTI_BUF_INIT;
    size_t bytes;
    if (cti_values_settle(chosen->values, chosen->count, &texts, &bytes) &&
        write_values(span, chosen, ret_old)) {
        tell(self, span, chosen);
    } else {
        cti_count(CTI_VALUES_LOST, chosen->count);
    }
    cti_buf_release(&texts);
}

bool cti_record_values(ctrace_span *span, const char *const *keys, const ctrace_value *values,
                       uint32_t count) {
    recorded chosen;
    cti_version *old = NULL;
    choose_declared(&chosen, span, keys, values, count);
    const bool written = write_values(span, &chosen, &old);
    cti_versions_free(old);
    return written;
}

void ctrace_i_record(ctrace_span *span, const char *const *keys, const ctrace_value *values,
                     uint32_t count) {
    cti_thread *self = &cti_self;
    if (span == NULL || cti_span_is_remote(span)) {
        return; /* nobody wants it */
    }
    if (!cti_section_enter(self)) {
        cti_count(cti_section_inside(self) ? CTI_REENTRANT_EVENTS : CTI_VALUES_LOST, 1);
        return;
    }
    recorded chosen;
    cti_version *old = NULL;
    choose_declared(&chosen, span, keys, values, count);
    if (chosen.count != 0) {
        record_inside(self, span, &chosen, &old);
    }
    const bool exposed = cti_load_relaxed(&span->exposed);
    cti_section_leave(self);
    if (old != NULL && exposed) {
        cti_retire_soon(old, free_versions);
    } else {
        cti_versions_free(old);
    }
}

void ctrace_i_return(uint64_t token, ctrace_value value) {
    static const char *const key[] = {"return"};
    ctrace_span *span = cti_scope_span(cti_self.scope, token);
    ctrace_i_record(span, key, &value, 1);
}
