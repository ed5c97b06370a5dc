/* Callsites are described in the file when the library learns of them. */
#include <string.h>

#include "base/memory.h"
#include "compose/deferred_pen.h"
#include "core/stats.h"
#include "core/status.h"
#include "sinks/recorder.h"

static size_t put_text(unsigned char *at, const char *text) {
    const size_t size = strlen(text) + 1;
    if (at != NULL) {
        memcpy(at, text, size);
    }
    return size;
}

/* The texts of the description; `at` may be NULL, to find out how long they are. */
static size_t put_texts(unsigned char *at, const ctrace_callsite *site) {
    const char *const texts[] = {site->name, site->target, site->file, site->function};
    size_t size = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size += put_text(at == NULL ? NULL : at + size, texts[i]);
    }
    for (uint32_t i = 0; i < site->field_count; i++) {
        size += put_text(at == NULL ? NULL : at + size, site->field_names[i]);
    }
    return size;
}

static void put_numbers(cti_put *put, const cti_site *site) {
    const ctrace_callsite *description = &site->description;
    const uint32_t level_kind_fields = (uint32_t)description->level |
                                       (uint32_t)description->kind << 8 |
                                       description->field_count << 16;
    cti_put_word(put, (uint64_t)level_kind_fields << 32 | description->line);
    cti_put_word(put, (uint64_t)strlen(description->name) << 32 | description->flags);
}

static bool has_room(cti_recorder *recorder, size_t size) {
    cti_put put;
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        if (!cti_lane_begin(&recorder->callsites.lanes[i], &put, size, 0, 0)) {
            return false;
        }
    }
    return true;
}

/* Twice: see record/file.h. They are before all times. */
static bool put_callsite(cti_recorder *recorder, const cti_site *site) {
    cti_region *region = &recorder->callsites;
    const size_t size = CTI_RECORD_HEADER + 2 * 8 + put_texts(NULL, &site->description);
    if (size > recorder->file.segment_size / 4 ||
        (!has_room(recorder, size) &&
         (!cti_region_advance(recorder, region, true) || !has_room(recorder, size)))) {
        return false;
    }
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        cti_put put;
        if (cti_lane_begin(&region->lanes[i], &put, size, site->id, 0)) {
            put_numbers(&put, site);
            put.at += put_texts(put.at, &site->description);
            cti_lane_commit(&region->lanes[i], &put, CTI_RECORD_CALLSITE, 0);
        }
    }
    return true;
}

static bool make_room(cti_recorder *recorder, uint32_t id) {
    if (id < recorder->described_size) {
        return true;
    }
    const uint32_t size = (id + 64) * 2;
    uint8_t *described = cti_resize(recorder->described, size);
    if (described == NULL) {
        return false;
    }
    memset(described + recorder->described_size, 0, size - recorder->described_size);
    recorder->described = described;
    recorder->described_size = size;
    return true;
}

/* ---- Those that find no room ---- */

/* Where it is among so many of them; `count` when it is none of them. */
static uint32_t find_missed(const cti_recorder *recorder, uint32_t count, const cti_site *site) {
    uint32_t i = 0;
    while (i < count && cti_load_relaxed(&recorder->missed[i]) != site->id) {
        i += 1;
    }
    return i;
}

bool cti_recorder_misses_this(const cti_recorder *recorder, const cti_site *site) {
    const uint32_t count = cti_load_acquire(&recorder->missed_count);
    return find_missed(recorder, count, site) < count;
}

/* Not where there are too many of them. */
static void miss(cti_recorder *recorder, const cti_site *site) {
    const uint32_t count = recorder->missed_count;
    if (find_missed(recorder, count, site) == count && count < CTI_MISSED_MOST) {
        cti_store_relaxed(&recorder->missed[count], site->id);
        cti_store_release(&recorder->missed_count, count + 1);
    }
}

static void no_longer_miss(cti_recorder *recorder, const cti_site *site) {
    const uint32_t count = recorder->missed_count;
    const uint32_t i = find_missed(recorder, count, site);
    if (i < count) {
        const uint32_t last = count - 1;
        cti_store_relaxed(&recorder->missed[i], recorder->missed[last]);
        cti_store_release(&recorder->missed_count, last);
    }
}

/* ---- Describing ---- */

bool cti_recorder_describe(cti_recorder *recorder, const cti_site *site) {
    if (make_room(recorder, site->id) && recorder->described[site->id] == 0 &&
        put_callsite(recorder, site)) {
        recorder->described[site->id] = 1;
        no_longer_miss(recorder, site);
    }
    const bool is = site->id < recorder->described_size && recorder->described[site->id] != 0;
    if (!is) {
        miss(recorder, site);
    }
    return is;
}

ctrace_interest cti_recorder_on_callsite(ctrace_subscriber *subscriber,
                                         const ctrace_callsite *description) {
    static bool complained;
    cti_recorder *recorder = cti_recorder_of(subscriber);
    cti_site *site = cti_site_of(description);
    if ((description->flags & CTRACE_I_SITE_FORMAT) != 0 && !cti_defer_format(site)) {
        return CTRACE_INTEREST_NEVER;
    }
    cti_lock_take(&recorder->lock);
    const bool own = recorder->recording && recorder->generation == cti_fork_generation();
    const uint32_t missed = recorder->missed_count;
    const bool described = !own || cti_recorder_describe(recorder, site);
    const bool counted = described || cti_recorder_misses(recorder, site);
    const bool changed = recorder->missed_count != missed;
    cti_lock_give(&recorder->lock);
    if (changed) {
        cti_routes_changed(); /* the short ways do not look */
    }
    if (!described) {
        cti_count(CTI_RECORDS_DROPPED, 1);
        cti_complain_once(&complained, "%s: no room for callsites: %s:%u is not recorded",
                          recorder->path, description->file, (unsigned)description->line);
    }
    return counted ? CTRACE_INTEREST_ALWAYS : CTRACE_INTEREST_NEVER;
}
