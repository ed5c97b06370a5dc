/* The fast path: what is emitted goes as a record into a ring of the emitting thread, and a thread
 * of the library gives it to the subscriber. */
#ifndef CTRACE_DEFERRED_H
#define CTRACE_DEFERRED_H

#include "ctrace/subscriber.h"

CTRACE_I_BEGIN_C

/* What becomes of a record for which a thread's ring has no room. Ends of spans always have it. */
typedef enum ctrace_deferred_policy {
    CTRACE_DEFERRED_DROP,  /* it is dropped, and counted */
    CTRACE_DEFERRED_BLOCK, /* its thread waits, for block_timeout_ns; then it is dropped */
    CTRACE_DEFERRED_GROW   /* a larger ring is allocated, as long as max_bytes permits */
} ctrace_deferred_policy;

/* Zero means the default everywhere. Texts are read during the call only. */
typedef struct ctrace_deferred_options {
    ctrace_deferred_policy policy;
    size_t ring_bytes;         /* of each thread, rounded up to a power of two; 128 KiB */
    size_t max_bytes;          /* of all rings together; 64 MiB, or 16 threads' if that is more */
    uint64_t block_timeout_ns; /* 100 ms; UINT64_MAX: for as long as the subscriber is stuck */
    uint64_t latency_ns;       /* until the subscriber gets a record, and again until what it wrote
                                * is with the operating system; 1 ms */
    unsigned cpu;              /* 1 + the number of the processor that the thread keeps to; must
                                * be one that the process may use */
    const char *thread_name;   /* "ctrace" */
    bool manual;               /* no thread: ctrace_deferred_poll() does its work */
    uintptr_t reserved[8];
} ctrace_deferred_options;

/* A subscriber that takes no more of an emitting thread's time than copying takes; `subscriber`
 * (taken over, also on failure) is told on another thread, in the order of the times, as if live.
 *
 * An event takes about 16 bytes and its values. What is longer than half a ring is dropped. Events
 * may come from signal handlers, also ones that interrupted the library: for certain on threads
 * that called ctrace_thread_prepare() while this listened, and but for what it says there on
 * others. With CTRACE_DEFERRED_GROW more room is asked of the system, not of malloc(). What is
 * dropped is counted (`events_lost`, `spans_lost`) and told in the stream.
 *
 * A thread that emits takes one and a half times ring_bytes, and 6 KiB for signal handlers, until
 * it has ended and all is delivered. Where max_bytes has no room for that, those that come later
 * get smaller rings, down to 4 KiB; by default from half of max_bytes on: then 160 threads that
 * live at once have a ring of 128 KiB, and about 1,200 have one. What is emitted where there is no
 * room for any ring is lost like what finds none in a ring, until other threads end.
 *
 * What `subscriber` wants is asked when something is delivered; only what it never wants is not
 * kept in the first place. So a filter saves more outside, as
 * ctrace_filtered_new(ctrace_deferred_new(…), filter), than inside.
 *
 * The thread starts when this begins to listen, in a forked child with the first event. Printf
 * forms are formatted there, TRACE_LAZY texts are written where they are emitted; a format with %n
 * is never wanted. As any thread it keeps the process alive, and it blocks all signals: where
 * main() ends by pthread_exit(), the last of the other threads is to call ctrace_shutdown().
 *
 * ctrace_flush() and ctrace_shutdown() have the thread deliver what is there, wait for it, and keep
 * their time whatever `subscriber` does; with `manual` they deliver it themselves, and look at the
 * clock between records. What ctrace_shutdown() leaves behind the thread delivers later, if the
 * process lives so long; with `manual` it is dropped.
 *
 * Returns NULL for a NULL subscriber, a bad option, or without memory: see ctrace_last_error(). */
CTRACE_API ctrace_subscriber *ctrace_deferred_new(ctrace_subscriber *subscriber,
                                                  const ctrace_deferred_options *options);

/* Gives to the subscriber what is there now, and returns how many records that were. For those made
 * with `manual`, but works with all.
 *
 * Threads: any, one at a time: 0 while another one is at it, and from inside callbacks. */
CTRACE_API size_t ctrace_deferred_poll(ctrace_subscriber *deferred);

/* ---- The flight recorder ---- */

typedef enum ctrace_recorder_mode {
    CTRACE_RECORDER_RING, /* each thread's last records are kept */
    CTRACE_RECORDER_GROW  /* the first ones are kept, until the file is full */
} ctrace_recorder_mode;

/* Zero means the default everywhere. */
typedef struct ctrace_recorder_options {
    ctrace_recorder_mode mode;
    uint64_t max_bytes;    /* of the whole file; 64 MiB */
    uint64_t thread_bytes; /* of one thread's region, in GROW of a segment; a sixteenth of
                              max_bytes, 64 KiB at least */
    uintptr_t reserved[8];
} ctrace_recorder_options;

/* A subscriber that records into a file, which tells what happened also after the process was
 * killed: `ctrace cat FILE` and ctrace/record.h read it. A regular file of that name is replaced;
 * where there is a device, a pipe or a link, the recorder is refused.
 *
 * path     A relative one stays what it means now. "%p" in it becomes the process id: a forked
 *          child then records into its own file; without, it records nothing and counts that.
 *
 * Space is reserved on the disk, all of it here (in GROW a segment when a thread needs it). A
 * record takes no lock, no system call and no memory. Events may come from signal handlers, also
 * ones that interrupted the library: for certain on threads that called ctrace_thread_prepare()
 * while this listened, and but for what it says there on others. A thread that finds no free region
 * takes over that of one that ended. What finds no room is dropped, counted, and told in the
 * stream.
 *
 * Returns NULL for a bad option, a file that cannot be made, a full disk, or without memory: see
 * ctrace_last_error(). */
CTRACE_API ctrace_subscriber *ctrace_recorder_new(const char *path,
                                                  const ctrace_recorder_options *options);

CTRACE_I_END_C

#endif
