#include <string.h>

#include "base/memory.h"
#include "record/printf.h"

enum { LONGEST_CONVERSION = 48 }; /* cti_printf_print() rebuilds them in a small array */

static const char *skip_digits(const char *at) {
    return at + strspn(at, "0123456789");
}

/* Behind a number or a '*'. */
static const char *skip_number(const char *at, bool *ret_given) {
    *ret_given = *at == '*';
    return *ret_given ? at + 1 : skip_digits(at);
}

/* The length modifiers that make an integer longer than int, in the order of cti_argument. */
static const char *const longer[] = {"l", "ll", "j", "z", "t"};

static cti_argument integer(const char *length, size_t size, bool is_signed) {
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        if (strlen(longer[i]) == size && memcmp(longer[i], length, size) == 0) {
            return (cti_argument)((is_signed ? CTI_ARGUMENT_LONG : CTI_ARGUMENT_UNSIGNED_LONG) + i);
        }
    }
    return is_signed ? CTI_ARGUMENT_INT : CTI_ARGUMENT_UNSIGNED;
}

/* What the conversion's letter and length take as an argument. */
static cti_printf_verdict classify(char letter, const char *length, size_t size,
                                   cti_argument *ret_argument) {
    const bool plain = size == 0;
    switch (letter) {
    case 'd':
    case 'i':
        *ret_argument = integer(length, size, true);
        return CTI_PRINTF_PARSED;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        *ret_argument = integer(length, size, false);
        return CTI_PRINTF_PARSED;
    case 'n':
        return CTI_PRINTF_WRITES;
    case 'c':
        *ret_argument = CTI_ARGUMENT_INT;
        return plain ? CTI_PRINTF_PARSED : CTI_PRINTF_UNKNOWN;
    case 's':
        *ret_argument = CTI_ARGUMENT_STRING;
        return plain ? CTI_PRINTF_PARSED : CTI_PRINTF_UNKNOWN;
    case 'p':
        *ret_argument = CTI_ARGUMENT_POINTER;
        return plain ? CTI_PRINTF_PARSED : CTI_PRINTF_UNKNOWN;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        *ret_argument = CTI_ARGUMENT_DOUBLE;
        return plain || (size == 1 && *length == 'l') ? CTI_PRINTF_PARSED : CTI_PRINTF_UNKNOWN;
    case '%':
        *ret_argument = CTI_ARGUMENT_PERCENT;
        return CTI_PRINTF_PARSED;
    default:
        return CTI_PRINTF_UNKNOWN;
    }
}

/* Whether the rest of a conversion that we cannot read ends in the letter n, whatever stands
 * before:
 * "%1$n", "%In", "%*2$.3Zn", "%w64n". More than any printf takes is refused, never less. */
static bool may_write(const char *at) {
    at += strspn(at, "0123456789$*.-+ #'IhljztLqZ");
    if (*at == 'w') { /* of a width in bits: "w64", or "wf64" for the fast type */
        at += at[1] == 'f' ? 2 : 1;
        at = skip_digits(at);
    }
    return *at == 'n';
}

/* Reads the conversion at format[begin]. */
static cti_printf_verdict read_conversion(const char *format, size_t begin,
                                          cti_conversion *ret_read) {
    const char *at = format + begin + 1;
    at += strspn(at, "-+ #0'");
    at = skip_number(at, &ret_read->width_given);
    const char *precision = at;
    ret_read->precision_given = false;
    if (*at == '.') {
        at = skip_number(at + 1, &ret_read->precision_given);
    }
    const char *length = at;
    at += strspn(at, "hljztLq");
    const char letter = *at;
    ret_read->begin = (uint32_t)begin;
    ret_read->precision = (uint32_t)(precision - format);
    ret_read->length = (uint32_t)(length - format);
    ret_read->end = (uint32_t)(at - format) + (letter == '\0' ? 0 : 1);
    const size_t size = (size_t)(at - length);
    const bool odd = memchr(length, 'L', size) != NULL || memchr(length, 'q', size) != NULL ||
                     ret_read->end - ret_read->begin > LONGEST_CONVERSION;
    const cti_printf_verdict verdict =
        odd ? CTI_PRINTF_UNKNOWN : classify(letter, length, size, &ret_read->argument);
    return verdict == CTI_PRINTF_UNKNOWN && may_write(length) ? CTI_PRINTF_WRITES : verdict;
}

static uint32_t values_of(const cti_conversion *conversion) {
    return (conversion->argument != CTI_ARGUMENT_PERCENT ? 1u : 0u) +
           (conversion->width_given ? 1u : 0u) + (conversion->precision_given ? 1u : 0u);
}

/* Calls nothing and keeps nothing where `conversions` is NULL: then it only counts. */
static cti_printf_verdict read_all(const char *format, cti_conversion *conversions,
                                   uint32_t *ret_count, uint32_t *ret_values) {
    cti_printf_verdict worst = CTI_PRINTF_PARSED;
    uint32_t count = 0, values = 0;
    size_t at = strcspn(format, "%");
    while (format[at] == '%') {
        cti_conversion read;
        const cti_printf_verdict verdict = read_conversion(format, at, &read);
        worst = verdict > worst ? verdict : worst;
        if (verdict == CTI_PRINTF_PARSED) {
            values += values_of(&read);
            if (conversions != NULL) {
                conversions[count] = read;
            }
            count += 1;
        }
        at = read.end;
        at += strcspn(format + at, "%");
    }
    *ret_count = count;
    *ret_values = values;
    return worst == CTI_PRINTF_PARSED && values > CTI_RECORD_VALUES ? CTI_PRINTF_UNKNOWN : worst;
}

cti_printf_verdict cti_printf_parse(const char *format, cti_printf **ret_parsed) {
    uint32_t count, values;
    const cti_printf_verdict verdict = read_all(format, NULL, &count, &values);
    if (verdict != CTI_PRINTF_PARSED) {
        return verdict;
    }
    cti_printf *parsed = cti_alloc(sizeof *parsed + count * sizeof parsed->conversions[0]);
    if (parsed == NULL) {
        return CTI_PRINTF_NO_MEMORY;
    }
    read_all(format, parsed->conversions, &parsed->count, &parsed->values);
    *ret_parsed = parsed;
    return CTI_PRINTF_PARSED;
}
