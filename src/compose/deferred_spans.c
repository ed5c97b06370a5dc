#include "compose/deferred_spans.h"

#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

/* Identities are random numbers: their low bits will do. */
static size_t place_of(const cti_spans *spans, uint64_t id) {
    return (size_t)id & (spans->capacity - 1);
}

static size_t next_place(const cti_spans *spans, size_t place) {
    return (place + 1) & (spans->capacity - 1);
}

/* Where the span is, or would be. There is a free place. */
static size_t search(const cti_spans *spans, uint64_t id) {
    size_t place = place_of(spans, id);
    while (spans->places[place].id != 0 && spans->places[place].id != id) {
        place = next_place(spans, place);
    }
    return place;
}

cti_rebuilt *cti_spans_find(const cti_spans *spans, uint64_t id) {
    if (id == 0 || spans->count == 0) {
        return NULL;
    }
    cti_rebuilt *found = &spans->places[search(spans, id)];
    return found->id == 0 ? NULL : found;
}

static bool grow(cti_spans *spans) {
    const size_t capacity = spans->capacity == 0 ? FIRST_CAPACITY : 2 * spans->capacity;
    cti_spans larger = {cti_alloc_zeroed(capacity * sizeof(cti_rebuilt)), capacity, spans->count};
    if (larger.places == NULL) {
        return false;
    }
    for (size_t i = 0; i < spans->capacity; i++) {
        if (spans->places[i].id != 0) {
            larger.places[search(&larger, spans->places[i].id)] = spans->places[i];
        }
    }
    cti_free(spans->places);
    *spans = larger;
    return true;
}

cti_rebuilt *cti_spans_add(cti_spans *spans, uint64_t id) {
    if (2 * (spans->count + 1) > spans->capacity && !grow(spans)) {
        return NULL;
    }
    cti_rebuilt *added = &spans->places[search(spans, id)];
    *added = (cti_rebuilt){.id = id};
    spans->count += 1;
    return added;
}

/* Whether a span whose own place is `home` may lie at `gap` instead of at `at`, behind it. */
static bool may_move(const cti_spans *spans, size_t home, size_t gap, size_t at) {
    const size_t mask = spans->capacity - 1;
    return ((at - home) & mask) >= ((at - gap) & mask);
}

void cti_spans_remove(cti_spans *spans, cti_rebuilt *rebuilt) {
    size_t gap = (size_t)(rebuilt - spans->places);
    for (size_t at = next_place(spans, gap); spans->places[at].id != 0;
         at = next_place(spans, at)) {
        if (may_move(spans, place_of(spans, spans->places[at].id), gap, at)) {
            spans->places[gap] = spans->places[at];
            gap = at;
        }
    }
    spans->places[gap] = (cti_rebuilt){.id = 0};
    spans->count -= 1;
}
