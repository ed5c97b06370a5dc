/* libctrace: structured tracing for C. The one include that application code needs.
 *
 *     ctrace_init();
 *     TRACE_SPAN("request", ("method", method), ("path", path));
 *     TRACE_INFO("served", ("status", 200), ("took", TRACE_NS(elapsed)));
 *
 * Every TRACE_* macro has a CTRACE_* twin; a program that owns one of the short names defines
 * CTRACE_NO_SHORT_NAMES. A file may define TRACE_TARGET (its part of the program, such as
 * "shop::db") and TRACE_STATIC_LEVEL (what is less severe is not compiled) before the include. */
#ifndef CTRACE_TRACE_H
#define CTRACE_TRACE_H

#include "ctrace/detail/buf.h"
#include "ctrace/detail/emit.h"
#include "ctrace/detail/types.h"

#define CTRACE_VERSION_MAJOR 0
#define CTRACE_VERSION_MINOR 1
#define CTRACE_VERSION_PATCH 0

CTRACE_I_BEGIN_C

/* ---- Start and stop ---- */

/* Where the library's memory comes from. All three must be given; `resize` of NULL allocates. */
typedef struct ctrace_allocator {
    void *(*alloc)(void *state, size_t size);
    void *(*resize)(void *state, void *block, size_t size);
    void (*free)(void *state, void *block);
    void *state;
} ctrace_allocator;

/* Zero means the default everywhere. Texts are read during the call only. */
typedef struct ctrace_options {
    const char *directives;            /* as in CTRACE_LOG; NULL asks the environment */
    const char *format;                /* as in CTRACE_FORMAT; NULL asks the environment */
    const char *output;                /* as in CTRACE_OUTPUT; NULL asks the environment */
    bool deferred;                     /* emit into rings; a thread of the library writes */
    double sample_ratio;               /* of the traces that begin here; 0 keeps all */
    uint64_t shutdown_timeout_ns;      /* of the shutdown at exit; 0 means 1 s */
    const char *fields;                /* process-wide, as "service=shop,version=1.2" */
    const ctrace_allocator *allocator; /* copied; NULL is malloc */
    uintptr_t reserved[8];
} ctrace_options;

/* Listens as the environment says: text to standard error, from level info, unless CTRACE_LOG,
 * CTRACE_FORMAT, CTRACE_OUTPUT and their like say otherwise. A bad value is reported once on
 * standard error, and the default stands in. Shuts down at exit.
 *
 * Errors: CTRACE_EALREADY when somebody listens already; CTRACE_ENOMEM. */
CTRACE_API ctrace_status ctrace_init(void);

/* The same; what `options` (may be NULL) says goes before the environment, and what is wrong in it
 * is an error: ctrace_last_error() says what.
 *
 * Errors: CTRACE_EALREADY, CTRACE_EINVAL, CTRACE_EPARSE, CTRACE_EIO, CTRACE_ENOTSUP, CTRACE_ENOMEM.
 */
CTRACE_API CTRACE_MUST_USE ctrace_status ctrace_init_with(const ctrace_options *options);

/* Makes `subscriber` the one that listens where no thread has chosen another. Takes over the
 * reference, also on failure. Shuts down at exit.
 *
 * Threads: any. Errors: CTRACE_EALREADY when there is one, CTRACE_EINVAL for NULL, CTRACE_ENOMEM.
 */
CTRACE_API CTRACE_MUST_USE ctrace_status ctrace_set_global(ctrace_subscriber *subscriber);

/* The same, in place of the one there was, if any; NULL: nobody listens. Returns when no thread
 * calls the old one any more (waits 1 s at most; a slower one is given back later). Spans that are
 * open stay with the old one, which is freed after the last of them.
 *
 * Threads: any, also while others emit. Errors: CTRACE_ENOMEM (the old one stays). */
CTRACE_API CTRACE_MUST_USE ctrace_status ctrace_replace_global(ctrace_subscriber *subscriber);

/* Brings out all that was emitted before the call. 0 polls, CTRACE_FOREVER waits.
 *
 * Threads: any. Errors: CTRACE_ETIMEDOUT, CTRACE_EIO. */
CTRACE_API ctrace_status ctrace_flush(uint64_t timeout_ns);

/* Flushes, and then nobody listens; ctrace_init() may follow. Emitting stays safe.
 *
 * Threads: any. Errors: as ctrace_flush(). */
