/* A subscriber of one's own: counts errors by target, and prints the spans that took long. */
#define TRACE_TARGET "shop"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MAX_TARGETS = 16 };

struct watcher {
    ctrace_subscriber base; /* first, so that a pointer to one is a pointer to the other */
    uint64_t slow_ns;
    pthread_mutex_t lock; /* callbacks run on any thread, several at once */
    struct {
        const char *target;
        unsigned long errors;
    } counts[MAX_TARGETS];
};

/* What the library keeps for us in each span. */
struct span_data {
    uint64_t opened_ns;
};

/* Asked once for each callsite: an event that is no error costs next to nothing from then on. */
static ctrace_interest on_callsite(ctrace_subscriber *base, const ctrace_callsite *site) {
    (void)base;
    bool wanted = site->kind == CTRACE_KIND_SPAN || site->level == CTRACE_LEVEL_ERROR;
    return wanted ? CTRACE_INTEREST_ALWAYS : CTRACE_INTEREST_NEVER;
}

static void on_span_new(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    struct span_data *data = ctrace_span_data(span, base);
    data->opened_ns = ctrace_moment_monotonic_ns(moment);
}

static void print_slow(const ctrace_span *span, uint64_t took_ns) {
    const ctrace_fields *fields = ctrace_span_fields(span);
    printf("slow: %s", ctrace_span_name(span));
    for (size_t i = 0; i < ctrace_fields_count(fields); i++) {
        char text[64];
        ctrace_value_text(ctrace_fields_value(fields, i), text, sizeof(text));
        printf(" %s=%s", ctrace_fields_key(fields, i), text);
    }
    printf(" took %lu ms\n", (unsigned long)(took_ns / 1000000));
}

static void on_span_close(ctrace_subscriber *base, ctrace_span *span, const ctrace_moment *moment) {
    const struct watcher *watcher = (const struct watcher *)base;
    const struct span_data *data = ctrace_span_data(span, base);
    uint64_t took_ns = ctrace_moment_monotonic_ns(moment) - data->opened_ns;
    if (took_ns >= watcher->slow_ns) {
        print_slow(span, took_ns);
    }
}

static void on_event(ctrace_subscriber *base, const ctrace_event *event,
                     const ctrace_moment *moment) {
    struct watcher *watcher = (struct watcher *)base;
    const char *target = ctrace_event_site(event)->target;
    (void)moment;
    pthread_mutex_lock(&watcher->lock);
    for (size_t i = 0; i < MAX_TARGETS; i++) {
        if (watcher->counts[i].target == NULL || strcmp(watcher->counts[i].target, target) == 0) {
            watcher->counts[i].target = target;
            watcher->counts[i].errors++;
            break;
        }
    }
    pthread_mutex_unlock(&watcher->lock);
}

static const ctrace_subscriber_ops watcher_ops = {
    .size = sizeof(ctrace_subscriber_ops),
    .span_data_size = sizeof(struct span_data),
    .on_callsite = on_callsite,
    .on_span_new = on_span_new,
    .on_span_close = on_span_close,
    .on_event = on_event,
};

static void work(long milliseconds) {
    TRACE_SPAN("work", ("milliseconds", milliseconds));
    const struct timespec pause = {0, milliseconds * 1000000};
    nanosleep(&pause, NULL);
    if (milliseconds > 20) {
        TRACE_ERROR("too late", ("milliseconds", milliseconds));
    }
}

int main(void) {
    static struct watcher watcher = {.slow_ns = 10000000, .lock = PTHREAD_MUTEX_INITIALIZER};
    ctrace_subscriber_init(&watcher.base, &watcher_ops);
    if (ctrace_set_global(&watcher.base) != CTRACE_OK) {
        fprintf(stderr, "own_subscriber: %s\n", ctrace_last_error());
        return 1;
    }
    work(0);
    work(15);
    work(30);
    TRACE_INFO("nobody wants this, so it is not even put together");
    ctrace_shutdown(CTRACE_FOREVER);
    for (size_t i = 0; i < MAX_TARGETS && watcher.counts[i].target != NULL; i++) {
        printf("%s: %lu errors\n", watcher.counts[i].target, watcher.counts[i].errors);
    }
    return 0;
}
