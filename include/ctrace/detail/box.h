/* Any C value to a ctrace_value. Not for use by programs: they write ("key", value), or one of the
 * TRACE_* forms that say what a value means. */
#ifndef CTRACE_DETAIL_BOX_H
#define CTRACE_DETAIL_BOX_H

#include "ctrace/detail/types.h"

/* The size of a string whose end nobody has looked for yet; the library does when somebody reads
 * it. What subscribers see is always measured. */
#define CTRACE_I_UNMEASURED UINT32_MAX

static inline ctrace_value ctrace_i_box_u64_as(uint64_t bits, uint32_t kind) {
    ctrace_value value;
    value.as.u64 = bits;
    value.size = 0;
    value.kind = kind;
    return value;
}

static inline ctrace_value ctrace_i_box_empty(void) {
    return ctrace_i_box_u64_as(0, CTRACE_VALUE_EMPTY);
}

static inline ctrace_value ctrace_i_box_bool(bool boolean) {
    ctrace_value value = ctrace_i_box_u64_as(0, CTRACE_VALUE_BOOL);
    value.as.boolean = boolean;
    return value;
}

static inline ctrace_value ctrace_i_box_i64_as(int64_t i64, uint32_t kind) {
    ctrace_value value;
    value.as.i64 = i64;
    value.size = 0;
    value.kind = kind;
    return value;
}

static inline ctrace_value ctrace_i_box_i64(int64_t i64) {
    return ctrace_i_box_i64_as(i64, CTRACE_VALUE_I64);
}

static inline ctrace_value ctrace_i_box_u64(uint64_t u64) {
    return ctrace_i_box_u64_as(u64, CTRACE_VALUE_U64);
}

static inline ctrace_value ctrace_i_box_f64(double f64) {
    ctrace_value value;
    value.as.f64 = f64;
    value.size = 0;
    value.kind = CTRACE_VALUE_F64;
    return value;
}

static inline ctrace_value ctrace_i_box_long_double(long double f64) {
    return ctrace_i_box_f64((double)f64);
}

static inline ctrace_value ctrace_i_box_address(const void *pointer, uint32_t size, uint32_t kind) {
    ctrace_value value = ctrace_i_box_u64_as(0, kind);
    value.as.pointer = pointer;
    value.size = size;
    return value;
}

static inline ctrace_value ctrace_i_box_string(const char *string) {
#if defined(__GNUC__)
    /* a literal's size is known here, and costs nothing; so is that of a constant NULL */
    if (__builtin_constant_p(__builtin_strlen(string != NULL ? string : ""))) {
        ctrace_value known = ctrace_i_box_u64_as(0, CTRACE_VALUE_STRING);
        known.as.string = string;
        known.size = (uint32_t)__builtin_strlen(string != NULL ? string : "");
        return known;
    }
#endif
    {
        ctrace_value value = ctrace_i_box_u64_as(0, CTRACE_VALUE_STRING);
        value.as.string = string;
        value.size = CTRACE_I_UNMEASURED;
        return value;
    }
}

static inline uint32_t ctrace_i_clamp_size(size_t size) {
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX - 1;
}

static inline ctrace_value ctrace_i_box_strn(const char *string, size_t size) {
    ctrace_value value = ctrace_i_box_u64_as(0, CTRACE_VALUE_STRING);
    value.as.string = string;
    value.size = string == NULL ? 0 : ctrace_i_clamp_size(size);
    return value;
}

static inline ctrace_value ctrace_i_box_bytes(const void *bytes, size_t size) {
    return ctrace_i_box_address(bytes, bytes == NULL ? 0 : ctrace_i_clamp_size(size),
                                CTRACE_VALUE_BYTES);
}

static inline ctrace_value ctrace_i_box_lazy(const ctrace_lazy *lazy) {
    ctrace_value value = ctrace_i_box_u64_as(0, CTRACE_VALUE_LAZY);
    value.as.lazy = lazy;
    return value;
}

static inline ctrace_value ctrace_i_box_value(ctrace_value value) {
    return value;
}

#if defined(__cplusplus)

static inline ctrace_value ctrace_i_box_pointer(const volatile void *pointer) {
    return ctrace_i_box_address(const_cast<const void *>(pointer), 0, CTRACE_VALUE_POINTER);
}

