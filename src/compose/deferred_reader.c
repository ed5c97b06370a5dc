/* Reading all sources in the order of time. */
#include "compose/deferred_reader.h"

#include "base/clock.h"
#include "base/memory.h"
#include "core/dispatch.h"
#include "core/registry.h"

/* ---- Readers ---- */

cti_reader *cti_reader_new(cti_deferred *deferred) {
    cti_reader *reader = cti_alloc_zeroed(sizeof *reader);
    if (reader != NULL) {
        reader->deferred = deferred;
        reader->emitters = &deferred->sources;
        reader->tree = deferred->inner->tree;
        reader->changes = 1;
        reader->now = cti_ticks_sample_now();
    }
    return reader;
}

void cti_reader_free(cti_reader *reader) {
    if (reader != NULL) {
        reader->thread = &cti_self;
        cti_replay_end(reader);
        cti_free(reader->sites);
        cti_batch_release(&reader->batch);
        cti_free(reader);
    }
}

static cti_reader *abandoned;

void cti_reader_abandon(cti_reader *reader, const cti_source *sources) {
    reader->sources = sources;
    reader->older = cti_load_relaxed(&abandoned);
    while (!cti_compare_exchange(&abandoned, &reader->older, reader)) {
    }
}

/* ---- Lanes ---- */

/* The lane's ring with something to read, or the one that is written now. Rings that were outgrown
 * are freed once they are read. */
static cti_ring *ring_of(cti_reader *reader, cti_source *source, unsigned lane) {
    cti_ring *ring = source->oldest[lane];
    while (cti_ring_readable(ring) == 0) {
        /* acquire: pairs with the release in grow(); what was published before is seen now */
        cti_ring *next = cti_load_acquire(&ring->next);
        if (next == NULL || cti_ring_readable(ring) != 0) {
            break;
        }
        cti_source_free_ring(reader->deferred, ring);
        source->oldest[lane] = next;
        ring = next;
    }
    return ring;
}

static cti_source *sources_of(const cti_reader *reader) {
    /* acquire: pairs with the release in add_source() */
    return cti_load_acquire(&reader->deferred->sources);
}

/* Looks at what was published by now. */
static void refresh(const cti_reader *reader) {
    for (cti_source *source = sources_of(reader); source != NULL; source = source->next) {
        for (unsigned lane = 0; lane < CTI_LANES; lane++) {
            cti_ring_refresh(source->oldest[lane]);
        }
    }
}

/* Reads the next header in the ring; what says the time is taken note of, and passed over. */
static bool peek_in(cti_upcoming *next) {
    uint64_t *base = &next->source->read_bases[next->lane];
    size_t size;
    while ((size = cti_ring_readable(next->ring)) != 0 &&
           cti_get_head(cti_ring_at(next->ring), size, *base, &next->head, &next->rest)) {
        if (CTRACE_I_LIKELY(next->head.kind != CTI_RECORD_TIME)) {
            return true;
        }
        *base = cti_record_time_base(next->head.time);
        cti_ring_consume(next->ring, next->head.size);
    }
    return false;
}

/* The same, in the ring that is behind this one, too. */
static bool peek(cti_reader *reader, cti_upcoming *next) {
    do {
        next->ring = ring_of(reader, next->source, next->lane);
        if (peek_in(next)) {
            return true;
        }
    } while (cti_ring_readable(ring_of(reader, next->source, next->lane)) != 0);
    return false;
}

bool cti_reader_find(cti_reader *reader, cti_source *source, unsigned lane) {
    cti_upcoming *next = &source->upcoming[lane];
    next->source = source;
    next->lane = lane;
    return peek(reader, next);
}

