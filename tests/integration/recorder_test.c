/* The flight recorder among threads, forks, signal handlers and full files. */
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "support/listener.h"

static char folder[] = "/tmp/ctrace-recorder-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- Reading back ---- */

typedef struct counter {
    ctrace_subscriber base;
    unsigned events;
    unsigned lost;    /* as told in the stream */
    unsigned threads; /* changes of the thread from one event to the next */
    uint64_t thread;
    uint64_t time;
    bool backwards;
} counter;

static void count_event(ctrace_subscriber *self, const ctrace_event *event,
                        const ctrace_moment *moment) {
    counter *count = (counter *)self;
    const ctrace_value *lost = ctrace_fields_find(ctrace_event_fields(event), "lost");
    const uint64_t thread = ctrace_moment_thread(moment)->id;
    const uint64_t time = ctrace_moment_monotonic_ns(moment);
    if (lost != NULL) {
        count->lost += (unsigned)lost->as.u64;
        return;
    }
    count->events += 1;
    count->threads += thread != count->thread ? 1 : 0;
    count->backwards = count->backwards || time < count->time;
    count->thread = thread;
    count->time = time;
}

static const ctrace_subscriber_ops counting = {.size = sizeof counting, .on_event = count_event};

static counter read_back(const char *path) {
    counter count = {.events = 0};
    ctrace_subscriber_init(&count.base, &counting);
    ctrace_recording *recording = ctrace_recording_open(&count.base, path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    assert_false(ctrace_recording_is_live(recording));
    ctrace_recording_close(recording);
    assert_false(count.backwards);
    return count;
}

/* ---- What is kept ---- */

static void tell_a_story(void) {
    TRACE_SPAN_AS(outer, "outer", ("a", 1), ("b", TRACE_EMPTY));
    ctrace_span *other = TRACE_SPAN_ROOT("other");
    TRACE_BLOCK("inner") {
        TRACE_INFO("one");
    }
    TRACE_RECORD(outer, ("b", "later"));
    ctrace_span_follows(outer, other);
    TRACE_INFOF("%s %d", "two", 2);
    ctrace_span_unref(other);
}

static void a_recording_tells_what_was_heard_live(void **state) {
    listener live, recorded;
    (void)state;
    const char *path = in_folder("story");
    ctrace_subscriber *recorder = ctrace_recorder_new(path, NULL);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        tell_a_story();
    }
    ctrace_subscriber_unref(recorder);
    TRACE_WITH_SUBSCRIBER(listener_init(&live, false)) {
        tell_a_story();
    }
    ctrace_recording *recording =
        ctrace_recording_open(listener_init(&recorded, false), path, NULL);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_string_equal(listener_heard(&recorded), listener_heard(&live));
    ctrace_subscriber_unref(&live.base);
    unlink(path);
}

static void emit(unsigned events) {
    for (unsigned i = 0; i < events; i++) {
        TRACE_INFO("event", ("i", i), ("text", "some more bytes, so that it takes some room"));
    }
}

/* A ring keeps the last ones, and the spans around them though they began long ago. */
static void a_ring_keeps_the_last_ones(void **state) {
    listener recorded;
    (void)state;
    const char *path = in_folder("ring");
    const ctrace_recorder_options options = {.max_bytes = 256 << 10, .thread_bytes = 64 << 10};
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        TRACE_SPAN("long ago");
        emit(5000);
        TRACE_INFO("last");
    }
    ctrace_subscriber_unref(recorder);
    const counter count = read_back(path);
    assert_in_range(count.events, 300, 1000);
    assert_int_equal(count.lost, 0);
    ctrace_recording *recording =
        ctrace_recording_open(listener_init(&recorded, false), path, NULL);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    assert_non_null(strstr(recorded.heard, "+long ago >long ago long ago:event"));
    ctrace_recording_close(recording);
    unlink(path);
}

static void a_full_file_drops_and_counts(void **state) {
    (void)state;
    const char *path = in_folder("full");
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 320 << 10, .thread_bytes = 64 << 10};
    ctrace_stats before, after;
    ctrace_stats_get(&before, sizeof before);
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        emit(5000);
    }
    ctrace_subscriber_unref(recorder);
    ctrace_stats_get(&after, sizeof after);
    const counter count = read_back(path);
    assert_int_equal(count.events + (after.events_lost - before.events_lost), 5000);
    unlink(path);
}

/* ---- Threads ---- */

static void *emit_some(void *argument) {
    (void)argument;
    emit(10);
    return NULL;
}

