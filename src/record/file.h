/* clang-format off */
/* The recording file: the specification of its layout, version 1. All numbers are little-endian.
 *
 * The file begins with a page of CTI_FILE_HEADER bytes:
 *
 *     0  8 bytes  "ctrace\r\n"
 *     8  u32      version
 *    12  u32      sum of bytes 16 to 47
 *    16  u64      size of a segment in bytes
 *    24  u64      how many segments there are at most
 *    32  u64      process id
 *    40  u64      0
 *    48  u32      1 when the recording was ended in order, else 0
 *    52  u32      how many segments the file has room for by now: it is no shorter
 *    56  u32      1 when the records' times are ticks, 0 when they are nanoseconds; and in the first
 *                 case
 *    60  u32      sum of bytes 64 to 95
 *    64  u64 u64  ticks, and nanoseconds of the monotonic clock at the same time
 *    80  u64 u64  the same later
 *    96           bytes 56 to 95 once more
 *
 * Segments follow, one after the other. A segment that was never used is zero where its mark would
 * be; the file may end before it. A used one begins with:
 *
 *     0  4 bytes  mark: "cSEG"
 *     4  u32      sum of bytes 8 to 39
 *     8  u64      size of a segment: so that segments are found without the file's header
 *    16  u64      serial: a later segment has a higher one
 *    24  u64      owner: whose stream the segment continues; 0 are the callsites
 *    32  u64      offset of the side lane in the segment
 *    40  u32 u32  bytes of records in the thread's own lane, and the same inverted
 *    48  u32 u32  likewise in the side lane
 *    64           bytes 0 to 39 once more
 *
 * Two lanes of records (see record/format.h) follow: from CTI_FILE_SEGMENT_HEADER on what the thread
 * wrote, from the side lane's offset on what signal handlers wrote that interrupted it while it did.
 * Of the callsites, each is described in both: without them nothing could be read.
 *
 * A record counts when the bytes of its lane include it, which is stored last. A lane begins with a
 * TIME; in each there is a pair of u64: ticks and nanoseconds, as above. The sum in a record's
 * header is the exclusive or of all the record's 16-bit words, padding included and itself taken as
 * 0, and of the low 16 bits of the segment's serial: so that what an earlier use of the segment left
 * behind is no record.
 *
 * Each segment says anew whose it is and what time it is (THREAD, CALIBRATION), and then, up to the
 * first STAND, which spans are open there and how they are entered: an older segment that told
 * about that may have been overwritten.
 *
 * TIME, THREAD and CALIBRATION are said twice, one right behind the other: without them, what
 * follows would not be missing, but wrong. */
/* clang-format on */
#ifndef CTI_RECORD_FILE_H
#define CTI_RECORD_FILE_H

#include "base/atomic.h"
#include "base/ticks.h"
#include "record/put.h"
#include "record/sum.h"

enum {
    CTI_FILE_VERSION = 1,
    CTI_FILE_HEADER = 4096,
    CTI_FILE_SEGMENT_HEADER = 128,
    CTI_FILE_MARKED = 40,  /* bytes of a segment's header that there are twice … */
    CTI_FILE_COPY_AT = 64, /* … and where */
    CTI_FILE_EXTENTS_AT = 40,
    CTI_FILE_OWN = 0,  /* the lane of what the thread writes */
    CTI_FILE_SIDE = 1, /* of what handlers write that interrupted that */
    CTI_FILE_LANES = 2,
    CTI_FILE_CALLSITES = 0, /* their owner */
    CTI_FILE_ENDED_AT = 48,
    CTI_FILE_RESERVED_AT = 52,
    CTI_FILE_CLOCK_AT = 56,
    CTI_FILE_CLOCK_SUM_AT = 60,
    CTI_FILE_SAMPLES_AT = 64,
    CTI_FILE_SAMPLE = 16,        /* bytes of one */
    CTI_FILE_CLOCK_COPY_AT = 96, /* of what begins at CTI_FILE_CLOCK_AT */
    CTI_FILE_SAID = 2,           /* so many times, what others depend on */
    CTI_FILE_TIME_SIZE = CTI_RECORD_TIME_SIZE + CTI_FILE_SAMPLE,
    CTI_FILE_TIMES_SIZE = CTI_FILE_SAID * CTI_FILE_TIME_SIZE
};

#define CTI_FILE_MAGIC "ctrace\r\n"
#define CTI_FILE_MARK  0x47455363u /* "cSEG" */

/* The sum of a record with this header, which has none yet, in its place there. `rest` is the sum
 * of all behind it. */
