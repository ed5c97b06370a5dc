/* The records of each stream in a recording file. */
#ifndef CTI_RECORD_FILE_READ_H
#define CTI_RECORD_FILE_READ_H

#include "record/file_view.h"
#include "record/get.h"

/* Where the reading of one lane of a stream stands. All zero but for owner and lane before the
 * first record. */
typedef struct cti_cursor {
    uint64_t owner;
    unsigned lane;
    uint64_t serial;      /* of the segment, or 0 before the first */
    size_t offset;        /* of the next record in the lane */
    unsigned char *bytes; /* of the lane in that segment … */
    size_t size;          /* … so many, which hold whole records */
    size_t room;
    uint64_t base;           /* of the times that follow: see record/format.h */
    cti_ticks_sample sample; /* the clocks there */
    uint64_t time; /* of the record that was peeked, as the file has it: all lanes' order */
    bool unsure;   /* something is missing that may have been a TIME */
} cti_cursor;

/* The next record of the cursor's lane, its time in nanoseconds, and where it is in the file; it
 * lasts until the cursor goes on. False when there is none now. cti_cursor_pass() goes on to the
 * one behind it. */
bool cti_view_peek(cti_view *view, cti_cursor *cursor, cti_record_head *ret_head, cti_get *ret_rest,
                   uint64_t *ret_offset);

static inline void cti_cursor_pass(cti_cursor *cursor, const cti_record_head *head) {
    cursor->offset += head->size;
}

void cti_cursor_release(cti_cursor *cursor);

#endif
