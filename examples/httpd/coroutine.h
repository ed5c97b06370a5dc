/* Stackful coroutines. Each carries a ctrace_task, so that its spans go where it goes. */
#ifndef HTTPD_COROUTINE_H
#define HTTPD_COROUTINE_H

#include <stdbool.h>

struct coroutine;

/* Will run function(argument), within the current span, when it is resumed first. NULL when there
 * is no memory. */
struct coroutine *coroutine_new(void (*function)(void *), void *argument);

/* Runs it until it yields. False when its function has returned: it is gone then. */
bool coroutine_resume(struct coroutine *coroutine);

/* Back to who resumed this one. */
void coroutine_yield(void);

/* The one that runs here; NULL outside of any. */
struct coroutine *coroutine_here(void);

#endif
