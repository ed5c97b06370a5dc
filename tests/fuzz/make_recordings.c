/* Makes the recordings in the corpus, as programs of several kinds leave them: what they record
 * here is much in little room.
 *
 * usage: make_recordings FOLDER    of record_fuzz's corpus */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "record/packed.h"
#include "sparse.h"

enum { ROOM = 1 << 20, IS_A_FILE = 1, SUMS_ARE_MADE_RIGHT = 2, OTHERS = 11, TIMES_AROUND = 30 };

static const char recording[] = "make_recordings.tmp";

static void check(int good, const char *what) {
    if (!good) {
        perror(what);
        exit(1);
    }
}

/* ---- What is recorded ---- */

static void tell_values(int i) {
    static const char *const texts[] = {"", "short", "\xc3\xa9\n\"", NULL, "longer than 15 bytes"};
    TRACE_INFO("numbers", ("i", i * -1000003), ("u", (uint64_t)i << 33), ("x", i / 3.0),
               ("b", TRACE_BOOL(i % 2)), ("h", TRACE_HEX(i)), ("e", TRACE_ERRNO(i)),
               ("t", TRACE_NS(i * 1000)), ("p", (const void *)texts), ("none", TRACE_EMPTY));
    TRACE_DEBUG("texts", ("one", texts[i % 5]), ("bytes", TRACE_BYTES("a\0b", 3)));
    TRACE_WARNF("%d of %-5s, %5.2f", i, "many", i / 7.0);
}

static void tell_remote(void) {
    const ctrace_remote remote = {.trace_id = {[3] = 1}, .span_id = {[7] = 2}, .flags = 1};
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "request", ("peer", "there"));
    TRACE_IN(span) {
        TRACE_SPAN_AS(step, "step", ("result", TRACE_EMPTY));
        tell_values(1);
        TRACE_RECORD(step, ("result", 7));
        ctrace_span_follows(step, span);
        ctrace_span_follows_remote(step, &remote);
    }
    ctrace_span_unref(span);
}

static void tell_task(void) {
    ctrace_task *task = ctrace_task_new();
    for (int i = 0; i < 3; i++) {
        ctrace_task_resume(task);
        {
            TRACE_SPAN("in a task", ("i", i));
            tell_values(i);
        }
        ctrace_task_suspend(task);
        TRACE_INFO("between");
    }
    ctrace_task_free(task);
}

static void tell_all(void) {
    TRACE_SPAN("outer", ("a", 1));
    tell_values(2);
    tell_remote();
    tell_task();
    TRACE_ERROR("a large one", ("text", TRACE_BYTES(recording, sizeof recording)));
}

/* ---- The programs ---- */

static void tell_once(void) {
    tell_all();
}

static void *tell_in_thread(void *argument) {
    (void)argument;
    ctrace_thread_prepare();
    tell_all();
    return NULL;
}

static void tell_in_threads(void) {
    pthread_t thread;
    tell_all();
    check(pthread_create(&thread, NULL, tell_in_thread, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
    tell_all();
}

static pthread_barrier_t all_there;

static void *take_room(void *argument) {
    (void)argument;
    TRACE_INFO("another");
    pthread_barrier_wait(&all_there); /* so long its part of the file is taken */
    return NULL;
}

/* Others leave little room: so the ring is short, and goes round. */
static void go_round(void) {
    pthread_t threads[OTHERS];
    check(pthread_barrier_init(&all_there, NULL, OTHERS) == 0, "pthread_barrier_init");
    for (int i = 0; i < OTHERS; i++) {
        check(pthread_create(&threads[i], NULL, take_room, NULL) == 0, "pthread_create");
    }
    for (int i = 0; i < OTHERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < TIMES_AROUND; i++) {
        TRACE_SPAN("around", ("i", i));
        tell_all();
    }
}

static void on_signal(int number) {
    TRACE_SPAN("in a handler");
    TRACE_WARN("interrupted", ("by", number));
}

static void interrupt(ctrace_buf *out, const void *object) {
    (void)object;
    raise(SIGUSR1);
    ctrace_buf_printf(out, "lazy");
}

/* The handler interrupts the recorder itself: what it tells goes to the side lane. */
static void be_interrupted(void) {
    ctrace_thread_prepare();
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 20; i++) {
        TRACE_SPAN("work");
        TRACE_INFO("step", ("text", TRACE_LAZY(interrupt, NULL)));
        raise(SIGUSR1);
    }
}

static void be_killed(void) {
    TRACE_SPAN("never ends");
    tell_in_threads();
    raise(SIGKILL);
}

/* ---- Into the corpus ---- */

static void record(void (*program)(void), ctrace_recorder_mode mode) {
    const ctrace_recorder_options options = {.mode = mode,
                                             .max_bytes = mode == CTRACE_RECORDER_GROW ? 256 << 10
                                                                                       : 128 << 10,
                                             .thread_bytes = 64 << 10};
    int status;
    const pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        check(ctrace_set_global(ctrace_recorder_new(recording, &options)) == CTRACE_OK, recording);
        program();
        check(ctrace_shutdown(CTRACE_FOREVER) == CTRACE_OK, recording);
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child, "waitpid");
    check(status == 0 || WIFSIGNALED(status), recording);
}

static size_t load(const char *path, unsigned char *bytes) {
    const int fd = open(path, O_RDONLY);
    const ssize_t size = read(fd, bytes, ROOM);
    check(size > 0 && size < ROOM, path);
    close(fd);
    return (size_t)size;
}

static void keep(const char *folder, const char *name, const char *path) {
    static unsigned char file[ROOM], packed[1 + 2 * ROOM];
    char kept[512];
    packed[0] = IS_A_FILE | SUMS_ARE_MADE_RIGHT;
    const size_t size = 1 + sparse_pack(file, load(path, file), packed + 1);
    snprintf(kept, sizeof kept, "%s/%s", folder, name);
    const int fd = open(kept, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    check(fd >= 0 && write(fd, packed, size) == (ssize_t)size && close(fd) == 0, kept);
    printf("%-12s %6zu bytes\n", name, size);
}

static bool write_to(void *fd, const void *bytes, size_t size) {
    return write(*(int *)fd, bytes, size) == (ssize_t)size;
}

static void pack(const char *path) {
    cti_view view = {.fd = cti_view_open(recording)};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    check(view.fd >= 0 && fd >= 0, path);
    check(cti_view_load(&view) && cti_pack(&view, write_to, &fd), path);
    cti_view_release(&view);
    close(fd);
}

int main(int argc, char *argv[]) {
    static const char packed[] = "make_recordings.packed";
    check(argc == 2, "usage: make_recordings FOLDER");
    record(tell_in_threads, CTRACE_RECORDER_GROW);
    keep(argv[1], "grow", recording);
    pack(packed);
    keep(argv[1], "packed", packed);
    record(tell_once, CTRACE_RECORDER_RING);
    keep(argv[1], "ring", recording);
    record(go_round, CTRACE_RECORDER_RING);
    keep(argv[1], "round", recording);
    record(be_interrupted, CTRACE_RECORDER_RING);
    keep(argv[1], "interrupted", recording);
    record(be_killed, CTRACE_RECORDER_RING);
    keep(argv[1], "killed", recording);
    unlink(recording);
    unlink(packed);
    return 0;
}
