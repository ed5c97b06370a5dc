/* clang-format off */
/* The stream of spans and events as bytes: the specification of the binary form, version 1.
 *
 * It lies in the rings between threads and in recordings. All numbers are little-endian, on every
 * host, and unaligned but for headers.
 *
 * A stream is a sequence of records. A record begins at a multiple of 8 bytes, with a header:
 *
 *     bits  0 to  4   kind; 0 is none: there is no record
 *     bits  5 to 10   size in words of 8 bytes, header and padding included; 0 is the long form
 *     bits 11 to 23   subject: the callsite's number, or what the kind says
 *     bits 24 to 47   time: the low 24 bits
 *     bits 48 to 63   sum, in recordings (record/file.h); else 0
 *
 * In the long form, for what does not fit into those, another word follows: the size in bytes in
 * its low half, the subject in its high half. What the kind asks for comes next; what pads it means
 * nothing. A reader passes over records of kinds that it does not know, by their size, and over what
 * stands behind the parts that it knows. Later versions only add kinds, and parts behind the known
 * ones.
 *
 * Time is ticks (base/ticks.h), in recordings nanoseconds of the monotonic clock where the file says
 * so. Its high bits are those of the last TIME before the record, which
 * is there whenever they change. Records of one thread are in the order of their times. What one
 * thread's records refer to may be another's: a span that was made there. Callsites, threads and
 * spans are described before they are referred to, in the order of times.
 *
 * kind  name          subject   what follows
 *  1    TIME          -         bits 11 to 47 of the header are bits 24 to 60 of the time; nothing
 *                               but in recordings, where both clocks follow (record/file.h)
 *  2    SPAN_OPEN     callsite  u64 span, values: a new span, inside that where the thread stands,
 *                               and entered
 *  3    SPAN_NEW      callsite  u64 span, u64 parent or 0, values
 *  4    SPAN_TRACED   callsite  u64 span, u64 u64 trace, values; if the trace came from another
 *                               process, the remote span
 *  5    SPAN_RECORD   0         u64 span, u8 count, count times: u8 field's index, value
 *  6    SPAN_FOLLOWS  0         u64 span, u64 cause; or u64 span, u64 0, and the remote span that is
 *                               the cause
 *  7    SPAN_ENTER    0         u64 span
 *  8    SPAN_EXIT     0         u64 span
 *  9    SPAN_CLOSE    0         u64 span
 * 10    SPAN_END      see left  nothing: the span where the thread stands, the low 13 bits of whose
 *                               identity the subject is, is left and closed
 * 11    EVENT         callsite  values
 * 12    EVENT_TEXT    callsite  value (a STRING, the message), values
 * 13    EVENT_FORMAT  callsite  the arguments of the printf format that is its name, as values
 * 14    STAND         0         u64 task or 0, u64 span or 0: where the thread stands from here on
 * 15    CALLSITE      callsite  u32 line, u8 level, u8 kind, u16 fields, u32 flags, u32 name's size,
 *                               then NUL-terminated texts: name, target, file, function, and each
 *                               field's name
 * 16    THREAD        thread    u64 thread id, u64 process id, u64 the process's trace key,
 *                               NUL-terminated name; the records that follow in this stream are its
 * 17    CALIBRATION   version   u64 a time, whole, u64 nanoseconds since the Unix epoch then
 * 18    MOMENT        0         u64 nanoseconds since the Unix epoch, u64 of the monotonic clock:
 *                               when what the next record of this thread tells of happened, where
 *                               that was not when it was written
 *
 * A span is named by its identity, the 64-bit number that ctrace_span_id() has. A trace is named by
 * two words: unless a record says them, the process's trace key and the identity of the root span.
 * A remote span is its u64 identity, its trace, u8 flags as in a traceparent header, and a STRING
 * value: the tracestate. That records are missing is said by events of libctrace's own callsite.
 *
 * "values" are as many values as the callsite has fields. A value is a byte and what that asks for:
 * the kind in the low 4 bits (CTRACE_VALUE_*; 15 is a long form that is not in use yet), a width in
 * the high 4:
 *
 *     EMPTY                 width 0
 *     BOOL                  the width is the value, 0 or 1
 *     I64, U64, HEX, NS,    a number of that many bytes, 1 to 8; the highest bit stands for all those
 *     ERRNO, POINTER        above it
 *     F64                   likewise, the bits as IEEE 754 has them
 *     STRING, BYTES         width 5 to 15: a size, plus 5, and as many bytes and a NUL;
 *                           width 1 to 4: the same, the size being a number of that many bytes,
 *                           none below 0; width 0 is the NULL pointer
 *
 * There are no LAZY values: their text is written when the record is. */
