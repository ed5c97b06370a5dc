/* Fields that every event of the process carries: ctrace_options.fields. */
#ifndef CTI_CORE_PROCESS_H
#define CTI_CORE_PROCESS_H

#include "ctrace/subscriber.h"

/* Those fields; never NULL, often none. Sinks write them behind an event's own. */
const ctrace_fields *cti_process_fields(void);

/* Sets them from "key=value,key=value"; a value may be "quoted". Kept for ever. What was set before
 * stays readable to who has it. Errors: CTRACE_EPARSE, CTRACE_ENOMEM. */
ctrace_status cti_process_fields_set(const char *text);

#endif
