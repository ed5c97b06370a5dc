/* Recordings made of any bytes: read through the text sink, never trusted.
 *
 * The input is the stream of records behind a file and segment header that fit; or, when its first
 * byte is odd, a file as it is. Sums are made right, so that what is behind them is reached. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT = 16384, SEGMENTS = 2, SIZE = CTI_FILE_HEADER + SEGMENTS * SEGMENT };

static _Alignas(8) unsigned char file[SIZE];

static void begin_file(void) {
    memset(file, 0, sizeof file);
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

static void count_records(unsigned number, size_t end) {
    const size_t segment = CTI_FILE_HEADER + (size_t)number * SEGMENT;
    cti_file_store_extent(file + segment + CTI_FILE_EXTENTS_AT,
                          (uint32_t)(end - segment - CTI_FILE_SEGMENT_HEADER));
}

/* Puts the input's records into the lanes of both segments, with sums that are right. */
static void put_records(const uint8_t *data, size_t size) {
    size_t at[SEGMENTS];
    for (unsigned i = 0; i < SEGMENTS; i++) {
        begin_segment(i);
        at[i] = CTI_FILE_HEADER + (size_t)i * SEGMENT + CTI_FILE_SEGMENT_HEADER;
    }
    while (size >= 4) {
        const unsigned number = data[0] % 32 == CTI_RECORD_CALLSITE ? 0 : 1;
        const size_t body = (size_t)data[1];
        const size_t whole = cti_record_padded(CTI_RECORD_HEAD + body);
        if (size < 4 + body || at[number] % SEGMENT + whole > SEGMENT / 2) {
            return;
        }
        unsigned char *record = file + at[number];
        const uint64_t header = (uint64_t)(data[0] % 32) |
                                (uint64_t)(whole / CTI_RECORD_ALIGN) << CTI_RECORD_SIZE_SHIFT |
                                (uint64_t)data[2] << CTI_RECORD_SUBJECT_SHIFT |
                                (uint64_t)data[3] << CTI_RECORD_TIME_SHIFT;
        memcpy(record + CTI_RECORD_HEAD, data + 4, body);
        cti_word_put64(record, header | cti_file_record_sum(header, record, whole, number + 1));
        at[number] += whole;
        count_records(number, at[number]);
        data += 4 + body;
        size -= 4 + body;
    }
}

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
    if ((data[0] & 1) != 0) {
        read_file(data + 1, size - 1);
        return 0;
    }
    begin_file();
    put_records(data + 1, size - 1);
    read_file(file, sizeof file);
    return 0;
}
