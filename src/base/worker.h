/* A thread of the library's own: no signal of the host's is handled on it. */
#ifndef CTI_BASE_WORKER_H
#define CTI_BASE_WORKER_H

#include <pthread.h>
#include <stdbool.h>

/* Starts function(argument) on a thread. False when there can be no more threads. */
bool cti_worker_start(pthread_t *ret_thread, void *(*function)(void *), void *argument);

/* Names the calling thread, as far as the system has names for threads. */
void cti_worker_name(const char *name);

/* Whether threads can be kept to one processor here. */
bool cti_worker_can_keep_to(void);

/* Whether a thread of this process can be kept to that one. Starts a thread, for a moment, to try.
 */
bool cti_worker_may_keep_to(unsigned processor);

/* Keeps the calling thread to one processor. False when that cannot be. */
bool cti_worker_keep_to(unsigned processor);

#endif
