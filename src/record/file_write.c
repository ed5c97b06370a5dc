#include "record/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/held.h"
#include "base/quiet.h"
#include "core/status.h"

enum { SIDE_PART = 16 }; /* the side lane gets one part in so many */

/* ---- Creating ---- */

/* Space that is there: a write into the mapping cannot fail. An errno value, or 0. */
static int reserve(int fd, size_t offset, size_t size) {
    int error;
    cti_quiet quiet;
    cti_quiet_begin(&quiet, SIGXFSZ); /* beyond RLIMIT_FSIZE */
    do {
        error = posix_fallocate(fd, (off_t)offset, (off_t)size);
    } while (error == EINTR);
    cti_quiet_end(&quiet, error == EFBIG);
    return error;
}

static void write_header(cti_record_file *file) {
    unsigned char *header = file->map;
    cti_word_put32(header + 8, CTI_FILE_VERSION);
    cti_word_put64(header + 16, file->segment_size);
    cti_word_put64(header + 24, file->segments);
    cti_word_put64(header + 32, (uint64_t)getpid());
    cti_word_put32(header + CTI_FILE_RESERVED_AT, file->grows ? 0 : file->segments);
    cti_word_put32(header + 12, cti_file_header_sum(header + 16, 32));
    memcpy(header, CTI_FILE_MAGIC, 8);
}

