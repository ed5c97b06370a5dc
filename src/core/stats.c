#include "core/stats.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/scratch.h"
#include "core/site.h"
#include "ctrace/trace.h"

static uint64_t counters[CTI_COUNTER_COUNT];

_Static_assert(sizeof(ctrace_stats) == sizeof counters, "one counter for each member");

void cti_count(cti_counter counter, int64_t more) {
    cti_fetch_add(&counters[counter], (uint64_t)more);
}

void ctrace_stats_get(ctrace_stats *ret_stats, size_t size) {
    if (ret_stats == NULL) {
        return;
    }
    uint64_t now[CTI_COUNTER_COUNT];
    for (size_t i = 0; i < CTI_COUNTER_COUNT; i++) {
        now[i] = cti_load_relaxed(&counters[i]);
    }
    now[CTI_MEMORY_FAILURES] = cti_memory_failures(); /* counted below us */
    const size_t known = size < sizeof now ? size : sizeof now;
    memcpy(ret_stats, now, known);
    memset((char *)ret_stats + known, 0, size - known);
}

cti_site cti_unknown_site = {.description = {.name = "", .file = "unknown"}};

static void lost(const ctrace_callsite *site, cti_counter counter) {
    cti_site *where = site == NULL ? &cti_unknown_site : cti_site_of(site);
    cti_count(counter, 1);
    cti_fetch_add(&where->lost, 1u);
}

void cti_lost_event(const ctrace_callsite *site) {
    lost(site, CTI_EVENTS_LOST);
}

void cti_lost_span(const ctrace_callsite *site) {
    lost(site, CTI_SPANS_LOST);
}
