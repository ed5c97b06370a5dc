/* The reading side of a deferred subscriber: what lies between records and callbacks. */
#ifndef CTI_COMPOSE_DEFERRED_READER_H
#define CTI_COMPOSE_DEFERRED_READER_H

#include "compose/deferred.h"
#include "compose/deferred_spans.h"
#include "core/event.h"
#include "record/get.h"
#include "write/batch.h"

/* A place where a thread or a task stands, as rebuilt. */
struct cti_stand {
    uint64_t task;     /* 0: the thread's own */
    uint64_t here;     /* the innermost span's identity, or 0 */
    cti_scope scope;   /* the spans entered, for who asks where it is called */
    cti_stand *next;   /* of the same source: the current one comes first */
    ctrace_span *span; /* that of `here`, as found last */
    uint64_t found_at; /* valid while it is the reader's count of changes */
    bool enclosed;     /* it lies in what was allocated for the source */
};

struct cti_reader {
    cti_deferred *deferred; /* NULL where records do not come from rings */
    cti_source **emitters;  /* the list of those whose records are read */
    cti_tree *tree;         /* of the inner subscriber: the rebuilt spans are its */
    cti_thread *thread;
    cti_spans spans;
    uint64_t changes; /* of `spans` */
    cti_site **sites; /* by number */
    uint32_t site_count;
    uint32_t site_capacity;
    cti_ticks_sample now;  /* the clocks, at the beginning of this pass … */
    cti_ticks_line line;   /* … and through that of the last one */
    uint64_t epoch_offset; /* likewise, of the monotonic clock's zero since the Unix epoch */
    uint64_t due_ns;       /* when this pass has to end */
    uint32_t losses_told;  /* of the deferred subscriber's */
    cti_told *closed;      /* taken over, but not due yet */
    cti_batch batch;       /* of the lines that sinks write meanwhile */

    /* of a parent process */
    const cti_source *sources;
    cti_reader *older;
};

/* NULL when there is no memory. */
cti_reader *cti_reader_new(cti_deferred *deferred);
void cti_reader_free(cti_reader *reader);

/* Keeps a reader that another process was using, and its sources, without touching them. */
void cti_reader_abandon(cti_reader *reader, const cti_source *sources);

/* Finds what comes next in the source's lane. False when there is nothing to read. */
bool cti_reader_find(cti_reader *reader, cti_source *source, unsigned lane);

/* Whether nothing can be read in any lane of the source. */
bool cti_reader_is_drained(cti_reader *reader, cti_source *source);

/* ---- deferred_stand.c ---- */

void cti_stand_init(cti_stand *stand, uint64_t task);

/* NULL when there is no memory. */
cti_stand *cti_stand_new(uint64_t task);
void cti_stands_free(cti_stand *stands);

/* The source stands there from now on; where there is no memory for that, it stays. */
void cti_stand_at(cti_source *source, uint64_t task, uint64_t span);

/* Takes the innermost entry of the span off. False when there is none. */
bool cti_stand_leave(cti_stand *stand, const ctrace_span *span);

/* ---- deferred_replay.c ---- */

/* Gives one record to the inner subscriber. */
void cti_replay(cti_reader *reader, cti_source *source, const cti_record_head *head, cti_get rest);

/* Counts it as lost. */
void cti_replay_lose(cti_reader *reader, const cti_record_head *head);

/* The callsite of that number, or NULL. */
cti_site *cti_replay_site(cti_reader *reader, uint32_t id);

/* The time of that tick, and the moment of a record of that time. */
uint64_t cti_replay_ns(const cti_reader *reader, uint64_t ticks);
ctrace_moment cti_replay_moment(const cti_reader *reader, cti_source *source, uint64_t ticks);

/* From here on this thread stands where the source does. */
void cti_replay_stand(cti_reader *reader, cti_source *source);

/* ---- deferred_replay_span.c ---- */

/* A record of a span. */
void cti_replay_span(cti_reader *reader, cti_source *source, const cti_record_head *head,
                     cti_get rest);

/* The end of a span that found no room in a ring. */
void cti_replay_close(cti_reader *reader, uint64_t id, uint64_t ns);

/* Lets go of what is still open: its ends will never come. */
void cti_replay_end(cti_reader *reader);

#endif
