/* Failures in words: what ctrace_last_error() of this thread says. */
#ifndef CTI_CORE_STATUS_H
#define CTI_CORE_STATUS_H

#include "ctrace/trace.h"

/* Says what was wrong, as printf does (cut at 255 bytes), and returns `status`.
 * Async-signal-unsafe. */
ctrace_status cti_fail(ctrace_status status, const char *format, ...) CTRACE_I_PRINTF(2, 3);

/* For constructors that were given NULL for `what` ("the writer"): returns NULL. When another
 * failure came before, that is the reason and stays: constructors nest, and what was wrong first is
 * what helps. */
void *cti_fail_null(const char *what);

/* Something succeeded: earlier failures are no reason for later ones. */
void cti_fail_forget(void);

/* For constructors that found no memory: says so and returns NULL. `what` is a noun: "a text sink".
 */
void *cti_fail_memory(const char *what);

/* Reports a failure of the library itself on standard error, as "ctrace: …", once for each `once`
 * (a static, initially false, set here). With one write, without stdio. */
void cti_complain_once(bool *once, const char *format, ...) CTRACE_I_PRINTF(2, 3);

#endif
