/* What was recorded before a SIGKILL is in the file, whole and in order: four threads emit, and say
 * through a pipe what they have emitted; then they are killed at a random moment.
 * CTRACE_KILL_ROUNDS in the environment says how often; unless told, 200 times, and less under
 * sanitizers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "support/sanitized.h"

#if defined(TEST_HAS_THREAD_SANITIZER) || defined(TEST_HAS_ADDRESS_SANITIZER)
enum { ROUNDS = 24 };
#else
enum { ROUNDS = 200 };
#endif

enum { THREADS = 4, EVERY = 32, GROW_MOST = 40000 };

typedef struct said {
    uint32_t thread;
    uint32_t count; /* events emitted so far */
} said;

/* Texts of all lengths: segments end at any record. */
static void write_text(char *ret_text, size_t size, uint32_t i) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    snprintf(ret_text, size, "<%u>%.*s", (unsigned)i, (int)(i * 2654435761u % 40), letters);
}

/* ---- The child ---- */

static int pipe_ends[2];
static uint32_t most; /* events of one thread; 0: no limit */

static void *emit(void *argument) {
    const uint32_t thread = (uint32_t)(uintptr_t)argument;
    char text[64];
    for (uint32_t i = 0; most == 0 || i < most; i++) {
        write_text(text, sizeof text, i);
        TRACE_SPAN("step", ("of", thread));
        TRACE_INFO("tick", ("thread", thread), ("i", i), ("text", text));
        if (i % EVERY == 0) {
            const said now = {thread, i + 1};
            if (write(pipe_ends[1], &now, sizeof now) != sizeof now) {
                _exit(3);
            }
        }
    }
    for (;;) {
        pause();
    }
}

static void be_killed(const char *path, ctrace_recorder_mode mode) {
    const ctrace_recorder_options options = {.mode = mode, .max_bytes = 32u << 20};
    pthread_t threads[THREADS];
    most = mode == CTRACE_RECORDER_GROW ? GROW_MOST : 0;
    if (ctrace_set_global(ctrace_recorder_new(path, &options)) != CTRACE_OK) {
        _exit(2);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, emit, (void *)i);
    }
    for (;;) {
        pause();
    }
}

/* ---- What is read back ---- */

typedef struct checker {
    ctrace_subscriber base;
    uint32_t first[THREADS];
    uint32_t next[THREADS];
    bool any[THREADS];
    unsigned wrong;
} checker;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    checker *check = (checker *)self;
    const ctrace_fields *fields = ctrace_event_fields(event);
    const uint32_t thread = (uint32_t)ctrace_fields_find(fields, "thread")->as.u64;
    const uint32_t i = (uint32_t)ctrace_fields_find(fields, "i")->as.u64;
    const ctrace_span *span = ctrace_event_span(event, NULL);
    char text[64];
    (void)moment;
    write_text(text, sizeof text, i);
    if (thread >= THREADS || strcmp(ctrace_fields_find(fields, "text")->as.string, text) != 0 ||
        (check->any[thread] && i != check->next[thread]) || span == NULL ||
        ctrace_fields_find(ctrace_span_fields(span), "of")->as.u64 != thread) {
        check->wrong += 1;
        return;
    }
    check->first[thread] = check->any[thread] ? check->first[thread] : i;
    check->any[thread] = true;
    check->next[thread] = i + 1;
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};

static void say_damage(void *argument, uint64_t offset, const char *reason) {
    fprintf(stderr, "%s: offset %llu: %s\n", (const char *)argument, (unsigned long long)offset,
            reason);
}

static void check_recording(char *path, ctrace_recorder_mode mode, const uint32_t *told) {
    checker check = {.wrong = 0};
    const ctrace_recording_options options = {.on_damage = say_damage, .argument = path};
    ctrace_subscriber_init(&check.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&check.base, path, &options);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_int_equal(check.wrong, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_true(check.next[i] >= told[i]);
        assert_true(mode == CTRACE_RECORDER_RING || check.first[i] == 0);
    }
}

/* ---- The rounds ---- */

static void hear(uint32_t *told, unsigned rounds) {
    said now;
    for (unsigned i = 0; i < rounds; i++) {
        if (read(pipe_ends[0], &now, sizeof now) != sizeof now) {
            return;
        }
        told[now.thread] = now.count;
    }
}

/* A program of its own: threads in a mere fork are more than sanitizers take. */
static pid_t start(const char *path, ctrace_recorder_mode mode) {
    char end[16];
    snprintf(end, sizeof end, "%d", pipe_ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        execl("/proc/self/exe", "recorder_kill", path,
              mode == CTRACE_RECORDER_GROW ? "grow" : "ring", end, (char *)NULL);
        _exit(4);
    }
    return child;
}

static void kill_once(const char *folder, ctrace_recorder_mode mode, unsigned random) {
    char path[128];
    uint32_t told[THREADS] = {0};
    int status;
    snprintf(path, sizeof path, "%s/killed.ctrace", folder);
    assert_int_equal(pipe(pipe_ends), 0);
    const pid_t child = start(path, mode);
    close(pipe_ends[1]);
    hear(told, 8 + random % 3000);
    for (volatile unsigned i = 0; i < random % 10007; i++) { /* anywhere in a record */
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    hear(told, UINT32_MAX);
    close(pipe_ends[0]);
    check_recording(path, mode, told);
    unlink(path);
}

static void nothing_is_lost(void **state) {
    const char *said_rounds = getenv("CTRACE_KILL_ROUNDS");
    const int rounds = said_rounds == NULL ? ROUNDS : atoi(said_rounds);
    char folder[] = "/tmp/ctrace-kill-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    srand((unsigned)getpid());
    for (int i = 0; i < rounds; i++) {
        kill_once(folder, i % 3 == 0 ? CTRACE_RECORDER_GROW : CTRACE_RECORDER_RING,
                  (unsigned)rand());
    }
    rmdir(folder);
}

int main(int argc, char *argv[]) {
    if (argc == 4) {
        pipe_ends[1] = atoi(argv[3]);
        be_killed(argv[1],
                  strcmp(argv[2], "grow") == 0 ? CTRACE_RECORDER_GROW : CTRACE_RECORDER_RING);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
