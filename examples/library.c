/* All that makes the library observable: a target of its own, and spans and events at the levels
 * debug and trace. While nobody asks for target kvstore, each is a byte load and a branch. */
#define TRACE_TARGET "kvstore"
#include "ctrace/trace.h"

#include "library.h"

#include <stdlib.h>
#include <string.h>

struct slot {
    char *key; /* NULL: free */
    long value;
};

struct kvstore {
    struct slot *slots; /* open addressing: a taken slot sends its key on to the next one */
    size_t capacity;    /* a power of two */
    size_t used;
};

static size_t hash(const char *key) {
    size_t h = 2166136261u;
    for (; *key != '\0'; key++) {
        h = (h ^ (unsigned char)*key) * 16777619u;
    }
    return h;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct slot *find(const struct kvstore *store, const char *key) {
    size_t i = hash(key) & (store->capacity - 1);
    while (store->slots[i].key != NULL && strcmp(store->slots[i].key, key) != 0) {
        TRACE_TRACE("collision", ("slot", i), ("key", key), ("with", store->slots[i].key));
        i = (i + 1) & (store->capacity - 1);
    }
    return &store->slots[i];
}

static bool grow(struct kvstore *store) {
    struct kvstore larger = {NULL, store->capacity * 2, store->used};
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "grow", ("from", store->capacity), ("to", larger.capacity));
    larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        TRACE_DEBUG("no memory");
        return false;
    }
    for (size_t i = 0; i < store->capacity; i++) {
        if (store->slots[i].key != NULL) {
            *find(&larger, store->slots[i].key) = store->slots[i];
        }
    }
    TRACE_DEBUG("grown", ("used", store->used));
    free(store->slots);
    *store = larger;
    return true;
}

struct kvstore *kvstore_new(void) {
    struct kvstore *store = malloc(sizeof(*store));
    struct slot *slots = calloc(4, sizeof(*slots));
    if (store == NULL || slots == NULL) {
        free(store);
        free(slots);
        return NULL;
    }
    *store = (struct kvstore){slots, 4, 0};
    return store;
}

void kvstore_free(struct kvstore *store) {
    if (store == NULL) {
        return;
    }
    TRACE_DEBUG("freed", ("used", store->used), ("capacity", store->capacity));
    for (size_t i = 0; i < store->capacity; i++) {
        free(store->slots[i].key);
    }
    free(store->slots);
    free(store);
}

bool kvstore_put(struct kvstore *store, const char *key, long value) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "put", ("key", key), ("value", value));
    if (store->used >= store->capacity / 4 * 3 && !grow(store)) {
        return false;
    }
    struct slot *slot = find(store, key);
    if (slot->key == NULL) {
        size_t size = strlen(key) + 1;
        slot->key = malloc(size);
        if (slot->key == NULL) {
            return false;
        }
        memcpy(slot->key, key, size);
        store->used++;
        TRACE_DEBUG("new key", ("used", store->used));
    }
    slot->value = value;
    return true;
}

long kvstore_get(const struct kvstore *store, const char *key, long otherwise) {
    TRACE_SPAN_AT(CTRACE_LEVEL_TRACE, "get", ("key", key));
    const struct slot *slot = find(store, key);
    TRACE_TRACE("answer", ("found", TRACE_BOOL(slot->key != NULL)));
    return slot->key != NULL ? slot->value : otherwise;
}
