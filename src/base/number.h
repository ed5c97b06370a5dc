/* Numbers to text, without snprintf and without the locale.
 *
 * Each function writes at most the stated size into `out`, no NUL, and returns the bytes written.
 */
#ifndef CTI_BASE_NUMBER_H
#define CTI_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum {
    CTI_INTEGER_TEXT_MAX = 20, /* -9223372036854775808, 18446744073709551615 */
    CTI_HEX_TEXT_MAX = 18,     /* 0xffffffffffffffff */
    CTI_DOUBLE_TEXT_MAX = 32,
    CTI_DURATION_TEXT_MAX = 24,
};

size_t cti_u64_text(char out[CTI_INTEGER_TEXT_MAX], uint64_t value);
size_t cti_i64_text(char out[CTI_INTEGER_TEXT_MAX], int64_t value);

/* "0x" and lower-case digits, without leading zeros. */
size_t cti_hex_text(char out[CTI_HEX_TEXT_MAX], uint64_t value);

/* The shortest text that reads back as the same double: "1.0", "0.1", "-1.5e-7", "1e300", "NaN",
 * "inf", "-inf". Finite results are valid JSON numbers. */
size_t cti_double_text(char out[CTI_DOUBLE_TEXT_MAX], double value);

/* A duration in nanoseconds for people, with three significant digits: "0ns", "208ns", "1.5ms",
 * "12.3s"; from 1,000 s on whole seconds. Negative ones have a sign. */
size_t cti_duration_text(char out[CTI_DURATION_TEXT_MAX], int64_t ns);

/* `value` as exactly `digits` decimal digits with leading zeros; it must fit. */
void cti_digits(char *out, uint64_t value, unsigned digits);

/* The same for a fraction of a second in microseconds. */
void cti_six_digits(char *out, uint32_t value);

#endif
