#include "record/file_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { PAGE = 4096 };

void cti_view_damage(cti_view *view, uint64_t offset, const char *reason) {
    view->damaged = true;
    if (view->on_damage != NULL) {
        view->on_damage(view->argument, offset, reason);
    }
}

/* ---- The bytes ---- */

static bool read_bytes(int fd, unsigned char *bytes, size_t size, size_t *ret_read) {
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    *ret_read = done;
    return true;
}

static bool load_bytes(cti_view *view) {
    struct stat about;
    if (fstat(view->fd, &about) != 0 || about.st_size < 0 ||
        (uint64_t)about.st_size > SIZE_MAX / 2) {
        return false;
    }
    const size_t size = (size_t)about.st_size;
    unsigned char *bytes = cti_resize(view->bytes, size + 1);
    if (bytes == NULL) {
        errno = ENOMEM;
        return false;
    }
    view->bytes = bytes;
    return read_bytes(view->fd, bytes, size, &view->size);
}

void cti_view_release(cti_view *view) {
    cti_free(view->bytes);
    cti_free(view->segments);
    close(view->fd);
}

/* ---- The structure ---- */

static void say_structure(cti_view *view, uint64_t offset, const char *reason) {
    if (!view->structure_said) {
        cti_view_damage(view, offset, reason);
    }
}

static bool is_segment(const cti_view *view, size_t offset) {
    const unsigned char *segment = view->bytes + offset;
    return view->size - offset >= CTI_FILE_SEGMENT_HEADER &&
           cti_word_get32(segment) == CTI_FILE_MARK &&
           cti_word_get32(segment + 4) == cti_file_header_sum(segment + 8, 32);
}

static bool is_segment_size(uint64_t size) {
    return size >= PAGE && size <= SIZE_MAX / 4 && size % PAGE == 0;
}

/* The header is damaged: any segment says how large segments are. */
static void find_segment_size(cti_view *view) {
    for (size_t at = CTI_FILE_HEADER; at < view->size; at += PAGE) {
        if (is_segment(view, at) && is_segment_size(cti_word_get64(view->bytes + at + 8))) {
            view->segment_size = (size_t)cti_word_get64(view->bytes + at + 8);
            return;
        }
    }
}

/* What is wrong with the header, or NULL. */
static const char *read_header(cti_view *view) {
    const unsigned char *header = view->bytes;
    if (view->size < CTI_FILE_HEADER) {
        return "the file is shorter than its header";
    }
    if (memcmp(header, CTI_FILE_MAGIC, 8) != 0) {
        return "this is no recording";
    }
    if (cti_word_get32(header + 8) != CTI_FILE_VERSION) {
        return "the recording is of another version";
    }
    if (cti_word_get32(header + 12) != cti_file_header_sum(header + 16, 32) ||
        !is_segment_size(cti_word_get64(header + 16)) || cti_word_get64(header + 40) != 0) {
        return "the file's header is damaged";
    }
    const uint32_t ended = cti_word_get32(header + CTI_FILE_ENDED_AT);
    view->segment_size = (size_t)cti_word_get64(header + 16);
    view->process_id = cti_word_get64(header + 32);
    view->ended = ended == 1;
    return ended > 1 ? "the file's header is damaged" : NULL;
}

static void check_size(cti_view *view) {
    const uint64_t reserved = cti_word_get32(view->bytes + CTI_FILE_RESERVED_AT);
    const uint64_t room = (view->size - CTI_FILE_HEADER) / view->segment_size;
    if (reserved > room) {
        say_structure(view, view->size, "the file ends too early");
    }
}

/* Takes note of a segment. What was never used has no mark. */
static void add_segment(cti_view *view, size_t offset) {
    const unsigned char *segment = view->bytes + offset;
    if (cti_word_get32(segment) == 0) {
        return;
    }
    if (!is_segment(view, offset)) {
        say_structure(view, offset, "the segment's header is damaged");
        return;
    }
    const uint64_t side = cti_word_get64(segment + 32);
    if (cti_word_get64(segment + 8) != view->segment_size || side < CTI_FILE_SEGMENT_HEADER ||
        side > view->segment_size || side % CTI_RECORD_ALIGN != 0) {
        say_structure(view, offset, "the segment's header cannot be");
        return;
    }
    view->segments[view->count++] = (cti_segment){
        cti_word_get64(segment + 24), cti_word_get64(segment + 16), offset, (size_t)side};
}

static int compare(const void *one, const void *other) {
    const cti_segment *a = one;
    const cti_segment *b = other;
    return a->owner != b->owner ? (a->owner < b->owner ? -1 : 1)
                                : (a->serial > b->serial) - (a->serial < b->serial);
}

/* Segments that were begun anew while they were read are left for the next time. */
static void drop_changed(cti_view *view) {
    size_t kept = 0;
    for (size_t i = 0; i < view->count; i++) {
        const cti_segment segment = view->segments[i];
        unsigned char now[CTI_FILE_SEGMENT_HEADER];
        const ssize_t got = pread(view->fd, now, sizeof now, (off_t)segment.offset);
        if (got == (ssize_t)sizeof now &&
            memcmp(now, view->bytes + segment.offset, sizeof now) == 0) {
            view->segments[kept++] = segment;
        }
    }
    view->count = kept;
}

static bool find_segments(cti_view *view) {
    const size_t behind = view->size < CTI_FILE_HEADER ? 0 : view->size - CTI_FILE_HEADER;
    view->count = 0;
    if (view->segment_size == 0) {
        return true;
    }
    const size_t most = behind / view->segment_size + 1;
    cti_segment *segments = cti_resize(view->segments, most * sizeof *segments);
    if (segments == NULL) {
        errno = ENOMEM;
        return false;
    }
    view->segments = segments;
    for (size_t at = CTI_FILE_HEADER; at < view->size && view->size - at >= CTI_FILE_SEGMENT_HEADER;
         at += view->segment_size) {
        add_segment(view, at);
    }
    qsort(view->segments, view->count, sizeof *view->segments, compare);
    drop_changed(view);
    return true;
}

