/* The memory of what is held back: chunks, of which the oldest is dropped when there is no room. */
#include <stdalign.h>
#include <string.h>

#include "base/memory.h"
#include "compose/tail.h"
#include "core/stats.h"
#include "record/get.h"

enum { CHUNK_BYTES = 4096 };

struct cti_chunk {
    cti_chunk *next;
    size_t size; /* of the memory, this head included */
    size_t room; /* of `bytes` */
    size_t used;
    alignas(cti_held) unsigned char bytes[];
};

struct cti_kept {
    cti_kept *next;
    size_t size; /* of the memory, this head included */
    uint32_t kind;
    uint64_t span;
    cti_held held;
    unsigned char record[];
};

static void take_bytes(cti_tail *tail, cti_trace *trace, size_t size) {
    trace->bytes += size;
    cti_fetch_add(&tail->bytes, size);
}

static void give_bytes(cti_tail *tail, cti_trace *trace, size_t size) {
    trace->bytes -= size;
    cti_fetch_sub_acq_rel(&tail->bytes, size);
}

/* ---- What is kept of dropped chunks ---- */

static void free_kept(cti_tail *tail, cti_trace *trace, cti_kept *kept) {
    give_bytes(tail, trace, kept->size);
    cti_free(kept);
}

/* Whether the kept record is about the span; `kind` 0 is any, and a NULL source too. */
static bool is_about(const cti_kept *kept, uint64_t span, uint32_t kind, const cti_source *source) {
    return kept->span == span && (kind == 0 || kept->kind == kind) &&
           (source == NULL || kept->held.source == source);
}

/* Lets go of such records. Returns how many. */
static size_t let_go(cti_tail *tail, cti_trace *trace, uint64_t span, uint32_t kind,
                     const cti_source *source) {
    size_t count = 0;
    cti_kept **link = &trace->kept;
    trace->last_kept = NULL;
    while (*link != NULL) {
        cti_kept *kept = *link;
        if (is_about(kept, span, kind, source)) {
            *link = kept->next;
            free_kept(tail, trace, kept);
            count += 1;
        } else {
            trace->last_kept = kept;
            link = &kept->next;
        }
    }
    return count;
}

static void keep(cti_tail *tail, cti_trace *trace, const cti_held *held,
                 const cti_record_head *head, uint64_t span, const unsigned char *record) {
    const size_t size = sizeof(cti_kept) + head->size;
    cti_kept *kept = cti_alloc(size);
    if (kept == NULL) {
        trace->dropped += 1;
        return;
    }
    *kept = (cti_kept){NULL, size, head->kind, span, *held};
    memcpy(kept->record, record, head->size);
    *(trace->last_kept == NULL ? &trace->kept : &trace->last_kept->next) = kept;
    trace->last_kept = kept;
    take_bytes(tail, trace, size);
}

static void count_dropped(cti_trace *trace) {
    trace->dropped += 1;
    cti_count(CTI_TRACES_FORGOTTEN, 1);
}

/* Drops a record; what has not ended in it is kept. */
static void drop(cti_tail *tail, cti_trace *trace, const cti_held *held,
                 const unsigned char *record, const cti_record_head *head, cti_get rest) {
    uint64_t span = 0;
    switch (head->kind) {
    case CTI_RECORD_SPAN_CLOSE:
        cti_get_word(&rest, &span);
        if (let_go(tail, trace, span, 0, NULL) != 0) {
            count_dropped(trace);
        }
        break;
    case CTI_RECORD_SPAN_EXIT:
        cti_get_word(&rest, &span);
        let_go(tail, trace, span, CTI_RECORD_SPAN_ENTER, held->source);
        break;
    case CTI_RECORD_SPAN_NEW:
    case CTI_RECORD_SPAN_TRACED:
    case CTI_RECORD_SPAN_ENTER:
    case CTI_RECORD_SPAN_RECORD:
    case CTI_RECORD_SPAN_FOLLOWS:
        cti_get_word(&rest, &span);
        keep(tail, trace, held, head, span, record);
        break;
    default:
        count_dropped(trace);
        break;
    }
}

/* ---- Chunks ---- */

/* The record at `at`, and where the next one is; false behind the last one. */
static bool next_held(const cti_chunk *chunk, size_t *at, const cti_held **ret_held,
                      const unsigned char **ret_record, cti_record_head *ret_head,
                      cti_get *ret_rest) {
    if (*at >= chunk->used) {
        return false;
    }
    *ret_held = (const cti_held *)(const void *)(chunk->bytes + *at);
    *ret_record = chunk->bytes + *at + sizeof(cti_held);
    if (!cti_get_head(*ret_record, chunk->used - *at - sizeof(cti_held), 0, ret_head, ret_rest)) {
        return false;
    }
    *at += sizeof(cti_held) + ret_head->size;
    return true;
}

