#include "compose/filtered_span.h"

#include "core/walk.h"
#include "ctrace/detail/site.h"

enum { ONE_ENTRY = 2, IS_OPEN = 1 };

/* ---- Gates ---- */

/* The gates that a span with this count holds open. */
static uint32_t gates(uint32_t entered) {
    return (entered & IS_OPEN) != 0 ? entered / ONE_ENTRY : 0;
}

/* Changes the count by `entries`, and whether it is open to `open` (-1: as it is). Gates are raised
 * before the change can be seen and lowered after it, so that nobody lowers what is not raised yet:
 * another thread's gate would seem closed. */
static void change(cti_filtered_span *state, int entries, int open) {
    uint32_t old = cti_load_acquire(&state->entered);
    for (;;) {
        const uint32_t count = old / ONE_ENTRY + (uint32_t)entries;
        const uint32_t is_open = open < 0 ? old & IS_OPEN : (uint32_t)open;
        const uint32_t fresh = count * ONE_ENTRY + is_open;
        const uint32_t before = gates(old), after = gates(fresh);
        if (after > before) {
            cti_fetch_add(&ctrace_i_open_gates, after - before);
        }
        if (cti_compare_exchange(&state->entered, &old, fresh)) {
            if (before > after) {
                cti_fetch_sub_acq_rel(&ctrace_i_open_gates, before - after);
            }
            return;
        }
        if (after > before) {
            cti_fetch_sub_acq_rel(&ctrace_i_open_gates, after - before);
        }
    }
}

void cti_filtered_span_enter(cti_filtered_span *state) {
    change(state, 1, -1);
}

void cti_filtered_span_exit(cti_filtered_span *state) {
    /* entered while the filter read no spans: then it was not counted */
    if (cti_load_relaxed(&state->entered) >= ONE_ENTRY) {
        change(state, -1, -1);
    }
}

void cti_filtered_span_close(cti_filtered_span *state) {
    if (cti_load_relaxed(&state->entered) != 0) {
        change(state, 0, 0);
    }
}

/* ---- State ---- */

static bool store_open(cti_filtered_span *state, const cti_open *open, uint32_t leaves) {
    uint8_t any = 0;
    for (uint32_t i = 0; i < leaves; i++) {
        cti_store_relaxed(&state->open[i], open->leaves[i]);
        any |= open->leaves[i];
    }
    return any != 0;
}

void cti_filtered_span_update(cti_filtered_span *state, cti_filter_in_use *in_use,
                              ctrace_span *span) {
    const cti_plan *plan = cti_filter_plan(in_use, ctrace_span_site(span));
    uint32_t updates = cti_load_acquire(&state->updates);
    /* Threads that record in one span at once: whoever was overtaken reads the fields again, so
     * that what is written last was read last. */
    do {
        cti_open open = {{0}};
        if (plan != NULL && plan->match_count != 0) {
            open = cti_plan_openness(plan, ctrace_span_fields(span));
        }
        const bool any = store_open(state, &open, in_use->filter->leaves);
        if (any != ((cti_load_acquire(&state->entered) & IS_OPEN) != 0)) {
            change(state, 0, any);
        }
        /* release: pairs with the acquire in bring_up_to_date() */
        cti_store_release(&state->generation, in_use->generation);
    } while (!cti_compare_exchange(&state->updates, &updates, updates + 1));
}

static void bring_up_to_date(cti_filtered_span *state, cti_filter_in_use *in_use,
                             ctrace_span *span) {
    /* acquire: pairs with the release in cti_filtered_span_update() */
    if (CTRACE_I_UNLIKELY(cti_load_acquire(&state->generation) != in_use->generation)) {
        cti_filtered_span_update(state, in_use, span);
    }
}

static bool lets(const cti_filtered_span *state, uint8_t level) {
    return cti_verbosity_lets(cti_load_relaxed(&state->open[0]), level);
}

CTRACE_I_NOINLINE
static bool is_open_outwards(cti_walk walk, cti_filter_in_use *in_use,
                             const ctrace_subscriber *viewer, uint8_t level) {
    ctrace_span *span;
    while ((span = cti_walk_next(&walk)) != NULL) {
        cti_filtered_span *state = cti_filtered_span_of(span, viewer);
        if (state != NULL) {
            bring_up_to_date(state, in_use, span);
            if (lets(state, level)) {
                return true;
            }
        }
    }
    return false;
}

/* What needs a call is done elsewhere and last, so that nothing has to be saved here. */
bool cti_filtered_is_open_here(cti_filter_in_use *in_use, const ctrace_subscriber *viewer,
                               uint8_t level) {
    cti_walk walk = cti_walk_begin(&cti_self);
    for (;;) {
        const cti_walk here = walk;
        const ctrace_span *span = cti_walk_next(&walk);
        if (span == NULL) {
            return false;
        }
        const cti_filtered_span *state = (const cti_filtered_span *)(const void *)span->data;
        if (CTRACE_I_UNLIKELY(span->tree->root != viewer ||
                              cti_load_acquire(&state->generation) != in_use->generation)) {
            return is_open_outwards(here, in_use, viewer, level);
        }
        if (lets(state, level)) {
            return true;
        }
    }
}

/* Opens the leaves as far as the span does. */
static void add_span(cti_open *open, const cti_filtered_span *state, uint32_t leaves) {
    for (uint32_t i = 0; i < leaves; i++) {
        const uint8_t more = cti_load_relaxed(&state->open[i]);
        open->leaves[i] = more > open->leaves[i] ? more : open->leaves[i];
    }
}

cti_open cti_filtered_open_here(cti_filter_in_use *in_use, const ctrace_subscriber *viewer) {
    cti_open open = {{0}};
    cti_walk walk = cti_walk_begin(&cti_self);
    ctrace_span *span;
    while ((span = cti_walk_next(&walk)) != NULL) {
        cti_filtered_span *state = cti_filtered_span_of(span, viewer);
        if (state != NULL) {
            bring_up_to_date(state, in_use, span);
            add_span(&open, state, in_use->filter->leaves);
        }
    }
    return open;
}
