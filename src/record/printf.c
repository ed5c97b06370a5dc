#include "record/printf.h"

#include <string.h>

#include "base/buf.h"
#include "ctrace/detail/box.h"

/* ---- Copying ---- */

/* A va_list can only be handed on inside a struct: as a parameter it may be an array. */
typedef struct arguments {
    va_list list;
} arguments;

static ctrace_value take_integer(arguments *from, cti_argument argument) {
    switch (argument) {
    case CTI_ARGUMENT_UNSIGNED:
        return ctrace_i_box_u64(va_arg(from->list, unsigned));
    case CTI_ARGUMENT_LONG:
        return ctrace_i_box_i64(va_arg(from->list, long));
    case CTI_ARGUMENT_LONG_LONG:
        return ctrace_i_box_i64(va_arg(from->list, long long));
    case CTI_ARGUMENT_INTMAX:
        return ctrace_i_box_i64(va_arg(from->list, intmax_t));
    case CTI_ARGUMENT_SIZE:
    case CTI_ARGUMENT_PTRDIFF: /* the signed type of size_t's width is that of ptrdiff_t */
        return ctrace_i_box_i64(va_arg(from->list, ptrdiff_t));
    case CTI_ARGUMENT_UNSIGNED_LONG:
        return ctrace_i_box_u64(va_arg(from->list, unsigned long));
    case CTI_ARGUMENT_UNSIGNED_LONG_LONG:
        return ctrace_i_box_u64(va_arg(from->list, unsigned long long));
    case CTI_ARGUMENT_UINTMAX:
        return ctrace_i_box_u64(va_arg(from->list, uintmax_t));
    case CTI_ARGUMENT_UNSIGNED_SIZE:
    case CTI_ARGUMENT_UNSIGNED_PTRDIFF:
        return ctrace_i_box_u64(va_arg(from->list, size_t));
    default:
        return ctrace_i_box_i64(va_arg(from->list, int));
    }
}

/* No byte behind the precision is looked at, nor any behind a NUL. */
static ctrace_value take_string(arguments *from, bool bounded, size_t precision) {
    const char *string = va_arg(from->list, const char *);
    size_t size = 0;
    while (string != NULL && (!bounded || size < precision) && string[size] != '\0') {
        size += 1;
    }
    return ctrace_i_box_strn(string, size);
}

static size_t literal_precision(const cti_conversion *conversion, const char *format) {
    size_t precision = 0;
    for (uint32_t i = conversion->precision + 1; i < conversion->length; i++) {
        const size_t digit = (size_t)(format[i] - '0');
        precision = precision > SIZE_MAX / 16 ? precision : precision * 10 + digit;
    }
    return precision;
}

static ctrace_value take(arguments *from, const cti_conversion *conversion, const char *format,
                         int given_precision) {
    const bool has_precision = conversion->precision != conversion->length;
    switch (conversion->argument) {
    case CTI_ARGUMENT_DOUBLE:
        return ctrace_i_box_f64(va_arg(from->list, double));
    case CTI_ARGUMENT_POINTER:
        return ctrace_i_box_address(va_arg(from->list, void *), 0, CTRACE_VALUE_POINTER);
    case CTI_ARGUMENT_STRING:
        return conversion->precision_given
                   ? take_string(from, given_precision >= 0, (size_t)given_precision)
                   : take_string(from, has_precision, literal_precision(conversion, format));
    default:
        return take_integer(from, conversion->argument);
    }
}

uint32_t cti_printf_collect(const cti_printf *parsed, const char *format, va_list list,
                            ctrace_value ret_values[CTI_RECORD_VALUES]) {
    arguments from;
    va_copy(from.list, list);
    uint32_t count = 0;
    for (uint32_t i = 0; i < parsed->count; i++) {
        const cti_conversion *conversion = &parsed->conversions[i];
        int precision = -1;
        if (conversion->width_given) {
            ret_values[count++] = ctrace_i_box_i64(va_arg(from.list, int));
        }
        if (conversion->precision_given) {
            precision = va_arg(from.list, int);
            ret_values[count++] = ctrace_i_box_i64(precision);
        }
        if (conversion->argument != CTI_ARGUMENT_PERCENT) {
            ret_values[count++] = take(&from, conversion, format, precision);
        }
    }
    va_end(from.list);
    return count;
}

/* ---- Printing ---- */

enum { SPECIFICATION = 64 };

/* The conversion of the format up to `end`, and `rest` behind that. */
static void rebuild(char specification[SPECIFICATION], const char *format,
                    const cti_conversion *conversion, uint32_t end, const char *rest) {
    const size_t size = end - conversion->begin;
    memcpy(specification, format + conversion->begin, size);
    memcpy(specification + size, rest, strlen(rest) + 1);
}

typedef struct star_values {
    int count;
    int given[3];
} star_values;

/* Prints one conversion: as many ints before the argument as it has stars. */
#define PRINT(buf, specification, stars, argument)                            \
    ((stars)->count == 0 ? ctrace_buf_printf(buf, specification, argument)    \
     : (stars)->count == 1                                                    \
         ? ctrace_buf_printf(buf, specification, (stars)->given[0], argument) \
         : ctrace_buf_printf(buf, specification, (stars)->given[0], (stars)->given[1], argument))

