/* What a queue's options say, and what that means for the memory of a thread. */
#include "base/worker.h"
#include "compose/deferred.h"
#include "core/status.h"
#include "record/format.h"

enum {
    DEFAULT_RING_BYTES = 128 * 1024,
    SMALLEST_RING_BYTES = 4096,
    DEFAULT_MAX_BYTES = 64 * 1024 * 1024,
    DEFAULT_THREADS = 16, /* for which there is room at least, where nobody said how much */
    DEFAULT_TIMEOUT_NS = 100000000,
    DEFAULT_LATENCY_NS = 1000000
};

/* So that all sums below stay within a size_t. */
static const size_t LARGEST_RING_BYTES = SIZE_MAX / 128 + 1;

/* What a thread's two rings take. */
static size_t thread_bytes(size_t ring_bytes) {
    return cti_ring_footprint(ring_bytes, CTI_RECORD_LONGEST) +
           cti_ring_footprint(CTI_SIDE_BYTES, CTI_RECORD_LONGEST);
}

static size_t at_least_smallest(size_t ring_bytes) {
    return ring_bytes < SMALLEST_RING_BYTES ? SMALLEST_RING_BYTES : ring_bytes;
}

/* ---- What is wrong ---- */

static ctrace_status check_reserved(const ctrace_deferred_options *options) {
    uintptr_t reserved = 0;
    for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++) {
        reserved |= options->reserved[i];
    }
    return reserved == 0
               ? CTRACE_OK
               : cti_fail(CTRACE_EINVAL, "options.reserved is not zero: was the struct cleared?");
}

static ctrace_status check_cpu(unsigned cpu) {
    if (cpu != 0 && !cti_worker_can_keep_to()) {
        return cti_fail(CTRACE_ENOTSUP, "options.cpu: not available on this system");
    }
    if (cpu != 0 && !cti_worker_may_keep_to(cpu - 1)) {
        return cti_fail(CTRACE_EINVAL,
                        "options.cpu is %u: no thread of this process may run on processor %u", cpu,
                        cpu - 1);
    }
    return CTRACE_OK;
}

/* A ring that is not said may be smaller, a cap that is not said larger. */
static ctrace_status check_bytes(size_t ring_bytes, size_t max_bytes) {
    if (ring_bytes > LARGEST_RING_BYTES) {
        return cti_fail(CTRACE_EINVAL, "options.ring_bytes is %zu: more than %zu", ring_bytes,
                        LARGEST_RING_BYTES);
    }
    const size_t least = thread_bytes(at_least_smallest(ring_bytes));
    if (max_bytes == 0 || least <= max_bytes) {
        return CTRACE_OK;
    }
    return ring_bytes == 0
               ? cti_fail(CTRACE_EINVAL, "options.max_bytes is %zu: a thread takes %zu at least",
                          max_bytes, least)
               : cti_fail(CTRACE_EINVAL,
                          "options.ring_bytes is %zu, with which a thread takes %zu: more than "
                          "options.max_bytes, %zu",
                          ring_bytes, least, max_bytes);
}

ctrace_status cti_deferred_check(const ctrace_deferred_options *said) {
    ctrace_status status = check_reserved(said);
    if (status == CTRACE_OK &&
        ((int)said->policy < CTRACE_DEFERRED_DROP || said->policy > CTRACE_DEFERRED_GROW)) {
        status = cti_fail(CTRACE_EINVAL, "options.policy is %d: expected CTRACE_DEFERRED_*",
                          (int)said->policy);
    }
    if (status == CTRACE_OK) {
        status = check_bytes(said->ring_bytes, said->max_bytes);
    }
    return status == CTRACE_OK ? check_cpu(said->cpu) : status;
}

/* ---- What is meant ---- */

static size_t default_max_bytes(size_t ring_bytes) {
    const size_t several = DEFAULT_THREADS * thread_bytes(ring_bytes);
    return several > DEFAULT_MAX_BYTES ? several : DEFAULT_MAX_BYTES;
}

ctrace_deferred_options cti_deferred_complete(const ctrace_deferred_options *said) {
    ctrace_deferred_options options = *said;
    options.ring_bytes =
        said->ring_bytes == 0 ? DEFAULT_RING_BYTES : at_least_smallest(said->ring_bytes);
    if (said->max_bytes == 0) {
        options.max_bytes = default_max_bytes(options.ring_bytes);
    }
    if (said->block_timeout_ns == 0) {
        options.block_timeout_ns = DEFAULT_TIMEOUT_NS;
    }
    if (said->latency_ns == 0) {
        options.latency_ns = DEFAULT_LATENCY_NS;
    }
    return options;
}

size_t cti_deferred_plenty(const ctrace_deferred_options *said, size_t max_bytes) {
    return said->ring_bytes == 0 ? max_bytes / 2 : max_bytes;
}

/* Where memory is short each thread takes a small part of what is left, so that there is some for
 * many. */
size_t cti_deferred_ring_bytes(const cti_deferred *deferred) {
    enum { SMALL_PARTS = 256 };
    const size_t most = deferred->options.max_bytes;
    const size_t used = cti_load_relaxed(&deferred->bytes);
    const size_t left = used < most ? most - used : 0;
    size_t ring_bytes = deferred->options.ring_bytes;
    const bool fits = used <= deferred->plenty && thread_bytes(ring_bytes) <= left;
    const size_t share = fits || used == 0 ? left : left / SMALL_PARTS;
    while (ring_bytes > SMALLEST_RING_BYTES && thread_bytes(ring_bytes) > share) {
        ring_bytes = at_least_smallest(ring_bytes / 2);
    }
    return ring_bytes;
}
