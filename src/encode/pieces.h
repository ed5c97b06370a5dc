/* What a sink writes the same way every time for a callsite: encoded once, copied from then on.
 *
 * Pieces lie one behind the other, so that neighbours are copied together. The first few are the
 * encoder's own choice; behind them comes one for each of the callsite's fields. */
#ifndef CTI_ENCODE_PIECES_H
#define CTI_ENCODE_PIECES_H

#include "base/atomic.h"
#include "base/buf.h"
#include "base/lock.h"
#include "core/site.h"
#include "encode/put.h"

typedef struct cti_pieces {
    ctrace_buf buf;  /* their bytes, and CTI_STEP more that may be read */
    bool keys_clash; /* for the encoder's use: the field pieces do not always do */
    size_t count;
    size_t ends[]; /* ends[i] is where piece i begins, and piece i - 1 ends */
} cti_pieces;

/* Fills in the pieces of a callsite: appends to pieces->buf and calls cti_pieces_cut() behind each.
 * `how` is what the cache was made with. */
typedef void cti_pieces_build(cti_pieces *pieces, const cti_site *site, const void *how);

/* Ends a piece. */
void cti_pieces_cut(cti_pieces *pieces);

typedef struct cti_pieces_table cti_pieces_table;

typedef struct cti_pieces_cache {
    cti_pieces_table *table;
    cti_lock lock;    /* taken to add, not to read */
    size_t own_count; /* pieces in front of those of the fields */
    cti_pieces_build *build;
    const void *how;
} cti_pieces_cache;

struct cti_pieces_table {
    size_t count;
    cti_pieces_table *older; /* kept: others may be reading it */
    cti_pieces *at[];        /* by callsite id; NULL: not built yet */
};

/* An empty cache. `how` is kept by pointer. */
void cti_pieces_cache_init(cti_pieces_cache *cache, size_t own_count, cti_pieces_build *build,
                           const void *how);
void cti_pieces_cache_release(cti_pieces_cache *cache);

/* The rare half of cti_pieces_of(). */
const cti_pieces *cti_pieces_add(cti_pieces_cache *cache, const cti_site *site);

/* The callsite's pieces, built when first asked for; NULL when there is no memory. Threads: any. */
static inline const cti_pieces *cti_pieces_of(cti_pieces_cache *cache, const cti_site *site) {
    /* acquire, both: pair with the releases in cti_pieces_add() */
    const cti_pieces_table *table = cti_load_acquire(&cache->table);
    const cti_pieces *found = NULL;
    if (table != NULL && site->id < table->count) {
        found = cti_load_acquire(&table->at[site->id]);
    }
    return CTRACE_I_UNLIKELY(found == NULL) ? cti_pieces_add(cache, site) : found;
}

static inline const char *cti_piece(const cti_pieces *pieces, size_t i) {
    return pieces->buf.bytes + pieces->ends[i];
}

static inline size_t cti_piece_size(const cti_pieces *pieces, size_t i) {
    return pieces->ends[i + 1] - pieces->ends[i];
}

/* Appends the pieces from `first` to `last`. */
static inline void cti_put_pieces(ctrace_buf *buf, const cti_pieces *pieces, size_t first,
                                  size_t last) {
    const size_t size = pieces->ends[last + 1] - pieces->ends[first];
    char *room = cti_buf_room(buf, size + CTI_STEP);
    if (room != NULL) {
        cti_copy_steps(room, cti_piece(pieces, first), size);
        cti_buf_wrote(buf, size);
    }
}

#endif