static void print_string(ctrace_buf *buf, const char *format, const cti_conversion *conversion,
                         star_values *stars, const ctrace_value *value) {
    char specification[SPECIFICATION];
    if (value->as.string == NULL) {
        rebuild(specification, format, conversion, conversion->end, "");
        PRINT(buf, specification, stars, value->as.string);
        return;
    }
    /* it was cut to its precision when it was copied: its size stands for that */
    stars->count = conversion->width_given ? 1 : 0;
    stars->given[stars->count++] = value->size > INT32_MAX ? INT32_MAX : (int)value->size;
    rebuild(specification, format, conversion, conversion->precision, ".*s");
    PRINT(buf, specification, stars, value->as.string);
}

/* All that is longer than int goes through intmax_t, whatever it was where it came from. */
static void print_integer(ctrace_buf *buf, const char *format, const cti_conversion *conversion,
                          const star_values *stars, const ctrace_value *value) {
    char specification[SPECIFICATION];
    const char rest[] = {'j', format[conversion->end - 1], '\0'};
    switch (conversion->argument) {
    case CTI_ARGUMENT_INT:
        rebuild(specification, format, conversion, conversion->end, "");
        PRINT(buf, specification, stars, (int)value->as.i64);
        break;
    case CTI_ARGUMENT_UNSIGNED:
        rebuild(specification, format, conversion, conversion->end, "");
        PRINT(buf, specification, stars, (unsigned)value->as.u64);
        break;
    default:
        rebuild(specification, format, conversion, conversion->length, rest);
        PRINT(buf, specification, stars, (intmax_t)value->as.i64);
        break;
    }
}

static void print_one(ctrace_buf *buf, const char *format, const cti_conversion *conversion,
                      star_values *stars, const ctrace_value *value) {
    char specification[SPECIFICATION];
    switch (conversion->argument) {
    case CTI_ARGUMENT_STRING:
        print_string(buf, format, conversion, stars, value);
        break;
    case CTI_ARGUMENT_DOUBLE:
        rebuild(specification, format, conversion, conversion->end, "");
        PRINT(buf, specification, stars, value->as.f64);
        break;
    case CTI_ARGUMENT_POINTER:
        rebuild(specification, format, conversion, conversion->end, "");
        PRINT(buf, specification, stars, value->as.pointer);
        break;
    default:
        print_integer(buf, format, conversion, stars, value);
        break;
    }
}

/* The kind that cti_printf_collect() makes of the argument. */
static uint32_t kind_of(cti_argument argument) {
    switch (argument) {
    case CTI_ARGUMENT_DOUBLE:
        return CTRACE_VALUE_F64;
    case CTI_ARGUMENT_STRING:
        return CTRACE_VALUE_STRING;
    case CTI_ARGUMENT_POINTER:
        return CTRACE_VALUE_POINTER;
    case CTI_ARGUMENT_INT:
    case CTI_ARGUMENT_LONG:
    case CTI_ARGUMENT_LONG_LONG:
    case CTI_ARGUMENT_INTMAX:
    case CTI_ARGUMENT_SIZE:
    case CTI_ARGUMENT_PTRDIFF:
        return CTRACE_VALUE_I64;
    default:
        return CTRACE_VALUE_U64;
    }
}

/* Values as they are used up. */
typedef struct value_supply {
    const ctrace_value *at;
    const ctrace_value *end;
} value_supply;

static const ctrace_value *next_value(value_supply *supply, uint32_t kind) {
    return supply->at != supply->end && supply->at->kind == kind ? supply->at++ : NULL;
}

static bool next_star(value_supply *supply, bool given, star_values *stars) {
    const ctrace_value *value = given ? next_value(supply, CTRACE_VALUE_I64) : NULL;
    if (value != NULL) {
        stars->given[stars->count++] = (int)value->as.i64;
    }
    return !given || value != NULL;
}

static bool print_conversion(ctrace_buf *buf, const char *format, const cti_conversion *conversion,
                             value_supply *supply) {
    star_values stars = {0, {0, 0, 0}};
    if (!next_star(supply, conversion->width_given, &stars) ||
        !next_star(supply, conversion->precision_given, &stars)) {
        return false;
    }
    if (conversion->argument == CTI_ARGUMENT_PERCENT) {
        cti_buf_char(buf, '%');
        return true;
    }
    const ctrace_value *value = next_value(supply, kind_of(conversion->argument));
    if (value != NULL) {
        print_one(buf, format, conversion, &stars, value);
    }
    return value != NULL;
}

bool cti_printf_print(const cti_printf *parsed, const char *format, const ctrace_value *values,
                      uint32_t count, ctrace_buf *buf) {
    value_supply supply = {values, values + count};
    size_t at = 0;
    for (uint32_t i = 0; i < parsed->count; i++) {
        const cti_conversion *conversion = &parsed->conversions[i];
        cti_buf_put(buf, format + at, conversion->begin - at);
        if (!print_conversion(buf, format, conversion, &supply)) {
            return false;
        }
        at = conversion->end;
    }
    cti_buf_put(buf, format + at, strlen(format + at));
    return supply.at == supply.end;
}
