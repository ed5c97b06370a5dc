#include "core/tree.h"

#include <stdalign.h>
#include <string.h>

#include "base/atomic.h"
#include "base/fence.h"
#include "base/memory.h"
#include "core/block.h"
#include "core/event.h"
#include "core/interest.h"
#include "core/registry.h"
#include "core/retire.h"
#include "core/span.h"
#include "core/thread.h"
#include "core/traits.h"

static cti_tree *trees;

cti_tree *cti_tree_first(void) {
    return trees;
}

/* Calls visit(subscriber, argument) for the subscriber and all that it holds, in preorder. */
static void each_subscriber(ctrace_subscriber *subscriber,
                            void (*visit)(ctrace_subscriber *, void *argument), void *argument) {
    visit(subscriber, argument);
    if (subscriber->ops->inner == NULL) {
        return;
    }
    ctrace_subscriber *held;
    for (size_t i = 0; (held = subscriber->ops->inner(subscriber, i)) != NULL; i++) {
        each_subscriber(held, visit, argument);
    }
}

static void count_node(ctrace_subscriber *subscriber, void *argument) {
    (void)subscriber;
    uint32_t *count = argument;
    *count += 1;
}

static size_t align_up(size_t size) {
    enum {
        ALIGN =
            alignof(max_align_t) < CTI_SPAN_DATA_ALIGN ? CTI_SPAN_DATA_ALIGN : alignof(max_align_t)
    };
    return (size + ALIGN - 1) / ALIGN * ALIGN;
}

static void add_node(ctrace_subscriber *subscriber, void *argument) {
    cti_tree *tree = argument;
    cti_store_relaxed(&subscriber->reserved[CTI_RESERVED_NODE], (uintptr_t)tree->node_count);
    cti_node *node = &tree->nodes[tree->node_count++];
    node->subscriber = subscriber;
    node->data_offset = tree->data_size;
    tree->data_size += align_up(subscriber->ops->span_data_size);
}

static uint32_t common_end(size_t room) {
    const size_t fixed = sizeof(ctrace_span) + room;
    return fixed > CTI_BLOCK_SMALLEST
               ? 0
               : (uint32_t)((CTI_BLOCK_SMALLEST - fixed) / sizeof(ctrace_value)) + 1;
}

static cti_tree *grow_tree(ctrace_subscriber *root) {
    uint32_t count = 0;
    each_subscriber(root, count_node, &count);
    cti_tree *tree = cti_alloc_zeroed(sizeof *tree + count * sizeof(cti_node));
    if (tree == NULL) {
        return NULL;
    }
    tree->root = root;
    tree->ops = root->ops;
    each_subscriber(root, add_node, tree);
    tree->seen_size = align_up((count - 1) / 64 * sizeof(uint64_t));
    tree->room = tree->seen_size + tree->data_size;
    tree->common_end = common_end(tree->room);
    if (!cti_interest_fill(tree)) {
        cti_free(tree);
        return NULL;
    }
    tree->next = trees;
    trees = tree;
    return tree;
}

cti_tree *cti_tree_of(ctrace_subscriber *subscriber) {
    cti_thread_know(&cti_self); /* it cannot be once on_callsite runs, under the lock */
    const bool taken = cti_registry_take();
    if (subscriber->tree == NULL) {
        subscriber->tree = grow_tree(subscriber);
    }
    if (taken) {
        cti_registry_give();
    }
    return subscriber->tree;
}

