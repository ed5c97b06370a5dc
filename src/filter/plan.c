#include "filter/plan.h"

#include "base/memory.h"

/* The longest target decides, its '*' counted; among equals the last. */
uint8_t cti_directives_verbosity(const cti_directives *directives, const char *target) {
    uint8_t verbosity = CTI_VERBOSITY_OFF;
    size_t longest = 0;
    for (uint32_t i = 0; i < directives->count; i++) {
        const cti_directive *directive = &directives->at[i];
        const size_t length = directive->target.size + (directive->target.tail ? 1 : 0);
        if (length >= longest && !cti_directive_is_dynamic(directive) &&
            cti_pattern_matches_target(&directive->target, target)) {
            longest = length;
            verbosity = directive->verbosity;
        }
    }
    return verbosity;
}

/* Whether a dynamic directive names this span; or the fields of this event, which it may then let
 * through. */
static bool names(const cti_directive *directive, const ctrace_callsite *site) {
    if (!cti_directive_is_dynamic(directive) ||
        !cti_pattern_matches_target(&directive->target, site->target) ||
        !cti_directive_names_fields_of(directive, site)) {
        return false;
    }
    if (site->kind == CTRACE_KIND_SPAN) {
        return cti_pattern_matches_name(&directive->span, site->name);
    }
    return directive->span.text == NULL && cti_verbosity_lets(directive->verbosity, site->level);
}

/* ---- Each leaf ---- */

static cti_verdict judge_directives(const cti_directives *directives, const ctrace_callsite *site,
                                    bool named) {
    if (cti_verbosity_lets(cti_directives_verbosity(directives, site->target), site->level)) {
        return CTI_YES;
    }
    if (named) {
        return site->kind == CTRACE_KIND_SPAN ? CTI_YES : CTI_MAYBE;
    }
    return cti_verbosity_lets(directives->dynamic_verbosity, site->level) ? CTI_GATE : CTI_NO;
}

/* Adds what names the callsite to the plan; a NULL plan only counts. */
static uint32_t match_directives(const cti_directives *directives, const ctrace_callsite *site,
                                 uint32_t leaf, cti_plan *plan) {
    uint32_t count = 0;
    for (uint32_t i = 0; directives->reads_spans && i < directives->count; i++) {
        if (names(&directives->at[i], site)) {
            if (plan != NULL) {
                plan->matches[plan->match_count++] = (cti_match){&directives->at[i], leaf};
            }
            count++;
        }
    }
    return count;
}

static uint32_t count_matches(const ctrace_filter *filter, const ctrace_callsite *site) {
    if (filter == NULL) {
        return 0;
    }
    return match_directives(&filter->directives, site, 0, NULL) + count_matches(filter->one, site) +
           count_matches(filter->other, site);
}

static void judge_leaves(const ctrace_filter *filter, uint32_t first, const ctrace_callsite *site,
                         cti_plan *plan) {
    switch (filter->kind) {
    case CTI_FILTER_DIRECTIVES: {
        const bool named = match_directives(&filter->directives, site, first, plan) != 0;
        plan->verdicts[first] = (uint8_t)judge_directives(&filter->directives, site, named);
        plan->reads_fields = plan->reads_fields || plan->verdicts[first] == CTI_MAYBE;
        break;
    }
    case CTI_FILTER_FUNCTION:
        plan->verdicts[first] = filter->wants(filter->arg, site) ? CTI_YES : CTI_NO;
        break;
    default:
        judge_leaves(filter->one, first, site, plan);
        if (filter->other != NULL) {
            judge_leaves(filter->other, first + filter->one->leaves, site, plan);
        }
    }
}

/* ---- All together ---- */

static cti_verdict opposite(cti_verdict verdict) {
    return verdict == CTI_NO ? CTI_YES : verdict == CTI_YES ? CTI_NO : CTI_MAYBE;
}

static cti_verdict combine(const ctrace_filter *filter, uint32_t first, const uint8_t *verdicts) {
    switch (filter->kind) {
    case CTI_FILTER_DIRECTIVES:
    case CTI_FILTER_FUNCTION:
        return (cti_verdict)verdicts[first];
    case CTI_FILTER_NOT:
        return opposite(combine(filter->one, first, verdicts));
    default:
        break;
    }
    const cti_verdict one = combine(filter->one, first, verdicts);
    const cti_verdict other = combine(filter->other, first + filter->one->leaves, verdicts);
    const bool first_is_less = one < other;
    return first_is_less == (filter->kind == CTI_FILTER_AND) ? one : other;
}

cti_plan *cti_plan_new(const ctrace_filter *filter, const ctrace_callsite *site) {
    const uint32_t matches = count_matches(filter, site);
    cti_plan *plan = cti_alloc_zeroed(sizeof *plan + matches * sizeof(cti_match));
    if (plan == NULL) {
        return NULL;
    }
    plan->level = site->level;
    judge_leaves(filter, 0, site, plan);
    plan->verdict = (uint8_t)combine(filter, 0, plan->verdicts);
    return plan;
}

cti_open cti_plan_openness(const cti_plan *plan, const ctrace_fields *fields) {
    cti_open open = {{0}};
    for (uint32_t i = 0; i < plan->match_count; i++) {
        const cti_directive *directive = plan->matches[i].directive;
        uint8_t *leaf = &open.leaves[plan->matches[i].leaf];
        if (directive->verbosity > *leaf && cti_directive_matches_fields(directive, fields)) {
            *leaf = directive->verbosity;
        }
    }
    return open;
}

/* What is known here and now decides what was left open before. */
static cti_verdict decide_leaf(const cti_plan *plan, uint32_t leaf, const cti_open *open,
                               bool known, const cti_open *said) {
    const cti_verdict before = (cti_verdict)plan->verdicts[leaf];
    if (before == CTI_YES || before == CTI_NO) {
        return before;
    }
    if (cti_verbosity_lets(open->leaves[leaf], plan->level)) {
        return CTI_YES;
    }
    if (before == CTI_MAYBE && !known) {
        return CTI_MAYBE;
    }
    return cti_verbosity_lets(said->leaves[leaf], plan->level) ? CTI_YES : CTI_NO;
}

cti_verdict cti_plan_decide(const cti_plan *plan, const ctrace_filter *filter, const cti_open *open,
                            const ctrace_fields *fields) {
    cti_open said = {{0}};
    if (fields != NULL && plan->reads_fields) {
        said = cti_plan_openness(plan, fields);
    }
    if (filter->leaves == 1 && filter->one == NULL) { /* not even a `not` */
        return decide_leaf(plan, 0, open, fields != NULL, &said);
    }
    uint8_t verdicts[CTI_FILTER_LEAVES];
    for (uint32_t i = 0; i < filter->leaves; i++) {
        verdicts[i] = (uint8_t)decide_leaf(plan, i, open, fields != NULL, &said);
    }
    return combine(filter, 0, verdicts);
}