CTRACE_API ctrace_status ctrace_shutdown(uint64_t timeout_ns);

/* Allocates this thread's state now, so that signal handlers on it may emit events at any moment,
 * to what keeps those: see ctrace/deferred.h. To be called when somebody listens already, and again
 * in a forked child.
 *
 * Elsewhere a handler's event is kept, too, where the state can be made without malloc(), and is
 * else dropped and counted: so where the handler interrupted the library as it made that state.
 * What is not safe on a thread that did not prepare: a handler that interrupted malloc() when the
 * program brought an allocator; with glibc, when it had made 32 keys (pthread_key_create()) before
 * anybody listened; in a forked child, before its first event; and at a callsite of a module that
 * is being loaded. Spans allocate, so handlers should emit none there.
 *
 * Errors: CTRACE_ENOMEM. */
CTRACE_API ctrace_status ctrace_thread_prepare(void);

/* A status in words. Never NULL; static. */
CTRACE_API const char *ctrace_status_text(ctrace_status status);

/* What was wrong first in the last call of this thread that failed, in words; "" before any.
 * The text lasts until the next failure on this thread. */
CTRACE_API const char *ctrace_last_error(void);

/* "MAJOR.MINOR.PATCH" of the library that runs; CTRACE_VERSION_* are those of this header. */
CTRACE_API const char *ctrace_version(void);

/* Counted since the program began. Later versions only append. */
typedef struct ctrace_stats {
    uint64_t events_lost;       /* wanted, but not brought out */
    uint64_t spans_lost;        /* wanted, but not opened */
    uint64_t reentrant_events;  /* emitted from inside a callback */
    uint64_t undeclared_fields; /* recorded in a span that did not declare them */
    uint64_t
        spans_repaired; /* closed or exited out of order, skipped by longjmp, on another thread */
    uint64_t write_errors;     /* writes that failed for good */
    uint64_t bytes_lost;       /* in those writes */
    uint64_t values_lost;      /* values of fields that there was no memory to keep */
    uint64_t callsites;        /* known now and before */
    uint64_t threads;          /* with state of their own, now */
    uint64_t memory_failures;  /* allocations that failed */
    uint64_t records_dropped;  /* that a span was entered, left, or follows another one; for want of
                                  room in a ring or a recording */
    uint64_t traces_forgotten; /* details that a tail subscriber dropped for want of room */
} ctrace_stats;

/* Fills in the first `size` bytes, normally sizeof(ctrace_stats); what this library does not count
 * is 0. Threads: any. */
CTRACE_API void ctrace_stats_get(ctrace_stats *ret_stats, size_t size);

/* ---- Spans as objects. NULL is the disabled span: every call takes it and does nothing. ---- */

/* Makes it the innermost span of this thread (or task), which holds a reference until it exits. */
CTRACE_API void ctrace_span_enter(ctrace_span *span);

/* Leaves the span that was entered last among those that are `span`, and whatever is above it.
 * Counted and otherwise ignored when it is not entered here. */
CTRACE_API void ctrace_span_exit(ctrace_span *span);

/* Takes one more reference and returns its argument: the span stays open as long. Threads: any. */
CTRACE_API ctrace_span *ctrace_span_ref(ctrace_span *span);

/* Gives a reference back; the last one closes the span. Threads: any. */
CTRACE_API void ctrace_span_unref(ctrace_span *span);

/* Says that `span` was caused by `cause`, which is not its parent. Threads: any. */
CTRACE_API void ctrace_span_follows(ctrace_span *span, const ctrace_span *cause);

/* The innermost open span here, borrowed: valid while it is open. NULL when there is none. */
CTRACE_API ctrace_span *ctrace_span_current(void);

/* "Where am I": the open spans as text, innermost first, one a line. NUL-terminated and cut to
 * `size`; returns the bytes of the whole text, as snprintf does. buf may be NULL when size is 0. */
CTRACE_API size_t ctrace_span_trace(char *buf, size_t size);

CTRACE_I_END_C

/* ---- Events: a message and up to 32 fields ("key", value) ---- */

