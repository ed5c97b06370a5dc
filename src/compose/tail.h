/* Tail subscribers from the inside.
 *
 *   trace   what happens inside one root span; its memory is used again for later ones, and given
 *           back with the subscriber
 *   held    a record (record/format.h) that waits in one of the trace's chunks, with who emitted it
 *   kept    a record out of a chunk that was dropped, without which those that are left would not
 *           be understood: of a span that was open then
 *
 * A trace is decided once: it is passed on from then on, or forgotten. All that belongs to it is
 * under its lock, which is taken before the subscriber's own; of another trace's only with
 * cti_lock_try(). */
#ifndef CTI_COMPOSE_TAIL_H
#define CTI_COMPOSE_TAIL_H

#include "base/lock.h"
#include "compose/deferred_reader.h"
#include "ctrace/filter.h"
#include "record/put.h"

typedef struct cti_chunk cti_chunk;
typedef struct cti_kept cti_kept;

typedef struct cti_held {
    cti_source *source; /* the thread */
    uint64_t time;      /* nanoseconds of the monotonic clock; the record's own does not count */
    uint64_t task;
    uint64_t here; /* the innermost span, or 0 */
} cti_held;

typedef enum cti_trace_state {
    CTI_TRACE_HELD,
    CTI_TRACE_PASSED_ON,
    CTI_TRACE_FORGOTTEN
} cti_trace_state;

typedef struct cti_trace cti_trace;
struct cti_trace {
    cti_lock lock;
    uint64_t number;     /* of all traces; 0 while it is none */
    uint32_t generation; /* of the process that it belongs to */
    cti_trace_state state;
    uint32_t open; /* spans */
    uint64_t root; /* its identity */
    cti_site *root_site;
    uint64_t epoch_offset; /* of the monotonic clock's zero since the Unix epoch */

    size_t bytes; /* of its chunks and what is kept */
    cti_chunk *oldest, *newest;
    cti_kept *kept, *last_kept;
    uint32_t dropped; /* events and spans, since they were last told */

    cti_source *sources; /* the threads it has been on */
    cti_reader *reader;  /* once it is passed on */

    cti_trace *next; /* a younger one, or another spare one */
    cti_trace **link;
};

/* In each span, for the tail subscriber. */
typedef struct cti_tail_span {
    cti_trace *trace;
    uint64_t number; /* of the trace: it may be another one by now */
    uint64_t begun_ns;
    uint32_t told; /* the generation in which its beginning was written; 0: it was lost */
} cti_tail_span;

typedef struct cti_tail {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    ctrace_tail_options options; /* without zeros */
    size_t bytes;                /* of all traces */
    cti_lock lock;               /* over what follows */
    uint32_t generation;
    uint64_t traces; /* so far */
    cti_trace *oldest, **end;
    cti_trace *spare;
} cti_tail;

static inline cti_tail *cti_tail_of(ctrace_subscriber *subscriber) {
    return (cti_tail *)subscriber;
}

/* ---- tail_trace.c ---- */

/* Begins a trace with its first span, and returns it locked; NULL when there is no memory. */
cti_trace *cti_trace_begin(cti_tail *tail, const ctrace_span *root, const ctrace_moment *moment);

/* The trace of the innermost span, from `span` outwards, that the subscriber was given, locked;
 * NULL when there is none any more. */
cti_trace *cti_trace_take(cti_tail *tail, ctrace_span *span);

void cti_trace_give(cti_trace *trace);

/* One span of it is closed; gives it, too. */
void cti_trace_leave(cti_tail *tail, cti_trace *trace);

/* What the subscriber keeps in the span, if it belongs to the trace. */
cti_tail_span *cti_trace_span(const cti_tail *tail, const cti_trace *trace, ctrace_span *span);

/* Frees those that are none now. */
void cti_traces_free(cti_tail *tail);

/* ---- tail_room.c ---- */

/* Room for `size` bytes at the trace's end, made by dropping what is oldest; NULL when even that
 * does not help. What was written there counts after cti_trace_fill(). */
unsigned char *cti_trace_room(cti_tail *tail, cti_trace *trace, size_t size);
void cti_trace_fill(cti_trace *trace, size_t size);

typedef void cti_held_visit(cti_trace *trace, const cti_held *held, const unsigned char *record);

/* Calls `visit` (may be NULL) for what is kept, or for what is held, and lets go of it. */
void cti_trace_drain_kept(cti_tail *tail, cti_trace *trace, cti_held_visit *visit);
void cti_trace_drain(cti_tail *tail, cti_trace *trace, cti_held_visit *visit);

/* ---- tail_put.c: what happens, as records at the trace's end ---- */

void cti_trace_put_new(cti_tail *tail, cti_trace *trace, ctrace_span *span,
                       const ctrace_moment *moment);
void cti_trace_put_record(cti_tail *tail, cti_trace *trace, ctrace_span *span,
                          const ctrace_fields *fields, const ctrace_moment *moment);
void cti_trace_put_follows(cti_tail *tail, cti_trace *trace, ctrace_span *span, ctrace_span *cause,
                           const ctrace_moment *moment);

/* kind  CTI_RECORD_SPAN_ENTER, _EXIT or _CLOSE. */
void cti_trace_put_change(cti_tail *tail, cti_trace *trace, ctrace_span *span, cti_record_kind kind,
                          const ctrace_moment *moment);
void cti_trace_put_event(cti_tail *tail, cti_trace *trace, const ctrace_event *event,
                         const ctrace_moment *moment);

/* ---- tail_pass.c ---- */

/* Tells the inner subscriber all that is held. Where there is no memory for that it stays held. */
void cti_trace_pass_on(cti_tail *tail, cti_trace *trace);

/* Gives back what passing on took. */
void cti_trace_passed(cti_trace *trace);

#endif
