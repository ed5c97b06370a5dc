/* The one filter that ctrace_set_filter() changes. */
#ifndef CTI_COMPOSE_FILTERED_H
#define CTI_COMPOSE_FILTERED_H

#include "ctrace/filter.h"

/* From now on ctrace_set_filter() reloads this subscriber, of which a reference is taken; NULL:
 * none any more. From ctrace_filtered_new(). Threads: any, but not from a callback. */
void cti_filtered_install(ctrace_subscriber *filtered);

#endif
