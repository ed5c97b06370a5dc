#ifndef CTI_COMPOSE_SAMPLED_H
#define CTI_COMPOSE_SAMPLED_H

#include "ctrace/subscriber.h"

/* As ctrace_sampled_new(), but of the traces that begin in this process: those that came from
 * elsewhere are kept if their flags say that they are sampled there. */
ctrace_subscriber *cti_sampled_here_new(ctrace_subscriber *subscriber, double ratio);

#endif
