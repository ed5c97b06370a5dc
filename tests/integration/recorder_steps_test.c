/* Death at every instruction: a program that records is executed step by step, and after each step
 * that changed the file, the file says exactly what was recorded by then, as it would if the
 * program had been killed there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "support/sanitized.h"

#if defined(__linux__)
#include <sys/ptrace.h>
#endif

#if !defined(__linux__) || defined(TEST_HAS_THREAD_SANITIZER) || defined(TEST_HAS_ADDRESS_SANITIZER)

static void every_step_leaves_what_was_recorded(void **state) {
    (void)state;
    fprintf(stderr, "skipped: needs Linux, and no sanitizer\n");
    skip();
}

#else

enum {
    BEFORE = 3000, /* events until it gets interesting: the ring is full by then */
    STEPPED = 100, /* events that are executed step by step: a segment ends there */
    SEGMENT = 8 << 10,
    SIZE = 4096 + 15 * SEGMENT /* of the file */
};

static char path[] = "/tmp/ctrace-steps-XXXXXX";

/* How far the program is. */
typedef struct progress {
    uint32_t begun; /* events whose recording has begun … */
    uint32_t done;  /* … and has ended */
} progress;

static volatile progress *shared;

/* ---- The program ---- */

static const char *text_of(uint32_t i) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    return letters + i * 2654435761u % 20;
}

static void emit(uint32_t i) {
    TRACE_SPAN("around", ("of", i), ("text", text_of(i + 1)));
    shared->begun = i + 1;
    TRACE_INFO("event", ("i", i), ("text", text_of(i)));
    shared->done = i + 1;
}

static void run(void) {
    const ctrace_recorder_options options = {.max_bytes = SIZE + SEGMENT, .thread_bytes = 64 << 10};
    if (ctrace_set_global(ctrace_recorder_new(path, &options)) != CTRACE_OK ||
        ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    TRACE_SPAN("outer");
    for (uint32_t i = 0; i < BEFORE + STEPPED; i++) {
        if (i == BEFORE) {
            raise(SIGSTOP);
        }
        emit(i);
    }
    _exit(0);
}

/* ---- What the file says ---- */

typedef struct checker {
    ctrace_subscriber base;
    uint32_t events;
    uint32_t next; /* 0: not known yet */
    unsigned wrong;
} checker;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    checker *check = (checker *)self;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const uint32_t i = (uint32_t)ctrace_fields_find(fields, "i")->as.u64;
    const ctrace_span *span = ctrace_event_span(event, NULL);
    const ctrace_span *outer = span == NULL ? NULL : ctrace_span_parent(span, NULL);
    (void)moment;
    if ((check->events > 0 && i != check->next) || outer == NULL ||
        strcmp(ctrace_fields_find(fields, "text")->as.string, text_of(i)) != 0 ||
        strcmp(ctrace_span_site(outer)->name, "outer") != 0 ||
        ctrace_fields_find(ctrace_span_fields(span), "of")->as.u64 != i) {
        check->wrong += 1;
    }
    check->events += 1;
    check->next = i + 1;
}

static void say_damage(void *argument, uint64_t offset, const char *reason) {
    (void)argument;
    fprintf(stderr, "offset %llu: %s\n", (unsigned long long)offset, reason);
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};

static void check_file(void) {
    const ctrace_recording_options options = {.on_damage = say_damage};
    checker check = {.events = 0};
    ctrace_subscriber_init(&check.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&check.base, path, &options);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_int_equal(check.wrong, 0);
    assert_true(check.events > 100);
    assert_in_range(check.next, shared->done, shared->begun);
}

/* ---- Step by step ---- */

static void *map_file(void) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    assert_true(map != MAP_FAILED);
    return map;
}

static bool step(pid_t child) {
    int status;
    assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSTOPPED(status);
}

/* Returns how many steps changed the file. */
static unsigned follow(pid_t child) {
    static unsigned char before[SIZE];
    const unsigned char *map = map_file();
    unsigned changes = 0;
    while (step(child)) {
        if (memcmp(before, map, sizeof before) != 0) {
            memcpy(before, map, sizeof before);
            check_file();
            changes += 1;
        }
    }
    munmap((void *)(uintptr_t)map, sizeof before);
    return changes;
}

static void every_step_leaves_what_was_recorded(void **state) {
    int status;
    (void)state;
    close(mkstemp(path));
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    const pid_t child = fork();
    if (child == 0) {
        run();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 77);
        unlink(path);
        fprintf(stderr, "skipped: needs to be allowed to trace a process\n");
        skip();
    }
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(uintptr_t)PTRACE_O_EXITKILL);
    const unsigned changes = follow(child);
    assert_true(changes > 10 * STEPPED);
    assert_int_equal(shared->done, BEFORE + STEPPED);
    check_file();
    unlink(path);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_step_leaves_what_was_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
