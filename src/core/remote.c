#include "core/remote.h"

#include <string.h>

#include "base/big_endian.h"
#include "base/memory.h"
#include "core/registry.h"
#include "core/sampling.h"
#include "ctrace/detail/emit.h"

/* ---- Nobody, who sees no span ---- */

static const ctrace_subscriber_ops no_ops = {.size = sizeof no_ops};
static ctrace_subscriber nobody = {.ops = &no_ops, .tree = &cti_remote_tree, .references = 1};

cti_tree cti_remote_tree = {.ops = &no_ops, .root = &nobody};

static const char *const no_keys[] = {NULL};
static cti_site site = {.description = {.name = "remote",
                                        .target = "ctrace",
                                        .file = "libctrace",
                                        .function = "",
                                        .level = CTRACE_LEVEL_INFO,
                                        .kind = CTRACE_KIND_SPAN,
                                        .field_names = no_keys}};

/* ---- Remote spans ---- */

/* Whether the identities are such as can be passed on. */
static bool is_whole(const ctrace_remote *remote) {
    return (cti_big_endian_get(remote->trace_id) | cti_big_endian_get(remote->trace_id + 8)) != 0 &&
           cti_big_endian_get(remote->span_id) != 0;
}

static size_t tracestate_size(const ctrace_remote *remote) {
    const char *end = memchr(remote->tracestate, '\0', sizeof remote->tracestate);
    return end == NULL ? 0 : (size_t)(end - remote->tracestate);
}

static cti_remote *keep(const ctrace_remote *remote, cti_baggage *baggage) {
    const size_t size = tracestate_size(remote);
    cti_remote *kept = cti_alloc(sizeof *kept + size + 1);
    if (kept != NULL) {
        kept->baggage = cti_baggage_ref(baggage);
        kept->flags = remote->flags & (CTI_FLAG_SAMPLED | CTI_FLAG_RANDOM);
        memcpy(kept->tracestate, remote->tracestate, size);
        kept->tracestate[size] = '\0';
        kept->randomness =
            cti_sampling_randomness(kept->tracestate, cti_big_endian_get(remote->trace_id + 8));
    }
    return kept;
}

static void discard(cti_remote *kept) {
    if (kept != NULL) {
        cti_baggage_unref(kept->baggage);
        cti_free(kept);
    }
}

ctrace_span *cti_remote_create(cti_thread *self, const ctrace_remote *remote,
                               cti_baggage *baggage) {
    cti_remote *kept = is_whole(remote) ? keep(remote, baggage) : NULL;
    ctrace_span *span =
        kept == NULL ? NULL : cti_span_create(self, &cti_remote_tree, &site, NULL, NULL, NULL);
    if (span == NULL) {
        discard(kept);
        return NULL;
    }
    ctrace_subscriber_ref(&nobody);
    span->exposed = true;
    span->id = cti_big_endian_get(remote->span_id);
    span->trace_id[0] = cti_big_endian_get(remote->trace_id);
    span->trace_id[1] = cti_big_endian_get(remote->trace_id + 8);
    span->data = (char *)kept;
    cti_span_pin(span);
    return span;
}

ctrace_span *cti_remote_span(cti_thread *self, const ctrace_remote *remote) {
    ctrace_span *span = NULL;
    if (remote != NULL && cti_section_enter(self)) {
        span = cti_remote_create(self, remote, cti_baggage_here(self));
        cti_section_leave(self);
    }
    return span;
}

void cti_remote_free(ctrace_span *span) {
    discard((cti_remote *)(void *)span->data);
}

/* The span that continues the trace, where it is wanted; else the remote span itself. */
ctrace_span *ctrace_i_span_remote(ctrace_callsite *instance, const ctrace_value *values,
                                  const ctrace_remote *remote) {
    cti_thread *self = &cti_self;
    ctrace_span *above = cti_remote_span(self, remote);
    ctrace_span *span =
        instance == NULL ? NULL : ctrace_i_span_new(instance, values, CTRACE_I_PARENT_GIVEN, above);
    if (span == NULL) {
        return above;
    }
    ctrace_span_unref(above);
    return span;
}

void ctrace_span_follows_remote(ctrace_span *span, const ctrace_remote *cause) {
    if (span != NULL && span->tree->ops->on_span_follows != NULL) {
        ctrace_span *remote = cti_remote_span(&cti_self, cause);
        ctrace_span_follows(span, remote);
        ctrace_span_unref(remote);
    }
}

/* ---- Where this process comes from ---- */

ctrace_span *cti_origin;

/* Kept for ever, since open spans may descend from them: one for each that was ever set. */
typedef struct origin {
    ctrace_span *span;
    struct origin *next;
} origin;

static origin *origins;

static bool is_same(const ctrace_span *span, const ctrace_remote *remote) {
    const cti_remote *kept = cti_remote_of(span);
    const size_t size = tracestate_size(remote);
    return span->id == cti_big_endian_get(remote->span_id) &&
           span->trace_id[0] == cti_big_endian_get(remote->trace_id) &&
           span->trace_id[1] == cti_big_endian_get(remote->trace_id + 8) &&
           kept->flags == (remote->flags & (CTI_FLAG_SAMPLED | CTI_FLAG_RANDOM)) &&
           strlen(kept->tracestate) == size &&
           memcmp(kept->tracestate, remote->tracestate, size) == 0;
}

static origin *find_origin(const ctrace_remote *remote) {
    origin *found = origins;
    while (found != NULL && !is_same(found->span, remote)) {
        found = found->next;
    }
    return found;
}

static origin *add_origin(const ctrace_remote *remote) {
    origin *added = cti_alloc(sizeof *added);
    ctrace_span *span = added == NULL ? NULL : cti_remote_span(&cti_self, remote);
    if (span == NULL) {
        cti_free(added);
        return NULL;
    }
    *added = (origin){span, origins};
    origins = added;
    return added;
}

bool cti_origin_set(const ctrace_remote *remote) {
    cti_thread_know(&cti_self); /* it cannot be under the lock */
    const bool taken = cti_registry_take();
    origin *found = remote == NULL ? NULL : find_origin(remote);
    if (remote != NULL && found == NULL) {
        found = add_origin(remote);
    }
    /* release: who loads it reads the span */
    cti_store_release(&cti_origin, found == NULL ? NULL : found->span);
    if (taken) {
        cti_registry_give();
    }
    return remote == NULL || found != NULL;
}