static cti_chunk *take_oldest(cti_trace *trace) {
    cti_chunk *chunk = trace->oldest;
    if (chunk != NULL) {
        trace->oldest = chunk->next;
        trace->newest = trace->oldest == NULL ? NULL : trace->newest;
    }
    return chunk;
}

static void free_chunk(cti_tail *tail, cti_trace *trace, cti_chunk *chunk) {
    give_bytes(tail, trace, chunk->size);
    cti_free(chunk);
}

/* False when there is nothing to drop. */
static bool drop_oldest(cti_tail *tail, cti_trace *trace) {
    cti_chunk *chunk = take_oldest(trace);
    const cti_held *held;
    const unsigned char *record;
    cti_record_head head;
    cti_get rest;
    if (chunk == NULL) {
        return false;
    }
    for (size_t at = 0; next_held(chunk, &at, &held, &record, &head, &rest);) {
        drop(tail, trace, held, record, &head, rest);
    }
    free_chunk(tail, trace, chunk);
    return true;
}

/* Drops the oldest chunk of the oldest trace that nobody is at work on; `mine` is ours. */
static bool drop_oldest_of_all(cti_tail *tail, cti_trace *mine) {
    bool dropped = false;
    cti_lock_take(&tail->lock);
    for (cti_trace *trace = tail->oldest; trace != NULL && !dropped; trace = trace->next) {
        if (trace == mine) {
            dropped = drop_oldest(tail, trace);
        } else if (cti_lock_try(&trace->lock)) {
            dropped = trace->generation == mine->generation && drop_oldest(tail, trace);
            cti_lock_give(&trace->lock);
        }
    }
    cti_lock_give(&tail->lock);
    return dropped;
}

/* Whether so many bytes more are within the bounds, after dropping what is in the way. */
static bool make_room(cti_tail *tail, cti_trace *trace, size_t size) {
    const ctrace_tail_options *options = &tail->options;
    if (size > options->trace_bytes || size > options->max_bytes) {
        return false;
    }
    while (trace->bytes > options->trace_bytes - size) {
        if (!drop_oldest(tail, trace)) {
            return false;
        }
    }
    while (cti_load_relaxed(&tail->bytes) > options->max_bytes - size) {
        if (!drop_oldest_of_all(tail, trace)) {
            return false;
        }
    }
    return true;
}

static cti_chunk *add_chunk(cti_tail *tail, cti_trace *trace, size_t least) {
    const size_t needed = sizeof(cti_chunk) + least;
    const size_t size = needed < CHUNK_BYTES ? CHUNK_BYTES : needed;
    cti_chunk *chunk = make_room(tail, trace, size) ? cti_alloc(size) : NULL;
    if (chunk != NULL) {
        *chunk = (cti_chunk){NULL, size, size - sizeof(cti_chunk), 0};
        *(trace->newest == NULL ? &trace->oldest : &trace->newest->next) = chunk;
        trace->newest = chunk;
        take_bytes(tail, trace, size);
    }
    return chunk;
}

unsigned char *cti_trace_room(cti_tail *tail, cti_trace *trace, size_t size) {
    cti_chunk *chunk = trace->newest;
    if (size > CTI_RECORD_LONGEST) {
        return NULL;
    }
    if (chunk == NULL || chunk->room - chunk->used < size) {
        chunk = add_chunk(tail, trace, size);
    }
    return chunk == NULL ? NULL : chunk->bytes + chunk->used;
}

void cti_trace_fill(cti_trace *trace, size_t size) {
    trace->newest->used += size;
}

/* ---- The end ---- */

void cti_trace_drain_kept(cti_tail *tail, cti_trace *trace, cti_held_visit *visit) {
    cti_kept *kept;
    while ((kept = trace->kept) != NULL) {
        trace->kept = kept->next;
        if (visit != NULL) {
            visit(trace, &kept->held, kept->record);
        }
        free_kept(tail, trace, kept);
    }
    trace->last_kept = NULL;
}

static void visit_all(cti_trace *trace, const cti_chunk *chunk, cti_held_visit *visit) {
    const cti_held *held;
    const unsigned char *record;
    cti_record_head head;
    cti_get rest;
    for (size_t at = 0; next_held(chunk, &at, &held, &record, &head, &rest);) {
        visit(trace, held, record);
    }
}

/* The last chunk of a trace that goes on is used again. */
void cti_trace_drain(cti_tail *tail, cti_trace *trace, cti_held_visit *visit) {
    const bool goes_on = trace->state == CTI_TRACE_PASSED_ON && trace->open != 0;
    while (trace->oldest != NULL) {
        cti_chunk *chunk = trace->oldest;
        if (visit != NULL) {
            visit_all(trace, chunk, visit);
        }
        if (goes_on && chunk == trace->newest) {
            chunk->used = 0;
            return;
        }
        take_oldest(trace);
        free_chunk(tail, trace, chunk);
    }
}
