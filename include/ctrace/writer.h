/* Where bytes go. A writer knows no events: a sink hands it one event at a time, whole, and it
 * brings that out with one write. Behind a queue (ctrace/deferred.h) writers to descriptors get the
 * events that are read together in one write; writers of your own still get one at a time.
 *
 * What cannot be written is counted (`write_errors` and `bytes_lost` of ctrace_stats_get()), said
 * once on standard error, and the next write tries again. Where a failure cut a line, what is
 * written next begins with a newline, so that the lines after it stay whole. No write raises
 * SIGPIPE. A descriptor that does not block is waited for, 100 ms at most.
 *
 * After fork() parent and child may both write on. What a writer had buffered belongs to the
 * parent; the child forgets its copy. */
#ifndef CTRACE_WRITER_H
#define CTRACE_WRITER_H

#include "ctrace/detail/types.h"

CTRACE_I_BEGIN_C

/* ---- Every writer. NULL is tolerated everywhere. ---- */

/* Takes one more reference and returns its argument. Threads: any. */
CTRACE_API ctrace_writer *ctrace_writer_ref(ctrace_writer *writer);

/* Gives a reference back. The last one flushes (waiting 1 s at most) and frees the writer.
 *
 * Threads: any, but not from inside the writer's own functions. */
CTRACE_API void ctrace_writer_unref(ctrace_writer *writer);

/* Writes all of it, or buffers it where the writer was told to. Writes of several threads do not
 * mix. errno is left alone.
 *
 * bytes  Should be whole lines. NULL only when size is 0, which writes nothing.
 *
 * Threads: any, but not from inside the writer's own functions. Not a cancellation point.
 * Errors:  CTRACE_EIO; CTRACE_ETIMEDOUT when it was waited for in vain; CTRACE_EINVAL; what a
 *          writer of your own returns. All are counted. */
CTRACE_API ctrace_status ctrace_writer_write(ctrace_writer *writer, const char *bytes, size_t size);

/* Hands what is buffered to the operating system; does not wait for the disk. What there was no
 * time for stays buffered. 0 polls, CTRACE_FOREVER waits.
 *
 * Threads: any. Errors: CTRACE_ETIMEDOUT, CTRACE_EIO, CTRACE_EINVAL. */
CTRACE_API ctrace_status ctrace_writer_flush(ctrace_writer *writer, uint64_t timeout_ns);

/* Has every writer that writes to a file open it again by its name, now: for who moves log files
 * away. Where that fails the writer stays with the file it has. All are tried.
 *
 * Threads: any. Errors: those of the first that failed; ctrace_last_error() says which. */
CTRACE_API ctrace_status ctrace_reopen(void);

/* ---- Constructors. Options may be NULL and are read during the call only. They return NULL on
 * failure, and ctrace_last_error() says why. ---- */

typedef struct ctrace_fd_writer_options {
    size_t buffer_bytes;     /* 0: one write an event, or for those read together from a queue */
    uint64_t flush_after_ns; /* bytes wait in the buffer no longer than that; 0: until it is full.
                              * Not 0 asks for the library's one timer thread. */
    bool close_fd;           /* close it with the writer, and when this constructor fails */
    uintptr_t reserved[8];
} ctrace_fd_writer_options;

/* Writes to a descriptor: a file, a pipe, a terminal, a socket. */
CTRACE_API ctrace_writer *ctrace_fd_writer_new(int fd, const ctrace_fd_writer_options *options);

/* Writes to standard error, without a buffer, and never closes it. */
CTRACE_API ctrace_writer *ctrace_stderr_writer_new(void);

typedef struct ctrace_file_writer_options {
    size_t buffer_bytes;     /* as in ctrace_fd_writer_options */
    uint64_t flush_after_ns; /* likewise */
    unsigned mode;           /* of a file that is made, less the umask; 0 means 0644 */
    bool truncate;           /* empty the file once, when the writer is made */
    uintptr_t reserved[8];
} ctrace_file_writer_options;

/* Appends to a file, which is made if need be; its folder must be there. Where it ends inside a
 * line, as a process left it that was killed, what comes begins a new one. When the file is moved
 * or deleted a new one is made within 1 s, on the next write.
 *
 * path  Copied. A relative one stays what it means now, whatever chdir() does later. */
CTRACE_API ctrace_writer *ctrace_file_writer_new(const char *path,
                                                 const ctrace_file_writer_options *options);

enum {
    CTRACE_ROLL_NEVER,
    CTRACE_ROLL_HOURLY, /* on the hour */
    CTRACE_ROLL_DAILY   /* at midnight */
};