#define CTRACE_EVENT(level, ...)     CTRACE_I_EVENT(CTRACE_I_ID, level, __VA_ARGS__)
#define CTRACE_EVENT_DYN(level, ...) CTRACE_I_EVENT_DYN(CTRACE_I_ID, level, __VA_ARGS__)
#define CTRACE_TRACE(...)            CTRACE_EVENT(CTRACE_LEVEL_TRACE, __VA_ARGS__)
#define CTRACE_DEBUG(...)            CTRACE_EVENT(CTRACE_LEVEL_DEBUG, __VA_ARGS__)
#define CTRACE_INFO(...)             CTRACE_EVENT(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_WARN(...)             CTRACE_EVENT(CTRACE_LEVEL_WARN, __VA_ARGS__)
#define CTRACE_ERROR(...)            CTRACE_EVENT(CTRACE_LEVEL_ERROR, __VA_ARGS__)

/* The message as printf makes it, checked by the compiler, formatted only if somebody reads it. */
#define CTRACE_LOGF(level, ...) CTRACE_I_EVENTF(CTRACE_I_ID, level, __VA_ARGS__)
#define CTRACE_TRACEF(...)      CTRACE_LOGF(CTRACE_LEVEL_TRACE, __VA_ARGS__)
#define CTRACE_DEBUGF(...)      CTRACE_LOGF(CTRACE_LEVEL_DEBUG, __VA_ARGS__)
#define CTRACE_INFOF(...)       CTRACE_LOGF(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_WARNF(...)       CTRACE_LOGF(CTRACE_LEVEL_WARN, __VA_ARGS__)
#define CTRACE_ERRORF(...)      CTRACE_LOGF(CTRACE_LEVEL_ERROR, __VA_ARGS__)

/* Against floods: the first only; the 1st, n+1st, 2n+1st, …; at most so many in a second. What was
 * held back is the field "suppressed" of the next one let through, when it is not 0. */
#define CTRACE_ONCE(level, ...) CTRACE_I_EVENT_ONCE(CTRACE_I_ID, level, __VA_ARGS__)
#define CTRACE_EVERY(n, level, ...) \
    CTRACE_I_EVENT_GATED(CTRACE_I_ID, ctrace_i_every, n, level, __VA_ARGS__)
#define CTRACE_RATE(per_second, level, ...) \
    CTRACE_I_EVENT_GATED(CTRACE_I_ID, ctrace_i_rate, per_second, level, __VA_ARGS__)

/* Whether an event of this level and this file's target would be wanted here, now. */
#define CTRACE_ENABLED(level) CTRACE_I_ENABLED(CTRACE_I_ID, level)

/* ---- Values that say what they mean ---- */

#define CTRACE_BOOL(x)         ctrace_i_box_bool(x)
#define CTRACE_I64(x)          ctrace_i_box_i64((int64_t)(x))
#define CTRACE_U64(x)          ctrace_i_box_u64((uint64_t)(x))
#define CTRACE_F64(x)          ctrace_i_box_f64((double)(x))
#define CTRACE_STR(x)          ctrace_i_box_string(x)
#define CTRACE_PTR(x)          ctrace_i_box_address((const void *)(x), 0, CTRACE_VALUE_POINTER)
#define CTRACE_STRN(ptr, len)  ctrace_i_box_strn((ptr), (len)) /* need not end in NUL */
#define CTRACE_BYTES(ptr, len) ctrace_i_box_bytes((ptr), (len))
#define CTRACE_HEX(n)          ctrace_i_box_u64_as((uint64_t)(n), CTRACE_VALUE_HEX)
#define CTRACE_ERRNO(e)        ctrace_i_box_i64_as((e), CTRACE_VALUE_ERRNO) /* number and text */
#define CTRACE_NS(n)           ctrace_i_box_i64_as((int64_t)(n), CTRACE_VALUE_NS) /* a duration */
#define CTRACE_EMPTY           ctrace_i_box_empty() /* recorded later */
#define CTRACE_V(x)            (#x, x)              /* a field with the expression as its key */

/* A text that `void function(ctrace_buf *out, const void *object)` writes if somebody wants it: for
 * an event while it is emitted, for a span when it is opened. */
#if defined(__cplusplus)
#define CTRACE_LAZY(function, object) ctrace_i_box_lazy(ctrace_i_lazy_ref({(function), (object)}))
static inline const ctrace_lazy *ctrace_i_lazy_ref(const ctrace_lazy &lazy) {
    return &lazy;
}
#else
#define CTRACE_LAZY(function, object) ctrace_i_box_lazy(&(ctrace_lazy){(function), (object)})
#endif

/* ---- Spans: a name and up to 32 fields. INFO, unless the form says otherwise. ---- */