/* clang-format on */
#ifndef CTI_RECORD_FORMAT_H
#define CTI_RECORD_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { CTI_RECORD_VERSION = 1 };

typedef enum cti_record_kind {
    CTI_RECORD_TIME = 1,
    CTI_RECORD_SPAN_OPEN,
    CTI_RECORD_SPAN_NEW,
    CTI_RECORD_SPAN_TRACED,
    CTI_RECORD_SPAN_RECORD,
    CTI_RECORD_SPAN_FOLLOWS,
    CTI_RECORD_SPAN_ENTER,
    CTI_RECORD_SPAN_EXIT,
    CTI_RECORD_SPAN_CLOSE,
    CTI_RECORD_SPAN_END,
    CTI_RECORD_EVENT,
    CTI_RECORD_EVENT_TEXT,
    CTI_RECORD_EVENT_FORMAT,
    CTI_RECORD_STAND,
    CTI_RECORD_CALLSITE,
    CTI_RECORD_THREAD,
    CTI_RECORD_CALIBRATION,
    CTI_RECORD_MOMENT
} cti_record_kind;

/* The parts of a header, from the low bits on. */
enum {
    CTI_RECORD_KIND_BITS = 5,
    CTI_RECORD_SIZE_BITS = 6,
    CTI_RECORD_SUBJECT_BITS = 13,
    CTI_RECORD_TIME_BITS = 24,
    CTI_RECORD_SIZE_SHIFT = CTI_RECORD_KIND_BITS,
    CTI_RECORD_SUBJECT_SHIFT = CTI_RECORD_SIZE_SHIFT + CTI_RECORD_SIZE_BITS,
    CTI_RECORD_TIME_SHIFT = CTI_RECORD_SUBJECT_SHIFT + CTI_RECORD_SUBJECT_BITS,
    CTI_RECORD_SUM_SHIFT = CTI_RECORD_TIME_SHIFT + CTI_RECORD_TIME_BITS
};

enum {
    CTI_RECORD_ALIGN_BITS = 3,
    CTI_RECORD_ALIGN = 1 << CTI_RECORD_ALIGN_BITS,
    CTI_RECORD_HEAD = 8,                      /* bytes of a header … */
    CTI_RECORD_HEADER = 16,                   /* … and at most, in the long form */
    CTI_RECORD_SHORT = 63 * CTI_RECORD_ALIGN, /* the longest that is not in the long form */
    CTI_RECORD_LONGEST = 1 << 24,
    CTI_RECORD_TIME_SIZE = CTI_RECORD_HEAD,
    CTI_RECORD_END_SIZE = CTI_RECORD_HEAD,
    CTI_RECORD_SPAN_SIZE = CTI_RECORD_HEAD + 8,   /* ENTER, EXIT, CLOSE */
    CTI_RECORD_STAND_SIZE = CTI_RECORD_HEAD + 16, /* also FOLLOWS, MOMENT */
    CTI_RECORD_VALUES = 33,      /* most values in a record: 32, and one that forms add */
    CTI_RECORD_VALUE_FIXED = 12, /* most bytes of a value, but for those of a string not short */
    CTI_RECORD_VALUE_KIND = 0x0f,
    CTI_RECORD_VALUE_WIDTH_SHIFT = 4,
    CTI_RECORD_TEXT_WIDTH = 5, /* of a text of 0 bytes whose size the width is … */
    CTI_RECORD_TEXT_SHORT = 10 /* … and the longest such text */
};

/* The record's size with its padding. */
static inline size_t cti_record_padded(size_t size) {
    return (size + CTI_RECORD_ALIGN - 1) & ~(size_t)(CTI_RECORD_ALIGN - 1);
}

/* A time without the bits that a header has a place for. */
static inline uint64_t cti_record_time_base(uint64_t time) {
    return time & ~(((uint64_t)1 << CTI_RECORD_TIME_BITS) - 1);
}

/* What SPAN_END says of the span. */
static inline uint32_t cti_record_end_mark(uint64_t span) {
    return (uint32_t)span & ((1u << CTI_RECORD_SUBJECT_BITS) - 1);
}

#endif
