/* Recordings made of any bytes: read through the text sink, never trusted.
 *
 * The input's first byte is even: records follow, which come into the lanes of segments with
 * headers that fit, and get sums that are right. It is odd: a file follows in the form of sparse.h,
 * as a program left it (see make_recordings.c) or not; if bit 1 is set, its sums are made right, so
 * that what is behind them is reached. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctrace/record.h"
#include "ctrace/sinks.h"
#include "ctrace/writer.h"
#include "record/file.h"
#include "record/get.h"
#include "record/packed.h"
#include "sparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SEGMENT = 16384,
    SEGMENTS = 3, /* of the callsites, and of two threads */
    SIZE = CTI_FILE_HEADER + SEGMENTS * SEGMENT,
    ROOM = 512 << 10, /* for a file that is given */
    IS_A_FILE = 1,
    SUMS_ARE_MADE_RIGHT = 2,
    IN_SIDE_LANE = 0x20, /* in a record's first byte, besides its kind */
    OF_OTHER_THREAD = 0x40
};

static _Alignas(8) unsigned char file[ROOM];

/* ---- Records as they are given ---- */

static void begin_file(void) {
    cti_word_put32(file + 8, CTI_FILE_VERSION);
    cti_word_put64(file + 16, SEGMENT);
    cti_word_put64(file + 24, SEGMENTS);
    cti_word_put32(file + 12, cti_file_header_sum(file + 16, 32));
    memcpy(file, CTI_FILE_MAGIC, 8);
}

static void begin_segment(unsigned number) {
    unsigned char *segment = file + CTI_FILE_HEADER + (size_t)number * SEGMENT;
    cti_word_put64(segment + 8, SEGMENT);
    cti_word_put64(segment + 16, number + 1);
    cti_word_put64(segment + 24, number);
    cti_word_put64(segment + 32, SEGMENT / 2);
    cti_word_put32(segment + 4, cti_file_header_sum(segment + 8, 32));
    cti_word_put32(segment, CTI_FILE_MARK);
    memcpy(segment + CTI_FILE_COPY_AT, segment, CTI_FILE_MARKED);
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT, 0);
    cti_file_store_extent(segment + CTI_FILE_EXTENTS_AT + 8, 0);
}

static size_t lane_begin(unsigned number, unsigned lane) {
    return CTI_FILE_HEADER + (size_t)number * SEGMENT +
           (lane == CTI_FILE_OWN ? CTI_FILE_SEGMENT_HEADER : SEGMENT / 2);
}

static void count_records(unsigned number, unsigned lane, size_t size) {
    const size_t segment = CTI_FILE_HEADER + (size_t)number * SEGMENT;
    cti_file_store_extent(file + segment + CTI_FILE_EXTENTS_AT + 8 * (size_t)lane, (uint32_t)size);
}

/* Puts the input's records into lanes, with sums that are right. */
static void put_records(const uint8_t *data, size_t size) {
    size_t used[SEGMENTS][CTI_FILE_LANES] = {{0}};
    for (unsigned i = 0; i < SEGMENTS; i++) {
        begin_segment(i);
    }
    while (size >= 4) {
        const unsigned number = data[0] % 32 == CTI_RECORD_CALLSITE ? 0
                                : (data[0] & OF_OTHER_THREAD) != 0  ? 2
                                                                    : 1;
        const unsigned lane = (data[0] & IN_SIDE_LANE) != 0 ? CTI_FILE_SIDE : CTI_FILE_OWN;
        const size_t body = (size_t)data[1];
        const size_t whole = cti_record_padded(CTI_RECORD_HEAD + body);
        if (size < 4 + body || used[number][lane] + whole > SEGMENT / 2 - CTI_FILE_SEGMENT_HEADER) {
            return;
        }
        unsigned char *record = file + lane_begin(number, lane) + used[number][lane];
        const uint64_t header = (uint64_t)(data[0] % 32) |
                                (uint64_t)(whole / CTI_RECORD_ALIGN) << CTI_RECORD_SIZE_SHIFT |
                                (uint64_t)data[2] << CTI_RECORD_SUBJECT_SHIFT |
                                (uint64_t)data[3] << CTI_RECORD_TIME_SHIFT;
        memcpy(record + CTI_RECORD_HEAD, data + 4, body);
        cti_word_put64(record, header | cti_file_record_sum(header, record, whole, number + 1));
        used[number][lane] += whole;
        count_records(number, lane, used[number][lane]);
        data += 4 + body;
        size -= 4 + body;
    }
}