bool cti_reader_is_drained(cti_reader *reader, cti_source *source) {
    for (unsigned lane = 0; lane < CTI_LANES; lane++) {
        if (cti_ring_readable(ring_of(reader, source, lane)) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- Reading ---- */

/* Puts it behind what is not later. */
static void line_up(cti_upcoming **link, cti_upcoming *next) {
    while (*link != NULL && (*link)->head.time <= next->head.time) {
        link = &(*link)->later;
    }
    next->later = *link;
    *link = next;
}

/* All lanes with something to read, the earliest first. */
static cti_upcoming *line_all_up(cti_reader *reader) {
    cti_upcoming *first = NULL;
    for (cti_source *source = sources_of(reader); source != NULL; source = source->next) {
        for (unsigned lane = 0; lane < CTI_LANES; lane++) {
            if (cti_reader_find(reader, source, lane)) {
                line_up(&first, &source->upcoming[lane]);
            }
        }
    }
    return first;
}

static void replay(cti_reader *reader, const cti_upcoming *next) {
    cti_batch_next(&reader->batch);
    const bool entered = cti_section_enter(reader->thread);
    cti_replay(reader, next->source, &next->head, next->rest);
    if (entered) {
        cti_section_leave(reader->thread);
    }
    cti_ring_consume(next->ring, next->head.size);
}

static bool is_due(const cti_reader *reader) {
    return reader->due_ns != UINT64_MAX && cti_clock_monotonic_ns() >= reader->due_ns;
}

/* Gives on a lane's records up to `until`. Returns whether there are more. */
static bool replay_lane(cti_reader *reader, cti_upcoming *lane, uint64_t until, size_t *count) {
    bool more;
    do {
        replay(reader, lane);
        *count += 1;
        more = peek_in(lane) || peek(reader, lane);
    } while (more && lane->head.time <= until && !is_due(reader));
    return more;
}

/* Gives on all records up to `until`, the earliest first. A lane that was empty at the beginning
 * has none that could have been the cause of one: what happened by then was published before. False
 * when the time is over before that; one record is given on in any case. */
static bool replay_all(cti_reader *reader, uint64_t until, size_t *count) {
    cti_upcoming *first = line_all_up(reader);
    while (first != NULL && first->head.time <= until) {
        if (*count != 0 && is_due(reader)) {
            return false;
        }
        cti_upcoming *lane = first;
        first = lane->later;
        const bool is_sooner = first != NULL && first->head.time < until;
        if (replay_lane(reader, lane, is_sooner ? first->head.time : until, count)) {
            line_up(&first, lane);
        }
    }
    return true;
}

/* Takes the spans over whose ends found no room. */
static void take_closed(cti_reader *reader) {
    cti_told *told = cti_exchange(&reader->deferred->closed, (cti_told *)NULL);
    while (told != NULL) {
        cti_told *next = told->next;
        told->next = reader->closed;
        reader->closed = told;
        told = next;
    }
}

static size_t replay_closed(cti_reader *reader, uint64_t until) {
    size_t count = 0;
    cti_told **link = &reader->closed;
    while (*link != NULL) {
        cti_told *told = *link;
        if (told->closed_at > until) {
            link = &told->next;
            continue;
        }
        *link = told->next;
        const bool entered = cti_section_enter(reader->thread);
        cti_replay_close(reader, told->span->id, cti_replay_ns(reader, told->closed_at));
        cti_span_let_go(reader->thread, told->span);
        if (entered) {
            cti_section_leave(reader->thread);
        }
        count += 1;
    }
    return count;
}

static void unlink_source(cti_deferred *deferred, cti_source *source) {
    const bool taken = cti_roster_take();
    cti_source **link = &deferred->sources;
    while (*link != source) {
        link = &(*link)->next;
    }
    *link = source->next;
    if (taken) {
        cti_roster_give();
    }
}

static void forget_ended(cti_reader *reader) {
    for (cti_source *source = sources_of(reader); source != NULL;) {
        cti_source *next = source->next;
        /* acquire: pairs with the release in thread_ended(), and then all records are seen */
        if (cti_load_acquire(&source->ended) && cti_reader_is_drained(reader, source)) {
            unlink_source(reader->deferred, source);
            cti_source_retire(reader->deferred, source);
        }
        source = next;
    }
}

/* The end of a pass: what is emitted meanwhile comes later, and is told later. */
static ctrace_moment moment_at(const cti_reader *reader, uint64_t until) {
    const uint64_t ticks = until == UINT64_MAX ? cti_ticks_now() : until;
    const uint64_t ns = cti_replay_ns(reader, ticks);
    const ctrace_moment then = {.time_ns = ns + reader->epoch_offset,
                                .monotonic_ns = ns,
                                .about = cti_thread_about(reader->thread)};
    return then;
}

/* Losses that no later record of their callsites has told. */
static void tell_losses(cti_reader *reader, uint64_t until) {
    const uint32_t losses = cti_load_relaxed(&reader->deferred->losses);
    cti_scope nowhere;
    if (losses == reader->losses_told || !cti_section_enter(reader->thread)) {
        return;
    }
    reader->losses_told = losses;
    cti_scope_make_empty(&nowhere);
    reader->thread->scope = &nowhere;
    const ctrace_moment then = moment_at(reader, until);
    for (cti_site *site = cti_site_first(); site != NULL; site = cti_site_next(site)) {
        if (cti_load_relaxed(&site->lost) != 0) {
            cti_tell_losses_at(reader->thread, reader->tree, site, &then);
        }
    }
    cti_section_leave(reader->thread);
}

/* Ticks are turned into time by what the clocks say now and said at the last pass: most records lie
 * between. The monotonic clock and that of the epoch follow the same corrections, and differ again
 * only when somebody sets the time. */
static void read_clocks(cti_reader *reader) {
    const cti_ticks_sample last = reader->now;
    reader->now = cti_ticks_sample_now();
    reader->line = cti_ticks_line_through(last, reader->now);
    const uint64_t before = cti_clock_monotonic_ns();
    const uint64_t epoch = cti_clock_realtime_ns();
    const uint64_t after = cti_clock_monotonic_ns();
    reader->epoch_offset = epoch - (before + (after - before) / 2);
}

static bool read_here(cti_reader *reader, uint64_t until, size_t *count) {
    read_clocks(reader);
    take_closed(reader);
    /* What is seen by the first look may have been caused by records that are seen only by the
     * second: so no record is delivered before its causes. */
    refresh(reader);
    refresh(reader);
    cti_batch_begin(&reader->batch, reader->deferred->options.latency_ns);
    const bool all = replay_all(reader, until, count);
    if (all) {
        *count += replay_closed(reader, until);
        tell_losses(reader, until);
    }
    cti_batch_end(&reader->batch);
    forget_ended(reader);
    return all;
}

bool cti_deferred_read(cti_deferred *deferred, uint64_t until, uint64_t due_ns, size_t *ret_count) {
    cti_thread *self = &cti_self;
    cti_reader *reader = deferred->reader;
    *ret_count = 0;
    if (reader == NULL || deferred->generation != cti_fork_generation()) {
        return true; /* nothing was emitted yet, in this process */
    }
    if (!cti_section_enter(self)) {
        return false; /* inside a callback, or no memory to know the thread */
    }
    cti_section_leave(self);
    cti_scope *mine = self->scope;
    reader->thread = self;
    reader->due_ns = due_ns;
    self->mute = true;
    const bool all = read_here(reader, until, ret_count);
    self->mute = false;
    cti_thread_stand(self, mine);
    return all;
}
