/* Carrying context across threads, pools and coroutines. */
#ifndef CTRACE_CONTEXT_H
#define CTRACE_CONTEXT_H

#include <pthread.h>

#include "ctrace/trace.h"

CTRACE_I_BEGIN_C

/* ---- Contexts: where work was handed over, for where it is done ---- */

typedef struct ctrace_context ctrace_context;

/* Here and now: the current span, which stays open until the context is released, the baggage, and
 * who listens. Give back with ctrace_context_release(). NULL when nobody listens here and nothing
 * came from elsewhere to be passed on, or when there is no memory; every call takes that NULL.
 *
 * Threads: any may attach and release what this one captured, several at once too. */
CTRACE_API ctrace_context *ctrace_context_capture(void);

/* Gives the context back. While it is attached somewhere it stays until it is detached there. */
CTRACE_API void ctrace_context_release(ctrace_context *context);

/* What happens on this thread from here on belongs there: the captured span is the parent of what
 * follows, without being entered again, and who listened there listens here. Nests. */
CTRACE_API void ctrace_context_attach(ctrace_context *context);

/* Undoes the last attachment of this context here, and whatever was left open above it. Counted and
 * otherwise ignored when it is not attached here. */
CTRACE_API void ctrace_context_detach(ctrace_context *context);

/* As pthread_create(), and the new thread begins where this one stands. Returns what
 * pthread_create() returns, EAGAIN also when there is no memory. */
CTRACE_API int ctrace_thread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
                                    void *(*function)(void *), void *argument);

/* Attaches for the end of a scope; 0 for NULL. */
CTRACE_API uint64_t ctrace_i_attach(ctrace_context *context);

/* Attaches for the rest of the scope, or for a block. */
#define CTRACE_ATTACH(context)   CTRACE_I_ATTACH(CTRACE_I_ID, context)
#define CTRACE_ATTACHED(context) CTRACE_I_ATTACHED(CTRACE_I_ID, context)
#define CTRACE_I_ATTACH(id, context) \
    CTRACE_I_GUARD(CTRACE_I_NAME(guard, id), ctrace_i_attach(context))
#define CTRACE_I_ATTACHED(id, context) \
    CTRACE_I_BLOCK(CTRACE_I_NAME(block, id), ctrace_i_attach(context))

/* ---- Jobs: a function and its argument, with the context of who made it ---- */

/* Lies where its owner puts it. The members are the library's. */
typedef struct ctrace_job {
    void (*function)(void *);
    void *argument;
    ctrace_span *span;             /* a reference */
    ctrace_subscriber *subscriber; /* a reference */
    uintptr_t flags;
    void *baggage; /* a reference */
    uintptr_t reserved[2];
} ctrace_job;

/* Makes a job that will call function(argument) in the context of here and now. It holds the
 * current span open until it is run or cancelled. Cannot fail. */
CTRACE_API void ctrace_job_init(ctrace_job *ret_job, void (*function)(void *), void *argument);

/* Runs the job (a ctrace_job *, once), in its context, and lets go of that: fits whatever calls a
 * void (*)(void *). The job's storage may be given back by the function that it runs.
 *
 * Threads: any. */
CTRACE_API void ctrace_job_run(void *job);

/* Lets go of the context of a job that will not be run. */
CTRACE_API void ctrace_job_cancel(ctrace_job *job);

/* ---- Tasks: coroutines ---- */

typedef struct ctrace_task ctrace_task;

/* A coroutine's own place: the spans it opens, the contexts it attaches and the subscribers it
 * chooses go with it to whichever thread it runs on. It begins inside the current span, which stays
 * open until ctrace_task_free(). NULL when there is no memory; every call takes that NULL.
 *
 * Threads: any, one at a time. */
CTRACE_API ctrace_task *ctrace_task_new(void);

/* Call when the coroutine is switched to: from here on this thread stands where the coroutine
 * stood. Its open spans are busy again (on_span_enter, outermost first). Nests: a task may resume
 * another. Counted as a repair and ignored for a task that is resumed already. */
CTRACE_API void ctrace_task_resume(ctrace_task *task);

/* Call when the coroutine is switched away from: its open spans are idle (on_span_exit, innermost
 * first) and stay open; the thread stands where the resumer stood. Tasks resumed above it are
 * suspended first. Counted as a repair and ignored for a task that is not resumed on this thread.
 */
CTRACE_API void ctrace_task_suspend(ctrace_task *task);

/* Closes what the task left open, as a repair, and gives it back. Of a task that another thread has
 * resumed nothing is given back; that is counted as a repair. */
CTRACE_API void ctrace_task_free(ctrace_task *task);

/* The identity that ctrace_moment_task_id() shows in this task; 0 for NULL. */
CTRACE_API uint64_t ctrace_task_id(const ctrace_task *task);

/* Has on_switch(arg, task, resumed) called at each resume, when the task stands, and at each
 * suspend, before it goes. One for each task; NULL takes it away. */
CTRACE_API void ctrace_task_on_switch(ctrace_task *task,
                                      void (*on_switch)(void *arg, ctrace_task *task, bool resumed),
                                      void *arg);

/* ---- Machines: W3C Trace Context level 2, and Baggage ---- */

