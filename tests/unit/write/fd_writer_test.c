#include "unit/write/folder.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/sanitized.h"
#include "write/writer.h"

enum { THREADS = 8, LINES = 10000 };

static int open_new(const char *path) {
    const int fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    return fd;
}

typedef struct author {
    ctrace_writer *writer;
    int number;
} author;

static void *write_numbered_lines(void *argument) {
    const author *self = argument;
    for (int i = 0; i < LINES; i++) {
        char line[64];
        const int size = snprintf(line, sizeof line, "%d %d %.*s\n", self->number, i, i % 40,
                                  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
        ctrace_writer_write(self->writer, line, (size_t)size);
    }
    return NULL;
}

static void write_with_threads(ctrace_writer *writer) {
    author authors[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        authors[i] = (author){writer, i};
        pthread_create(&threads[i], NULL, write_numbered_lines, &authors[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Every line is there, whole, and each author's are in order. */
static void assert_all_lines(const char *path) {
    char *bytes = read_file(path);
    int next[THREADS] = {0};
    int lines = 0;
    for (char *line = bytes; *line != '\0'; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        int number = -1;
        int i = -1;
        int text_at = 0;
        *end = '\0';
        assert_int_equal(sscanf(line, "%d %d %n", &number, &i, &text_at), 2);
        assert_in_range(number, 0, THREADS - 1);
        assert_int_equal(i, next[number]++);
        assert_int_equal(strlen(strrchr(line, ' ') + 1), i % 40);
        line = end + 1;
    }
    assert_int_equal(lines, THREADS * LINES);
    free(bytes);
}

static void lines_of_many_threads_stay_whole(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer =
        ctrace_fd_writer_new(open_new(folder->file), &(ctrace_fd_writer_options){.close_fd = true});
    write_with_threads(writer);
    ctrace_writer_unref(writer);
    assert_all_lines(folder->file);
}

static ssize_t few_bytes(int fd, const void *bytes, size_t size) {
    return write(fd, bytes, size < 7 ? size : 7);
}

static void also_with_short_writes(void **state) {
    const test_folder *folder = *state;
    const int fd = open_new(folder->file);
    ctrace_writer *writer = ctrace_fd_writer_new(fd, NULL);
    cti_descriptor_write_call = few_bytes;
    write_with_threads(writer);
    cti_descriptor_write_call = write;
    ctrace_writer_unref(writer);
    assert_all_lines(folder->file);
    assert_int_equal(close(fd), 0); /* it was not ours to close */
}

static void also_with_a_buffer(void **state) {
    const test_folder *folder = *state;
    const ctrace_fd_writer_options options = {
        .buffer_bytes = 1000, .flush_after_ns = 1000, .close_fd = true};
    ctrace_writer *writer = ctrace_fd_writer_new(open_new(folder->file), &options);
    write_with_threads(writer);
    ctrace_writer_unref(writer);
    assert_all_lines(folder->file);
}

static void one_event_is_one_write(void **state) {
    (void)state;
    int ends[2]; /* one that keeps the bounds of writes */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    ctrace_writer *writer = ctrace_fd_writer_new(ends[1], NULL);
    write_text(writer, "one\n");
    write_text(writer, "second\n");
    char bytes[64];
    assert_int_equal(recv(ends[0], bytes, sizeof bytes, 0), 4);
    assert_int_equal(recv(ends[0], bytes, sizeof bytes, 0), 7);
    ctrace_writer_unref(writer);
    close(ends[0]);
    close(ends[1]);
}

/* Standard error goes to a file meanwhile, so that what is said can be read. */
static int say_into(const char *path) {
    const int before = dup(STDERR_FILENO);
    const int fd = open_new(path);
    dup2(fd, STDERR_FILENO);
    close(fd);
    return before;
}

static void speak_again(int before) {
    dup2(before, STDERR_FILENO);
    close(before);
}

static void full_device_is_counted_and_said_once(void **state) {
    const test_folder *folder = *state;
    const int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) {
        skip();
    }
    ctrace_writer *writer = ctrace_fd_writer_new(fd, &(ctrace_fd_writer_options){.close_fd = true});
    const ctrace_stats before = stats_now();
    const int spoken = say_into(folder->file);
    assert_int_equal(write_text(writer, "lost\n"), CTRACE_EIO);
    assert_int_equal(write_text(writer, "lost\n"), CTRACE_EIO);
    speak_again(spoken);
    assert_int_equal(stats_now().write_errors - before.write_errors, 2);
    assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 10);
    char expected[128];
    snprintf(expected, sizeof expected,
             "ctrace: cannot write to descriptor %d: No space left on device\n", fd);
    assert_file(folder->file, expected);
    ctrace_writer_unref(writer);
}

static void closed_descriptor_is_counted_and_comes_back(void **state) {
    const test_folder *folder = *state;
    const int fd = open_new(folder->file);
    ctrace_writer *writer = ctrace_fd_writer_new(fd, NULL);
    close(fd);
    assert_int_equal(write_text(writer, "lost\n"), CTRACE_EIO);
    const int again = open_new(folder->file);
    dup2(again, fd);
    assert_int_equal(write_text(writer, "back\n"), CTRACE_OK);
    assert_file(folder->file, "back\n");
    ctrace_writer_unref(writer);
    close(fd);
    close(again);
}

/* A disk with room for eight bytes, as far as the writer can tell. */
static void line_that_was_cut_ends_before_the_next(void **state) {
    const test_folder *folder = *state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small = {8, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ctrace_writer *writer =
        ctrace_fd_writer_new(open_new(folder->file), &(ctrace_fd_writer_options){.close_fd = true});
    assert_int_equal(write_text(writer, "one\n"), CTRACE_OK);
    const ctrace_stats counted = stats_now();
    assert_int_equal(write_text(writer, "second\n"), CTRACE_EIO);
    assert_int_equal(write_text(writer, "third\n"), CTRACE_EIO);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(stats_now().bytes_lost - counted.bytes_lost, 3 + 6);
    assert_int_equal(write_text(writer, "fourth\n"), CTRACE_OK);
    assert_int_equal(write_text(writer, "fifth\n"), CTRACE_OK);
    assert_file(folder->file, "one\nseco\nfourth\nfifth\n");
    ctrace_writer_unref(writer);
}

static void buffer_is_written_when_full_when_flushed_and_at_the_end(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_fd_writer_new(
        open_new(folder->file), &(ctrace_fd_writer_options){.buffer_bytes = 8, .close_fd = true});
    write_text(writer, "one\n");
    assert_file(folder->file, "");
    write_text(writer, "two\n");
    assert_file(folder->file, "");
    write_text(writer, "3\n");
    assert_file(folder->file, "one\ntwo\n");
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_OK);
    assert_file(folder->file, "one\ntwo\n3\n");
    write_text(writer, "4\n");
    write_text(writer, "longer than the buffer\n");
    assert_file(folder->file, "one\ntwo\n3\n4\nlonger than the buffer\n");
    write_text(writer, "6\n");
    ctrace_writer_unref(writer);
    assert_file(folder->file, "one\ntwo\n3\n4\nlonger than the buffer\n6\n");
}

static void flush_keeps_what_there_was_no_time_for(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    char bytes[4096] = {0};
    while (write(ends[1], bytes, sizeof bytes) > 0) {
    }
    ctrace_writer *writer =
        ctrace_fd_writer_new(ends[1], &(ctrace_fd_writer_options){.buffer_bytes = 64});
    const ctrace_stats before = stats_now();
    write_text(writer, "kept\n");
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_ETIMEDOUT);
    assert_int_equal(ctrace_writer_flush(writer, 1000000), CTRACE_ETIMEDOUT);
    while (read(ends[0], bytes, sizeof bytes) > 0) {
    }
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_OK);
    assert_int_equal(read(ends[0], bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "kept\n", 5);
    assert_int_equal(stats_now().bytes_lost, before.bytes_lost);
    ctrace_writer_unref(writer);
    close(ends[0]);
    close(ends[1]);
}

static void wait_for_file(const char *path, const char *expected) {
    const uint64_t deadline = cti_clock_monotonic_ns() + UINT64_C(60000000000);
    bool found = false;
    while (!found && cti_clock_monotonic_ns() < deadline) {
        char *bytes = read_file(path);
        found = bytes != NULL && strcmp(bytes, expected) == 0;
        free(bytes);
        cti_sleep_ns(1000000);
    }
    assert_file(path, expected);
}

static void timer_writes_what_nobody_flushes(void **state) {
    const test_folder *folder = *state;
    const ctrace_fd_writer_options options = {
        .buffer_bytes = 1000, .flush_after_ns = 1000000, .close_fd = true};
    ctrace_writer *writer = ctrace_fd_writer_new(open_new(folder->file), &options);
    write_text(writer, "first\n");
    wait_for_file(folder->file, "first\n");
    write_text(writer, "second\n");
    wait_for_file(folder->file, "first\nsecond\n");
    ctrace_writer_unref(writer);
}

/* In the child too, which has to start a thread of its own; what the parent had buffered is not
 * written twice. */
static void child_forgets_what_its_parent_buffered(void **state) {
    if (!may_start_threads_after_fork()) {
        skip();
    }
    const test_folder *folder = *state;
    const ctrace_fd_writer_options options = {
        .buffer_bytes = 1000, .flush_after_ns = UINT64_C(50000000), .close_fd = true};
    ctrace_writer *writer = ctrace_fd_writer_new(open_new(folder->file), &options);
    write_text(writer, "parent\n");
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        write_text(writer, "child by timer\n");
        char *bytes = read_file(folder->file);
        while (strstr(bytes, "child by timer\n") == NULL) {
            free(bytes);
            cti_sleep_ns(1000000);
            bytes = read_file(folder->file);
        }
        free(bytes);
        write_text(writer, "child at its end\n");
        ctrace_writer_unref(writer);
        _exit(0);
    }
    assert_child_ends(child);
    ctrace_writer_unref(writer);
    char *bytes = read_file(folder->file);
    assert_int_equal(strlen(bytes), strlen("parent\nchild by timer\nchild at its end\n"));
    assert_non_null(strstr(bytes, "parent\n"));
    assert_non_null(strstr(bytes, "child by timer\n"));
    assert_non_null(strstr(bytes, "child at its end\n"));
    free(bytes);
}

static void pipe_without_reader_kills_nobody(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    ctrace_writer *writer =
        ctrace_fd_writer_new(ends[1], &(ctrace_fd_writer_options){.close_fd = true});
    const ctrace_stats before = stats_now();
    assert_int_equal(write_text(writer, "lost\n"), CTRACE_EIO);
    assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 5);
    ctrace_writer_unref(writer);
}

