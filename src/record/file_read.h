/* A recording file that is read: its segments, and the records of each stream. Nothing in it is
 * trusted. */
#ifndef CTI_RECORD_FILE_READ_H
#define CTI_RECORD_FILE_READ_H

#include "record/file.h"
#include "record/get.h"

typedef struct cti_segment {
    uint64_t owner;
    uint64_t serial;
    size_t offset; /* in the file */
    size_t side;   /* of the side lane in the segment */
} cti_segment;

typedef struct cti_view {
    int fd;
    unsigned char *bytes; /* the whole file as last read */
    size_t size;
    size_t segment_size;
    uint64_t process_id;
    bool ended; /* in order */
    bool live;  /* still being written: what is not whole may become so */
    bool damaged;
    cti_segment *segments; /* in the order of owners, then serials */
    size_t count;

    /* damage is said in order, and once; the reason lasts for ever */
    void (*on_damage)(void *argument, uint64_t offset, const char *reason);
    void *argument;
    bool structure_said; /* damage of headers was said before */
} cti_view;

/* Where the reading of one lane of a stream stands. */
typedef struct cti_cursor {
    uint64_t owner;
    uint64_t serial; /* of the segment, or 0 before the first */
    size_t offset;   /* of the next record in the segment */
    uint64_t base;   /* of the times that follow: see record/format.h */
    unsigned lane;
} cti_cursor;

/* Reads the file, again if it was read before. False when it cannot be read. */
bool cti_view_load(cti_view *view);
void cti_view_release(cti_view *view);

/* The next record of the cursor's lane, and where it is in the file. False when there is none now.
 * cti_cursor_pass() goes on to the one behind it. */
bool cti_view_peek(cti_view *view, cti_cursor *cursor, cti_record_head *ret_head, cti_get *ret_rest,
                   uint64_t *ret_offset);

static inline void cti_cursor_pass(cti_cursor *cursor, const cti_record_head *head) {
    cursor->offset += head->size;
}

void cti_view_damage(cti_view *view, uint64_t offset, const char *reason);

#endif