static inline ctrace_value ctrace_i_box(bool x) {
    return ctrace_i_box_bool(x);
}
static inline ctrace_value ctrace_i_box(char x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(signed char x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(unsigned char x) {
    return ctrace_i_box_u64(x);
}
static inline ctrace_value ctrace_i_box(short x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(unsigned short x) {
    return ctrace_i_box_u64(x);
}
static inline ctrace_value ctrace_i_box(int x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(unsigned x) {
    return ctrace_i_box_u64(x);
}
static inline ctrace_value ctrace_i_box(long x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(unsigned long x) {
    return ctrace_i_box_u64(x);
}
static inline ctrace_value ctrace_i_box(long long x) {
    return ctrace_i_box_i64(x);
}
static inline ctrace_value ctrace_i_box(unsigned long long x) {
    return ctrace_i_box_u64(x);
}
static inline ctrace_value ctrace_i_box(float x) {
    return ctrace_i_box_f64(x);
}
static inline ctrace_value ctrace_i_box(double x) {
    return ctrace_i_box_f64(x);
}
static inline ctrace_value ctrace_i_box(long double x) {
    return ctrace_i_box_long_double(x);
}
static inline ctrace_value ctrace_i_box(const char *x) {
    return ctrace_i_box_string(x);
}
static inline ctrace_value ctrace_i_box(const volatile void *x) {
    return ctrace_i_box_pointer(x);
}
static inline ctrace_value ctrace_i_box(decltype(nullptr)) {
    return ctrace_i_box_pointer(nullptr);
}
static inline ctrace_value ctrace_i_box(ctrace_value x) {
    return x;
}
extern "C++" {
template <class Result, class... Arguments>
static inline ctrace_value ctrace_i_box(Result (*function)(Arguments...)) {
    return ctrace_i_box_pointer(reinterpret_cast<const void *>(function));
}
}
#define CTRACE_I_BOX(...) ctrace_i_box(__VA_ARGS__)

#else

/* These names are what a user reads who gives a struct: gcc shows the function, clang the type. */
typedef const volatile void *ctrace_field_is_no_number_string_or_pointer;
static inline ctrace_value ctrace_field_must_be_a_number_a_string_or_a_pointer(
    ctrace_field_is_no_number_string_or_pointer pointer) {
    return ctrace_i_box_address((const void *)(uintptr_t)pointer, 0, CTRACE_VALUE_POINTER);
}

/* clang says that side effects in the controlling expression do not happen. They happen once, in
 * the argument of the function that is chosen. __extension__ lets function pointers pass as
 * pointers. */
#if defined(__clang__)
#define CTRACE_I_BEGIN_GENERIC       \
    _Pragma("clang diagnostic push") \
        _Pragma("clang diagnostic ignored \"-Wunevaluated-expression\"") __extension__
#define CTRACE_I_END_GENERIC _Pragma("clang diagnostic pop")
#elif defined(__GNUC__)
#define CTRACE_I_BEGIN_GENERIC __extension__
#define CTRACE_I_END_GENERIC
#else
#define CTRACE_I_BEGIN_GENERIC
#define CTRACE_I_END_GENERIC
#endif

#define CTRACE_I_BOX(...)  \
    CTRACE_I_BEGIN_GENERIC \
    _Generic((__VA_ARGS__),                                                                        \
        bool: ctrace_i_box_bool,                                                                   \
        char: ctrace_i_box_i64,                                                                    \
        signed char: ctrace_i_box_i64,                                                             \
        short: ctrace_i_box_i64,                                                                   \
        int: ctrace_i_box_i64,                                                                     \
        long: ctrace_i_box_i64,                                                                    \
        long long: ctrace_i_box_i64,                                                               \
        unsigned char: ctrace_i_box_u64,                                                           \
        unsigned short: ctrace_i_box_u64,                                                          \
        unsigned int: ctrace_i_box_u64,                                                            \
        unsigned long: ctrace_i_box_u64,                                                           \
        unsigned long long: ctrace_i_box_u64,                                                      \
        float: ctrace_i_box_f64,                                                                   \
        double: ctrace_i_box_f64,                                                                  \
        long double: ctrace_i_box_long_double,                                                     \
        char *: ctrace_i_box_string,                                                               \
        const char *: ctrace_i_box_string,                                                         \
        ctrace_value: ctrace_i_box_value,                                                          \
        default: ctrace_field_must_be_a_number_a_string_or_a_pointer)(__VA_ARGS__)               \
    CTRACE_I_END_GENERIC

#endif

#endif
