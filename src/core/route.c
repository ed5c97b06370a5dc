#include "core/route.h"

#include "base/fence.h"
#include "core/dispatch.h"
#include "core/event.h"
#include "core/registry.h"
#include "core/traits.h"

uint64_t cti_epoch = 1;

const cti_ways cti_ways_by_ops = {
    .event = cti_event_deliver, .open = cti_span_open_by_ops, .end = cti_span_deliver_end};

void cti_epoch_begin(void) {
    cti_store_release(&cti_epoch, cti_epoch + 1); /* who sees this sees what changed before */
}

void cti_routes_changed(void) {
    const bool taken = cti_registry_take();
    cti_epoch_begin();
    if (taken) {
        cti_registry_give();
    }
}

/* Whom everything reaches that the root takes: itself, or the one behind those that only stand
 * before it. Of more than 64 nodes the spans could not say by which they were seen. */
static ctrace_subscriber *find_end(cti_route *route) {
    const cti_tree *tree = route->tree;
    ctrace_subscriber *end = tree->root;
    ctrace_subscriber *next;
    const cti_traits *traits;
    route->data_offset = 0;
    route->seen = 1;
    while (tree->seen_size == 0 && (traits = cti_traits_of(end)) != NULL &&
           traits->stands_before != NULL && (next = traits->stands_before(end)) != NULL) {
        const int node = cti_tree_find(tree, next);
        route->data_offset = tree->nodes[node].data_offset;
        route->seen |= (uint64_t)1 << node;
        end = next;
    }
    return end;
}

/* A way of the subscriber's own, which may depend on where the thread stands; else by its ops.
 * False when it has such ways, but not here. */
static bool find_ways(cti_thread *self, cti_route *route) {
    ctrace_subscriber *end = find_end(route);
    const cti_traits *traits = cti_traits_of(end);
    const bool has_own = traits != NULL && traits->ways != NULL;
    const cti_ways *own = has_own ? traits->ways(end, self, &route->local) : NULL;
    route->take = own == NULL ? cti_ways_by_ops : *own;
    if (route->lease == NULL) {
        route->take.open = cti_span_open_by_ops; /* which sees to it */
    }
    return !has_own || own != NULL;
}

/* The one that spans used last: where that is another, the next span sees to it. */
static cti_lease *lease_here(const cti_scope *scope, const cti_tree *tree) {
    cti_lease *lease = scope->lease;
    return lease != NULL && cti_load_acquire(&lease->tree) == tree ? lease : NULL;
}

void cti_route_find(cti_thread *self) {
    cti_route *route = &self->route;
    cti_route_forget(route); /* a handler that follows must not find half of it */
    if (CTRACE_I_UNLIKELY(self->fence)) {
        cti_fence(); /* as in cti_section_begin(): such threads find their route each time */
    }
    /* before the listener: if that changes now, what is found is out of date already */
    const uint64_t epoch = cti_load_acquire(&cti_epoch);
    route->tree = cti_listener(self);
    route->lease = lease_here(self->scope, route->tree);
    route->take = cti_ways_by_ops;
    if (route->tree != NULL && !self->fence && find_ways(self, route)) {
        cti_compiler_barrier();
        cti_store_relaxed(&route->epoch, epoch);
    }
}
