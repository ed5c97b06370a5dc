#include "record/file_read.h"

#include <errno.h>

#include "base/memory.h"

/* ---- One record ---- */

/* Whether a record is there, whole, of this use of the segment; and how long it is. */
static bool is_record(const unsigned char *at, size_t left, uint64_t serial, size_t *ret_size) {
    cti_record_head head;
    cti_get rest;
    if (!cti_get_head(at, left, 0, &head, &rest) || head.kind == 0) {
        return false;
    }
    const uint64_t header = cti_word_get64(at);
    *ret_size = head.size;
    return (header ^ cti_file_record_sum(header, at, head.size, serial)) >> CTI_RECORD_SUM_SHIFT ==
           0;
}

/* Where the records end that follow each other from `at` on. */
static size_t pass_records(const unsigned char *bytes, size_t at, size_t end, uint64_t serial) {
    size_t size;
    while (at < end && is_record(bytes + at, end - at, serial, &size)) {
        at += size;
    }
    return at;
}

/* The first record from `at` on behind which there is another or the end: a sum of 16 bits may be
 * right by accident, two are not. `end` when there is none. */
static size_t find_record(const unsigned char *bytes, size_t at, size_t end, uint64_t serial) {
    for (; at < end; at += CTI_RECORD_ALIGN) {
        size_t size, next;
        if (is_record(bytes + at, end - at, serial, &size) &&
            (at + size == end || is_record(bytes + at + size, end - at - size, serial, &next))) {
            return at;
        }
    }
    return end;
}

/* ---- Loading ---- */

static uint64_t lane_begin(const cti_segment *segment, unsigned lane) {
    return lane == CTI_FILE_OWN ? CTI_FILE_SEGMENT_HEADER : segment->side;
}

static size_t lane_size(const cti_view *view, const cti_segment *segment, unsigned lane) {
    return lane == CTI_FILE_OWN ? segment->side - CTI_FILE_SEGMENT_HEADER
                                : view->segment_size - segment->side;
}

/* How many bytes of the lane count. False when the two numbers do not agree. */
static bool get_extent(const cti_view *view, const cti_segment *segment, unsigned lane,
                       size_t *ret_extent) {
    const uint32_t extent = (uint32_t)segment->extents[lane];
    const size_t most = lane_size(view, segment, lane);
    const bool agree = (uint32_t)(segment->extents[lane] >> 32) == ~extent && extent <= most &&
                       extent % CTI_RECORD_ALIGN == 0;
    *ret_extent = agree ? extent : most;
    return agree;
}

static bool make_room(cti_cursor *cursor, size_t size) {
    if (size <= cursor->room) {
        return true;
    }
    unsigned char *larger = cti_resize(cursor->bytes, size);
    if (larger == NULL) {
        errno = ENOMEM;
        return false;
    }
    cursor->bytes = larger;
    cursor->room = size;
    return true;
}

/* Without knowing where the records end, they are those that follow each other. One of the two
 * numbers may be right: on a machine with words of 32 bits, of a process that was killed. */
static void find_extent(cti_view *view, cti_cursor *cursor, const cti_segment *segment) {
    const uint64_t said = segment->extents[cursor->lane];
    cursor->size = pass_records(cursor->bytes, cursor->offset, cursor->size, segment->serial);
    if (cursor->size != (uint32_t)said && cursor->size != (uint32_t) ~(said >> 32)) {
        cti_view_damage(view, segment->offset + CTI_FILE_EXTENTS_AT + 8 * cursor->lane,
                        "the segment's header is damaged");
    }
}

/* Reads up to there, and looks whether the segment was the same all the while. */
static bool load_up_to(cti_view *view, cti_cursor *cursor, const cti_segment *segment,
                       size_t extent) {
    const uint64_t begin = segment->offset + lane_begin(segment, cursor->lane);
    cti_segment after = *segment;
    size_t read;
    if (!make_room(cursor, extent) ||
        !cti_view_read(view, begin + cursor->size, cursor->bytes + cursor->size,
                       extent - cursor->size, &read)) {
        view->error = errno;
        return false;
    }
    if (!cti_view_refresh(view, &after)) {
        return false;
    }
    cursor->size += read & ~(size_t)(CTI_RECORD_ALIGN - 1);
    return true;
}

/* Reads what the lane has got more. False when the segment is another one by now, or that cannot be
 * read. An extent that was read together with its header may be of the use before: it is looked at
 * again (see the model in the tests). */
static bool load_lane(cti_view *view, cti_cursor *cursor, cti_segment *segment) {
    size_t extent;
    get_extent(view, segment, cursor->lane, &extent);
    if (extent <= cursor->size) {
        return true;
    }
    if (!cti_view_refresh(view, segment)) {
        return false;
    }
    const bool known = get_extent(view, segment, cursor->lane, &extent);
    if (extent <= cursor->size || (!known && view->live)) {
        return true;
    }
    if (!load_up_to(view, cursor, segment, extent)) {
        return false;
    }
    if (!known) {
        find_extent(view, cursor, segment);
        segment->extents[cursor->lane] = (uint64_t) ~(uint32_t)cursor->size << 32 | cursor->size;
    }
    return true;
}

