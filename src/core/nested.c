#include "core/nested.h"

#include "core/dispatch.h"
#include "core/traits.h"

static bool keeps_or_passes_on(const ctrace_subscriber *subscriber) {
    const cti_traits *traits = cti_traits_of(subscriber);
    return traits != NULL && (traits->keeps_nested || traits->passes_on);
}

/* Whether every node takes the callsite's events without being asked, or does not at all, and none
 * but those that keep such events does anything with them. */
static bool keeps_without_asking(const cti_tree *tree, const cti_site *site) {
    for (uint32_t i = 0; i < tree->node_count; i++) {
        const uint8_t *row = cti_load_acquire(&tree->nodes[i].interest);
        const uint8_t answer = cti_load_relaxed(&row[site->id]);
        if (!keeps_or_passes_on(tree->nodes[i].subscriber) ||
            (answer != CTI_INTEREST_ALWAYS && answer != CTI_INTEREST_NEVER)) {
            return false;
        }
    }
    return cti_tree_interest(tree, site) == CTI_INTEREST_ALWAYS;
}

cti_tree *cti_nested_listener(const cti_thread *self, const cti_site *site) {
    if (self->mute || site == NULL || !cti_section_inside(self)) {
        return NULL;
    }
    /* the section that was interrupted may not have passed its fence yet */
    if (self->fence) {
        cti_fence();
    }
    cti_tree *tree = cti_listener(self);
    return tree != NULL && keeps_without_asking(tree, site) ? tree : NULL;
}

bool cti_traits_prepare(const cti_tree *tree, cti_thread *self) {
    bool prepared = true;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        ctrace_subscriber *subscriber = tree->nodes[i].subscriber;
        const cti_traits *traits = cti_traits_of(subscriber);
        if (traits != NULL && traits->prepare != NULL) {
            prepared = traits->prepare(subscriber, self) && prepared;
        }
    }
    return prepared;
}
