/* libctrace for authors of subscribers and of other front ends: what is handed to a subscriber, and
 * how to read it. */
#ifndef CTRACE_SUBSCRIBER_H
#define CTRACE_SUBSCRIBER_H

#include "ctrace/detail/buf.h"
#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* ---- Events ---- */

/* The callsite that emitted it. Never NULL; valid for ever. */
CTRACE_API const ctrace_callsite *ctrace_event_site(const ctrace_event *event);

/* Its message, NUL-terminated; a printf form is formatted when first asked.
 *
 * ret_size  Set to the bytes before the NUL. May be NULL.
 *
 * Threads: the one that was given the event. The text lasts as long as the event. */
CTRACE_API const char *ctrace_event_message(const ctrace_event *event, size_t *ret_size);

/* Its own fields, without those of the spans around it. Never NULL. */
CTRACE_API const ctrace_fields *ctrace_event_fields(const ctrace_event *event);

/* The innermost span around it that `viewer` sees, or NULL. A NULL viewer sees every span. */
CTRACE_API ctrace_span *ctrace_event_span(const ctrace_event *event,
                                          const ctrace_subscriber *viewer);

/* ---- Spans ---- */

/* The callsite that opened it, valid for ever; NULL for NULL. */
CTRACE_API const ctrace_callsite *ctrace_span_site(const ctrace_span *span);

/* The name its callsite gives it; "" for NULL. */
CTRACE_API const char *ctrace_span_name(const ctrace_span *span);

/* Its 64-bit identity, random and never 0; made when first asked. 0 for NULL. Threads: any. */
CTRACE_API uint64_t ctrace_span_id(const ctrace_span *span);

/* The 128-bit identity of the trace it belongs to: that of its outermost ancestor, random and never
 * all zero, made when first asked. All zero for NULL. Threads: any. */
CTRACE_API void ctrace_span_trace_id(const ctrace_span *span, uint8_t ret_id[16]);

/* The next span outwards that `viewer` sees, or NULL. A NULL viewer sees every span. */
CTRACE_API ctrace_span *ctrace_span_parent(const ctrace_span *span,
                                           const ctrace_subscriber *viewer);

/* Its fields as created, and as recorded since. Never NULL; none for NULL.
 *
 * Threads: any that holds the span, inside a callback: what is returned lasts for the callback. */
CTRACE_API const ctrace_fields *ctrace_span_fields(const ctrace_span *span);

/* The bytes kept in this span for `subscriber` (its ops' span_data_size), zeroed before
 * on_span_new. NULL when it keeps none, or does not see the span. Aligned for any type.
 *
 * Threads: any; concurrent callbacks for one span are the subscriber's own affair. */
CTRACE_API void *ctrace_span_data(ctrace_span *span, const ctrace_subscriber *subscriber);

/* ---- Fields and values ---- */

/* How many fields there are, those that are still empty included. 0 for NULL. */
CTRACE_API size_t ctrace_fields_count(const ctrace_fields *fields);

/* The key of field i, NUL-terminated; NULL when there is no such field. */
CTRACE_API const char *ctrace_fields_key(const ctrace_fields *fields, size_t i);

/* The value of field i; NULL when there is no such field. */
CTRACE_API const ctrace_value *ctrace_fields_value(const ctrace_fields *fields, size_t i);

/* The value of the last field of that key, or NULL. */
CTRACE_API const ctrace_value *ctrace_fields_find(const ctrace_fields *fields, const char *key);

/* Appends the value as the text sink shows it; a lazy one is asked for its text. */
CTRACE_API void ctrace_value_put(ctrace_buf *buf, const ctrace_value *value);

/* Writes the value as the text sink shows it, NUL-terminated and cut to `size`, and returns the
 * bytes that the whole text has, as snprintf does. buf may be NULL when size is 0. */
CTRACE_API size_t ctrace_value_text(const ctrace_value *value, char *buf, size_t size);

/* ---- Moments: when and where a callback's cause happened ---- */

typedef struct ctrace_thread {
    uint64_t id;         /* the operating system's thread id */
    uint64_t process_id; /* of the process it runs in */
    const char *name;    /* NUL-terminated, "" when it has none */
} ctrace_thread;

/* Nanoseconds since the Unix epoch; the clock is read when first asked. */
CTRACE_API uint64_t ctrace_moment_time_ns(const ctrace_moment *moment);

/* Nanoseconds of a clock that never steps: for durations. */
CTRACE_API uint64_t ctrace_moment_monotonic_ns(const ctrace_moment *moment);

/* The thread it happened on. Never NULL; lasts for the call. */
CTRACE_API const ctrace_thread *ctrace_moment_thread(const ctrace_moment *moment);

/* The task (coroutine) it happened in; 0 outside tasks. */
CTRACE_API uint64_t ctrace_moment_task_id(const ctrace_moment *moment);

/* ---- Subscribers ---- */

/* What a subscriber does. Every entry but `size` may be NULL. All callbacks may run concurrently,
 * on any thread; the pointers they are given last for the call, a span from on_span_new to
 * on_span_close. An event emitted from inside a callback is dropped and counted
 * (`reentrant_events`). */
