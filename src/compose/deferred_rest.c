/* What waits in the rings when nobody may wait for its delivery any more. */
#include "compose/deferred_reader.h"

static bool are_drained(cti_reader *reader, cti_source *sources) {
    for (cti_source *source = sources; source != NULL; source = source->next) {
        if (!cti_reader_is_drained(reader, source)) {
            return false;
        }
    }
    return true;
}

bool cti_deferred_is_drained(cti_deferred *deferred) {
    cti_reader *reader = deferred->reader;
    if (reader == NULL || deferred->generation != cti_fork_generation()) {
        return true; /* nothing was emitted yet, in this process */
    }
    return are_drained(reader, cti_load_acquire(&deferred->sources)) && reader->closed == NULL &&
           cti_load_acquire(&deferred->closed) == NULL &&
           cti_load_relaxed(&deferred->losses) == reader->losses_told;
}

static void lose_lane(cti_reader *reader, cti_source *source, unsigned lane) {
    const cti_upcoming *next = &source->upcoming[lane];
    while (cti_reader_find(reader, source, lane)) {
        cti_replay_lose(reader, &next->head);
        cti_ring_consume(next->ring, next->head.size);
    }
}

void cti_deferred_lose(cti_deferred *deferred) {
    for (cti_source *source = deferred->sources; source != NULL; source = source->next) {
        for (unsigned lane = 0; lane < CTI_LANES; lane++) {
            lose_lane(deferred->reader, source, lane);
        }
    }
}