bool cti_view_load(cti_view *view) {
    if (!load_bytes(view)) {
        return false;
    }
    const char *problem = read_header(view);
    if (problem != NULL) {
        say_structure(view, 0, problem);
        find_segment_size(view);
    } else {
        check_size(view);
    }
    const bool found = find_segments(view);
    view->structure_said = true;
    return found;
}

/* ---- Records ---- */

/* The segment where the cursor is, or the next one of its owner; NULL when there is none. */
static const cti_segment *find_segment(const cti_view *view, uint64_t owner, uint64_t serial) {
    size_t low = 0;
    size_t high = view->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const cti_segment *segment = &view->segments[middle];
        if (segment->owner < owner || (segment->owner == owner && segment->serial < serial)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < view->count && view->segments[low].owner == owner ? &view->segments[low] : NULL;
}

static size_t lane_begin(const cti_segment *segment, unsigned lane) {
    return lane == CTI_FILE_OWN ? CTI_FILE_SEGMENT_HEADER : segment->side;
}

/* Where the lane ends in the segment, as far as the file has it. */
static size_t lane_end(const cti_view *view, const cti_segment *segment, unsigned lane) {
    const size_t end = lane == CTI_FILE_OWN ? segment->side : view->segment_size;
    const size_t left = view->size - segment->offset;
    return end < left ? end : left & ~(size_t)(CTI_RECORD_ALIGN - 1);
}

/* Whether a record is there, whole, of this use of the segment. */
static bool is_record(const unsigned char *at, size_t left, uint64_t serial) {
    cti_record_head head;
    cti_get rest;
    if (!cti_get_head(at, left, 0, &head, &rest) || head.kind == 0) {
        return false;
    }
    const uint64_t header = cti_word_get64(at);
    return (header ^ cti_file_record_sum(header, at, head.size, serial)) >> CTI_RECORD_SUM_SHIFT ==
           0;
}

enum { IN_A_ROW = 3 };

/* Whether so many records begin at `at`, one behind another. */
static bool are_records(const unsigned char *segment, size_t at, size_t end, uint64_t serial,
                        unsigned count) {
    cti_record_head head;
    cti_get rest;
    for (; count != 0; count--) {
        if (at >= end || !is_record(segment + at, end - at, serial)) {
            return false;
        }
        cti_get_head(segment + at, end - at, 0, &head, &rest);
        at += head.size;
    }
    return true;
}

/* The first record behind `at`; `end` when there is none. Behind the end of a lane lies what was
 * left of an earlier use, so much of it that some of it has the right sum by chance: there, and far
 * from `at`, one record alone is none. */
static size_t find_record(const unsigned char *segment, size_t at, size_t end, uint64_t serial) {
    const size_t near =
        cti_word_get32(segment + at) == 0 ? at : at + CTI_RECORD_SHORT + CTI_RECORD_ALIGN;
    do {
        at += CTI_RECORD_ALIGN;
    } while (at < end && !are_records(segment, at, end, serial, at <= near ? 1 : IN_A_ROW));
    return at < end ? at : end;
}

/* At the cursor there is no record. Goes on to the next one in the lane, and says what was wrong;
 * false when that was the lane's end. */
static bool pass_damage(cti_view *view, cti_cursor *cursor, const cti_segment *segment,
                        size_t end) {
    const unsigned char *bytes = view->bytes + segment->offset;
    const bool zero = cti_word_get32(bytes + cursor->offset) == 0;
    const size_t next = find_record(bytes, cursor->offset, end, segment->serial);
    if (view->live || (zero && next == end)) {
        return false;
    }
    cti_view_damage(view, segment->offset + cursor->offset,
                    zero ? "a record is missing" : "the record is damaged");
    cursor->offset = next;
    return true;
}

/* A record in this segment. What says the time is taken note of, and passed over. */
static bool peek_here(cti_view *view, cti_cursor *cursor, const cti_segment *segment,
                      cti_record_head *ret_head, cti_get *ret_rest) {
    const size_t end = lane_end(view, segment, cursor->lane);
    while (cursor->offset < end && end - cursor->offset >= CTI_RECORD_ALIGN) {
        const unsigned char *at = view->bytes + segment->offset + cursor->offset;
        if (!is_record(at, end - cursor->offset, segment->serial)) {
            if (!pass_damage(view, cursor, segment, end)) {
                return false;
            }
            continue;
        }
        cti_get_head(at, end - cursor->offset, cursor->base, ret_head, ret_rest);
        if (ret_head->kind != CTI_RECORD_TIME) {
            return true;
        }
        cursor->base = cti_record_time_base(ret_head->time);
        cti_cursor_pass(cursor, ret_head);
    }
    return false;
}

bool cti_view_peek(cti_view *view, cti_cursor *cursor, cti_record_head *ret_head, cti_get *ret_rest,
                   uint64_t *ret_offset) {
    const cti_segment *segment = find_segment(view, cursor->owner, cursor->serial);
    while (segment != NULL) {
        if (segment->serial != cursor->serial) {
            cursor->serial = segment->serial;
            cursor->offset = lane_begin(segment, cursor->lane);
        }
        if (peek_here(view, cursor, segment, ret_head, ret_rest)) {
            *ret_offset = segment->offset + cursor->offset;
            return true;
        }
        segment = segment->serial == UINT64_MAX
                      ? NULL
                      : find_segment(view, cursor->owner, segment->serial + 1);
    }
    return false;
}
