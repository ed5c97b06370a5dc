/* The words that every header of libctrace shares: levels, statuses, values, callsites. */
#ifndef CTRACE_DETAIL_TYPES_H
#define CTRACE_DETAIL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrace/detail/compiler.h"

CTRACE_I_BEGIN_C

/* How severe an event is, or how detailed a span. They rise with severity. Macros, so that they
 * also work in #if. */
typedef int ctrace_level;
#define CTRACE_LEVEL_TRACE 1
#define CTRACE_LEVEL_DEBUG 2
#define CTRACE_LEVEL_INFO  3
#define CTRACE_LEVEL_WARN  4
#define CTRACE_LEVEL_ERROR 5
#define CTRACE_LEVEL_OFF   6 /* for filters: nothing is this severe */

#define CTRACE_KIND_EVENT 1
#define CTRACE_KIND_SPAN  2

#define CTRACE_FOREVER UINT64_MAX /* a timeout that never ends */

typedef enum ctrace_status {
    CTRACE_OK = 0,
    CTRACE_EINVAL,    /* an argument is not of the right form */
    CTRACE_ENOMEM,    /* no memory */
    CTRACE_EPARSE,    /* a text could not be parsed */
    CTRACE_EIO,       /* reading or writing failed */
    CTRACE_EALREADY,  /* it was done before */
    CTRACE_ETIMEDOUT, /* the time ran out first */
    CTRACE_ENOTSUP,   /* not available on this system or in this build */
    CTRACE_ECORRUPT   /* a recording is damaged */
} ctrace_status;

typedef enum ctrace_interest {
    CTRACE_INTEREST_NEVER,     /* not wanted, and need not be asked again */
    CTRACE_INTEREST_SOMETIMES, /* ask is_enabled each time */
    CTRACE_INTEREST_ALWAYS     /* wanted, and need not be asked again */
} ctrace_interest;

typedef struct ctrace_callsite ctrace_callsite;
typedef struct ctrace_value ctrace_value;
typedef struct ctrace_fields ctrace_fields;
typedef struct ctrace_event ctrace_event;
typedef struct ctrace_span ctrace_span;
typedef struct ctrace_moment ctrace_moment;
typedef struct ctrace_subscriber ctrace_subscriber;
typedef struct ctrace_filter ctrace_filter;
typedef struct ctrace_writer ctrace_writer;
typedef struct ctrace_buf ctrace_buf;

/* A text that is written only if somebody wants it: see TRACE_LAZY. */
typedef struct ctrace_lazy {
    void (*function)(ctrace_buf *out, const void *object);
    const void *object;
} ctrace_lazy;

enum {
    CTRACE_VALUE_EMPTY,   /* nothing yet: recorded later */
    CTRACE_VALUE_BOOL,    /* as.boolean */
    CTRACE_VALUE_I64,     /* as.i64 */
    CTRACE_VALUE_U64,     /* as.u64 */
    CTRACE_VALUE_F64,     /* as.f64 */
    CTRACE_VALUE_STRING,  /* as.string, size bytes; NULL for a NULL char * */
    CTRACE_VALUE_BYTES,   /* as.pointer, size bytes */
    CTRACE_VALUE_POINTER, /* as.pointer */
    CTRACE_VALUE_HEX,     /* as.u64, shown in hexadecimal */
    CTRACE_VALUE_NS,      /* as.i64, a duration in nanoseconds */
    CTRACE_VALUE_ERRNO,   /* as.i64, a number of <errno.h> */
    CTRACE_VALUE_LAZY     /* as.lazy */
};

/* The value of a field: 16 bytes. Read it as `kind` says. */
struct ctrace_value {
    union {
        bool boolean;
        int64_t i64;
        uint64_t u64;
        double f64;
        const char *string;
        const void *pointer;
        const ctrace_lazy *lazy;
    } as;
    uint32_t size; /* bytes behind string (STRING, BYTES); else 0 */
    uint32_t kind; /* CTRACE_VALUE_* */
};

typedef struct ctrace_i_module ctrace_i_module;

/* The static description of one use of a macro. The macros emit it; the library copies it when it
 * first sees it, and what subscribers are given is that copy: it outlives the module it came from.
 */
struct ctrace_callsite {
    unsigned char state; /* CTRACE_I_STATE_*; rewritten by the library, read by the macros */
    uint8_t abi;         /* CTRACE_I_ABI of the header that emitted it */
    uint8_t level;       /* CTRACE_LEVEL_* */
    uint8_t kind;        /* CTRACE_KIND_* */
    uint32_t line;
    const char *name;   /* a span's name; an event's message (its format, for the F forms) */
    const char *target; /* the part of the program */
    const char *file;   /* as __FILE__ has it */
    const char *function;
    const char *const *field_names;
    uint32_t field_count;
    uint32_t flags; /* CTRACE_I_SITE_* */
    ctrace_i_module *module;
    void *registered;               /* the library's copy, NULL until it has one */
    ctrace_callsite *next_instance; /* of the same description: the library's lists */
    ctrace_callsite *next_in_module;
    uintptr_t reserved[2];
};

/* An ABI version and its meaning: bumped when a member above changes its place or sense. */
#define CTRACE_I_ABI 1

/* CTRACE_I_STATE_OFF must be 0: the macros test for it. */
#define CTRACE_I_STATE_OFF    0 /* nobody wants it */
#define CTRACE_I_STATE_ASK    1 /* somebody might: ask */
#define CTRACE_I_STATE_ON     2 /* everybody who listens wants it */
#define CTRACE_I_STATE_UNSEEN 3 /* the library has not seen it yet: ask */
#define CTRACE_I_STATE_GATED  4 /* wanted only inside certain spans: ask while one is entered */

#define CTRACE_I_SITE_FORMAT 1u /* name is a printf format */

CTRACE_I_END_C

#endif