/* Reserves and maps. An errno value, or 0. */
static int fill(cti_record_file *file) {
    const int error = reserve(file->fd, 0, file->grows ? CTI_FILE_HEADER : file->map_size);
    if (error != 0) {
        return error;
    }
    void *map = mmap(NULL, file->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
    if (map == MAP_FAILED) {
        return errno;
    }
    file->map = map;
    write_header(file);
    return 0;
}

static bool say(const char *path, int error) {
    cti_fail(error == ENOMEM ? CTRACE_ENOMEM : CTRACE_EIO, "%s: %s", path, strerror(error));
    return false;
}

/* What would be replaced there, and is no recording: a device, a pipe, a link to whatever. */
static bool is_special(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

static bool create_as(cti_record_file *file, const char *made, const char *path) {
    if (is_special(path)) {
        cti_fail(CTRACE_EIO, "%s: what is there is not a regular file", path);
        return false;
    }
    unlink(made); /* of a process that had our id, and was killed */
    file->fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file->fd < 0) {
        return say(path, errno);
    }
    cti_hold(file->fd); /* who follows sees until when somebody writes */
    int error = fill(file);
    if (error == 0 && rename(made, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlink(made);
        cti_record_file_drop(file);
        return say(path, error);
    }
    return true;
}

bool cti_record_file_create(cti_record_file *file, const char *path, size_t size,
                            size_t segment_size, bool grows) {
    char made[PATH_MAX];
    memset(file, 0, sizeof *file);
    file->segment_size = segment_size;
    file->segments = (uint32_t)((size - CTI_FILE_HEADER) / segment_size);
    file->kept_back = 1 + file->segments / 16;
    file->begun = cti_ticks_sample_now();
    file->map_size = CTI_FILE_HEADER + file->segments * segment_size;
    file->grows = grows;
    const int length = snprintf(made, sizeof made, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof made) {
        return say(path, ENAMETOOLONG);
    }
    return create_as(file, made, path);
}

/* ---- The clock ---- */

static void write_sample(unsigned char *at, cti_ticks_sample sample) {
    cti_word_put64(at, sample.ticks);
    cti_word_put64(at + 8, sample.ns);
}

/* While the samples change there is no sum. */
static void write_clock(const cti_record_file *file, size_t at, cti_ticks_sample now) {
    unsigned char *clock = file->map + at;
    unsigned char *sum = clock + (CTI_FILE_CLOCK_SUM_AT - CTI_FILE_CLOCK_AT);
    unsigned char *samples = clock + (CTI_FILE_SAMPLES_AT - CTI_FILE_CLOCK_AT);
    cti_file_store32(sum, 0);
    cti_fence();
    cti_file_store32(clock, 1);
    write_sample(samples, file->begun);
    write_sample(samples + CTI_FILE_SAMPLE, now);
    cti_file_store32(sum, cti_file_header_sum(samples, 2 * (size_t)CTI_FILE_SAMPLE));
}

/* How long ticks are, as far as is known by now. */
static void write_clocks(const cti_record_file *file) {
    const cti_ticks_sample now = cti_ticks_sample_now();
    write_clock(file, CTI_FILE_CLOCK_AT, now);
    write_clock(file, CTI_FILE_CLOCK_COPY_AT, now);
}

void cti_record_file_use_ticks(cti_record_file *file) {
    file->in_ticks = true;
    write_clocks(file);
}

/* ---- Ending ---- */

void cti_record_file_drop(cti_record_file *file) {
    if (file->map != NULL) {
        munmap(file->map, file->map_size);
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    file->map = NULL;
    file->fd = -1;
}

void cti_record_file_end(cti_record_file *file) {
    if (file->map != NULL) {
        if (file->in_ticks) {
            write_clocks(file);
        }
        cti_file_store32(file->map + CTI_FILE_ENDED_AT, 1);
    }
    cti_record_file_drop(file);
}

/* ---- Segments ---- */

/* The number of a segment that is now ours, or `segments` when there is none. */
static uint32_t take_number(cti_record_file *file, bool for_callsites) {
    const uint32_t limit = file->segments - (for_callsites ? 0 : file->kept_back);
    uint32_t taken = cti_load_relaxed(&file->taken);
    do {
        if (taken >= limit) {
            return file->segments;
        }
    } while (!cti_compare_exchange(&file->taken, &taken, taken + 1));
    return taken;
}

/* The file has room for so many segments at least. */
static void note_reserved(const cti_record_file *file, uint32_t count) {
    uint32_t *word = (uint32_t *)(void *)(file->map + CTI_FILE_RESERVED_AT);
    uint32_t before = cti_load_relaxed(word);
    uint32_t after;
    cti_word_put32((unsigned char *)&after, count);
    while (cti_word_get32((const unsigned char *)&before) < count &&
           !cti_compare_exchange(word, &before, after)) {
    }
}

unsigned char *cti_record_file_take(cti_record_file *file, bool for_callsites) {
    const uint32_t number = take_number(file, for_callsites);
    if (number == file->segments) {
        return NULL;
    }
    const size_t offset = CTI_FILE_HEADER + (size_t)number * file->segment_size;
    if (file->grows) {
        const int before = errno;
        const int error = reserve(file->fd, offset, file->segment_size);
        errno = before;
        if (error != 0) { /* the disk is full; there may be room later */
            uint32_t expected = number + 1;
            cti_compare_exchange(&file->taken, &expected, number);
            return NULL;
        }
        note_reserved(file, number + 1);
    }
    return file->map + offset;
}

/* Nothing of the header changes while there is a mark: the second one is cleared last and set
 * first, since the first one alone says that the segment is in use. */
static void unmark(unsigned char *segment) {
    cti_file_store32(segment, 0);
    cti_file_store32(segment + CTI_FILE_COPY_AT, 0);
    cti_fence();
}

static void mark(unsigned char *segment) {
    memcpy(segment + CTI_FILE_COPY_AT + 4, segment + 4, CTI_FILE_MARKED - 4);
    cti_file_store32(segment + CTI_FILE_COPY_AT, CTI_FILE_MARK);
    cti_file_store32(segment, CTI_FILE_MARK);
}

static void write_segment_header(const cti_record_file *file, unsigned char *segment,
                                 uint64_t serial, uint64_t owner, size_t side) {
    cti_word_put64(segment + 8, file->segment_size);
    cti_word_put64(segment + 16, serial);
    cti_word_put64(segment + 24, owner);
    cti_word_put64(segment + 32, side);
    cti_word_put32(segment + 4, cti_file_header_sum(segment + 8, CTI_FILE_MARKED - 8));
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT, 0);
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT + 8, 0);
}

static void open_lane(const cti_record_file *file, cti_lane *lane, unsigned char *begin,
                      unsigned char *end) {
    lane->base = UINT64_MAX; /* that of no time */
    lane->in_ticks = file->in_ticks;
    lane->at = begin;
    lane->begin = begin;
    cti_compiler_barrier(); /* a handler that finds a limit finds the rest */
    cti_store_relaxed(&lane->limit, end);
}

bool cti_lane_tell_time(cti_lane *lane, uint64_t time, size_t least) {
    const cti_ticks_sample itself = {time, time};
    return cti_lane_put_time(lane, time, lane->in_ticks ? cti_ticks_sample_now() : itself, least);
}

bool cti_lane_put_time(cti_lane *lane, uint64_t time, cti_ticks_sample sample, size_t least) {
    if ((size_t)(lane->limit - lane->at) < CTI_FILE_TIMES_SIZE + least) {
        return false;
    }
    const uint64_t more = CTI_FILE_SAMPLE / CTI_RECORD_ALIGN;
    lane->base = cti_record_time_base(time);
    for (unsigned i = 0; i < CTI_FILE_SAID; i++) {
        write_sample(lane->at + CTI_RECORD_HEAD, sample);
        cti_lane_publish(lane, CTI_FILE_TIME_SIZE,
                         cti_put_time(lane->base) + (more << CTI_RECORD_SIZE_SHIFT));
    }
    return true;
}

void cti_record_file_begin_segment(cti_record_file *file, unsigned char *segment, uint64_t owner,
                                   cti_lane lanes[CTI_FILE_LANES]) {
    const uint64_t serial = cti_fetch_add(&file->serial, (uint64_t)1) + 1;
    const size_t part = file->segment_size / (owner == CTI_FILE_CALLSITES ? 2 : SIDE_PART);
    const size_t side = (file->segment_size - part) & ~(size_t)(CTI_RECORD_ALIGN - 1);
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        cti_store_relaxed(&lanes[i].limit, (unsigned char *)NULL);
    }
    cti_compiler_barrier();
    for (unsigned i = 0; i < CTI_FILE_LANES; i++) {
        lanes[i].serial = serial;
        lanes[i].extent = segment + CTI_FILE_EXTENTS_AT + (size_t)i * 8;
    }
    unmark(segment);
    write_segment_header(file, segment, serial, owner, side);
    mark(segment);
    open_lane(file, &lanes[0], segment + CTI_FILE_SEGMENT_HEADER, segment + side);
    open_lane(file, &lanes[1], segment + side, segment + file->segment_size);
}
