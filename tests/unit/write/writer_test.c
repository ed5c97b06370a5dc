#include "unit/write/folder.h"

#include <errno.h>
#include <pthread.h>

#include "write/writer.h"

enum { THREADS = 8, LINES = 10000 };

typedef struct called {
    unsigned writes, flushes, reopens, frees;
    ctrace_status answer;
    char last[64];
} called;

static ctrace_status probe_write(void *state, const char *bytes, size_t size) {
    called *self = state;
    self->writes++;
    snprintf(self->last, sizeof self->last, "%.*s", (int)size, bytes);
    errno = ENOSPC;
    return self->answer;
}

static ctrace_status probe_flush(void *state, uint64_t timeout_ns) {
    (void)timeout_ns;
    called *self = state;
    self->flushes++;
    return self->answer;
}

static ctrace_status probe_reopen(void *state) {
    called *self = state;
    self->reopens++;
    return self->answer;
}

static void probe_free(void *state) {
    called *self = state;
    self->frees++;
}

static const ctrace_writer_ops probe_ops = {.size = sizeof probe_ops,
                                            .write = probe_write,
                                            .flush = probe_flush,
                                            .reopen = probe_reopen,
                                            .free = probe_free};

static void own_functions_are_called(void **state) {
    (void)state;
    called probe = {0};
    ctrace_writer *writer = ctrace_writer_new(&probe_ops, &probe);
    assert_int_equal(cti_writer_fd(writer), -1);
    assert_int_equal(write_text(writer, "one\n"), CTRACE_OK);
    assert_string_equal(probe.last, "one\n");
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_OK);
    assert_int_equal(probe.flushes, 1);
    assert_int_equal(ctrace_reopen(), CTRACE_OK);
    assert_int_equal(probe.reopens, 1);
    assert_ptr_equal(ctrace_writer_ref(writer), writer);
    ctrace_writer_unref(writer);
    assert_int_equal(probe.frees, 0);
    ctrace_writer_unref(writer);
    assert_int_equal(probe.frees, 1);
    assert_int_equal(probe.flushes, 2); /* the last unref flushes */
    assert_int_equal(ctrace_reopen(), CTRACE_OK);
    assert_int_equal(probe.reopens, 1);
}

static void what_own_functions_lose_is_counted(void **state) {
    (void)state;
    called probe = {.answer = CTRACE_EIO};
    ctrace_writer *writer = ctrace_writer_new(&probe_ops, &probe);
    const ctrace_stats before = stats_now();
    assert_int_equal(write_text(writer, "four"), CTRACE_EIO);
    assert_int_equal(stats_now().write_errors - before.write_errors, 1);
    assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 4);
    assert_int_equal(ctrace_reopen(), CTRACE_EIO);
    probe.answer = CTRACE_OK;
    assert_int_equal(write_text(writer, "four"), CTRACE_OK);
    assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 4);
    ctrace_writer_unref(writer);
}

static void errno_is_left_alone(void **state) {
    (void)state;
    called probe = {0};
    ctrace_writer *writer = ctrace_writer_new(&probe_ops, &probe);
    errno = EDOM;
    write_text(writer, "x");
    assert_int_equal(errno, EDOM);
    ctrace_writer_unref(writer);
}

/* A table from a program that knew only the first entries. */
static void entries_that_an_older_table_lacks_are_not_read(void **state) {
    (void)state;
    called probe = {0};
    ctrace_writer_ops older = probe_ops;
    older.size = offsetof(ctrace_writer_ops, flush);
    ctrace_writer *writer = ctrace_writer_new(&older, &probe);
    assert_int_equal(write_text(writer, "x"), CTRACE_OK);
    assert_int_equal(ctrace_writer_flush(writer, CTRACE_FOREVER), CTRACE_OK);
    ctrace_writer_unref(writer);
    assert_int_equal(probe.writes, 1);
    assert_int_equal(probe.flushes + probe.frees, 0);
}

static void bad_tables_are_refused_in_words_and_the_state_is_given_back(void **state) {
    (void)state;
    called probe = {0};
    ctrace_writer_ops ops = probe_ops;
    ops.write = NULL;
    assert_null(ctrace_writer_new(&ops, &probe));
    assert_int_equal(probe.frees, 1);
    assert_non_null(strstr(ctrace_last_error(), "write"));
    assert_null(ctrace_writer_new(NULL, &probe));
    assert_null(ctrace_callback_writer_new(NULL, &probe));
    assert_int_equal(probe.frees, 1);
}

