/* The end: when ctrace_shutdown() has to be done, and that it is called when the process exits. */
#ifndef CTI_CORE_SHUTDOWN_H
#define CTI_CORE_SHUTDOWN_H

#include <stdint.h>

/* When the ctrace_shutdown() that this thread is in has to be done, by the monotonic clock;
 * UINT64_MAX for never, and outside of it. */
uint64_t cti_shutdown_due_ns(void);

/* How long this thread may wait for who still uses what is being taken down: a second, but no
 * longer than until then. */
uint64_t cti_patience_ns(void);

/* From here on ctrace_shutdown() is called when the process exits, or when this library is unloaded
 * before that. Once: also for a second subscriber. */
void cti_shutdown_at_exit(void);

/* How long that may take; 0: a second. */
void cti_shutdown_at_exit_within(uint64_t timeout_ns);

#endif
