/* Tracks: which part of the file a thread writes to.
 *
 * The roster's lock is over the lists of tracks, and between a thread that ends and a recorder that
 * goes: whoever comes second frees the track. A thread's first event may come from a signal handler
 * that interrupted malloc(): see cti_alloc_pages(). */
#include <string.h>

#include "base/memory.h"
#include "core/registry.h"
#include "sinks/recorder.h"

/* ---- Segments ---- */

/* The next segment: a fresh one while the region may have more, else its oldest. */
static unsigned char *next_in_ring(cti_recorder *recorder, cti_region *region) {
    unsigned char *fresh =
        region->count < CTI_REGION_SEGMENTS ? cti_record_file_take(&recorder->file, false) : NULL;
    if (fresh == NULL && region->count == 0) {
        return NULL;
    }
    if (fresh != NULL) {
        region->newest = region->count;
        region->segments[region->count++] = fresh;
    } else {
        region->newest = (region->newest + 1) % region->count;
    }
    return region->segments[region->newest];
}

bool cti_region_advance(cti_recorder *recorder, cti_region *region, bool for_callsites) {
    const bool keeps = for_callsites || recorder->options.mode == CTRACE_RECORDER_GROW;
    unsigned char *segment = keeps ? cti_record_file_take(&recorder->file, for_callsites)
                                   : next_in_ring(recorder, region);
    if (segment == NULL) {
        return false;
    }
    cti_record_file_begin_segment(&recorder->file, segment, region->owner, region->lanes);
    return true;
}

/* ---- Lists ---- */

static void link_in(cti_track *track, cti_track **list) {
    track->next = *list;
    track->link = list;
    if (*list != NULL) {
        (*list)->link = &track->next;
    }
    *list = track;
}

static void unlink_from(cti_track *track) {
    *track->link = track->next;
    if (track->next != NULL) {
        track->next->link = track->link;
    }
}

/* ---- The end ---- */

static void thread_ended(cti_local *local) {
    cti_track *track = (cti_track *)(void *)local;
    const bool taken = cti_roster_take();
    cti_recorder *recorder = (cti_recorder *)(uintptr_t)local->owner;
    if (recorder != NULL) {
        unlink_from(track);
        link_in(track, &recorder->ended);
    }
    if (taken) {
        cti_roster_give();
    }
    if (recorder == NULL) {
        cti_free(track);
    }
}

static void free_all(cti_track **list) {
    while (*list != NULL) {
        cti_track *track = *list;
        *list = track->next;
        cti_free(track);
    }
}

void cti_tracks_release(cti_recorder *recorder) {
    const bool taken = cti_roster_take();
    for (cti_track *track = recorder->tracks; track != NULL;) {
        cti_track *next = track->next; /* the thread may free it from the next store on */
        cti_store_release(&track->local.owner, (const void *)NULL);
        track = next;
    }
    recorder->tracks = NULL;
    cti_track *ended = recorder->ended;
    recorder->ended = NULL;
    if (taken) {
        cti_roster_give();
    }
    free_all(&ended);
}

void cti_tracks_free(cti_recorder *recorder) {
    free_all(&recorder->tracks);
    free_all(&recorder->ended);
}

/* Frees the tracks whose recorder is gone. */
static void free_orphans(cti_thread *self) {
    for (cti_local **link = &self->locals; *link != NULL;) {
        cti_local *local = *link;
        if (local->thread_ended == thread_ended && cti_load_acquire(&local->owner) == NULL &&
            cti_roster_take()) { /* whoever orphaned it has let go */
            cti_roster_give();
            *link = local->next;
            cti_free(local);
        } else {
            link = &local->next;
        }
    }
}

/* ---- The beginning ---- */

/* A number for the region, from 1 on. With the roster's lock held, so that no region begins before
 * it is settled what the file's times are. */
static uint64_t next_owner(cti_recorder *recorder, bool here_and_now) {
    if (recorder->owners == 0 && here_and_now && cti_ticks_count) {
        cti_record_file_use_ticks(&recorder->file);
    }
    recorder->owners += 1;
    return recorder->owners;
}

/* NULL without memory or a segment, and in a handler that interrupted just that. */
static cti_track *new_track(cti_recorder *recorder, bool here_and_now) {
    cti_track *track = cti_alloc_pages(sizeof *track);
    if (track == NULL) {
        return NULL;
    }
    memset(track, 0, sizeof *track);
    const bool taken = cti_roster_take();
    if (taken) {
        track->region.owner = next_owner(recorder, here_and_now);
        cti_roster_give();
    }
    if (!taken || !cti_region_advance(recorder, &track->region, false)) {
        cti_free(track);
        return NULL;
    }
    return track;
}

static bool has_room(const cti_recorder *recorder, const cti_track *track) {
    const cti_lane *lane = &track->region.lanes[CTI_FILE_OWN];
    return (size_t)(lane->limit - lane->at) > recorder->file.segment_size / 8;
}

/* What a dead thread left, to be continued where it ends: of the one that ended last as long as
 * there is room in its segment, else of the one that ended first. So a ring forgets what is oldest,
 * segment by segment. */
static cti_track *take_over(cti_recorder *recorder) {
    cti_track *track = recorder->ended;
    if (track == NULL) {
        return NULL;
    }
    if (!has_room(recorder, track)) {
        while (track->next != NULL) {
            track = track->next;
        }
    }
    unlink_from(track);
    track->introduced = false;
    return track;
}

/* Makes `track` this thread's, or one of a dead thread. NULL where there is neither. */
static cti_track *settle(cti_recorder *recorder, cti_thread *self, cti_track *track) {
    if (!cti_roster_take()) {
        cti_free(track);
        return NULL;
    }
    if (track == NULL) {
        track = take_over(recorder);
    }
    if (track != NULL) {
        link_in(track, &recorder->tracks);
        track->identities.state = cti_random_next(&self->random);
        track->local.owner = recorder;
        track->local.thread_ended = thread_ended;
        track->local.next = self->locals;
        cti_compiler_barrier(); /* a handler finds the list whole */
        cti_store_relaxed(&self->locals, &track->local);
    }
    cti_roster_give();
    return track;
}

static bool is_current(const cti_recorder *recorder) {
    return cti_load_acquire(&recorder->generation) == cti_fork_generation();
}

cti_track *cti_track_find_slowly(cti_recorder *recorder, cti_thread *self, bool here_and_now) {
    for (cti_local *local = self->locals; local != NULL; local = local->next) {
        if (cti_load_relaxed(&local->owner) == recorder) {
            return (cti_track *)(void *)local;
        }
    }
    if (self->interrupted) {
        return NULL;
    }
    free_orphans(self);
    if (!is_current(recorder)) {
        cti_lock_take(&recorder->lock);
        if (!is_current(recorder)) {
            cti_recorder_renew(recorder);
        }
        cti_lock_give(&recorder->lock);
    }
    return recorder->recording ? settle(recorder, self, new_track(recorder, here_and_now)) : NULL;
}