/* More threads than there are regions, one after the other: each takes over a dead one's. */
static void a_dead_threads_region_is_taken_over(void **state) {
    (void)state;
    const char *path = in_folder("threads");
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 512 << 10, .thread_bytes = 64 << 10};
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    for (unsigned i = 0; i < 40; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, emit_some, NULL), 0);
        pthread_join(thread, NULL);
    }
    ctrace_shutdown(CTRACE_FOREVER);
    const counter count = read_back(path);
    assert_int_equal(count.events, 400);
    assert_int_equal(count.threads, 40);
    unlink(path);
}

/* ---- Forks ---- */

static unsigned in_child(void) {
    ctrace_stats before, after;
    assert_int_equal(chdir("/"), 0); /* where the file is not */
    ctrace_stats_get(&before, sizeof before);
    emit(7);
    ctrace_stats_get(&after, sizeof after);
    return (unsigned)(after.events_lost - before.events_lost);
}

/* Forks inside a span, emits on both sides, and returns the child's id and what it lost. */
static pid_t fork_inside(const char *path, int *ret_lost) {
    const ctrace_recorder_options options = {.max_bytes = 1 << 20};
    int status;
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    pid_t child;
    {
        TRACE_SPAN("around");
        emit(3);
        child = fork();
        if (child == 0) {
            const unsigned lost = in_child();
            _exit((int)lost);
        }
        emit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    *ret_lost = WEXITSTATUS(status);
    ctrace_shutdown(CTRACE_FOREVER);
    return child;
}

static void a_child_records_to_its_own_file(void **state) {
    char name[64];
    int lost;
    (void)state;
    const pid_t child = fork_inside(in_folder("fork-%p"), &lost);
    assert_int_equal(lost, 0);
    snprintf(name, sizeof name, "fork-%ld", (long)getpid());
    assert_int_equal(read_back(in_folder(name)).events, 5);
    unlink(in_folder(name));
    snprintf(name, sizeof name, "fork-%ld", (long)child);
    assert_int_equal(read_back(in_folder(name)).events, 7);
    unlink(in_folder(name));
}

/* Of the folder's name nothing is replaced. */
static void a_relative_path_stays_what_it_means(void **state) {
    char before[512];
    char name[64];
    int lost;
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(in_folder("of%p"), 0700), 0);
    assert_int_equal(chdir(in_folder("of%p")), 0);
    const pid_t child = fork_inside("fork-%p", &lost);
    assert_int_equal(lost, 0);
    snprintf(name, sizeof name, "fork-%ld", (long)getpid());
    assert_int_equal(read_back(name).events, 5);
    unlink(name);
    snprintf(name, sizeof name, "fork-%ld", (long)child);
    assert_int_equal(read_back(name).events, 7);
    unlink(name);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(in_folder("of%p")), 0);
}

static void a_child_without_a_file_counts(void **state) {
    int lost;
    (void)state;
    fork_inside(in_folder("fork"), &lost);
    assert_int_equal(lost, 7);
    assert_int_equal(read_back(in_folder("fork")).events, 5);
    unlink(in_folder("fork"));
}

/* ---- Signal handlers ---- */

static volatile sig_atomic_t handled;

static void on_signal(int number) {
    TRACE_INFO("from a handler", ("number", number));
    handled += 1;
}

static void handlers_may_emit_anywhere(void **state) {
    (void)state;
    const char *path = in_folder("handler");
    const ctrace_recorder_options options = {.max_bytes = 64u << 20, .thread_bytes = 32u << 20};
    ctrace_stats before, after;
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    assert_int_equal(ctrace_thread_prepare(), CTRACE_OK);
    ctrace_stats_get(&before, sizeof before);
    signal(SIGUSR1, on_signal);
    const pid_t self = getpid();
    const pid_t child = fork();
    if (child == 0) {
        while (kill(self, SIGUSR1) == 0 && getppid() == self) {
        }
        _exit(0);
    }
    unsigned emitted = 0;
    while (handled < 2000 && emitted < 400000) {
        emit(100);
        emitted += 100;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    signal(SIGUSR1, SIG_IGN);
    ctrace_shutdown(CTRACE_FOREVER);
    ctrace_stats_get(&after, sizeof after);
    const counter count = read_back(path);
    const uint64_t lost = after.events_lost - before.events_lost;
    assert_int_equal(after.reentrant_events, before.reentrant_events);
    assert_true(handled > 0);
    assert_true(count.events + lost == emitted + (unsigned)handled || emitted > 200000);
    unlink(path);
}

/* ---- Refusals ---- */

static void refuse(const char *path, const ctrace_recorder_options *options, const char *why) {
    assert_null(ctrace_recorder_new(path, options));
    assert_non_null(strstr(ctrace_last_error(), why));
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    refuse(NULL, NULL, "path");
    refuse("", NULL, "the path is empty");
    refuse("/nonexistent/folder/file", NULL, "No such file");
    refuse(in_folder("x"), &(ctrace_recorder_options){.max_bytes = 1000}, "max_bytes");
    refuse(in_folder("x"), &(ctrace_recorder_options){.thread_bytes = 1000}, "thread_bytes");
    refuse(in_folder("x"), &(ctrace_recorder_options){.mode = (ctrace_recorder_mode)7}, "mode");
    refuse(in_folder("x"), &(ctrace_recorder_options){.reserved = {1}}, "reserved");
}

/* A file that grows needs room for three segments behind its header, too. */
static void a_file_for_fewer_than_three_segments_is_refused(void **state) {
    (void)state;
    ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 3 << 16, .thread_bytes = 1 << 16};
    refuse(in_folder("x"), &options, "max_bytes");
    options.max_bytes += 4096;
    ctrace_subscriber *recorder = ctrace_recorder_new(in_folder("x"), &options);
    assert_non_null(recorder);
    ctrace_subscriber_unref(recorder);
    unlink(in_folder("x"));
}

