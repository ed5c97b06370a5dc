#include "compose/filtered_plans.h"

#include <string.h>

#include "base/memory.h"
#include "core/status.h"

enum { FIRST_CAPACITY = 64 };

cti_filter_in_use *cti_filter_in_use_new(ctrace_filter *filter, uint32_t generation) {
    cti_filter_in_use *in_use = cti_alloc_zeroed(sizeof *in_use);
    if (in_use == NULL) {
        ctrace_filter_unref(filter);
        return cti_fail_memory("a filter in use");
    }
    in_use->filter = filter;
    in_use->generation = generation;
    in_use->has_one_leaf = filter->leaves == 1;
    in_use->reads_events = filter->reads_events;
    cti_lock_init(&in_use->lock);
    return in_use;
}

void cti_filter_in_use_free(void *object) {
    cti_filter_in_use *in_use = object;
    cti_plan_table *table = in_use->table;
    for (uint32_t i = 0; table != NULL && i < table->capacity; i++) {
        cti_free(table->plans[i]); /* older tables hold nothing else */
    }
    while (table != NULL) {
        cti_plan_table *older = table->older;
        cti_free(table);
        table = older;
    }
    ctrace_filter_unref(in_use->filter);
    cti_lock_destroy(&in_use->lock);
    cti_free(in_use);
}

/* A table with room for callsite `id`, or NULL. With the lock held. */
static cti_plan_table *make_room(cti_filter_in_use *in_use, uint32_t id) {
    cti_plan_table *old = in_use->table;
    if (old != NULL && id < old->capacity) {
        return old;
    }
    uint32_t capacity = old == NULL ? FIRST_CAPACITY : old->capacity;
    while (capacity <= id) {
        capacity *= 2;
    }
    cti_plan_table *table = cti_alloc_zeroed(sizeof *table + capacity * sizeof(cti_plan *));
    if (table == NULL) {
        return NULL;
    }
    if (old != NULL) {
        memcpy(table->plans, old->plans, old->capacity * sizeof(cti_plan *));
    }
    table->capacity = capacity;
    table->older = old;
    /* release: pairs with the acquire in cti_filter_plan() */
    cti_store_release(&in_use->table, table);
    return table;
}

const cti_plan *cti_filter_plan_now(cti_filter_in_use *in_use, const ctrace_callsite *site) {
    const uint32_t id = cti_site_of(site)->id;
    cti_lock_take(&in_use->lock);
    cti_plan_table *table = make_room(in_use, id);
    cti_plan *plan = table == NULL ? NULL : table->plans[id];
    if (table != NULL && plan == NULL) {
        plan = cti_plan_new(in_use->filter, site);
        cti_store_release(&table->plans[id], plan);
    }
    cti_lock_give(&in_use->lock);
    return plan;
}

bool cti_filter_plan_all(cti_filter_in_use *in_use) {
    for (const cti_site *site = cti_site_first(); site != NULL; site = cti_site_next(site)) {
        if (cti_filter_plan_now(in_use, &site->description) == NULL) {
            return false;
        }
    }
    return true;
}