static inline uint64_t cti_file_sum(uint64_t header, cti_sum rest, uint64_t serial) {
    return (cti_sum_fold(header ^ rest) ^ (serial & 0xffff)) << CTI_RECORD_SUM_SHIFT;
}

/* The same of a record of `size` bytes, whose header may have one. */
static inline uint64_t cti_file_record_sum(uint64_t header, const unsigned char *record,
                                           size_t size, uint64_t serial) {
    const uint64_t known = header & (((uint64_t)1 << CTI_RECORD_SUM_SHIFT) - 1);
    return cti_file_sum(known, cti_sum_words(record + CTI_RECORD_HEAD, size - CTI_RECORD_HEAD),
                        serial);
}

/* Of a header's words, all of them: `size` bytes, a multiple of 8. A rotation and an exclusive or a
 * word, and the halves of the outcome laid over each other. */
static inline uint32_t cti_file_header_sum(const unsigned char *words, size_t size) {
    uint64_t sum = size;
    for (size_t i = 0; i < size; i += 8) {
        sum = (sum << 7 | sum >> 57) ^ cti_word_get64(words + i);
    }
    return (uint32_t)(sum ^ sum >> 32);
}

/* ---- Writing records ---- */

/* Where the next record of a lane goes. */
typedef struct cti_lane {
    unsigned char *at;
    unsigned char *limit; /* NULL: nothing can be written now */
    unsigned char *begin;
    unsigned char *extent; /* how much of it counts, in the segment's header */
    uint64_t serial;       /* the segment's */
    uint64_t base;         /* of the times that follow: see record/format.h */
    bool in_ticks;
} cti_lane;

/* Says what the high bits of times are from here on. False when there is no room for that and
 * `least` bytes more. */
bool cti_lane_tell_time(cti_lane *lane, uint64_t time, size_t least);

/* The same where the clocks' pair is known. */
bool cti_lane_put_time(cti_lane *lane, uint64_t time, cti_ticks_sample sample, size_t least);

/* Begins a record of at least `least` bytes; false when there is no room for that. */
static inline bool cti_lane_begin(cti_lane *lane, cti_put *put, size_t least, uint32_t subject,
                                  uint64_t time) {
    if (lane->limit == NULL ||
        (lane->base != cti_record_time_base(time) && !cti_lane_tell_time(lane, time, least))) {
        return false;
    }
    const size_t room = (size_t)(lane->limit - lane->at);
    if (room < least) {
        return false;
    }
    cti_put_begin(put, lane->at, room, least, subject);
    return true;
}

static inline void cti_file_store32(unsigned char *at, uint32_t word) {
    uint32_t little;
    cti_word_put32((unsigned char *)&little, word);
    /* release: who sees the word sees all that was written before it */
    cti_store_release((uint32_t *)(void *)at, little);
}

/* Has `size` bytes of a lane count. Where words have 32 bits, we may be killed between the halves:
 * who reads finds that they do not agree, and that the records end where the second says. */
static inline void cti_file_store_extent(unsigned char *at, uint32_t size) {
#if UINTPTR_MAX > UINT32_MAX
    uint64_t little;
    cti_word_put64((unsigned char *)&little, (uint64_t)~size << 32 | size);
    /* release: a record counts when all of it is there */
    cti_store_release((uint64_t *)(void *)at, little);
#else
    cti_file_store32(at, size);
    cti_file_store32(at + 4, ~size);
#endif
}

/* Has a record of `size` bytes count, whose header lacks only its sum, and of which the rest is
 * there and has this sum. */
static inline void cti_lane_publish_summed(cti_lane *lane, size_t size, uint64_t header,
                                           cti_sum rest) {
    unsigned char *record = lane->at;
    cti_word_put64(record, header | cti_file_sum(header, rest, lane->serial));
    lane->at = record + size;
    cti_file_store_extent(lane->extent, (uint32_t)(lane->at - lane->begin));
}

/* The same where the sum of the rest is not known. */
static inline void cti_lane_publish(cti_lane *lane, size_t size, uint64_t header) {
    cti_lane_publish_summed(lane, size, header,
                            cti_sum_words(lane->at + CTI_RECORD_HEAD, size - CTI_RECORD_HEAD));
}

/* Completes the record. */
static inline void cti_lane_commit(cti_lane *lane, const cti_put *put, cti_record_kind kind,
                                   uint64_t time) {
    const size_t size = cti_record_padded((size_t)(put->at - put->begin));
    cti_lane_publish(lane, size, cti_put_complete(put, size, kind, time));
}

#endif