/* ---- Sums made right ---- */

static void sum_header(void) {
    cti_word_put32(file + 12, cti_file_header_sum(file + 16, 32));
    for (size_t at = CTI_FILE_CLOCK_AT; at <= CTI_FILE_CLOCK_COPY_AT; at += 40) {
        if (cti_word_get32(file + at) == 1) {
            cti_word_put32(file + at + 4, cti_file_header_sum(file + at + 8, 32));
        }
    }
}

static void sum_lane(unsigned char *at, const unsigned char *end, uint64_t serial) {
    const uint64_t known = ((uint64_t)1 << CTI_RECORD_SUM_SHIFT) - 1;
    cti_record_head head;
    cti_get rest;
    while (cti_get_head(at, (size_t)(end - at), 0, &head, &rest) && head.kind != 0) {
        const uint64_t header = cti_word_get64(at) & known;
        cti_word_put64(at, header | cti_file_record_sum(header, at, head.size, serial));
        at += head.size;
    }
}

static void sum_segment(unsigned char *segment, size_t size) {
    const size_t side = (size_t)cti_word_get64(segment + 32);
    const uint64_t serial = cti_word_get64(segment + 16);
    cti_word_put32(segment + 4, cti_file_header_sum(segment + 8, CTI_FILE_MARKED - 8));
    if (side >= CTI_FILE_SEGMENT_HEADER && side <= size) {
        sum_lane(segment + CTI_FILE_SEGMENT_HEADER, segment + side, serial);
        sum_lane(segment + side, segment + size, serial);
    }
}

static void sum_recording(size_t size) {
    const size_t segment = cti_word_get32(file + 16);
    sum_header();
    for (size_t at = CTI_FILE_HEADER; segment >= 4096 && at + segment <= size; at += segment) {
        if (cti_word_get32(file + at) == CTI_FILE_MARK) {
            sum_segment(file + at, segment);
        }
    }
}

static void sum_packed(size_t size) {
    cti_word_put32(file + 12, cti_file_header_sum(file + 16, CTI_PACKED_HEADER - 16));
    for (size_t at = CTI_PACKED_HEADER; at + CTI_PACKED_BLOCK <= size;) {
        unsigned char *block = file + at;
        const size_t padded = cti_record_padded(cti_word_get32(block + 8));
        if (padded > size - at - CTI_PACKED_BLOCK) {
            return;
        }
        cti_word_put32(block + 12, cti_file_header_sum(block + CTI_PACKED_BLOCK, padded));
        cti_word_put32(block + 4, cti_file_header_sum(block + 8, CTI_PACKED_BLOCK - 8));
        at += CTI_PACKED_BLOCK + padded;
    }
}

static void make_sums_right(size_t size) {
    if (size >= CTI_PACKED_HEADER && memcmp(file, CTI_PACKED_MAGIC, 8) == 0) {
        sum_packed(size);
    } else if (size >= CTI_FILE_HEADER) {
        sum_recording(size);
    }
}

/* ---- Reading ---- */

static ctrace_status discard(void *state, const char *bytes, size_t size) {
    (void)state;
    if (memchr(bytes, '\0', size) != NULL || memchr(bytes, '\033', size) != NULL) {
        abort(); /* text from outside is escaped */
    }
    return CTRACE_OK;
}

static void read_file(const void *bytes, size_t size) {
    static int fd = -1;
    char path[64];
    if (fd < 0) {
        fd = memfd_create("recording", 0);
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ctrace_text_options options = {.color = CTRACE_COLOR_NEVER,
                                         .span_events = CTRACE_SPAN_EVENTS_CLOSE};
    ctrace_recording *recording = ctrace_recording_open(
        ctrace_text_new(ctrace_callback_writer_new(discard, NULL), &options), path, NULL);
    if (recording == NULL) {
        abort();
    }
    ctrace_recording_read(recording);
    ctrace_recording_close(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    memset(file, 0, sizeof file);
    if ((data[0] & IS_A_FILE) != 0) {
        const size_t whole = sparse_expand(data + 1, size - 1, file, sizeof file);
        if ((data[0] & SUMS_ARE_MADE_RIGHT) != 0) {
            make_sums_right(whole);
        }
        read_file(file, whole);
        return 0;
    }
    begin_file();
    put_records(data + 1, size - 1);
    read_file(file, SIZE);
    return 0;
}
