/* A block begins with a pointer to the allocator that it came from, so it goes back there whatever
 * cti_memory_use() did meanwhile. Tables of functions are therefore kept for ever, each distinct
 * one once. */
#include "base/memory.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if !defined(MAP_ANONYMOUS) && defined(MAP_ANON)
#define MAP_ANONYMOUS MAP_ANON
#endif

typedef struct source source;
struct source {
    ctrace_allocator allocator;
    const source *next; /* known before this one */
};

/* Before each block; its size is its alignment, so that what follows is aligned too. */
typedef struct head {
    alignas(max_align_t) const source *from;
} head;

static void *malloc_alloc(void *state, size_t size) {
    (void)state;
    return malloc(size);
}

static void *malloc_resize(void *state, void *block, size_t size) {
    (void)state;
    return realloc(block, size);
}

static void malloc_free(void *state, void *block) {
    (void)state;
    free(block);
}

#if defined(MAP_ANONYMOUS)

/* Before each block of pages; its size is its alignment. */
typedef struct extent {
    alignas(max_align_t) size_t size;
} extent;

static void *pages_alloc(void *state, size_t size) {
    (void)state;
    if (size > SIZE_MAX - sizeof(extent)) {
        return NULL;
    }
    const size_t whole = sizeof(extent) + size;
    extent *pages = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    pages->size = whole;
    return pages + 1;
}

static void pages_free(void *state, void *block) {
    (void)state;
    extent *pages = (extent *)block - 1;
    munmap(pages, pages->size);
}

static void *pages_resize(void *state, void *block, size_t size) {
    const size_t before = ((extent *)block - 1)->size - sizeof(extent);
    void *resized = pages_alloc(state, size);
    if (resized != NULL) {
        memcpy(resized, block, before < size ? before : size);
        pages_free(state, block);
    }
    return resized;
}

static const source pages_source = {{pages_alloc, pages_resize, pages_free, NULL}, NULL};

#endif

static const source malloc_source = {{malloc_alloc, malloc_resize, malloc_free, NULL}, NULL};

/* Both are written with release and read with acquire: who sees the pointer sees the table. */
static _Atomic(const source *) current = &malloc_source;
static _Atomic(const source *) known = &malloc_source;

static atomic_size_t failures;

static void *fail(void) {
    atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
    return NULL;
}

size_t cti_memory_failures(void) {
    return atomic_load_explicit(&failures, memory_order_relaxed);
}

static void *alloc_from(const source *from, size_t size) {
    if (size > SIZE_MAX - sizeof(head)) {
        return fail();
    }
    head *block = from->allocator.alloc(from->allocator.state, sizeof(head) + size);
    if (block == NULL) {
        return fail();
    }
    block->from = from;
    return block + 1;
}

void *cti_alloc(size_t size) {
    return alloc_from(atomic_load_explicit(&current, memory_order_acquire), size);
}

void *cti_alloc_zeroed(size_t size) {
    void *block = cti_alloc(size);
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

#if defined(MAP_ANONYMOUS)

void *cti_alloc_pages(size_t size) {
    const source *from = atomic_load_explicit(&current, memory_order_acquire);
    return from == &malloc_source ? alloc_from(&pages_source, size) : cti_alloc(size);
}

#else

void *cti_alloc_pages(size_t size) {
    return cti_alloc(size);
}

#endif

void *cti_resize(void *block, size_t size) {
    if (block == NULL) {
        return cti_alloc(size);
    }
    if (size > SIZE_MAX - sizeof(head)) {
        return fail();
    }
    head *old = (head *)block - 1;
    const ctrace_allocator *allocator = &old->from->allocator;
    head *resized = allocator->resize(allocator->state, old, sizeof(head) + size);
    return resized == NULL ? fail() : resized + 1;
}

void cti_free(void *block) {
    if (block != NULL) {
        head *old = (head *)block - 1;
        const ctrace_allocator *allocator = &old->from->allocator;
        allocator->free(allocator->state, old);
    }
}

char *cti_copy_text(const char *bytes, size_t size) {
    char *copy = size == SIZE_MAX ? fail() : cti_alloc(size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (size != 0) {
        memcpy(copy, bytes, size);
    }
    copy[size] = '\0';
    return copy;
}

static bool is_same(const ctrace_allocator *a, const ctrace_allocator *b) {
    return a->alloc == b->alloc && a->resize == b->resize && a->free == b->free &&
           a->state == b->state;
}

static const source *find_known(const ctrace_allocator *allocator) {
    const source *at = atomic_load_explicit(&known, memory_order_acquire);
    while (at != NULL && !is_same(&at->allocator, allocator)) {
        at = at->next;
    }
    return at;
}

/* The table itself comes from malloc: the new allocator may be one that is made to fail, and the
 * one in use may be about to go. */
static const source *add_known(const ctrace_allocator *allocator) {
    source *added = malloc(sizeof(*added));
    if (added == NULL) {
        return NULL;
    }
    added->allocator = *allocator;
    added->next = atomic_load_explicit(&known, memory_order_acquire);
    while (!atomic_compare_exchange_weak_explicit(&known, &added->next, added, memory_order_acq_rel,
                                                  memory_order_acquire)) {
    }
    return added;
}

bool cti_memory_use(const ctrace_allocator *allocator) {
    const source *chosen = &malloc_source;
    if (allocator != NULL) {
        chosen = find_known(allocator);
        if (chosen == NULL) {
            chosen = add_known(allocator);
        }
    }
    if (chosen == NULL) {
        return false;
    }
    atomic_store_explicit(&current, chosen, memory_order_release);
    return true;
}
