/* Failures in words: what ctrace_last_error() of this thread says. */
#ifndef CTI_CORE_STATUS_H
#define CTI_CORE_STATUS_H

#include "ctrace/trace.h"

/* Says what was wrong, as printf does (cut at 255 bytes), and returns `status`.
 * Async-signal-unsafe. */
ctrace_status cti_fail(ctrace_status status, const char *format, ...) CTRACE_I_PRINTF(2, 3);

/* For constructors that found no memory: says so and returns NULL. `what` is a noun: "a text sink".
 */
void *cti_fail_memory(const char *what);

/* Reports a failure of the library itself on standard error, as "ctrace: …", once for each `once`
 * (a static, initially false, set here). With one write, without stdio. */
void cti_complain_once(bool *once, const char *format, ...) CTRACE_I_PRINTF(2, 3);

#endif
