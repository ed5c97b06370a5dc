/* Carrying context across threads, pools and coroutines. */
#ifndef CTRACE_CONTEXT_H
#define CTRACE_CONTEXT_H

#include <pthread.h>

#include "ctrace/trace.h"

CTRACE_I_BEGIN_C

/* ---- Contexts: where work was handed over, for where it is done ---- */

typedef struct ctrace_context ctrace_context;

/* Here and now: the current span, which stays open until the context is released, and who listens.
 * Give back with ctrace_context_release(). NULL when nobody listens here, or when there is no
 * memory; every call takes that NULL.
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
    uintptr_t reserved[3];
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

/* Closes what the task left open, as a repair, and gives it back. */
CTRACE_API void ctrace_task_free(ctrace_task *task);

/* The identity that ctrace_moment_task_id() shows in this task; 0 for NULL. */
CTRACE_API uint64_t ctrace_task_id(const ctrace_task *task);

/* Has on_switch(arg, task, resumed) called at each resume, when the task stands, and at each
 * suspend, before it goes. One for each task; NULL takes it away. */
CTRACE_API void ctrace_task_on_switch(ctrace_task *task,
                                      void (*on_switch)(void *arg, ctrace_task *task, bool resumed),
                                      void *arg);

CTRACE_I_END_C

#if !defined(CTRACE_NO_SHORT_NAMES)
#define TRACE_ATTACH   CTRACE_ATTACH
#define TRACE_ATTACHED CTRACE_ATTACHED
#endif

#endif
