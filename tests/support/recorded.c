#include "support/recorded.h"

#include <stdio.h>
#include <string.h>

#include "ctrace/record.h"

enum { THREADS = 64 };

typedef struct reader {
    ctrace_subscriber base;
    recorded *seen;
    uint64_t thread;
    uint64_t time;
    uint64_t next[THREADS]; /* 0: not known yet */
} reader;

static void check_order(reader *self, const ctrace_fields *fields) {
    const ctrace_value *thread = ctrace_fields_find(fields, "thread");
    const ctrace_value *i = ctrace_fields_find(fields, "i");
    if (thread == NULL || i == NULL || thread->as.u64 >= THREADS) {
        return;
    }
    uint64_t *next = &self->next[thread->as.u64];
    self->seen->disordered += *next != 0 && *next != i->as.u64;
    *next = i->as.u64 + 1;
}

static void on_event(ctrace_subscriber *base, const ctrace_event *event,
                     const ctrace_moment *moment) {
    reader *self = (reader *)base;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const ctrace_value *lost = ctrace_fields_find(fields, "lost");
    const uint64_t thread = ctrace_moment_thread(moment)->id;
    const uint64_t time = ctrace_moment_monotonic_ns(moment);
    if (lost != NULL) {
        self->seen->lost += lost->as.u64;
        return;
    }
    self->seen->backwards = self->seen->backwards || time < self->time;
    self->time = time;
    self->seen->events += 1;
    self->seen->threads += thread != self->thread;
    self->thread = thread;
    check_order(self, fields);
}

static void say_damage(void *argument, uint64_t offset, const char *reason) {
    fprintf(stderr, "%s: offset %llu: %s\n", (const char *)argument, (unsigned long long)offset,
            reason);
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};

ctrace_status recorded_read(const char *path, recorded *ret_seen) {
    reader self = {.seen = ret_seen};
    const ctrace_recording_options options = {.on_damage = say_damage,
                                              .argument = (void *)(uintptr_t)path};
    memset(ret_seen, 0, sizeof *ret_seen);
    ctrace_subscriber_init(&self.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&self.base, path, &options);
    if (recording == NULL) {
        return CTRACE_EIO;
    }
    const ctrace_status status = ctrace_recording_read(recording);
    ctrace_recording_close(recording);
    return status;
}