/* A span of another process, as it is passed on between machines. */
typedef struct ctrace_remote {
    uint8_t trace_id[16]; /* not all zero */
    uint8_t span_id[8];   /* not all zero */
    uint8_t flags; /* bit 0: sampled; bit 1: the trace id is random; others are passed over */
    char tracestate[513]; /* NUL-terminated; "" when there is none */
} ctrace_remote;

/* Reads a traceparent header: all of its `len` bytes. Of versions to come it takes what version 00
 * has. False, and nothing set, when it is not of the specification's form.
 *
 * ret_remote  Its tracestate is "".
 *
 * Threads: any. */
CTRACE_API bool ctrace_traceparent_parse(const char *header, size_t len, ctrace_remote *ret_remote);

/* Writes the traceparent header of the current span: 55 bytes and a NUL. Where the innermost span
 * is another process's, it is that one's. Returns 55; or 0, and writes "" where there is room, when
 * there is no span or `size` is less than 56. */
CTRACE_API size_t ctrace_traceparent_format(char *buf, size_t size);

/* The same of this span; 0 for NULL. Threads: any. */
CTRACE_API size_t ctrace_span_traceparent(const ctrace_span *span, char *buf, size_t size);

/* Says that `span` was caused by a span of another process, which is not its parent. Threads: any.
 */
CTRACE_API void ctrace_span_follows_remote(ctrace_span *span, const ctrace_remote *cause);

/* Reads traceparent, tracestate and baggage from the headers of a request. The baggage, or that
 * there is none, becomes the current context's, and that of the spans that TRACE_SPAN_REMOTE makes
 * from here on. A tracestate that is not of the specification's form is passed over as a whole; one
 * of more than 512 bytes loses members, as the specification says which.
 *
 * get         Returns the i-th (from 0) header of that name, in lower case, NUL-terminated, or NULL
 *             when there are no more. What it returns is read before it is called again.
 * ret_remote  Untouched unless true is returned: there is exactly one traceparent, and it is valid.
 */
CTRACE_API bool ctrace_extract(const char *(*get)(void *arg, const char *header, size_t i),
                               void *arg, ctrace_remote *ret_remote);

/* Calls set(arg, header, value) for each of traceparent, tracestate and baggage that a request sent
 * from here is to carry. Names are in lower case; the texts last for the call. */
CTRACE_API void ctrace_inject(void (*set)(void *arg, const char *header, const char *value),
                              void *arg);

/* The value that the current context's baggage has for `key`, decoded; the last one if there are
 * several. NULL when there is none. Lasts until the baggage is set anew here, or the innermost
 * span, attachment or task ends. */
CTRACE_API const char *ctrace_baggage_get(const char *key);

/* Sets it until the innermost span, attachment or task that is open here ends; where none is, until
 * it is set anew. NULL takes it away. What is captured here and remote spans that are made here
 * carry it on; contexts that were captured before do not change.
 *
 * key    A token of HTTP: letters, digits and !#$%&'*+-.^_`|~
 * value  Any text; it is sent percent-encoded.
 *
 * Errors: false, and nothing changes, when the key is no such token, when the header would have
 * more than 64 members or 8,192 bytes, inside a callback, or when there is no memory. */
CTRACE_API bool ctrace_baggage_set(const char *key, const char *value);

/* Makes the span that continues the trace, or, where `site` is NULL, what carries it on. */
CTRACE_API ctrace_span *ctrace_i_span_remote(ctrace_callsite *site, const ctrace_value *values,
                                             const ctrace_remote *remote);

/* As TRACE_SPAN_NEW, with a parent in another process: the expression yields a span that continues
 * its trace, or begins one when `remote` is NULL. Where nobody wants the span it still carries the
 * trace on: entered, what is injected below it is the remote's own context. */
#define CTRACE_SPAN_REMOTE(remote, ...) \
    CTRACE_SPAN_REMOTE_AT(CTRACE_LEVEL_INFO, remote, __VA_ARGS__)
#define CTRACE_SPAN_REMOTE_AT(level, remote, ...) \
    CTRACE_I_SPAN_REMOTE(CTRACE_I_ID, level, remote, __VA_ARGS__)
#define CTRACE_I_SPAN_REMOTE(id, level, remote, ...)                                           \
    __extension__({                                                                            \
        CTRACE_I_SITE(id, CTRACE_KIND_SPAN, level, CTRACE_I_HEAD(__VA_ARGS__), 0, (),          \
                      __VA_ARGS__);                                                            \
        ctrace_span *CTRACE_I_NAME(span, id) =                                                 \
            CTRACE_I_WANTED(id, level)                                                         \
                ? ctrace_i_span_remote(                                                        \
                      &CTRACE_I_NAME(site, id),                                                \
                      CTRACE_I_VALUES(CTRACE_I_FIELD_COUNT(__VA_ARGS__), __VA_ARGS__), remote) \
                : ctrace_i_span_remote(NULL, NULL, remote);                                    \
        CTRACE_I_NAME(span, id);                                                               \
    })

CTRACE_I_END_C

#if !defined(CTRACE_NO_SHORT_NAMES)
#define TRACE_SPAN_REMOTE    CTRACE_SPAN_REMOTE
#define TRACE_SPAN_REMOTE_AT CTRACE_SPAN_REMOTE_AT
#define TRACE_ATTACH         CTRACE_ATTACH
#define TRACE_ATTACHED       CTRACE_ATTACHED
#endif

#endif
