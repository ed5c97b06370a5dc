#include "record/file_view.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/held.h"
#include "base/memory.h"

enum {
    PAGE = 4096,
    LOOKS = 3,                                              /* at a header that may be changing */
    KNOWN = 2 * CTI_FILE_CLOCK_COPY_AT - CTI_FILE_CLOCK_AT, /* bytes of the file's header */
    SEGMENT_BEGIN = CTI_FILE_SEGMENT_HEADER + CTI_FILE_TIMES_SIZE
};

void cti_view_damage(cti_view *view, uint64_t offset, const char *reason) {
    view->damaged = true;
    if (view->on_damage != NULL) {
        view->on_damage(view->argument, offset, reason);
    }
}

/* While the file is being written, what is seen may be about to change. */
static void say_structure(cti_view *view, uint64_t offset, const char *reason) {
    if (!view->structure_said && !view->live) {
        cti_view_damage(view, offset, reason);
    }
}

/* ---- The file ---- */

/* Why it cannot be viewed: an errno value, or 0. */
static int check_kind(int fd) {
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return errno;
    }
    return S_ISREG(about.st_mode) ? 0 : S_ISDIR(about.st_mode) ? EISDIR : ENOTSUP;
}

int cti_view_open(const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int error = fd < 0 ? 0 : check_kind(fd);
    if (error == 0) {
        return fd;
    }
    close(fd);
    errno = error;
    return -1;
}

/* It may have executed another program, or ended, and another one have got its number; a forked
 * child holds the file, too, but does not write. */
bool cti_view_has_writer(const cti_view *view) {
    return !view->ended && view->process_id > 0 && view->process_id <= INT32_MAX &&
           (kill((pid_t)view->process_id, 0) == 0 || errno == EPERM) && cti_is_held(view->fd);
}

/* ---- The bytes ---- */

