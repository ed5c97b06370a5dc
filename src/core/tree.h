/* Subscribers that listen, each with all that it holds: a tree, laid out flat.
 *
 * Its nodes are the subscriber itself (node 0) and everything that `inner` names, in preorder. Each
 * node has a place for its data in every span of the tree, and its cached answer for every
 * callsite. */
#ifndef CTI_CORE_TREE_H
#define CTI_CORE_TREE_H

#include "base/atomic.h"
#include "core/site.h"
#include "ctrace/subscriber.h"

/* Answers, from least to most wanted; the first, third and fourth are ctrace_interest's. A filter
 * may answer CTI_INTEREST_GATED from on_callsite: off, unless a span is entered that opens the
 * gate. */
enum {
    CTI_INTEREST_NEVER = CTRACE_INTEREST_NEVER,
    CTI_INTEREST_SOMETIMES = CTRACE_INTEREST_SOMETIMES,
    CTI_INTEREST_ALWAYS = CTRACE_INTEREST_ALWAYS,
    CTI_INTEREST_GATED = 3,
};

/* The more wanted of two answers. */
int cti_interest_widest(int one, int other);

typedef struct cti_node {
    ctrace_subscriber *subscriber;
    size_t data_offset; /* of its bytes in a span's data */
    uint8_t *interest;  /* by callsite id */
} cti_node;

typedef struct cti_tree cti_tree;

typedef struct cti_lease cti_lease;
struct cti_tree {
    const uint8_t *interest; /* of node 0; published after it is filled */
    const ctrace_subscriber_ops *ops;
    ctrace_subscriber *root; /* not a reference: the tree goes with the subscriber */
    size_t data_size;        /* bytes of data in each span */
    size_t seen_size;        /* bytes in front of those, for what does not fit into `seen` */
    size_t room;             /* both together */
    uint32_t common_end;     /* spans with fewer values than this fit into the smallest block */
    uint32_t node_count;
    int32_t listening; /* in how many places it listens now */
    uint32_t retiring; /* how many wait until nobody is inside a callback of it any more */
    bool retired;      /* nobody held the subscriber at some time */
    cti_lease *leases;
    cti_tree *next;
    void *tables; /* of interest: the current one first, then those it replaced */
    cti_node nodes[];
};

/* The tree under `subscriber`, made when first asked and kept by it. NULL when there is no memory.
 */
cti_tree *cti_tree_of(ctrace_subscriber *subscriber);

/* The tree listens in so many places more. True when it begins to listen, or ends: then
 * cti_interest_publish(). With the registry's lock held. */
bool cti_tree_listening(cti_tree *tree, int more);

/* The same for places where nobody listens on purpose. */
bool cti_silence(int more);

/* Asks all nodes of all trees again. With the registry's lock held. */
void cti_interest_refresh(void);

/* Writes every callsite's state byte by what those who listen have answered. With the lock held. */
void cti_interest_publish(void);

/* Asks all trees about a new callsite and publishes its state. False when there is no memory. With
 * the registry's lock held. */
bool cti_interest_add(cti_site *site);

/* What a subscriber answers for a callsite, or what it holds where it has no on_callsite. */
int cti_interest_of(ctrace_subscriber *subscriber, const ctrace_callsite *site);

/* Whether a subscriber that answered SOMETIMES or GATED wants the callsite now. */
bool cti_enabled_now(ctrace_subscriber *subscriber, const ctrace_callsite *site);

/* What the tree's root has answered for the callsite. */
static inline int cti_tree_interest(const cti_tree *tree, const cti_site *site) {
    /* acquire: pairs with the release in use_table() */
    const uint8_t *table = cti_load_acquire(&tree->interest);
    return cti_load_relaxed(&table[site->id]);
}

/* Whether the tree wants the callsite now: asks it if need be. */
static inline bool cti_tree_wants(const cti_tree *tree, const cti_site *site) {
    const int interest = cti_tree_interest(tree, site);
    if (interest == CTI_INTEREST_ALWAYS || interest == CTI_INTEREST_NEVER) {
        return interest == CTI_INTEREST_ALWAYS;
    }
    return tree->ops->is_enabled != NULL ? tree->ops->is_enabled(tree->root, &site->description)
                                         : cti_enabled_now(tree->root, &site->description);
}

/* Whether the tree takes what it was asked about before, by the macro. Its answer may have changed
 * since, or it may be another tree: it is never given what it does not want at all. */
static inline bool cti_tree_takes(const cti_tree *tree, const cti_site *site) {
    return cti_tree_interest(tree, site) != CTI_INTEREST_NEVER;
}

/* A subscriber's `reserved` words, of which traits.h has the first. */
enum { CTI_RESERVED_TRAITS, CTI_RESERVED_NODE };

int cti_tree_search(const cti_tree *tree, const ctrace_subscriber *subscriber);

/* The node of `subscriber`, or -1. It knows which it is in the tree that was made last. */
static inline int cti_tree_find(const cti_tree *tree, const ctrace_subscriber *subscriber) {
    const uintptr_t node = cti_load_relaxed(&subscriber->reserved[CTI_RESERVED_NODE]);
    return CTRACE_I_LIKELY(node < tree->node_count && tree->nodes[node].subscriber == subscriber)
               ? (int)node
               : cti_tree_search(tree, subscriber);
}

/* The last reference to the subscriber was given back: from now on the tree waits for the end. With
 * the registry's lock held; cti_tree_retire() must follow, without it. */
void cti_tree_let_go(cti_tree *tree);

/* Frees tree and subscriber once no callback runs and no span of it is open. */
void cti_tree_retire(cti_tree *tree);

/* ---- Leases ---- */

/* What keeps a tree while spans of it are open in a scope: a count that only that scope changes,
 * instead of a shared one that every span of every thread would have to change. */
struct cti_lease {
    cti_tree *tree;
    size_t count;      /* open spans */
    bool watched;      /* the tree is retired, or fences are needed here: see cti_lease_watch() */
    bool tree_retired; /* copied from the tree, which may be gone when the count is 0 */
    cti_lease *next_in_tree;
    cti_lease *next_in_scope;
};

struct cti_scope;

/* The scope's lease on the tree; NULL when there is no memory. Threads: the scope's. */
cti_lease *cti_lease_of(struct cti_scope *scope, cti_tree *tree);

/* The lease's last span was closed and the tree is retired: see to it that it is freed. */
void cti_lease_ended(cti_tree *tree);

/* Gives back the scope's leases, all of whose spans are closed. */
void cti_leases_release(struct cti_scope *scope);

#endif
