/* clang-format off */
/* The packed form of a recording, for keeping and sending: version 2. All numbers are
 * little-endian. "varint" is a number in groups of 7 bits, the lowest first, the high bit of a byte
 * saying that more follow; at most 10 bytes.
 *
 * It begins with
 *
 *     0  8 bytes  "ctracePK"
 *     8  u32      version
 *    12  u32      sum of bytes 16 to 79, as in record/file.h
 *    16  u64      size of a segment when it is unpacked
 *    24  u64      how many there are at most
 *    32  u64      process id
 *    40  u64      bit 0: the recording was ended in order; bit 1: times are ticks, else nanoseconds
 *    48  u64 u64  if they are ticks: some, and nanoseconds of the monotonic clock at the same time
 *    64  u64 u64  the same later
 *
 * Blocks follow, each a segment of a recording file (see record/file.h):
 *
 *     0  4 bytes  mark: "cPAK"
 *     4  u32      sum of bytes 8 to 39
 *     8  u32      bytes of the packed lanes that follow the header; padded to a multiple of 8
 *    12  u32      sum of those, padding (zeros) included
 *    16  u64      serial
 *    24  u64      owner
 *    32  u32      offset of the side lane in the unpacked segment
 *    36  u32      how many of the packed bytes are the thread's own lane; the rest is the side lane
 *
 * A lane is records of record/format.h. TIME is there only if times are ticks, once and whenever
 * their high bits change, so that all threads' records keep their order. Each record is
 *
 *     varint   twice the number of its sort, and 1 if its values have another shape than those of
 *              the last record of the sort
 *     varint   if the sort is 0, a new one: its kind; and a varint: its subject. New sorts have the
 *              numbers 1, 2, ... in both lanes together
 *     varint   the time since the record before it in the lane, modulo 2^64; of the first, its time
 *     ...      with values: the words before them, 8 bytes each; the shape, if it is another; the
 *              values. Without: a varint, how many bytes follow, and those, as they are
 *
 * Values have EVENT (no words before them), EVENT_TEXT (none, the message being the first value),
 * SPAN_OPEN (1) and SPAN_NEW (2), when bit 7 of the sort's kind is set: that is not so where the
 * callsite is not known. A shape is u8 count, and for each value u8: its kind in the low 4 bits, a
 * width in the high 4. The value itself is:
 *
 *     EMPTY, BOOL           nothing: the width is the value
 *     I64, NS, ERRNO        the width's number of bytes, 0 to 8, the highest bit being the sign
 *     U64, HEX, POINTER     the width's number of bytes
 *     F64                   the highest bytes of its 8, as many as the width says; the others are 0
 *     STRING, BYTES         width 1: a varint; if that is even, twice the size, and as many bytes
 *                           follow; if it is odd, the text is that of a place, whose number is the
 *                           rest; width 0: NULL
 *
 * A block has CTI_PACKED_TEXTS places for texts, empty when it begins: each text of 1 to
 * CTI_PACKED_TEXT_MOST bytes that stands there goes to the place cti_packed_place(), in the place of
 * what was there. */
/* clang-format on */
#ifndef CTI_RECORD_PACKED_H
#define CTI_RECORD_PACKED_H

#include <string.h>

#include "ctrace/detail/types.h"
#include "record/file_read.h"

#define CTI_PACKED_MAGIC "ctracePK"
#define CTI_PACKED_MARK  0x4b415063u /* "cPAK" */

enum {
    CTI_PACKED_VERSION = 2,
    CTI_PACKED_HEADER = 80,
    CTI_PACKED_ENDED = 1, /* bits of what is at 40 */
    CTI_PACKED_TICKS = 2,
    CTI_PACKED_BLOCK = 40,
    CTI_PACKED_VALUES = 0x80, /* in a sort's kind: it has values */
    CTI_PACKED_SORTS = 4096,  /* most that are kept: when one more comes, those are forgotten */
    CTI_PACKED_TEXTS = 64,
    CTI_PACKED_TEXT_MOST = 32
};

/* What records have in common: who packs and who unpacks keep the same list. */
typedef struct cti_packed_sort {
    uint32_t kind; /* with CTI_PACKED_VALUES */
    uint32_t subject;
    uint8_t count;
    uint8_t shape[CTI_RECORD_VALUES];
} cti_packed_sort;

/* A text that came before, in the packed bytes. */
typedef struct cti_packed_text {
    size_t at;
    size_t size; /* 0: none */
} cti_packed_text;

/* What is known in a block so far. */
typedef struct cti_packed_sorts {
    cti_packed_sort *sorts; /* room for CTI_PACKED_SORTS */
    size_t count;
    cti_packed_text texts[CTI_PACKED_TEXTS];
    const unsigned char *bytes; /* of who unpacks: what places count from */
} cti_packed_sorts;

/* At the beginning of a block. */
static inline void cti_packed_forget(cti_packed_sorts *sorts) {
    sorts->count = 0;
    memset(sorts->texts, 0, sizeof sorts->texts);
}

/* Where a text of that size goes; CTI_PACKED_TEXTS when it is not kept. */
static inline size_t cti_packed_place(const unsigned char *text, size_t size) {
    uint32_t mixed = (uint32_t)size;
    if (size == 0 || size > CTI_PACKED_TEXT_MOST) {
        return CTI_PACKED_TEXTS;
    }
    for (size_t i = 0; i < size; i++) {
        mixed = (mixed ^ text[i]) * 0x01000193u;
    }
    return (mixed ^ mixed >> 16) % CTI_PACKED_TEXTS;
}

/* How many words stand before the values of records of that kind; -1 where there are no values. */
static inline int cti_packed_words(uint32_t kind) {
    return kind == CTI_RECORD_EVENT || kind == CTI_RECORD_EVENT_TEXT ? 0
           : kind == CTI_RECORD_SPAN_OPEN                            ? 1
           : kind == CTI_RECORD_SPAN_NEW                             ? 2
                                                                     : -1;
}

/* Packs a loaded recording, to be written by `write`, which returns false when it cannot. False
 * then, or when there is no memory: see errno. What is damaged is said by the view, and left out.
 */
bool cti_pack(cti_view *view, bool (*write)(void *argument, const void *bytes, size_t size),
              void *argument);

/* If the file is packed, replaces it by an unpacked one without a name, and closes it; damage is
 * said, and what is not damaged unpacked. Returns the descriptor, the same where it was not packed;
 * -1, and `fd` closed, when there is no memory or no room: see errno. */
int cti_unpack(int fd, void (*on_damage)(void *argument, uint64_t offset, const char *reason),
               void *argument, bool *ret_damaged);

/* Unpacks the block's lanes, which are not trusted, into a segment of zeroed bytes. NULL, or what
 * is wrong. */
const char *cti_unpack_block(const unsigned char *block, const unsigned char *packed, size_t size,
                             unsigned char *segment, size_t segment_size, cti_packed_sorts *sorts);

#endif