bool cti_view_read(const cti_view *view, uint64_t offset, unsigned char *bytes, size_t size,
                   size_t *ret_read) {
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(view->fd, bytes + done, size - done, (off_t)(offset + done));
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

void cti_view_release(cti_view *view) {
    cti_free(view->segments);
    close(view->fd);
}

/* ---- The clocks ---- */

static cti_ticks_sample get_sample(const unsigned char *at) {
    return (cti_ticks_sample){cti_word_get64(at), cti_word_get64(at + 8)};
}

void cti_view_note(cti_view *view, cti_ticks_sample sample) {
    if (view->first.ticks == 0 || sample.ticks < view->first.ticks) {
        view->first = sample;
    }
    if (sample.ticks > view->last.ticks) {
        view->last = sample;
    }
    view->line = cti_ticks_line_through(view->first, view->last);
}

/* There is a sum when there are samples, and they are not just being written. False when something
 * is wrong. */
static bool read_one_clock(cti_view *view, const unsigned char *header, size_t at) {
    const unsigned char *samples = header + at + (CTI_FILE_SAMPLES_AT - CTI_FILE_CLOCK_AT);
    const uint32_t clock = cti_word_get32(header + at);
    const uint32_t sum = cti_word_get32(header + at + (CTI_FILE_CLOCK_SUM_AT - CTI_FILE_CLOCK_AT));
    if (clock == 1 && sum == cti_file_header_sum(samples, 2 * (size_t)CTI_FILE_SAMPLE)) {
        view->in_ticks = true;
        cti_view_note(view, get_sample(samples));
        cti_view_note(view, get_sample(samples + CTI_FILE_SAMPLE));
        return true;
    }
    return clock <= 1 && sum == 0;
}

static void read_clock(cti_view *view, const unsigned char *header, bool known) {
    view->in_ticks = false;
    for (size_t at = CTI_FILE_CLOCK_AT; at < KNOWN; at += KNOWN - CTI_FILE_CLOCK_COPY_AT) {
        if (!read_one_clock(view, header, at) && known) {
            say_structure(view, at, "the file's header is damaged");
        }
    }
}

/* ---- The file's header ---- */

static bool is_segment_size(uint64_t size) {
    return size >= PAGE && size <= SIZE_MAX / 4 && size <= UINT32_MAX && size % PAGE == 0;
}

/* What is wrong with the header, of which there are `size` bytes; or NULL. */
static const char *read_header(cti_view *view, const unsigned char *header, size_t size) {
    if (memcmp(header, CTI_FILE_MAGIC, size < 8 ? size : 8) != 0) {
        return "this is no recording";
    }
    if (view->size < CTI_FILE_HEADER) {
        return "the file is shorter than its header";
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

static void check_size(cti_view *view, const unsigned char *header) {
    const uint64_t reserved = cti_word_get32(header + CTI_FILE_RESERVED_AT);
    const uint64_t room = (view->size - CTI_FILE_HEADER) / view->segment_size;
    if (reserved > room) {
        say_structure(view, view->size, "the file ends too early");
    }
}

/* ---- The segments' headers ---- */

static bool is_marked(const unsigned char *header) {
    return cti_word_get32(header) == CTI_FILE_MARK &&
           cti_word_get32(header + 4) == cti_file_header_sum(header + 8, CTI_FILE_MARKED - 8);
}

/* The header in `bytes` that is whole, or NULL. */
static const unsigned char *find_header(const unsigned char *bytes) {
    return is_marked(bytes)                      ? bytes
           : is_marked(bytes + CTI_FILE_COPY_AT) ? bytes + CTI_FILE_COPY_AT
                                                 : NULL;
}

/* Reads the beginning of a segment, and looks more often where that does not fit together: it may
 * be changing. What is not there is zero. */
static bool read_begin(const cti_view *view, uint64_t offset, unsigned char *bytes) {
    size_t size;
    for (int looks = 0; looks < LOOKS; looks++) {
        memset(bytes, 0, SEGMENT_BEGIN);
        if (!cti_view_read(view, offset, bytes, SEGMENT_BEGIN, &size)) {
            return false;
        }
        if (cti_word_get32(bytes) == 0 || is_marked(bytes)) {
            break;
        }
    }
    return true;
}

/* Finds out how large segments are where the file's header does not say it. */
static bool find_segment_size(cti_view *view) {
    for (uint64_t at = CTI_FILE_HEADER; at < view->size; at += PAGE) {
        unsigned char bytes[SEGMENT_BEGIN];
        if (!read_begin(view, at, bytes)) {
            return false;
        }
        const unsigned char *header = find_header(bytes);
        if (header != NULL && is_segment_size(cti_word_get64(header + 8))) {
            view->segment_size = (size_t)cti_word_get64(header + 8);
            break;
        }
    }
    return true;
}

static void fill(cti_segment *segment, uint64_t offset, const unsigned char *bytes,
                 const unsigned char *header) {
    segment->serial = cti_word_get64(header + 16);
    segment->owner = cti_word_get64(header + 24);
    segment->side = (size_t)cti_word_get64(header + 32);
    segment->offset = offset;
    segment->extents[CTI_FILE_OWN] = cti_word_get64(bytes + CTI_FILE_EXTENTS_AT);
    segment->extents[CTI_FILE_SIDE] = cti_word_get64(bytes + CTI_FILE_EXTENTS_AT + 8);
}

static bool is_time(const cti_segment *segment, const unsigned char *record) {
    const uint64_t header = cti_word_get64(record);
    const uint64_t sum = cti_file_record_sum(header, record, CTI_FILE_TIME_SIZE, segment->serial);
    return (header ^ sum) >> CTI_RECORD_SUM_SHIFT == 0;
}

/* A segment begins with a TIME, twice. */
static void note_begin(cti_view *view, const cti_segment *segment, const unsigned char *bytes) {
    const uint32_t extent = (uint32_t)segment->extents[CTI_FILE_OWN];
    if (!view->in_ticks || segment->owner == CTI_FILE_CALLSITES) {
        return;
    }
    for (size_t at = 0; at < CTI_FILE_TIMES_SIZE && at < extent; at += CTI_FILE_TIME_SIZE) {
        const unsigned char *record = bytes + CTI_FILE_SEGMENT_HEADER + at;
        if (is_time(segment, record)) {
            cti_view_note(view, get_sample(record + CTI_RECORD_TIME_SIZE));
        }
    }
}

/* Takes note of a segment. What was never used, or is just being begun, has no mark. */
static void add_segment(cti_view *view, uint64_t offset, const unsigned char *bytes) {
    const unsigned char *header = find_header(bytes);
    if (cti_word_get32(bytes) == 0) {
        return;
    }
    if (!is_marked(bytes) || !is_marked(bytes + CTI_FILE_COPY_AT)) {
        say_structure(view, offset, "the segment's header is damaged");
    }
    if (header == NULL) {
        return;
    }
    const uint64_t side = cti_word_get64(header + 32);
    if (cti_word_get64(header + 8) != view->segment_size || side < CTI_FILE_SEGMENT_HEADER ||
        side > view->segment_size || side % CTI_RECORD_ALIGN != 0) {
        say_structure(view, offset, "the segment's header cannot be");
        return;
    }
    cti_segment *segment = &view->segments[view->count++];
    fill(segment, offset, bytes, header);
    note_begin(view, segment, bytes);
}

static int compare(const void *one, const void *other) {
    const cti_segment *a = one;
    const cti_segment *b = other;
    return a->owner != b->owner ? (a->owner < b->owner ? -1 : 1)
                                : (a->serial > b->serial) - (a->serial < b->serial);
}

static bool make_room(cti_view *view) {
    const uint64_t most = (view->size - CTI_FILE_HEADER) / view->segment_size + 1;
    cti_segment *segments = most > SIZE_MAX / sizeof *segments
                                ? NULL
                                : cti_resize(view->segments, (size_t)most * sizeof *segments);
    if (segments == NULL) {
        errno = ENOMEM;
        return false;
    }
    view->segments = segments;
    return true;
}

static bool find_segments(cti_view *view) {
    view->count = 0;
    if (view->segment_size == 0 || view->size <= CTI_FILE_HEADER) {
        return true;
    }
    if (!make_room(view)) {
        return false;
    }
    for (uint64_t at = CTI_FILE_HEADER; at < view->size; at += view->segment_size) {
        unsigned char bytes[SEGMENT_BEGIN];
        if (!read_begin(view, at, bytes)) {
            return false;
        }
        add_segment(view, at, bytes);
    }
    qsort(view->segments, view->count, sizeof *view->segments, compare);
    return true;
}

bool cti_view_refresh(const cti_view *view, cti_segment *segment) {
    unsigned char bytes[SEGMENT_BEGIN];
    if (!read_begin(view, segment->offset, bytes)) {
        return false;
    }
    const unsigned char *header = find_header(bytes);
    if (cti_word_get32(bytes) == 0 || header == NULL ||
        cti_word_get64(header + 16) != segment->serial) {
        return false;
    }
    fill(segment, segment->offset, bytes, header);
    return true;
}

cti_segment *cti_view_find(const cti_view *view, uint64_t owner, uint64_t serial) {
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

/* ---- All of it ---- */

static bool look_at_size(cti_view *view) {
    struct stat about;
    if (fstat(view->fd, &about) != 0) {
        return false;
    }
    view->size = about.st_size < 0 ? 0 : (uint64_t)about.st_size;
    return true;
}

bool cti_view_load(cti_view *view) {
    unsigned char header[KNOWN] = {0};
    size_t known;
    if (!look_at_size(view) || !cti_view_read(view, 0, header, sizeof header, &known)) {
        return false;
    }
    const char *problem = read_header(view, header, known);
    if (problem != NULL) {
        say_structure(view, 0, problem);
    }
    read_clock(view, header, problem == NULL);
    if (problem == NULL) {
        check_size(view, header);
    }
    const bool found = (problem == NULL || find_segment_size(view)) && find_segments(view);
    view->structure_said = view->structure_said || !view->live;
    return found;
}