static void null_is_tolerated(void **state) {
    (void)state;
    assert_null(ctrace_writer_ref(NULL));
    ctrace_writer_unref(NULL);
    assert_int_equal(ctrace_writer_write(NULL, "x", 1), CTRACE_EINVAL);
    assert_int_equal(ctrace_writer_flush(NULL, 0), CTRACE_EINVAL);
    assert_int_equal(cti_writer_fd(NULL), -1);
    assert_null(ctrace_memory_writer_bytes(NULL, NULL));
    called probe = {0};
    ctrace_writer *writer = ctrace_callback_writer_new(probe_write, &probe);
    assert_int_equal(ctrace_writer_write(writer, NULL, 1), CTRACE_EINVAL);
    assert_int_equal(ctrace_writer_write(writer, NULL, 0), CTRACE_OK);
    assert_int_equal(probe.writes, 0);
    ctrace_writer_unref(writer);
}

static ctrace_status write_slowly(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    usleep(1); /* a cancellation point */
    return CTRACE_OK;
}

static unsigned survived;

static void *write_while_cancelled(void *writer) {
    pthread_cancel(pthread_self());
    write_text(writer, "0123456789\n");
    ctrace_writer_flush(writer, 0);
    survived++;
    pthread_testcancel();
    return NULL;
}

/* Or the writer's lock would stay taken for ever. */
static void write_is_no_cancellation_point(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options rolling = {.max_file_bytes = 11};
    const ctrace_file_writer_options buffered = {.buffer_bytes = 20};
    ctrace_writer *writers[] = {ctrace_callback_writer_new(write_slowly, NULL),
                                ctrace_rolling_writer_new(folder->file, &rolling),
                                ctrace_file_writer_new(in_folder(folder, "buffered"), &buffered)};
    survived = 0;
    for (int i = 0; i < 9; i++) {
        pthread_t thread;
        void *end = NULL;
        pthread_create(&thread, NULL, write_while_cancelled, writers[i % 3]);
        pthread_join(thread, &end);
        assert_ptr_equal(end, PTHREAD_CANCELED);
    }
    assert_int_equal(survived, 9);
    for (int i = 0; i < 3; i++) {
        ctrace_writer_unref(writers[i]);
    }
}

static int inside;
static unsigned long calls;

/* Plain objects on purpose: overlapping calls lose counts. */
static ctrace_status count_call(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    calls += inside == 0;
    inside = 1;
    inside = 0;
    return CTRACE_OK;
}

static void *write_lines(void *writer) {
    for (int i = 0; i < LINES; i++) {
        write_text(writer, "line\n");
    }
    return NULL;
}

static void calls_never_overlap(void **state) {
    (void)state;
    ctrace_writer *writer = ctrace_callback_writer_new(count_call, NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, write_lines, writer);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(calls, THREADS * LINES);
    ctrace_writer_unref(writer);
}

static void flush_that_polls_does_not_wait_for_a_busy_writer(void **state) {
    (void)state;
    called probe = {0};
    ctrace_writer *writer = ctrace_writer_new(&probe_ops, &probe);
    cti_lock_take(&writer->lock);
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_ETIMEDOUT);
    assert_int_equal(ctrace_writer_flush(writer, 2000000), CTRACE_ETIMEDOUT);
    cti_lock_give(&writer->lock);
    assert_int_equal(probe.flushes, 0);
    ctrace_writer_unref(writer);
}

static void memory_holds_what_was_written(void **state) {
    (void)state;
    ctrace_writer *writer = ctrace_memory_writer_new();
    size_t size = 1;
    assert_string_equal(ctrace_memory_writer_bytes(writer, &size), "");
    assert_int_equal(size, 0);
    char expected[3001] = {0};
    for (size_t i = 0; i < 3000; i += 3) {
        memcpy(expected + i, i % 2 == 0 ? "ab\n" : "cd\n", 3);
        assert_int_equal(ctrace_writer_write(writer, expected + i, 3), CTRACE_OK);
    }
    assert_string_equal(ctrace_memory_writer_bytes(writer, &size), expected);
    assert_int_equal(size, 3000);
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_OK);
    ctrace_writer_unref(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_functions_are_called),
        cmocka_unit_test(what_own_functions_lose_is_counted),
        cmocka_unit_test(errno_is_left_alone),
        cmocka_unit_test(entries_that_an_older_table_lacks_are_not_read),
        cmocka_unit_test(bad_tables_are_refused_in_words_and_the_state_is_given_back),
        cmocka_unit_test(null_is_tolerated),
        cmocka_unit_test_setup_teardown(write_is_no_cancellation_point, folder_begin, folder_end),
        cmocka_unit_test(calls_never_overlap),
        cmocka_unit_test(flush_that_polls_does_not_wait_for_a_busy_writer),
        cmocka_unit_test(memory_holds_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
