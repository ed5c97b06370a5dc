/* A program that takes libctrace in, one way or another: the tests build and run it. Written in what
 * C11 and C++17 share. AMALGAMATED: its header is ctrace.h. */
#if defined(AMALGAMATED)
#include "ctrace.h"
#else
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#endif

#include <stdio.h>
#include <string.h>

static const char *heard_target;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)self;
    (void)moment;
    heard_target = ctrace_event_site(event)->target;
}

int main(void) {
    static ctrace_subscriber_ops ops;
    static ctrace_subscriber subscriber;
    ops.size = sizeof ops;
    ops.on_event = on_event;
    ctrace_subscriber_init(&subscriber, &ops);
    TRACE_WITH_SUBSCRIBER(&subscriber) {
        TRACE_SPAN("request", ("id", 1));
        TRACE_INFO("hello");
    }
    ctrace_init();
    TRACE_INFO("said by libctrace", ("version", ctrace_version()));
    ctrace_shutdown(CTRACE_FOREVER);
    if (heard_target == NULL || strcmp(heard_target, "shop::db") != 0) {
        fprintf(stderr, "heard %s\n", heard_target == NULL ? "nothing" : heard_target);
        return 1;
    }
    return 0;
}