/* From here to the end of the scope, on every way out of it. */
#define CTRACE_SPAN(...)           CTRACE_SPAN_AT(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_SPAN_AT(level, ...) CTRACE_I_SPAN_AT(CTRACE_I_ID, level, __VA_ARGS__)

/* The same, and declares `ctrace_span *variable`, NULL when nobody wants the span. */
#define CTRACE_SPAN_AS(variable, ...) CTRACE_SPAN_AS_AT(CTRACE_LEVEL_INFO, variable, __VA_ARGS__)
#define CTRACE_SPAN_AS_AT(level, variable, ...) \
    CTRACE_I_SPAN_AS_AT(CTRACE_I_ID, level, variable, __VA_ARGS__)

/* Named after the function; with fields, or none: TRACE_FN(). */
#define CTRACE_FN(...)    CTRACE_I_FN_FIELDS(CTRACE_I_ID, CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_FN_AT(...) CTRACE_I_FN_AT(CTRACE_I_ID, __VA_ARGS__)

/* return x, evaluated once, and recorded as "return" in the span of TRACE_FN. The second form where
 * the type of x is not the function's. */
#define CTRACE_RETURN(x)          CTRACE_I_RETURN(CTRACE_I_ID, CTRACE_I_TYPE_OF(x), x)
#define CTRACE_RETURN_AS(type, x) CTRACE_I_RETURN(CTRACE_I_ID, type, x)

/* A block inside a span: TRACE_BLOCK("parse", ("len", len)) { … }. `break` and `continue` leave it.
 * Put braces around it in an if. */
#define CTRACE_BLOCK(...)           CTRACE_BLOCK_AT(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_BLOCK_AT(level, ...) CTRACE_I_BLOCK_AT(CTRACE_I_ID, level, __VA_ARGS__)

/* A span that no scope owns: an expression, NULL when nobody wants it. Give the reference back with
 * ctrace_span_unref(). Its parent is the current span, a given one (NULL: none), or none. */
#define CTRACE_SPAN_NEW(...) CTRACE_SPAN_NEW_AT(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_SPAN_NEW_AT(level, ...) \
    CTRACE_I_SPAN_NEW(CTRACE_I_ID, level, CTRACE_I_PARENT_CURRENT, NULL, __VA_ARGS__)
#define CTRACE_SPAN_CHILD(parent, ...) CTRACE_SPAN_CHILD_AT(CTRACE_LEVEL_INFO, parent, __VA_ARGS__)
#define CTRACE_SPAN_CHILD_AT(level, parent, ...) \
    CTRACE_I_SPAN_NEW(CTRACE_I_ID, level, CTRACE_I_PARENT_GIVEN, parent, __VA_ARGS__)
#define CTRACE_SPAN_ROOT(...) CTRACE_SPAN_ROOT_AT(CTRACE_LEVEL_INFO, __VA_ARGS__)
#define CTRACE_SPAN_ROOT_AT(level, ...) \
    CTRACE_I_SPAN_NEW(CTRACE_I_ID, level, CTRACE_I_PARENT_NONE, NULL, __VA_ARGS__)

/* Enters a span for the rest of the scope, or for a block. */
#define CTRACE_ENTER(span)       CTRACE_I_ENTER(CTRACE_I_ID, span)
#define CTRACE_IN(span)          CTRACE_I_IN(CTRACE_I_ID, span)
#define CTRACE_I_ENTER(id, span) CTRACE_I_GUARD(CTRACE_I_NAME(guard, id), ctrace_i_enter(span))
#define CTRACE_I_IN(id, span)    CTRACE_I_BLOCK(CTRACE_I_NAME(block, id), ctrace_i_enter(span))

/* Gives fields that the span declared their values: TRACE_RECORD(span, ("status", 200)). */
#define CTRACE_RECORD(...) CTRACE_I_RECORD(CTRACE_I_ID, __VA_ARGS__)

/* On this thread, in this block, `subscriber` listens (borrowed; NULL: nobody). */
#define CTRACE_WITH_SUBSCRIBER(subscriber) CTRACE_I_WITH(CTRACE_I_ID, subscriber)
#define CTRACE_I_WITH(id, subscriber) \
    CTRACE_I_BLOCK(CTRACE_I_NAME(block, id), ctrace_i_with(subscriber))

#if !defined(CTRACE_NO_SHORT_NAMES)
#include "ctrace/detail/short_names.h"
#endif

#endif
