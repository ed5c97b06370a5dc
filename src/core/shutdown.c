#include "core/shutdown.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/tls.h"
#include "ctrace/trace.h"

/* A thread that is not stuck needs that long to be seen outside, or to end. */
enum { MOST_PATIENCE_NS = 1000000000, LEAST_PATIENCE_NS = 10000000 };

static CTI_TLS uint64_t due; /* 0: not in ctrace_shutdown() */

uint64_t cti_shutdown_due_ns(void) {
    return due == 0 ? UINT64_MAX : due;
}

uint64_t cti_patience_ns(void) {
    const uint64_t until = cti_shutdown_due_ns();
    const uint64_t now = cti_clock_monotonic_ns();
    const uint64_t left = until > now ? until - now : 0;
    return left < LEAST_PATIENCE_NS  ? LEAST_PATIENCE_NS
           : left < MOST_PATIENCE_NS ? left
                                     : MOST_PATIENCE_NS;
}

ctrace_status ctrace_shutdown(uint64_t timeout_ns) {
    const uint64_t outer = due;
    const uint64_t now = cti_clock_monotonic_ns();
    due = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
    const ctrace_status status = ctrace_flush(timeout_ns);
    const ctrace_status removed = ctrace_replace_global(NULL);
    due = outer;
    return status != CTRACE_OK ? status : removed;
}

/* ---- At exit ---- */

enum { AT_EXIT_NS = 1000000000 };

static uint64_t at_exit_ns = AT_EXIT_NS;
static bool exit_watched;

static void shut_down(void) {
    ctrace_shutdown(cti_load_relaxed(&at_exit_ns));
}

void cti_shutdown_at_exit(void) {
    if (!cti_exchange(&exit_watched, true) && atexit(shut_down) != 0) {
        cti_store_relaxed(&exit_watched, false); /* no memory: the next one may have more luck */
    }
}

void cti_shutdown_at_exit_within(uint64_t timeout_ns) {
    cti_store_relaxed(&at_exit_ns, timeout_ns == 0 ? (uint64_t)AT_EXIT_NS : timeout_ns);
}
