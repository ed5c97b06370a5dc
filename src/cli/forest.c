#include "cli/forest.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/memory.h"

void forest_init(tree_forest *forest, size_t bytes) {
    memset(forest, 0, sizeof *forest);
    forest->level = CTRACE_LEVEL_TRACE;
    forest->arena.left = bytes;
}

void forest_release(tree_forest *forest) {
    arena_release(&forest->arena);
    cti_free(forest->index);
    forest->index = NULL;
}

static void *take(tree_forest *forest, size_t size) {
    void *taken = arena_take(&forest->arena, size);
    forest->left_out += taken == NULL;
    return taken;
}

/* ---- The index ---- */

/* Identities are random, or were made to look so by whoever wants us to be slow: a multiplication
 * of each part spreads those that are merely counted. */
static size_t hash(const forest_id *id) {
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t mixed = (id->trace[0] ^ id->trace[1] * odd) * odd;
    mixed = (mixed ^ mixed >> 32 ^ id->span) * odd;
    return (size_t)(mixed ^ mixed >> 29);
}

static bool is_same(const forest_id *one, const forest_id *other) {
    return one->span == other->span && one->trace[1] == other->trace[1] &&
           one->trace[0] == other->trace[0] && !one->forgotten;
}

/* Where the identity is, or would be. */
static forest_id **find(const tree_forest *forest, const forest_id *id) {
    size_t at = hash(id) & (forest->index_size - 1);
    while (forest->index[at] != NULL && !is_same(forest->index[at], id)) {
        at = (at + 1) & (forest->index_size - 1);
    }
    return &forest->index[at];
}

static bool grow_index(tree_forest *forest) {
    struct tree_forest larger = *forest;
    larger.index_size = forest->index_size == 0 ? 1024 : 2 * forest->index_size;
    larger.index_used = 0;
    larger.index = cti_alloc_zeroed(larger.index_size * sizeof *larger.index);
    if (larger.index == NULL) {
        return false;
    }
    for (size_t i = 0; i < forest->index_size; i++) {
        if (forest->index[i] != NULL && !forest->index[i]->forgotten) {
            *find(&larger, forest->index[i]) = forest->index[i];
            larger.index_used++;
        }
    }
    cti_free(forest->index);
    *forest = larger;
    return true;
}

/* Where the identity is, or will be put; NULL without memory. A quarter stays free. */
static forest_id **place_of(tree_forest *forest, const forest_id *id) {
    if (forest->index_used >= forest->index_size - forest->index_size / 4 && !grow_index(forest)) {
        forest->left_out++;
        return NULL;
    }
    return find(forest, id);
}

/* ---- Traces and spans ---- */

static bool is_wanted(const tree_forest *forest, const forest_id *id) {
    char text[2 * CTI_HEX_WORD];
    if (forest->trace_id == NULL) {
        return true;
    }
    cti_hex_put_word(text, id->trace[0]);
    cti_hex_put_word(text + CTI_HEX_WORD, id->trace[1]);
    const size_t size = strlen(forest->trace_id);
    return size <= sizeof text && memcmp(text, forest->trace_id, size) == 0;
}

static forest_trace *trace_of(tree_forest *forest, const forest_id *id) {
    const forest_id key = {{id->trace[0], id->trace[1]}, 0, false};
    forest_id **place = place_of(forest, &key);
    if (place == NULL || *place != NULL) {
        return place == NULL ? NULL : (forest_trace *)(void *)*place;
    }
    forest_trace *trace = take(forest, sizeof *trace);
    if (trace == NULL) {
        return NULL;
    }
    trace->id = key;
    trace->next = forest->traces;
    forest->traces = trace;
    forest->trace_count++;
    *place = &trace->id;
    forest->index_used++;
    return trace;
}

static forest_span *add_span(tree_forest *forest, forest_trace *trace, const forest_id *id) {
    forest_id **place = place_of(forest, id);
    forest_span *span = place == NULL ? NULL : take(forest, sizeof *span);
    if (span == NULL) {
        return NULL;
    }
    span->id = *id;
    span->trace = trace;
    span->item.span = span;
    span->item.serial = forest->serial++;
    span->next = trace->spans;
    trace->spans = span;
    trace->span_count++;
    *place = &span->id;
    forest->index_used++;
    return span;
}

forest_span *forest_span_of(tree_forest *forest, const forest_id *id) {
    if (!is_wanted(forest, id)) {
        return NULL;
    }
    forest_id **place = place_of(forest, id);
    if (place == NULL || *place != NULL) {
        return place == NULL ? NULL : (forest_span *)(void *)*place;
    }
    forest_trace *trace = trace_of(forest, id);
    return trace == NULL ? NULL : add_span(forest, trace, id);
}

void forest_forget(forest_span *span) {
    span->id.forgotten = true;
    if (span->parent == NULL) {
        span->trace->id.forgotten = true;
    }
}

/* ---- What they tell ---- */

static const char *copy(tree_forest *forest, const ctrace_buf *text) {
    const char *copied = text->failed ? NULL : arena_copy(&forest->arena, text->bytes, text->size);
    forest->left_out += copied == NULL;
    return copied;
}

void forest_describe(tree_forest *forest, forest_span *span, const char *process, uint64_t mark,
                     const ctrace_buf *text) {
    const char *copied = copy(forest, text);
    span->item.process = process;
    if (copied != NULL) {
        span->item.text = copied;
        span->text_mark = mark;
    }
}

bool forest_is_described(const forest_span *span, uint64_t mark) {
    return span->item.text != NULL && span->text_mark == mark;
}

void forest_nest(forest_span *span, forest_span *parent) {
    if (span != NULL && parent != NULL && span != parent) {
        span->parent = parent;
    }
}

bool forest_wants(const tree_forest *forest, ctrace_level level) {
    return level == 0 || level >= forest->level;
}

void forest_add(tree_forest *forest, forest_span *span, uint64_t time_ns, ctrace_level level,
                const char *process, const ctrace_buf *text) {
    forest_trace *trace = span->trace;
    forest_item *item = take(forest, sizeof *item);
    const char *copied = item == NULL ? NULL : copy(forest, text);
    if (copied == NULL) {
        return;
    }
    *item = (forest_item){.inside = span,
                          .time_ns = time_ns,
                          .serial = forest->serial++,
                          .process = process,
                          .text = copied,
                          .level = level};
    item->next = trace->events.first;
    trace->events.first = item;
    trace->event_count++;
}
