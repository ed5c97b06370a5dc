/* Recording values in spans that are open.
 *
 * Other threads may be reading a span's fields while a value is recorded. So recording makes a new
 * version of all values and publishes it as a whole; the old one goes when nobody can be reading it
 * any more. */
#ifndef CTI_CORE_RECORD_H
#define CTI_CORE_RECORD_H

#include "core/span.h"

struct cti_version {
    cti_version *older;
    uint32_t age; /* how many are behind it */
    ctrace_value values[];
};

/* Records the values in a span that nobody else knows; false when there is no memory. Tells nobody.
 */
bool cti_record_values(ctrace_span *span, const char *const *keys, const ctrace_value *values,
                       uint32_t count);

/* Frees the version and all older ones. Takes NULL. */
void cti_versions_free(cti_version *version);

#endif