/* Of one that is in several trees, in different places. */
int cti_tree_search(const cti_tree *tree, const ctrace_subscriber *subscriber) {
    for (uint32_t i = 0; i < tree->node_count; i++) {
        if (tree->nodes[i].subscriber == subscriber) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- The end ---- */

static bool listed(const cti_tree *tree) {
    for (const cti_tree *at = trees; at != NULL; at = at->next) {
        if (at == tree) {
            return true;
        }
    }
    return false;
}

static bool leased(const cti_tree *tree) {
    for (const cti_lease *lease = tree->leases; lease != NULL; lease = lease->next_in_tree) {
        /* acquire: pairs with the release in end_lease(), so that what the spans did is done */
        if (cti_load_acquire(&lease->count) != 0) {
            return true;
        }
    }
    return false;
}

static void unlink_tree(cti_tree *tree) {
    cti_tree **link = &trees;
    while (*link != tree) {
        link = &(*link)->next;
    }
    *link = tree->next;
    for (cti_lease *lease = tree->leases; lease != NULL;) {
        cti_lease *next = lease->next_in_tree; /* orphaned, the scope may use it again at once */
        cti_store_release(&lease->tree, (cti_tree *)NULL);
        lease = next;
    }
}

static void free_tree(cti_tree *tree) {
    ctrace_subscriber *root = tree->root;
    cti_interest_drop(tree);
    cti_free(tree);
    if (root->ops->free != NULL) {
        root->ops->free(root);
    }
}

/* Whether a tree is retired, out of sight and without open spans. A span that outlives its scope
 * takes a reference before it ends its lease: so leases are looked at first. */
static bool is_over(const cti_tree *tree) {
    return tree->retired && tree->retiring == 0 && !leased(tree) &&
           cti_load_acquire(&tree->root->references) == 0;
}

/* Somebody else may have freed the tree in the meantime: then it is not listed any more, or another
 * tree that lies there now is in use. `seen_off` of those who waited for it do so no more. */
static void free_if_over(cti_tree *tree, uint32_t seen_off) {
    const bool taken = cti_registry_take();
    bool over = false;
    if (listed(tree)) {
        tree->retiring -= seen_off;
        over = is_over(tree);
    }
    if (over) {
        unlink_tree(tree);
    }
    if (taken) {
        cti_registry_give();
    }
    if (over) {
        free_tree(tree);
    }
}

static void out_of_sight(void *tree) {
    free_if_over(tree, 1);
}

void cti_tree_let_go(cti_tree *tree) {
    tree->retired = true;
    tree->retiring += 1; /* until then nobody frees it, however often it is retired */
    for (cti_lease *lease = tree->leases; lease != NULL; lease = lease->next_in_tree) {
        /* pairs with end_lease(): it sees this store, or cti_synchronize()'s fence shows us its
         * count */
        cti_store_relaxed(&lease->tree_retired, true);
        cti_store_relaxed(&lease->watched, true);
    }
}

void cti_tree_retire(cti_tree *tree) {
    cti_retire(tree, out_of_sight);
}

/* ---- Leases ---- */

static cti_lease *find_lease(cti_scope *scope, const cti_tree *tree) {
    for (cti_lease **link = &scope->lease; *link != NULL; link = &(*link)->next_in_scope) {
        cti_lease *lease = *link;
        if (cti_load_acquire(&lease->tree) == tree) {
            *link = lease->next_in_scope; /* the one used last comes first */
            lease->next_in_scope = scope->lease;
            scope->lease = lease;
            return lease;
        }
    }
    return NULL;
}

cti_lease *cti_lease_of(cti_scope *scope, cti_tree *tree) {
    cti_lease *lease = find_lease(scope, tree);
    if (lease != NULL) {
        return lease;
    }
    lease = find_lease(scope, NULL); /* one whose tree is gone */
    if (lease == NULL) {
        lease = cti_alloc_zeroed(sizeof *lease);
        if (lease == NULL) {
            return NULL;
        }
        lease->next_in_scope = scope->lease;
        scope->lease = lease;
    }
    const bool taken = cti_registry_take();
    lease->next_in_tree = tree->leases;
    tree->leases = lease;
    cti_store_relaxed(&lease->tree_retired, tree->retired);
    cti_store_relaxed(&lease->watched, tree->retired || cti_light_fence_is_heavy());
    cti_store_release(&lease->tree, tree);
    if (taken) {
        cti_registry_give();
    }
    return lease;
}

void cti_lease_ended(cti_tree *tree) {
    free_if_over(tree, 0);
}

static void unlink_lease(cti_lease *lease) {
    if (lease->tree == NULL) {
        return;
    }
    cti_lease **link = &lease->tree->leases;
    while (*link != lease) {
        link = &(*link)->next_in_tree;
    }
    *link = lease->next_in_tree;
}

void cti_leases_release(cti_scope *scope) {
    const bool taken = cti_registry_take();
    for (cti_lease *lease = scope->lease; lease != NULL;) {
        cti_lease *next = lease->next_in_scope;
        unlink_lease(lease);
        cti_free(lease);
        lease = next;
    }
    scope->lease = NULL;
    if (taken) {
        cti_registry_give();
    }
}
