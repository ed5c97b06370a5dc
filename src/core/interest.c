#include "core/interest.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/thread.h"

unsigned ctrace_i_open_gates;

static int silences; /* blocks in which somebody chose that nobody listens */

/* The answers of all nodes of a tree, one row a node. A table is replaced by one twice its size and
 * kept until the tree goes, since somebody may be reading it: that costs as much again, and no
 * waiting. */
typedef struct table {
    struct table *older;
    uint32_t capacity; /* callsites */
    uint8_t answers[];
} table;

/* ---- Asking ---- */

static int rank(int interest) {
    static const int ranks[] = {
        [CTI_INTEREST_NEVER] = 0,
        [CTI_INTEREST_GATED] = 1,
        [CTI_INTEREST_SOMETIMES] = 2,
        [CTI_INTEREST_ALWAYS] = 3,
    };
    return interest >= 0 && interest <= CTI_INTEREST_GATED ? ranks[interest] : 0;
}

int cti_interest_widest(int one, int other) {
    return rank(one) >= rank(other) ? one : other;
}

int cti_interest_of(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const ctrace_subscriber_ops *ops = subscriber->ops;
    if (ops->on_callsite != NULL) {
        return (int)ops->on_callsite(subscriber, site);
    }
    if (ops->inner == NULL) {
        return CTI_INTEREST_ALWAYS;
    }
    int widest = CTI_INTEREST_NEVER;
    ctrace_subscriber *held;
    for (size_t i = 0; (held = ops->inner(subscriber, i)) != NULL; i++) {
        widest = cti_interest_widest(widest, cti_interest_of(held, site));
    }
    return widest;
}

bool cti_enabled_now(ctrace_subscriber *subscriber, const ctrace_callsite *site) {
    const ctrace_subscriber_ops *ops = subscriber->ops;
    if (ops->is_enabled != NULL) {
        return ops->is_enabled(subscriber, site);
    }
    if (ops->inner == NULL) {
        return true;
    }
    ctrace_subscriber *held;
    for (size_t i = 0; (held = ops->inner(subscriber, i)) != NULL; i++) {
        if (ctrace_forward_is_enabled(held, site)) {
            return true;
        }
    }
    return false;
}

/* Asks every node of the tree about one callsite. Inside a section, so that what on_callsite emits
 * is dropped. */
static void ask(cti_tree *tree, const cti_site *site) {
    const bool entered = cti_section_enter(&cti_self);
    for (uint32_t i = 0; i < tree->node_count; i++) {
        cti_node *node = &tree->nodes[i];
        const int answer = cti_interest_of(node->subscriber, &site->description);
        cti_store_relaxed(&node->interest[site->id], (uint8_t)answer);
    }
    if (entered) {
        cti_section_leave(&cti_self);
    }
}

/* ---- Tables ---- */

static void use_table(cti_tree *tree, table *fresh) {
    const table *old = tree->tables;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        uint8_t *row = fresh->answers + (size_t)i * fresh->capacity;
        if (old != NULL) {
            memcpy(row, old->answers + (size_t)i * old->capacity, old->capacity);
        }
        /* release: who reads the pointer reads what was copied */
        cti_store_release(&tree->nodes[i].interest, row);
    }
    fresh->older = tree->tables;
    tree->tables = fresh;
    cti_store_release(&tree->interest, (const uint8_t *)tree->nodes[0].interest);
}

static bool make_room(cti_tree *tree, uint32_t callsites) {
    const table *old = tree->tables;
    uint32_t capacity = old == NULL ? 64 : old->capacity;
    if (old != NULL && callsites <= capacity) {
        return true;
    }
    while (capacity < callsites) {
        capacity *= 2;
    }
    table *fresh = cti_alloc_zeroed(sizeof *fresh + (size_t)capacity * tree->node_count);
    if (fresh == NULL) {
        return false;
    }
    fresh->capacity = capacity;
    use_table(tree, fresh);
    return true;
}

static void ask_about_all(cti_tree *tree) {
    for (const cti_site *site = cti_site_first(); site != NULL; site = site->next_by_id) {
        ask(tree, site);
    }
}

bool cti_interest_fill(cti_tree *tree) {
    if (!make_room(tree, cti_site_count() + 1)) {
        return false;
    }
    ask_about_all(tree);
    return true;
}

void cti_interest_drop(cti_tree *tree) {
    for (table *at = tree->tables; at != NULL;) {
        table *older = at->older;
        cti_free(at);
        at = older;
    }
}

void cti_interest_refresh(void) {
    for (cti_tree *tree = cti_tree_first(); tree != NULL; tree = tree->next) {
        ask_about_all(tree);
    }
}

/* ---- State bytes ---- */

static uint8_t state_for(const cti_site *site) {
    int widest = CTI_INTEREST_NEVER;
    bool everybody = silences == 0;
    for (const cti_tree *tree = cti_tree_first(); tree != NULL; tree = tree->next) {
        if (tree->listening != 0) {
            widest = cti_interest_widest(widest, tree->interest[site->id]);
            everybody = everybody && tree->interest[site->id] == CTI_INTEREST_ALWAYS;
        }
    }
    switch (widest) {
    case CTI_INTEREST_NEVER:
        return CTRACE_I_STATE_OFF;
    case CTI_INTEREST_GATED:
        return CTRACE_I_STATE_GATED;
    default:
        return everybody ? CTRACE_I_STATE_ON : CTRACE_I_STATE_ASK;
    }
}

void cti_interest_publish(void) {
    for (cti_site *site = cti_site_first(); site != NULL; site = site->next_by_id) {
        cti_site_set_state(site, state_for(site));
    }
}

bool cti_interest_add(cti_site *site) {
    for (cti_tree *tree = cti_tree_first(); tree != NULL; tree = tree->next) {
        if (!make_room(tree, site->id + 1)) {
            return false;
        }
        ask(tree, site);
    }
    site->state = state_for(site);
    return true;
}

bool cti_tree_listening(cti_tree *tree, int more) {
    const bool before = tree->listening != 0;
    tree->listening += more;
    return before != (tree->listening != 0);
}

bool cti_silence(int more) {
    const bool before = silences != 0;
    silences += more;
    return before != (silences != 0);
}
