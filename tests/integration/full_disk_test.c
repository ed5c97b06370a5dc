/* Writers on a disk that becomes full and gets room again: a small tmpfs, where this process may
 * mount one (as root, or where users may have namespaces of their own); else skipped.
 *
 * Every byte must be accounted for: what is in the files is what was written less what was counted
 * as lost, and a newline more for each line that was cut. */
#include "unit/write/folder.h"

#include "ctrace/deferred.h"
#include "ctrace/sinks.h"

#if defined(__linux__)
#include <sched.h>
#include <sys/mount.h>
#endif

enum { LINE = 100, BEFORE = 2000, AFTER = 100, DISK_KIB = 128, BALLAST_KIB = 64, FILES = 100 };

static bool mounted;
static test_folder folder;

static bool mount_small(const char *path) {
#if defined(__linux__)
    char options[32];
    snprintf(options, sizeof options, "size=%dk", DISK_KIB);
    return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", 0, options) == 0;
#else
    (void)path;
    return false;
#endif
}

static int begin_all(void **state) {
    (void)state;
    snprintf(folder.path, sizeof folder.path, "/tmp/ctrace-test-XXXXXX");
    assert_non_null(mkdtemp(folder.path));
    snprintf(folder.file, sizeof folder.file, "%s/log", folder.path);
    mounted = mount_small(folder.path);
    return 0;
}

static int end_all(void **state) {
    (void)state;
#if defined(__linux__)
    if (mounted) {
        umount(folder.path);
    }
#endif
    rmdir(folder.path);
    return 0;
}

static void make_ballast(void) {
    static const char kib[1024];
    const int fd = open(in_folder(&folder, "ballast"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < BALLAST_KIB; i++) {
        assert_int_equal(write(fd, kib, sizeof kib), sizeof kib);
    }
    close(fd);
}

static int begin(void **state) {
    (void)state;
    if (mounted) {
        make_ballast();
    }
    return 0;
}

static int end(void **state) {
    (void)state;
    DIR *open = opendir(folder.path);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        unlinkat(dirfd(open), entry->d_name, 0);
    }
    closedir(open);
    return 0;
}

static void drop_ballast(void) {
    assert_int_equal(unlink(in_folder(&folder, "ballast")), 0);
}

/* ---- What the files hold ---- */

typedef struct found {
    size_t bytes, cuts;
    unsigned next;  /* the number after that of the last whole line */
    unsigned after; /* whole lines from BEFORE on */
} found;

/* Whole lines end in their dots; the others were cut, and the newline is not theirs. */
static void count_lines(const char *path, found *so_far) {
    char *bytes = read_file(path);
    for (char *line = bytes; line != NULL && *line != '\0';) {
        char *newline = strchr(line, '\n');
        assert_non_null(newline);
        const size_t size = (size_t)(newline + 1 - line);
        so_far->bytes += size;
        if (size == LINE) {
            const unsigned number = (unsigned)strtoul(line, NULL, 10);
            assert_true(number >= so_far->next);
            so_far->next = number + 1;
            so_far->after += number >= BEFORE;
        } else {
            assert_true(size <= LINE);
            so_far->cuts += 1;
        }
        line = newline + 1;
    }
    free(bytes);
}

/* The oldest first. */
static found count_all(void) {
    found all = {0};
    for (unsigned i = FILES; i > 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "log.%u", i);
        count_lines(in_folder(&folder, name), &all);
    }
    count_lines(folder.file, &all);
    return all;
}

static void write_lines(ctrace_writer *writer, unsigned from, unsigned to) {
    char line[LINE + 1];
    for (unsigned i = from; i < to; i++) {
        memset(line, '.', LINE - 1);
        line[snprintf(line, sizeof line, "%05u ", i)] = '.';
        line[LINE - 1] = '\n';
        ctrace_writer_write(writer, line, LINE);
    }
}

/* ---- Tests ---- */

static void assert_accounted(const ctrace_stats *before, size_t written) {
    const found all = count_all();
    const size_t lost = (size_t)(stats_now().bytes_lost - before->bytes_lost);
    assert_true(lost > 0);
    assert_int_equal(all.bytes, written - lost + all.cuts);
    assert_int_equal(all.after, AFTER);
    assert_int_equal(all.next, BEFORE + AFTER);
}

static void fill_and_recover(ctrace_writer *writer) {
    assert_non_null(writer);
    const ctrace_stats before = stats_now();
    write_lines(writer, 0, BEFORE);
    ctrace_writer_flush(writer, CTRACE_FOREVER);
    assert_true(stats_now().write_errors > before.write_errors);
    drop_ballast();
    write_lines(writer, BEFORE, BEFORE + AFTER);
    ctrace_writer_unref(writer);
    assert_accounted(&before, (size_t)LINE * (BEFORE + AFTER));
}

static void a_file(void **state) {
    (void)state;
    if (!mounted) {
        skip();
    }
    fill_and_recover(ctrace_file_writer_new(folder.file, NULL));
}

static void a_file_with_a_buffer(void **state) {
    (void)state;
    if (!mounted) {
        skip();
    }
    fill_and_recover(
        ctrace_file_writer_new(folder.file, &(ctrace_file_writer_options){.buffer_bytes = 5000}));
}

static void files_that_roll(void **state) {
    (void)state;
    if (!mounted) {
        skip();
    }
    fill_and_recover(ctrace_rolling_writer_new(
        folder.file, &(ctrace_rolling_writer_options){.max_file_bytes = 10000}));
}

/* The message is all of the line. */
static void emit_lines(unsigned from, unsigned to) {
    char line[LINE + 1];
    for (unsigned i = from; i < to; i++) {
        memset(line, '.', LINE - 1);
        line[snprintf(line, sizeof line, "%05u ", i)] = '.';
        line[LINE - 1] = '\0';
        TRACE_INFOF("%s", line);
    }
}

static void behind_a_queue(void **state) {
    (void)state;
    if (!mounted) {
        skip();
    }
    const ctrace_text_options bare = {
        .time = CTRACE_TIME_NONE, .no_level = true, .no_target = true};
    const ctrace_deferred_options options = {.manual = true, .policy = CTRACE_DEFERRED_GROW};
    assert_int_equal(
        ctrace_replace_global(ctrace_deferred_new(
            ctrace_text_new(ctrace_file_writer_new(folder.file, NULL), &bare), &options)),
        CTRACE_OK);
    const ctrace_stats before = stats_now();
    emit_lines(0, BEFORE);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    drop_ballast();
    emit_lines(BEFORE, BEFORE + AFTER);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_accounted(&before, (size_t)LINE * (BEFORE + AFTER));
}

int main(void) {
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        ON_DISK(a_file),
        ON_DISK(a_file_with_a_buffer),
        ON_DISK(files_that_roll),
        ON_DISK(behind_a_queue),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
