#include "encode/pieces.h"

#include "base/memory.h"

enum { FIRST_COUNT = 64 };

void cti_pieces_cut(cti_pieces *pieces) {
    pieces->count += 1;
    pieces->ends[pieces->count] = pieces->buf.size;
}

static void free_pieces(cti_pieces *pieces) {
    if (pieces != NULL) {
        cti_buf_release(&pieces->buf);
        cti_free(pieces);
    }
}

static cti_pieces *build(const cti_pieces_cache *cache, const cti_site *site) {
    const size_t most = cache->own_count + site->description.field_count;
    cti_pieces *pieces = cti_alloc_zeroed(sizeof *pieces + (most + 1) * sizeof(size_t));
    if (pieces == NULL) {
        return NULL;
    }
    cache->build(pieces, site, cache->how);
    char *beyond = cti_buf_room(&pieces->buf, CTI_STEP);
    if (beyond == NULL) {
        free_pieces(pieces);
        return NULL;
    }
    memset(beyond, 0, CTI_STEP);
    return pieces;
}

/* A table with room for `id`; what the old one holds is copied. */
static cti_pieces_table *grow(cti_pieces_table *old, size_t id) {
    size_t count = old == NULL ? FIRST_COUNT : old->count * 2;
    while (count <= id) {
        count *= 2;
    }
    cti_pieces_table *table = cti_alloc_zeroed(sizeof *table + count * sizeof(cti_pieces *));
    if (table == NULL) {
        return NULL;
    }
    table->count = count;
    table->older = old;
    if (old != NULL) {
        memcpy(table->at, old->at, old->count * sizeof(cti_pieces *));
    }
    return table;
}

/* With the lock held. */
static cti_pieces_table *table_for(cti_pieces_cache *cache, size_t id) {
    cti_pieces_table *table = cache->table;
    if (table == NULL || id >= table->count) {
        table = grow(table, id);
        if (table != NULL) {
            cti_store_release(&cache->table, table);
        }
    }
    return table;
}

const cti_pieces *cti_pieces_add(cti_pieces_cache *cache, const cti_site *site) {
    cti_pieces *pieces = NULL;
    cti_lock_take(&cache->lock);
    cti_pieces_table *table = table_for(cache, site->id);
    if (table != NULL) {
        pieces = table->at[site->id];
    }
    if (table != NULL && pieces == NULL) {
        pieces = build(cache, site);
        cti_store_release(&table->at[site->id], pieces);
    }
    cti_lock_give(&cache->lock);
    return pieces;
}

void cti_pieces_cache_init(cti_pieces_cache *cache, size_t own_count, cti_pieces_build *build_one,
                           const void *how) {
    cache->table = NULL;
    cache->own_count = own_count;
    cache->build = build_one;
    cache->how = how;
    cti_lock_init(&cache->lock);
}

void cti_pieces_cache_release(cti_pieces_cache *cache) {
    cti_pieces_table *table = cache->table; /* it holds what the older ones held, and more */
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        free_pieces(table->at[i]);
    }
    while (table != NULL) {
        cti_pieces_table *older = table->older;
        cti_free(table);
        table = older;
    }
    cti_lock_destroy(&cache->lock);
}
