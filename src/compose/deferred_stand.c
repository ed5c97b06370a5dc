#include <string.h>

#include "base/memory.h"
#include "compose/deferred_reader.h"

void cti_stand_init(cti_stand *stand, uint64_t task) {
    memset(stand, 0, sizeof *stand);
    stand->task = task;
    cti_scope_make_empty(&stand->scope);
    stand->scope.task_id = task;
}

cti_stand *cti_stand_new(uint64_t task) {
    cti_stand *stand = cti_alloc(sizeof *stand);
    if (stand != NULL) {
        cti_stand_init(stand, task);
    }
    return stand;
}

static void free_stand(cti_stand *stand) {
    cti_free(stand->scope.entries);
    if (!stand->enclosed) {
        cti_free(stand);
    }
}

void cti_stands_free(cti_stand *stands) {
    while (stands != NULL) {
        cti_stand *next = stands->next;
        free_stand(stands);
        stands = next;
    }
}

static bool is_empty(const cti_stand *stand) {
    return stand->scope.top->kind == CTI_ENTRY_BOTTOM;
}

/* A task that is swapped out has left all its spans, and will enter them again wherever it is
 * swapped in: there is nothing to remember about it. */
static void forget_idle_tasks(cti_source *source) {
    for (cti_stand **link = &source->stands; *link != NULL;) {
        cti_stand *stand = *link;
        if (stand->task != 0 && is_empty(stand)) {
            *link = stand->next;
            free_stand(stand);
        } else {
            link = &stand->next;
        }
    }
}

/* Takes the stand of the task off the list, or makes one. */
static cti_stand *take_stand(cti_source *source, uint64_t task) {
    for (cti_stand **link = &source->stands; *link != NULL; link = &(*link)->next) {
        cti_stand *stand = *link;
        if (stand->task == task) {
            *link = stand->next;
            return stand;
        }
    }
    return cti_stand_new(task);
}

void cti_stand_at(cti_source *source, uint64_t task, uint64_t span) {
    if (source->stands->task != task) {
        forget_idle_tasks(source);
        cti_stand *stand = take_stand(source, task);
        if (stand == NULL) {
            return;
        }
        stand->next = source->stands;
        source->stands = stand;
    }
    source->stands->here = span;
    source->stands->found_at = 0;
}

bool cti_stand_leave(cti_stand *stand, const ctrace_span *span) {
    cti_scope *scope = &stand->scope;
    for (cti_entry *entry = scope->top; entry->kind != CTI_ENTRY_BOTTOM; entry--) {
        if (entry->span == span) {
            memmove(entry, entry + 1, (size_t)(scope->top - entry) * sizeof *entry);
            scope->top -= 1;
            return true;
        }
    }
    return false;
}
