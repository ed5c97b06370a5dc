/* A recording file that is read: what it says of itself, and its segments. Nothing in it is
 * trusted. */
#ifndef CTI_RECORD_FILE_VIEW_H
#define CTI_RECORD_FILE_VIEW_H

#include "base/ticks.h"
#include "record/file.h"

typedef struct cti_segment {
    uint64_t owner;
    uint64_t serial;
    uint64_t offset;                  /* in the file */
    size_t side;                      /* of the side lane in the segment */
    uint64_t extents[CTI_FILE_LANES]; /* as they are there */
} cti_segment;

typedef struct cti_view {
    int fd;
    uint64_t size; /* of the file, when it was looked at last */
    size_t segment_size;
    uint64_t process_id;
    bool ended;    /* in order */
    bool live;     /* still being written: what does not fit together may do so the next time */
    bool in_ticks; /* the records' times */
    bool damaged;
    int error;              /* an errno value: something could not be read */
    cti_ticks_sample first; /* of the clocks, as far apart as is known … */
    cti_ticks_sample last;
    cti_ticks_line line;   /* … and through them */
    cti_segment *segments; /* in the order of owners, then serials */
    size_t count;

    /* damage is said in order, and once; the reason lasts for ever */
    void (*on_damage)(void *argument, uint64_t offset, const char *reason);
    void *argument;
    bool structure_said; /* damage of headers was said before */
} cti_view;

/* Opens a file to be viewed. -1 with errno when that cannot be, also for what is no regular file.
 */
int cti_view_open(const char *path);

/* Looks at the file's header and those of its segments, again if it did before. False when that
 * cannot be read. */
bool cti_view_load(cti_view *view);
void cti_view_release(cti_view *view);

/* Reads what there is of `size` bytes at `offset`. False when that fails. */
bool cti_view_read(const cti_view *view, uint64_t offset, unsigned char *bytes, size_t size,
                   size_t *ret_read);

/* Whether the process that recorded is still doing so, as far as is known. */
bool cti_view_has_writer(const cti_view *view);

/* Looks at a segment again. False when it is another one by now, or cannot be read. */
bool cti_view_refresh(const cti_view *view, cti_segment *segment);

/* The owner's first segment with that serial or a later one, or NULL. */
cti_segment *cti_view_find(const cti_view *view, uint64_t owner, uint64_t serial);

/* Takes note of what the clocks said at some time. */
void cti_view_note(cti_view *view, cti_ticks_sample sample);

void cti_view_damage(cti_view *view, uint64_t offset, const char *reason);

#endif
