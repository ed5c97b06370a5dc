/* The stream of spans and events as bytes: the specification of the binary form, version 1.
 *
 * It lies in the rings between threads and in recordings. All numbers are little-endian, on every
 * host, and unaligned unless said otherwise.
 *
 * A stream is a sequence of records. A record begins at a multiple of 8 bytes, with a header:
 *
 *     u32  size and kind    size in bytes, header and padding included, a multiple of 8, in the
 *                           low 24 bits; the kind in the high 8
 *     u32  subject          the callsite's number, or what the kind says
 *     u64  time             nanoseconds of the monotonic clock of the process it is from; in the
 *                           rings between threads, ticks (base/ticks.h)
 *
 * and goes on with what its kind asks for; what pads it means nothing. A reader passes over records
 * of kinds that it does not know, by their size, and over what stands behind the parts that it
 * knows. Later versions only add kinds, and parts behind the known ones.
 *
 * Records of one thread are in the order of their times. What one thread's records refer to may be
 * another's: a span that was made there. Callsites, threads and spans are described before they are
 * referred to, in the order of times.
 *
 * kind  name          subject   what follows
 *  1    SPAN_NEW      callsite  u64 span, u64 parent or 0, u64 u64 trace (both 0: the parent's),
 *                               values; where the parent is 0 and the trace came from another
 *                               process, the remote span
 *  2    SPAN_RECORD   0         u64 span, u8 count, count times: u8 field's index, value
 *  3    SPAN_FOLLOWS  0         u64 span, u64 cause; or u64 span, u64 0, the remote span that is
 * the cause 4    SPAN_ENTER    0         u64 span 5    SPAN_EXIT     0         u64 span 6
 * SPAN_CLOSE    0         u64 span 7    EVENT         callsite  values 8    EVENT_TEXT    callsite
 * value (a STRING, the message), values 9    EVENT_FORMAT  callsite  values: the arguments of the
 * printf format that is its name 10    STAND         0         u64 task or 0, u64 span or 0: where
 * the thread stands from here on 11    CALLSITE      callsite  u32 line, u8 level, u8 kind, u16
 * fields, u32 flags, u32 name's size, then NUL-terminated texts: name, target, file, function, and
 *                               each field's name
 * 12    THREAD        thread    u64 thread id, u64 process id, NUL-terminated name; the records
 *                               that follow in this stream are its
 * 13    LOSS          callsite  u64 how many records of the callsite are missing
 * 14    CALIBRATION   version   u64 nanoseconds since the Unix epoch at the header's time
 *
 * A span is named by its identity, the 64-bit number that ctrace_span_id() has. The trace is the
 * two halves of its identity, the first one first.
 *
 * A remote span is its u64 identity, its trace, u8 flags as in a traceparent header, and a STRING
 * value: the tracestate.
 *
 * "values" is a u8 count and as many values. A value is a byte and what that asks for: the kind in
 * the low 4 bits (CTRACE_VALUE_*; 15 is a long form that is not in use yet), a width in the high 4:
 *
 *     EMPTY                 width 0
 *     BOOL                  the width is the value, 0 or 1
 *     I64, NS, ERRNO        the width's number of bytes, 1 to 8; the highest bit is the sign
 *     U64, HEX, POINTER     the width's number of bytes, 1 to 8
 *     F64                   8 bytes, as IEEE 754 has it
 *     STRING, BYTES         a size of the width's number of bytes, 1 to 4, as many bytes, and a
 *                           NUL; width 0 is the NULL pointer
 *
 * There are no LAZY values: their text is written when the record is. */
#ifndef CTI_RECORD_FORMAT_H
#define CTI_RECORD_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { CTI_RECORD_VERSION = 1 };

typedef enum cti_record_kind {
    CTI_RECORD_SPAN_NEW = 1,
    CTI_RECORD_SPAN_RECORD,
    CTI_RECORD_SPAN_FOLLOWS,
    CTI_RECORD_SPAN_ENTER,
    CTI_RECORD_SPAN_EXIT,
    CTI_RECORD_SPAN_CLOSE,
    CTI_RECORD_EVENT,
    CTI_RECORD_EVENT_TEXT,
    CTI_RECORD_EVENT_FORMAT,
    CTI_RECORD_STAND,
    CTI_RECORD_CALLSITE,
    CTI_RECORD_THREAD,
    CTI_RECORD_LOSS,
    CTI_RECORD_CALIBRATION
} cti_record_kind;

enum {
    CTI_RECORD_HEADER = 16,
    CTI_RECORD_ALIGN = 8,
    CTI_RECORD_SIZE_BITS = 24,
    CTI_RECORD_LONGEST = (1 << CTI_RECORD_SIZE_BITS) - CTI_RECORD_ALIGN,
    CTI_RECORD_SPAN_SIZE = CTI_RECORD_HEADER + 8,   /* ENTER, EXIT, CLOSE */
    CTI_RECORD_STAND_SIZE = CTI_RECORD_HEADER + 16, /* also FOLLOWS */
    CTI_RECORD_VALUES = 33,     /* most values in a record: 32, and one that forms add */
    CTI_RECORD_VALUE_FIXED = 9, /* most bytes of a value, but for those of its string */
    CTI_RECORD_VALUE_KIND = 0x0f,
    CTI_RECORD_VALUE_WIDTH_SHIFT = 4
};

/* The record's size with its padding. */
static inline size_t cti_record_padded(size_t size) {
    return (size + CTI_RECORD_ALIGN - 1) & ~(size_t)(CTI_RECORD_ALIGN - 1);
}

#endif