void cti_cursor_release(cti_cursor *cursor) {
    cti_free(cursor->bytes);
}

/* ---- Time ---- */

/* A TIME may be missing, where both were damaged. A lane's times do not fall, and none is before
 * the recording's first. */
static void mend_base(const cti_view *view, cti_cursor *cursor, const cti_record_head *head) {
    if (cursor->unsure && cursor->base == 0) {
        cursor->base = cti_record_time_base(view->first.ticks);
        cursor->sample = view->first;
    } else if (cursor->unsure && head->time < cursor->time) {
        cursor->base += (uint64_t)1 << CTI_RECORD_TIME_BITS;
    }
}

static void change_time(cti_view *view, cti_cursor *cursor, const cti_record_head *head,
                        cti_get rest) {
    cti_ticks_sample sample;
    cursor->base = cti_record_time_base(head->time);
    cursor->unsure = false;
    if (cti_get_word(&rest, &sample.ticks) && cti_get_word(&rest, &sample.ns)) {
        cursor->sample = sample;
        if (view->in_ticks && cursor->owner != CTI_FILE_CALLSITES) {
            cti_view_note(view, sample);
        }
    }
}

/* From the last sample it is not far: so an error in the ticks' length means little. */
static uint64_t to_ns(const cti_view *view, const cti_cursor *cursor, uint64_t ticks) {
    if (!view->in_ticks) {
        return ticks;
    }
    const cti_ticks_line line = {cursor->sample, view->line.slope};
    return cti_ticks_to_ns(&line, ticks);
}

/* ---- Records ---- */

/* At the cursor there is no record. Goes on to the next one in the lane, and says what was wrong.
 */
static void pass_damage(cti_view *view, cti_cursor *cursor, const cti_segment *segment) {
    const uint64_t begin = segment->offset + lane_begin(segment, cursor->lane);
    cti_view_damage(view, begin + cursor->offset, "the record is damaged");
    cursor->offset = find_record(cursor->bytes, cursor->offset + CTI_RECORD_ALIGN, cursor->size,
                                 segment->serial);
    cursor->unsure = true;
}

/* A record in this segment. What says the time is taken note of, and passed over. */
static bool peek_here(cti_view *view, cti_cursor *cursor, const cti_segment *segment,
                      cti_record_head *ret_head, cti_get *ret_rest) {
    while (cursor->offset < cursor->size) {
        const unsigned char *at = cursor->bytes + cursor->offset;
        const size_t left = cursor->size - cursor->offset;
        size_t size;
        if (!is_record(at, left, segment->serial, &size)) {
            pass_damage(view, cursor, segment);
            continue;
        }
        cti_get_head(at, left, cursor->base, ret_head, ret_rest);
        if (ret_head->kind != CTI_RECORD_TIME) {
            mend_base(view, cursor, ret_head);
            cti_get_head(at, left, cursor->base, ret_head, ret_rest);
            return true;
        }
        change_time(view, cursor, ret_head, *ret_rest);
        cti_cursor_pass(cursor, ret_head);
    }
    return false;
}

static void begin_segment(cti_cursor *cursor, uint64_t serial) {
    cursor->serial = serial;
    cursor->offset = 0;
    cursor->size = 0;
}

/* Whether the segment has got more since it was looked at. When the next one has begun, it will not
 * get any more after that. */
static bool has_grown(const cti_view *view, const cti_cursor *cursor, cti_segment *segment) {
    cti_segment now = *segment;
    size_t before, extent;
    if (!cti_view_refresh(view, &now) || !get_extent(view, segment, cursor->lane, &before) ||
        !get_extent(view, &now, cursor->lane, &extent) || extent <= before) {
        return false;
    }
    *segment = now;
    return true;
}

bool cti_view_peek(cti_view *view, cti_cursor *cursor, cti_record_head *ret_head, cti_get *ret_rest,
                   uint64_t *ret_offset) {
    cti_segment *segment = cti_view_find(view, cursor->owner, cursor->serial);
    while (segment != NULL) {
        if (segment->serial != cursor->serial) {
            begin_segment(cursor, segment->serial);
        }
        const bool there = load_lane(view, cursor, segment);
        if (there && peek_here(view, cursor, segment, ret_head, ret_rest)) {
            *ret_offset = segment->offset + lane_begin(segment, cursor->lane) + cursor->offset;
            cursor->time = ret_head->time;
            ret_head->time = to_ns(view, cursor, ret_head->time);
            return true;
        }
        cti_segment *next = segment->serial == UINT64_MAX
                                ? NULL
                                : cti_view_find(view, cursor->owner, segment->serial + 1);
        segment = next != NULL && there && has_grown(view, cursor, segment) ? segment : next;
    }
    return false;
}
