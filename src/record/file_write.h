/* A recording file that is being written: a shared mapping, of which segments are handed out. */
#ifndef CTI_RECORD_FILE_WRITE_H
#define CTI_RECORD_FILE_WRITE_H

#include "base/ticks.h"
#include "record/file.h"

typedef struct cti_record_file {
    unsigned char *map;
    size_t map_size;
    size_t segment_size;
    uint32_t segments;  /* at most */
    uint32_t kept_back; /* of those, for callsites */
    uint32_t taken;     /* handed out */
    uint64_t serial;    /* the last one given */
    bool grows;         /* space is reserved segment by segment, else all at the beginning */
    bool in_ticks;      /* the records' times; else in nanoseconds */
    cti_ticks_sample begun;
    int fd;
} cti_record_file;

/* Creates the file in the place of one that may be there, which is left alone until all of this one
 * is ready. False when that fails, and says why. */
bool cti_record_file_create(cti_record_file *file, const char *path, size_t size,
                            size_t segment_size, bool grows);

/* From now on the records' times are ticks (base/ticks.h). Before the first of them. */
void cti_record_file_use_ticks(cti_record_file *file);

/* Ends the recording in order. Nobody may write any more. */
void cti_record_file_end(cti_record_file *file);

/* Unmaps and closes it as it is: in a forked child, where it is the parent's. */
void cti_record_file_drop(cti_record_file *file);

/* An unused segment, with space reserved on the disk; NULL when there is none. Async-signal-safe.
 *
 * for_callsites  May take those that are kept back.
 *
 * Threads: any. */
unsigned char *cti_record_file_take(cti_record_file *file, bool for_callsites);

/* Begins a segment, which may have been used before, and has the lanes write into it. A handler
 * that interrupts this finds lanes that take nothing, or that are ready. */
void cti_record_file_begin_segment(cti_record_file *file, unsigned char *segment, uint64_t owner,
                                   cti_lane lanes[CTI_FILE_LANES]);

#endif
