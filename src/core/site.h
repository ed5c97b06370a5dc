/* Callsites as the library keeps them: one description for all instances of the same callsite (a
 * plugin loaded again, a header's static inline function in many files), never freed, so that
 * spans, recordings and subscribers may hold on to it. */
#ifndef CTI_CORE_SITE_H
#define CTI_CORE_SITE_H

#include "base/atomic.h"
#include "ctrace/detail/site.h"
#include "ctrace/detail/types.h"

typedef struct cti_site cti_site;
struct cti_site {
    ctrace_callsite description; /* first: what subscribers see is a pointer to this */
    uint32_t id;                 /* from 0, without gaps */
    size_t name_size;            /* bytes of description.name */
    uint32_t lost;               /* events and spans lost here and not yet told in the stream */
    cti_site *next_by_id;
    cti_site *next_in_bucket;
    ctrace_callsite *instances; /* those whose state byte follows this description */
    uint8_t state;              /* what they hold now */
    void *format; /* of a printf form: taken apart, by who copies its arguments; or NULL */
};

/* Where losses are noted whose callsite the library could not make known. */
extern cti_site cti_unknown_site;

static inline cti_site *cti_site_of(const ctrace_callsite *description) {
    return (cti_site *)(uintptr_t)description;
}

/* The description of a callsite that a macro emitted, made known if it was not. NULL when there is
 * no memory. Threads: any, also with the registry's lock held. */
cti_site *cti_site_register(ctrace_callsite *instance);

/* What cti_site_register() found, or NULL. */
static inline cti_site *cti_site_known(const ctrace_callsite *instance) {
    /* acquire: pairs with the release in attach() */
    return (cti_site *)cti_load_acquire(&instance->registered);
}

/* All of them, in the order of their ids; NULL ends. Threads: any. */
cti_site *cti_site_first(void);
cti_site *cti_site_next(const cti_site *site);

/* With the registry's lock held. */
uint32_t cti_site_count(void);

/* Sets the state byte of all instances. With the registry's lock held. */
void cti_site_set_state(cti_site *site, uint8_t state);

#endif