/* As root one could replace a device. */
static void what_is_no_regular_file_stays(void **state) {
    struct stat about;
    (void)state;
    const char *path = in_folder("special");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse(path, NULL, "not a regular file");
    assert_int_equal(stat(path, &about), 0);
    assert_true(S_ISFIFO(about.st_mode));
    unlink(path);
    assert_int_equal(symlink("elsewhere", path), 0);
    refuse(path, NULL, "not a regular file");
    assert_int_equal(lstat(path, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    unlink(path);
}

/* A file that may not become so large: as a full disk, it is an error here, and the file that was
 * there before stays. */
static void a_full_disk_is_an_error(void **state) {
    struct rlimit before;
    (void)state;
    const char *path = in_folder("disk");
    fclose(fopen(path, "w"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {1 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    refuse(path, NULL, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
}

/* The same where a segment is needed later: what does not fit is counted, and nobody dies. */
static void a_disk_that_fills_up_later_drops(void **state) {
    struct rlimit before;
    ctrace_stats start, end;
    (void)state;
    const char *path = in_folder("later");
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 4 << 20, .thread_bytes = 64 << 10};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {300 << 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ctrace_stats_get(&start, sizeof start);
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        emit(5000);
    }
    ctrace_subscriber_unref(recorder);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    ctrace_stats_get(&end, sizeof end);
    const counter count = read_back(path);
    assert_true(count.events > 0 && count.events < 5000);
    assert_int_equal(count.events + (end.events_lost - start.events_lost), 5000);
    unlink(path);
}

static void work_in_spans(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        TRACE_SPAN("span nobody described", ("i", i));
        TRACE_INFO("event nobody described", ("i", i));
    }
}

/* And where not even the callsites find room, whose events nobody would understand. */
static void what_finds_no_description_is_counted(void **state) {
    struct rlimit before;
    ctrace_stats start, end;
    (void)state;
    const char *path = in_folder("nothing");
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 4 << 20, .thread_bytes = 64 << 10};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {4096, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ctrace_stats_get(&start, sizeof start);
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        work_in_spans(100);
    }
    ctrace_stats_get(&end, sizeof end);
    assert_int_equal(end.events_lost - start.events_lost, 100);
    assert_int_equal(end.spans_lost - start.spans_lost, 100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    ctrace_interest_changed(recorder); /* they are described again, and now there is room */
    TRACE_WITH_SUBSCRIBER(recorder) {
        work_in_spans(10);
    }
    ctrace_subscriber_unref(recorder);
    ctrace_stats_get(&start, sizeof start);
    assert_int_equal(end.events_lost, start.events_lost);
    assert_true(read_back(path).events >= 10); /* and those that tell what was lost */
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_tells_what_was_heard_live),
        cmocka_unit_test(a_ring_keeps_the_last_ones),
        cmocka_unit_test(a_full_file_drops_and_counts),
        cmocka_unit_test(a_dead_threads_region_is_taken_over),
        cmocka_unit_test(a_child_records_to_its_own_file),
        cmocka_unit_test(a_relative_path_stays_what_it_means),
        cmocka_unit_test(a_child_without_a_file_counts),
        cmocka_unit_test(handlers_may_emit_anywhere),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_file_for_fewer_than_three_segments_is_refused),
        cmocka_unit_test(what_is_no_regular_file_stays),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(a_disk_that_fills_up_later_drops),
        cmocka_unit_test(what_finds_no_description_is_counted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