typedef struct ctrace_subscriber_ops {
    size_t size;           /* sizeof(ctrace_subscriber_ops): later versions only append */
    size_t span_data_size; /* zeroed bytes kept in each span for this subscriber */

    /* Is this callsite wanted? Asked once, and again after ctrace_interest_changed(). NULL: ALWAYS.
     */
    ctrace_interest (*on_callsite)(ctrace_subscriber *, const ctrace_callsite *);
    /* Asked each time for a callsite that is wanted SOMETIMES. NULL: true. */
    bool (*is_enabled)(ctrace_subscriber *, const ctrace_callsite *);

    void (*on_span_new)(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
    /* The values just recorded; the span's fields hold them already. */
    void (*on_span_record)(ctrace_subscriber *, ctrace_span *, const ctrace_fields *,
                           const ctrace_moment *);
    void (*on_span_follows)(ctrace_subscriber *, ctrace_span *, const ctrace_span *cause,
                            const ctrace_moment *);
    void (*on_span_enter)(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
    void (*on_span_exit)(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
    void (*on_span_close)(ctrace_subscriber *, ctrace_span *, const ctrace_moment *);
    void (*on_event)(ctrace_subscriber *, const ctrace_event *, const ctrace_moment *);

    /* For composers: the i-th subscriber held, NULL past the last. The answer never changes. */
    ctrace_subscriber *(*inner)(ctrace_subscriber *, size_t i);
    /* Bring out all that came in before; CTRACE_ETIMEDOUT when the time does not suffice. */
    ctrace_status (*flush)(ctrace_subscriber *, uint64_t timeout_ns);
    /* The last reference is gone: give back what init and new took, and the subscriber itself. */
    void (*free)(ctrace_subscriber *);
} ctrace_subscriber_ops;

/* The head of every subscriber: make it the first member of yours. The library's own affair inside.
 */
struct ctrace_subscriber {
    const ctrace_subscriber_ops *ops;
    void *tree;
    uintptr_t references;
    uintptr_t reserved[3];
};

/* Makes `subscriber` ready, with one reference, which is the caller's. `ops` is kept by pointer. */
CTRACE_API void ctrace_subscriber_init(ctrace_subscriber *subscriber,
                                       const ctrace_subscriber_ops *ops);

/* Takes one more reference and returns its argument. Takes NULL. Threads: any. */
CTRACE_API ctrace_subscriber *ctrace_subscriber_ref(ctrace_subscriber *subscriber);

/* Gives a reference back. After the last one, and once no callback runs and no span of it is open,
 * its free is called. Takes NULL. Threads: any. */
CTRACE_API void ctrace_subscriber_unref(ctrace_subscriber *subscriber);

/* Has every callsite ask again, because the subscriber's answers have changed. Returns when the new
 * answers hold on all threads. Threads: any, but not from on_callsite. */
CTRACE_API void ctrace_interest_changed(ctrace_subscriber *subscriber);

/* For composers. Each passes a callback on to a subscriber that the composer holds, if that one
 * wants it: `inner` is given only what its on_callsite and is_enabled let through, and only changes
 * of spans it was given. Call them from the callback of the same name, with its arguments. */

/* What on_callsite of `inner` says (and of what it holds, where it has none itself). */
CTRACE_API ctrace_interest ctrace_forward_callsite(ctrace_subscriber *inner,
                                                   const ctrace_callsite *site);

/* Whether `inner` wants the callsite now. */
CTRACE_API bool ctrace_forward_is_enabled(ctrace_subscriber *inner, const ctrace_callsite *site);

/* Passes on_span_new on. */
CTRACE_API void ctrace_forward_span_new(ctrace_subscriber *inner, ctrace_span *span,
                                        const ctrace_moment *moment);

/* Passes on_span_record on. */
CTRACE_API void ctrace_forward_span_record(ctrace_subscriber *inner, ctrace_span *span,
                                           const ctrace_fields *fields,
                                           const ctrace_moment *moment);

/* Passes on_span_follows on. */
CTRACE_API void ctrace_forward_span_follows(ctrace_subscriber *inner, ctrace_span *span,
                                            const ctrace_span *cause, const ctrace_moment *moment);

/* Passes on_span_enter on. */
CTRACE_API void ctrace_forward_span_enter(ctrace_subscriber *inner, ctrace_span *span,
                                          const ctrace_moment *moment);

/* Passes on_span_exit on. */
CTRACE_API void ctrace_forward_span_exit(ctrace_subscriber *inner, ctrace_span *span,
                                         const ctrace_moment *moment);

/* Passes on_span_close on. */
CTRACE_API void ctrace_forward_span_close(ctrace_subscriber *inner, ctrace_span *span,
                                          const ctrace_moment *moment);

/* Passes on_event on. */
CTRACE_API void ctrace_forward_event(ctrace_subscriber *inner, const ctrace_event *event,
                                     const ctrace_moment *moment);

/* Flushes `inner`, or what it holds where it has no flush itself. CTRACE_OK when nothing needs it.
 */
CTRACE_API ctrace_status ctrace_forward_flush(ctrace_subscriber *inner, uint64_t timeout_ns);

CTRACE_I_END_C

#endif
