#include "core/sampling.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- What a trace's random number is ---- */

/* What follows "rv:" in the member "ot" of a tracestate, or NULL. */
static const char *explicit_randomness(const char *tracestate) {
    const char *at = tracestate + strspn(tracestate, " \t");
    while (strncmp(at, "ot=", 3) != 0) {
        at += strcspn(at, ",");
        at += strspn(at, ", \t");
        if (*at == '\0') {
            return NULL;
        }
    }
    for (at += 3; strncmp(at, "rv:", 3) != 0; at++) {
        at += strcspn(at, ";,");
        if (*at != ';') {
            return NULL;
        }
    }
    return at + 3;
}

uint64_t cti_sampling_randomness(const char *tracestate, uint64_t trace_end) {
    const char *digits = explicit_randomness(tracestate);
    if (digits == NULL || strspn(digits, "0123456789abcdef") != HEX_DIGITS ||
        strchr(";, \t", digits[HEX_DIGITS]) == NULL) { /* or the end, which it finds, too */
        return trace_end & (CTI_SAMPLING_RANDOM - 1);
    }
    return strtoull(digits, NULL, 16);
}

/* ---- Flags ---- */

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
