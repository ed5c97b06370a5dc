#include "core/sampling.h"

#include "core/remote.h"

enum { HEX_DIGITS = 14, PRECISION = 4, HIGHEST_PRECISION = 12 };

/* Rounded as others round it, so that they come to the same: to four hexadecimal digits, not
 * counting leading 'f's. */
uint64_t cti_sampling_threshold(double ratio) {
    if (ratio <= 0 || ratio >= 1) {
        return ratio <= 0 ? CTI_SAMPLING_RANDOM : 0;
    }
    unsigned digits = PRECISION;
    for (double edge = 1.0 / 16; ratio < edge && digits < HIGHEST_PRECISION; edge /= 16) {
        digits += 1;
    }
    const uint64_t step = (uint64_t)1 << (4 * (HEX_DIGITS - digits));
    const uint64_t exact = CTI_SAMPLING_RANDOM - (uint64_t)(ratio * (double)CTI_SAMPLING_RANDOM);
    const uint64_t rounded = (exact + step / 2) / step * step;
    return rounded < CTI_SAMPLING_RANDOM ? rounded : CTI_SAMPLING_RANDOM - step;
}

static uint64_t announced; /* a threshold */

void cti_sampling_announce(double ratio) {
    cti_store_relaxed(&announced, cti_sampling_threshold(ratio));
}

uint8_t cti_trace_flags(const ctrace_span *span) {
    const cti_remote *remote = cti_remote_of(span);
    if (remote != NULL) {
        return remote->flags;
    }
    const bool sampled = cti_sampling_keeps(cti_load_relaxed(&announced), span);
    return (uint8_t)(CTI_FLAG_RANDOM | (sampled ? CTI_FLAG_SAMPLED : 0));
}
