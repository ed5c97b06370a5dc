/* A subscriber of one's own, in the words that both languages know. */
/* also: -O2 */
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

struct counter {
    ctrace_subscriber base;
    unsigned long errors;
};

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    (void)event;
    (void)moment;
    ((struct counter *)self)->errors++;
}

static ctrace_subscriber_ops ops;

int main(void) {
    struct counter counter;
    ops.size = sizeof ops;
    ops.on_event = on_event;
    ctrace_subscriber_init(&counter.base, &ops);
    TRACE_WITH_SUBSCRIBER(&counter.base) {
        TRACE_ERROR("counted");
    }
    return counter.errors == 1 ? 0 : 1;
}
