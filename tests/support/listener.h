/* A subscriber that writes down what it is told, one word or two at a time, for tests of composers:
 * "+request >request request:hello <request -request " is a span that was opened, entered, left and
 * closed with an event inside it. */
#ifndef CTRACE_TESTS_LISTENER_H
#define CTRACE_TESTS_LISTENER_H

#include <pthread.h>

#include "ctrace/subscriber.h"

typedef struct listener {
    ctrace_subscriber base;
    pthread_mutex_t lock;
    char heard[2048];
    size_t size;
    bool events_only; /* wants no spans */
    int alive;        /* 0 when it has been freed */
} listener;

/* Makes a listener in the caller's storage, which must outlive it. */
ctrace_subscriber *listener_init(listener *self, bool events_only);

/* What was heard since the last call. */
const char *listener_heard(listener *self);

#endif
