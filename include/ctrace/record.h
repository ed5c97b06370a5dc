/* Reading recordings that a flight recorder left: see ctrace_recorder_new(). */
#ifndef CTRACE_RECORD_H
#define CTRACE_RECORD_H

#include "ctrace/subscriber.h"

CTRACE_I_BEGIN_C

typedef struct ctrace_recording ctrace_recording;

/* Zero means the default everywhere. */
typedef struct ctrace_recording_options {
    /* Called for each place where the file is damaged, in the order of reading.
     *
     * offset  In bytes from the file's beginning.
     * reason  What is wrong there, in words; lasts for ever. */
    void (*on_damage)(void *argument, uint64_t offset, const char *reason);
    void *argument;
    bool follow; /* the file is still being written: read again as long as
                    ctrace_recording_is_live() */
    uintptr_t reserved[8];
} ctrace_recording_options;

/* Opens a recording, to be told to `subscriber` (taken over, also on failure) as if live: in the
 * order of the times, with the threads, spans and values of then. It may be from another machine.
 *
 * Returns NULL for a NULL subscriber, a bad option, a file that cannot be opened, or without
 * memory: see ctrace_last_error(). */
CTRACE_API ctrace_recording *ctrace_recording_open(ctrace_subscriber *subscriber, const char *path,
                                                   const ctrace_recording_options *options);

/* Tells all that is in the file and was not told yet. What is damaged is passed over: a bad byte
 * costs its record at most, two of them in a segment's header the segment. With `follow` only
 * what is new is read; what a ring has overwritten by then is passed over.
 *
 * Threads: one at a time for a recording.
 * Errors:  CTRACE_ECORRUPT when something was damaged, now or before; CTRACE_EINVAL for NULL;
 *          CTRACE_EIO, CTRACE_ENOMEM. */
CTRACE_API ctrace_status ctrace_recording_read(ctrace_recording *recording);

/* Whether more may come: with `follow`, as long as the process that records was alive and recording
 * before the last read. */
CTRACE_API bool ctrace_recording_is_live(const ctrace_recording *recording);

/* Closes what was left open in it (spans that never ended are closed now, at the last time that was
 * read), flushes the subscriber, and lets go of it. Takes NULL. */
CTRACE_API void ctrace_recording_close(ctrace_recording *recording);

CTRACE_I_END_C

#endif
