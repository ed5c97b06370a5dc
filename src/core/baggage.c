#include "core/baggage.h"

#include "base/memory.h"
#include "core/thread.h"

cti_baggage *cti_baggage_ref(cti_baggage *baggage) {
    if (baggage != NULL) {
        cti_fetch_add(&baggage->references, 1u);
    }
    return baggage;
}

void cti_baggage_unref(cti_baggage *baggage) {
    if (baggage != NULL && cti_fetch_sub_acq_rel(&baggage->references, 1u) == 1) {
        cti_free(baggage);
    }
}

cti_baggage *cti_baggage_here(const cti_thread *self) {
    return self->scope->baggage;
}

/* The entry to keep it in: one for all that is set while the same span is the innermost one. */
static cti_entry *entry_here(cti_scope *scope) {
    if (scope->top->kind == CTI_ENTRY_BAGGAGE) {
        return scope->top;
    }
    cti_entry *entry = cti_scope_push(scope, CTI_ENTRY_BAGGAGE, NULL);
    if (entry != NULL) {
        entry->baggage = NULL;
        entry->outer_baggage = scope->baggage;
    }
    return entry;
}

bool cti_baggage_set_here(cti_thread *self, cti_baggage *baggage) {
    if (baggage == NULL && self->scope->baggage == NULL) {
        return true;
    }
    cti_entry *entry = NULL;
    if (cti_section_enter(self)) {
        entry = entry_here(self->scope);
        cti_section_leave(self);
    }
    if (entry == NULL) {
        cti_baggage_unref(baggage);
        return false;
    }
    cti_baggage_unref(entry->baggage);
    entry->baggage = baggage;
    self->scope->baggage = baggage;
    return true;
}
