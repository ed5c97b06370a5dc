/* The flight recorder on a disk that is full: a small file system of its own, in a process that has
 * mounts of its own. Where that is not allowed the tests are skipped, and say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/trace.h"
#include "support/recorded.h"

#if defined(__linux__)
#include <sys/mount.h>
#endif

enum { SKIPPED = 77, EVENTS = 20000 };

static char folder[] = "/tmp/ctrace-disk-XXXXXX";
static char path[64], filler[64];

/* ---- A disk of one MiB ---- */

#if defined(__linux__)

static bool write_text(const char *name, const char *text) {
    const int fd = open(name, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/* As root, or as root of a user namespace of our own. */
static bool may_mount(void) {
    char map[32];
    snprintf(map, sizeof map, "0 %ld 1", (long)getuid());
    return unshare(CLONE_NEWNS) == 0 ||
           (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_text("/proc/self/uid_map", map));
}

static bool mount_small(void) {
    return may_mount() && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, "size=1m") == 0;
}

#else

static bool mount_small(void) {
    return false;
}

#endif

/* Takes up all the room that is left but for so many bytes. */
static void fill_up(size_t but) {
    static const char zeros[4096];
    const int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    off_t size = 0;
    for (ssize_t written; (written = write(fd, zeros, sizeof zeros)) > 0;) {
        size += written;
    }
    if (ftruncate(fd, size < (off_t)but ? 0 : size - (off_t)but) != 0) {
        _exit(9);
    }
    close(fd);
}

/* In a process of its own: 0 when it went well, else the line where it did not. */
static void on_a_small_disk(int (*test)(void)) {
    int status;
    const pid_t child = fork();
    if (child == 0) {
        _exit(mount_small() ? test() : SKIPPED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* and not killed by SIGBUS */
    if (WEXITSTATUS(status) == SKIPPED) {
        fprintf(stderr, "skipped: needs to be allowed to mount a file system\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            return 1;                                                       \
        }                                                                   \
    } while (0)

/* ---- Tests ---- */

static uint64_t lost_by_now(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats.events_lost;
}

static void emit(unsigned events) {
    for (unsigned i = 0; i < events; i++) {
        TRACE_INFO("event", ("i", i), ("text", "some more bytes, so that it takes some room"));
    }
}

static int open_on_a_full_disk(void) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, "before", 6) == 6 && close(fd) == 0);
    CHECK(ctrace_recorder_new(path, NULL) == NULL);
    CHECK(strstr(ctrace_last_error(), "No space left") != NULL);
    fill_up(0);
    const ctrace_recorder_options small = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 512 << 10, .thread_bytes = 64 << 10};
    CHECK(ctrace_recorder_new(path, &small) == NULL);
    CHECK(access(path, F_OK) == 0); /* the old one is left alone */
    return 0;
}

static void it_is_an_error_at_the_beginning(void **state) {
    (void)state;
    on_a_small_disk(open_on_a_full_disk);
}

static int fill_the_disk_later(void) {
    const ctrace_recorder_options options = {
        .mode = CTRACE_RECORDER_GROW, .max_bytes = 8 << 20, .thread_bytes = 64 << 10};
    const uint64_t before = lost_by_now();
    recorded seen;
    CHECK(ctrace_set_global(ctrace_recorder_new(path, &options)) == CTRACE_OK);
    emit(100);
    fill_up(200 << 10);
    emit(EVENTS);
    const uint64_t lost = lost_by_now() - before;
    CHECK(lost > 0 && lost < EVENTS);
    unlink(filler); /* there is room again */
    emit(1000);
    const uint64_t in_all = lost_by_now() - before;
    CHECK(in_all - lost < 1000);
    ctrace_shutdown(CTRACE_FOREVER);
    CHECK(recorded_read(path, &seen) == CTRACE_OK);
    CHECK(seen.events + in_all == EVENTS + 1100);
    CHECK(seen.lost > 0); /* the stream says so, too */
    return 0;
}

static void later_it_drops_and_counts(void **state) {
    (void)state;
    on_a_small_disk(fill_the_disk_later);
}

/* What was reserved at the beginning is there, however full the disk is by then. */
static int wrap_on_a_full_disk(void) {
    const ctrace_recorder_options options = {.max_bytes = 512 << 10, .thread_bytes = 128 << 10};
    const uint64_t before = lost_by_now();
    recorded seen;
    CHECK(ctrace_set_global(ctrace_recorder_new(path, &options)) == CTRACE_OK);
    fill_up(0);
    emit(EVENTS);
    ctrace_shutdown(CTRACE_FOREVER);
    CHECK(lost_by_now() == before);
    CHECK(recorded_read(path, &seen) == CTRACE_OK);
    CHECK(seen.events > 1000);
    return 0;
}

static void a_ring_has_all_it_needs(void **state) {
    (void)state;
    on_a_small_disk(wrap_on_a_full_disk);
}

static int make_folder(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_an_error_at_the_beginning),
        cmocka_unit_test(later_it_drops_and_counts),
        cmocka_unit_test(a_ring_has_all_it_needs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
