/* Traces as `ctrace tree` gathers them from several processes: spans and events, in any order,
 * joined by their identities. */
#ifndef CTI_CLI_FOREST_H
#define CTI_CLI_FOREST_H

#include "cli/arena.h"
#include "ctrace/subscriber.h"

/* Names a trace (then `span` is 0) or a span in it. */
typedef struct forest_id {
    uint64_t trace[2];
    uint64_t span;
    bool forgotten; /* the same identity names another one now */
} forest_id;

/* What stands in a span, in order of time: an event, or a span. */
typedef struct forest_item {
    struct forest_item *next;
    struct forest_span *span; /* it is that span; NULL: an event */
    struct forest_span *inside;
    uint64_t time_ns; /* since the Unix epoch */
    uint64_t serial;  /* the order of reading, where times are equal */
    const char *process;
    const char *text; /* what stands behind the level, with its colours */
    ctrace_level level;
} forest_item;

typedef struct forest_list {
    forest_item *first, *last;
} forest_list;

typedef struct forest_span {
    forest_id id;
    struct forest_trace *trace;
    forest_item item; /* its text: name and fields; NULL: nobody told, but of what is inside */
    struct forest_span *next;   /* of the trace */
    struct forest_span *parent; /* NULL: none that is known */
    forest_list inside;
    uint64_t text_mark; /* tells whether the text is another one now */
    uint64_t end_ns;
    uint64_t busy_ns;
    size_t waiting;   /* children that are not measured yet */
    bool begin_known; /* else it began no later than what is inside … */
    bool end_known;   /* … and ended no earlier */
    bool busy_known;
    bool measured;
    bool timed; /* there is a time at all */
} forest_span;

typedef struct forest_trace {
    forest_id id;
    struct forest_trace *next;
    forest_span *spans;
    forest_list events;
    forest_list roots;
    size_t span_count, event_count;
    uint64_t begin_ns, end_ns;
} forest_trace;

typedef struct tree_forest {
    /* what is wanted; set before */
    bool color;
    ctrace_level level;   /* of events, the least severe */
    const char *trace_id; /* hexadecimal digits that it begins with, or NULL */

    bounded_arena arena;
    forest_id **index; /* open addressing; a power of two of places */
    size_t index_size;
    size_t index_used;
    forest_trace *traces;
    size_t trace_count;
    uint64_t serial;
    uint64_t left_out; /* spans and events that there was no memory for */
} tree_forest;

/* Begins with nothing; `bytes` is all that it may keep, but for the index. */
void forest_init(tree_forest *forest, size_t bytes);
void forest_release(tree_forest *forest);

/* The span of that name, which may be new; NULL when its trace is not wanted or there is no
 * memory. */
forest_span *forest_span_of(tree_forest *forest, const forest_id *id);

/* From now on the identity names another span; and if the span is a root, its trace's another
 * trace. */
void forest_forget(forest_span *span);

/* The span's name and fields, which `mark` (not 0) tells from others that it had before. */
void forest_describe(tree_forest *forest, forest_span *span, const char *process, uint64_t mark,
                     const ctrace_buf *text);

/* Whether it was described so, and need not be again. */
bool forest_is_described(const forest_span *span, uint64_t mark);

/* That the one is inside the other; takes NULL. */
void forest_nest(forest_span *span, forest_span *parent);

/* Whether events of the level are kept. */
bool forest_wants(const tree_forest *forest, ctrace_level level);

/* An event in the span, of a level that is wanted. */
void forest_add(tree_forest *forest, forest_span *span, uint64_t time_ns, ctrace_level level,
                const char *process, const ctrace_buf *text);

/* ---- Afterwards ---- */

/* Joins the spans of each trace, measures those whose begin or end nobody told, and brings all into
 * the order of time. False when there is no memory. */
bool forest_join(tree_forest *forest);

#endif