/* What the library itself says must not kill either. */
static void complaint_that_nobody_reads_kills_nobody(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    const int spoken = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    ctrace_writer *writer =
        ctrace_fd_writer_new(ends[1], &(ctrace_fd_writer_options){.close_fd = true});
    const ctrace_status status = write_text(writer, "lost\n");
    speak_again(spoken);
    assert_int_equal(status, CTRACE_EIO);
    ctrace_writer_unref(writer);
}

static void bad_descriptors_are_refused_in_words(void **state) {
    (void)state;
    assert_null(ctrace_fd_writer_new(-1, NULL));
    assert_string_equal(ctrace_last_error(), "cannot write to descriptor -1: Bad file descriptor");
}

static void standard_error_is_written_to_and_stays_open(void **state) {
    const test_folder *folder = *state;
    const int before = say_into(folder->file);
    ctrace_writer *writer = ctrace_stderr_writer_new();
    write_text(writer, "said\n");
    const int fd = cti_writer_fd(writer);
    ctrace_writer_unref(writer);
    const bool is_open = fcntl(STDERR_FILENO, F_GETFD) >= 0;
    speak_again(before);
    assert_int_equal(fd, STDERR_FILENO);
    assert_true(is_open);
    assert_file(folder->file, "said\n");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(lines_of_many_threads_stay_whole),
        IN_FOLDER(also_with_short_writes),
        IN_FOLDER(also_with_a_buffer),
        cmocka_unit_test(one_event_is_one_write),
        IN_FOLDER(full_device_is_counted_and_said_once),
        IN_FOLDER(closed_descriptor_is_counted_and_comes_back),
        IN_FOLDER(line_that_was_cut_ends_before_the_next),
        IN_FOLDER(buffer_is_written_when_full_when_flushed_and_at_the_end),
        cmocka_unit_test(flush_keeps_what_there_was_no_time_for),
        IN_FOLDER(timer_writes_what_nobody_flushes),
        IN_FOLDER(child_forgets_what_its_parent_buffered),
        cmocka_unit_test(pipe_without_reader_kills_nobody),
        cmocka_unit_test(complaint_that_nobody_reads_kills_nobody),
        cmocka_unit_test(bad_descriptors_are_refused_in_words),
        IN_FOLDER(standard_error_is_written_to_and_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
