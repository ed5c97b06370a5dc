/* When to try again: exponential backoff with jitter, or what the server asks for, within a total.
 */
#ifndef CTI_WRITE_HTTP_RETRY_H
#define CTI_WRITE_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "write/http_response.h"

typedef struct cti_http_retry {
    uint64_t most_ns;  /* to try in all */
    uint64_t spent_ns; /* so far, in attempts and between them */
    uint64_t next_ns;  /* the next backoff before jitter; 0 at first */
} cti_http_retry;

/* Whether a server that answers so may take the same request later. */
bool cti_http_is_passing(int status);

/* How long the server asks to wait, 0 when it does not say.
 *
 * epoch_ns  Now, for a Retry-After that is a date. */
uint64_t cti_http_asked_ns(const cti_http_response *response, uint64_t epoch_ns);

/* How long to wait before the next attempt: between half of the backoff and all of it, which
 * doubles from 0.5 s to 30 s, and no shorter than asked for. False when there is no time left for
 * another attempt. */
bool cti_http_retry_delay(cti_http_retry *retry, uint64_t asked_ns, cti_random *random,
                          uint64_t *ret_delay_ns);

#endif
