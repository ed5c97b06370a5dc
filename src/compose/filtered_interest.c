/* What a filtered subscriber wants: the filter's answer, and that of who is behind it. */

#include "compose/filtered.h"
#include "compose/filtered_span.h"
#include "core/scratch.h"
#include "core/tree.h"

static int interest_of(const cti_plan *plan) {
    static const int interests[] = {
        [CTI_NO] = CTI_INTEREST_NEVER,
        [CTI_GATE] = CTI_INTEREST_GATED,
        [CTI_MAYBE] = CTI_INTEREST_SOMETIMES,
        [CTI_YES] = CTI_INTEREST_ALWAYS,
    };
    return interests[plan->verdict];
}

/* A span that dynamic directives name is wanted for its own sake, if the filter lets it through:
 * whoever is inside may want only events. */
static bool is_wanted_here(const cti_plan *plan, const ctrace_callsite *site) {
    return site->kind == CTRACE_KIND_SPAN && plan->match_count != 0;
}

ctrace_interest cti_filtered_interest(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const cti_plan *plan = cti_filter_plan(cti_filtered_in_use(subscriber), site);
    if (plan == NULL) {
        return CTRACE_INTEREST_SOMETIMES; /* perhaps there is memory for it later */
    }
    const int own = interest_of(plan);
    if (own == CTI_INTEREST_NEVER || is_wanted_here(plan, site)) {
        return (ctrace_interest)own;
    }
    const int held = cti_interest_of(cti_filtered_of(subscriber)->inner, site);
    return (ctrace_interest)(cti_interest_widest(own, held) == own ? held : own);
}

static void count_lost(const ctrace_callsite *site) {
    if (site->kind == CTRACE_KIND_SPAN) {
        cti_lost_span(site);
    } else {
        cti_lost_event(site);
    }
}

/* Whether the filter lets the callsite through here and now, as far as it is known. */
static bool decides_for(const ctrace_subscriber *subscriber, cti_filter_in_use *in_use,
                        const cti_plan *plan) {
    if (plan->verdict == CTI_NO || plan->verdict == CTI_YES) {
        return plan->verdict == CTI_YES;
    }
    const cti_open open = cti_filtered_open_here(in_use, subscriber);
    return cti_plan_decide(plan, in_use->filter, &open, NULL) != CTI_NO;
}

/* Whether the filter and `inner` want it. */
CTRACE_I_NOINLINE
static bool want(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const cti_filtered *self = cti_filtered_of(subscriber);
    cti_filter_in_use *in_use = cti_filtered_in_use(subscriber);
    const cti_plan *plan = cti_filter_plan(in_use, site);
    if (plan == NULL) {
        count_lost(site);
        return false;
    }
    return decides_for(subscriber, in_use, plan) &&
           (self->holds_sink || is_wanted_here(plan, site) ||
            ctrace_forward_is_enabled(self->inner, site));
}

/* The common case is quick: one set of directives, and a sink behind them. */
bool cti_filtered_is_enabled(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    cti_filter_in_use *in_use = cti_filtered_in_use(subscriber);
    const cti_plan *plan = cti_filter_plan_known(in_use, site);
    if (CTRACE_I_UNLIKELY(plan == NULL || plan->verdict != CTI_GATE || !in_use->has_one_leaf ||
                          !cti_filtered_of(subscriber)->holds_sink)) {
        return want(subscriber, site);
    }
    return cti_filtered_is_open_here(in_use, subscriber, plan->level);
}

bool cti_filtered_lets_through(ctrace_subscriber *subscriber, const ctrace_event *event) {
    cti_filter_in_use *in_use = cti_filtered_in_use(subscriber);
    const ctrace_callsite *site = ctrace_event_site(event);
    const cti_plan *plan = cti_filter_plan(in_use, site);
    if (plan == NULL || plan->verdict == CTI_YES || !plan->reads_fields) {
        return plan != NULL;
    }
    const cti_open open = cti_filtered_open_here(in_use, subscriber);
    return cti_plan_decide(plan, in_use->filter, &open, ctrace_event_fields(event)) == CTI_YES;
}