typedef struct ctrace_rolling_writer_options {
    size_t buffer_bytes;     /* as in ctrace_fd_writer_options */
    uint64_t flush_after_ns; /* likewise */
    unsigned mode;           /* as in ctrace_file_writer_options */
    bool truncate;           /* likewise; rotated files stay */
    bool local_time;         /* hours and days are local, not UTC */
    int interval;            /* CTRACE_ROLL_*: rotate with the first write of a new hour or day */
    uint64_t max_file_bytes; /* rotate before a write that would exceed it; 0: any size */
    uint64_t keep_bytes;     /* of rotated files, but the newest stays; 0: any number */
    uint32_t keep_files;     /* rotated files, the current one not counted; 0: all */
    const char *link;        /* path of a symbolic link to the file that is written; may be NULL */
    uintptr_t reserved[8];
} ctrace_rolling_writer_options;

/* Appends to a file, as ctrace_file_writer_new() does, and starts a new one by size or by time.
 * Rotated files are PATH.1 (the newest), PATH.2 and so on. A file exceeds max_file_bytes only when
 * one write alone does. The oldest rotated files are deleted as keep_files and keep_bytes say. A
 * crash at any moment of a rotation loses nothing. Several processes may share a path. */
CTRACE_API ctrace_writer *ctrace_rolling_writer_new(const char *path,
                                                    const ctrace_rolling_writer_options *options);

/* Keeps all that is written in memory, as much as there is of it. */
CTRACE_API ctrace_writer *ctrace_memory_writer_new(void);

/* What a memory writer holds, NUL-terminated. Valid until the next write. NULL for other writers.
 *
 * ret_size  Set to the bytes before the NUL. May be NULL.
 *
 * Threads: any, while nobody writes. */
CTRACE_API const char *ctrace_memory_writer_bytes(ctrace_writer *writer, size_t *ret_size);

typedef struct ctrace_http_writer_options {
    const char *headers;         /* "name=value,name=value", values percent-encoded: sent with every
                                  * request (OTEL_EXPORTER_OTLP_HEADERS has this form) */
    const char *content_type;    /* of what is written; NULL: "application/x-ndjson" */
    uint64_t timeout_ns;         /* of one attempt, from connecting to the answer; 0 means 10 s */
    uint64_t connect_timeout_ns; /* of that, for each address of the host; 0 means 3 s */
    uint64_t retry_for_ns;       /* try a request again until that long after its first attempt; 0
                                  * means 60 s, 1 never to try again */
    size_t queue_bytes; /* of all that waits, with what it takes to keep it; 0 means 4 MiB */
    uintptr_t reserved[8];
} ctrace_http_writer_options;

/* POSTs what is written to a server, by HTTP/1.1. Writing only queues, and never waits for the
 * network. A thread of the writer's own, begun with the first write, gathers lines up to 64 KiB or
 * 100 ms into a request, keeps one connection, and sleeps when there is nothing to send.
 *
 * Connections that fail or break off, attempts that take too long and the answers 429, 502, 503 and
 * 504 are tried again: after 0.5 s, then twice as long each time up to 30 s, less up to a half at
 * random, and no sooner than a Retry-After says. A kept connection that turns out to be closed is
 * replaced at once. So a request may arrive twice. Other answers but 2xx, redirects among them, are
 * final.
 *
 * Lost, and counted with the bytes and spans and events in it, is what finds the queue full, what
 * was tried for long enough, what the server refuses for good, and what is unsent when the last
 * reference is given back and the flush that this makes has waited its 1 s.
 *
 * A flush waits until what was queued before it is answered or lost (CTRACE_EIO), and has a retry
 * that is waited for made at once, unless the server asked for the pause. A forked child begins
 * with an empty queue and a connection of its own.
 *
 * url  "http://HOST[:PORT][/PATH][?QUERY]"; copied. HOST may be an IPv6 address in brackets. For
 *      https:// run a collector on this machine, which speaks TLS. */
CTRACE_API ctrace_writer *ctrace_http_writer_new(const char *url,
                                                 const ctrace_http_writer_options *options);

/* ---- Writers of your own. ---- */

/* Calls for one writer never overlap. They must not call it in turn. Every entry but `size` and
 * `write` may be NULL. */
typedef struct ctrace_writer_ops {
    size_t size; /* sizeof(ctrace_writer_ops): later versions only append */
    /* Write all, or return what went wrong: it is counted and said once. */
    ctrace_status (*write)(void *state, const char *bytes, size_t size);
    /* Bring out what is held back; CTRACE_ETIMEDOUT when the time does not suffice. */
    ctrace_status (*flush)(void *state, uint64_t timeout_ns);
    ctrace_status (*reopen)(void *state); /* for ctrace_reopen() */
    void (*free)(void *state);            /* the last reference is gone */
} ctrace_writer_ops;

/* A writer with functions of your own.
 *
 * ops    Copied.
 * state  Handed to the functions. Taken over, also on failure: then ops->free is called. */
CTRACE_API ctrace_writer *ctrace_writer_new(const ctrace_writer_ops *ops, void *state);

/* The same with nothing but a write. `state` must outlive the writer. */
CTRACE_API ctrace_writer *
ctrace_callback_writer_new(ctrace_status (*write)(void *state, const char *bytes, size_t size),
                           void *state);

CTRACE_I_END_C

#endif
