/* The printf forms, taken apart: arguments are copied where an event is emitted, and printed where
 * it is read, to exactly what printf would have printed. */
#ifndef CTI_RECORD_PRINTF_H
#define CTI_RECORD_PRINTF_H

#include <stdarg.h>
#include <stdbool.h>

#include "ctrace/subscriber.h"
#include "record/format.h"

typedef enum cti_argument {
    CTI_ARGUMENT_INT, /* also what printf narrows to char and short itself */
    CTI_ARGUMENT_UNSIGNED,
    CTI_ARGUMENT_LONG, /* the signed ones, then the unsigned ones */
    CTI_ARGUMENT_LONG_LONG,
    CTI_ARGUMENT_INTMAX,
    CTI_ARGUMENT_SIZE,
    CTI_ARGUMENT_PTRDIFF,
    CTI_ARGUMENT_UNSIGNED_LONG,
    CTI_ARGUMENT_UNSIGNED_LONG_LONG,
    CTI_ARGUMENT_UINTMAX,
    CTI_ARGUMENT_UNSIGNED_SIZE,
    CTI_ARGUMENT_UNSIGNED_PTRDIFF,
    CTI_ARGUMENT_DOUBLE,
    CTI_ARGUMENT_STRING,
    CTI_ARGUMENT_POINTER,
    CTI_ARGUMENT_PERCENT /* "%%": no argument */
} cti_argument;

/* A conversion: offsets into the format of its parts. */
typedef struct cti_conversion {
    uint32_t begin;     /* of the '%' */
    uint32_t precision; /* of the '.', or of what follows where there is none */
    uint32_t length;    /* of the length modifier, or of what follows where there is none */
    uint32_t end;       /* behind the conversion's letter */
    cti_argument argument;
    bool width_given;     /* by an argument: '*' */
    bool precision_given; /* likewise */
} cti_conversion;

typedef struct cti_printf {
    uint32_t values; /* how many cti_printf_collect() makes */
    uint32_t count;
    cti_conversion conversions[];
} cti_printf;

typedef enum cti_printf_verdict {
    CTI_PRINTF_PARSED,
    CTI_PRINTF_UNKNOWN, /* has something of which the arguments cannot be copied */
    CTI_PRINTF_WRITES,  /* has a %n */
    CTI_PRINTF_NO_MEMORY
} cti_printf_verdict;

/* Takes a format apart. *ret_parsed is set for CTI_PRINTF_PARSED; give back with cti_free(). */
cti_printf_verdict cti_printf_parse(const char *format, cti_printf **ret_parsed);

/* Takes the arguments, as values that point to the caller's strings, and returns how many they are.
 * Async-signal-safe. */
uint32_t cti_printf_collect(const cti_printf *parsed, const char *format, va_list list,
                            ctrace_value ret_values[CTI_RECORD_VALUES]);

/* Appends what printf prints. False when the values do not fit the format. */
bool cti_printf_print(const cti_printf *parsed, const char *format, const ctrace_value *values,
                      uint32_t count, ctrace_buf *buf);

#endif
