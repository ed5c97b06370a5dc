/* A filter in use: with what it makes of every callsite. Replaced as a whole by a reload. */
#ifndef CTI_COMPOSE_FILTERED_PLANS_H
#define CTI_COMPOSE_FILTERED_PLANS_H

#include "base/atomic.h"
#include "base/lock.h"
#include "core/site.h"
#include "filter/plan.h"

/* By callsite id. A table that has become too small is kept until the end, since somebody may be
 * reading it: each is twice as large as the one before. */
typedef struct cti_plan_table {
    struct cti_plan_table *older;
    uint32_t capacity;
    cti_plan *plans[];
} cti_plan_table;

typedef struct cti_filter_in_use {
    ctrace_filter *filter;
    uint32_t generation; /* from 1 */
    bool holds_gate;     /* callsites behind a gate ask, whatever spans are entered */
    bool has_one_leaf;   /* of the filter; here for the hot path, as is the next */
    bool reads_events;
    cti_plan_table *table;
    cti_lock lock; /* over changes of the table */
} cti_filter_in_use;

/* Takes the filter over, also on failure. NULL when there is no memory. */
cti_filter_in_use *cti_filter_in_use_new(ctrace_filter *filter, uint32_t generation);

/* Gives it back, with its filter and plans: a cti_retire() function. */
void cti_filter_in_use_free(void *in_use);

/* Makes plans for all callsites that are known. False when there is no memory. */
bool cti_filter_plan_all(cti_filter_in_use *in_use);

/* The slow half of cti_filter_plan(). */
const cti_plan *cti_filter_plan_now(cti_filter_in_use *in_use, const ctrace_callsite *site);

/* What the filter makes of a callsite, if that was decided before; or NULL. */
static inline const cti_plan *cti_filter_plan_known(const cti_filter_in_use *in_use,
                                                    const ctrace_callsite *site) {
    const uint32_t id = cti_site_of(site)->id;
    const cti_plan_table *table = cti_load_acquire(&in_use->table);
    if (CTRACE_I_UNLIKELY(table == NULL || id >= table->capacity)) {
        return NULL;
    }
    /* acquire: pairs with the release in cti_filter_plan_now() */
    return cti_load_acquire(&table->plans[id]);
}

/* What the filter makes of a callsite. NULL when there is no memory for a plan. */
static inline const cti_plan *cti_filter_plan(cti_filter_in_use *in_use,
                                              const ctrace_callsite *site) {
    const cti_plan *plan = cti_filter_plan_known(in_use, site);
    return plan != NULL ? plan : cti_filter_plan_now(in_use, site);
}

#endif
