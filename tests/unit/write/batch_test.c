/* Lines are appended as sinks append them. Writes are counted where they become system calls. */
#include "unit/write/folder.h"

#include <errno.h>

#include "write/batch.h"
#include "write/descriptor.h"

static const uint64_t LONG_NS = UINT64_C(60000000000);

static unsigned writes;
static size_t largest;

static ssize_t count_and_write(int fd, const void *bytes, size_t size) {
    writes++;
    largest = size > largest ? size : largest;
    assert_int_equal(((const char *)bytes)[size - 1], '\n');
    return write(fd, bytes, size);
}

static int begin(void **state) {
    writes = 0;
    largest = 0;
    cti_descriptor_write_call = count_and_write;
    return folder_begin(state);
}

static int end(void **state) {
    cti_descriptor_write_call = write;
    return folder_end(state);
}

/* False where the line is not to wait. */
static bool append(ctrace_writer *writer, const char *line) {
    cti_batched *batched = cti_batch_open(writer);
    if (batched == NULL) {
        return false;
    }
    const size_t before = batched->lines.size;
    cti_buf_put(&batched->lines, line, strlen(line));
    cti_batch_close(batched, before);
    return true;
}

static void append_numbers(ctrace_writer *writer, unsigned from, unsigned to) {
    char line[32];
    for (unsigned i = from; i < to; i++) {
        snprintf(line, sizeof line, "%u\n", i);
        assert_true(append(writer, line));
    }
}

static void assert_numbers(const char *path, unsigned to) {
    char *found = read_file(path);
    assert_non_null(found);
    const char *at = found;
    for (unsigned i = 0; i < to; i++) {
        char line[32];
        const int size = snprintf(line, sizeof line, "%u\n", i);
        assert_memory_equal(at, line, (size_t)size);
        at += size;
    }
    assert_int_equal(*at, '\0');
    free(found);
}

static void lines_wait_for_the_end_and_are_one_write(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    assert_null(cti_batch_open(writer)); /* nobody has begun one */
    for (unsigned round = 0; round < 3; round++) {
        cti_batch_begin(&batch, LONG_NS);
        append_numbers(writer, round * 100, round * 100 + 100);
        assert_int_equal(writes, round);
        cti_batch_end(&batch);
        assert_int_equal(writes, round + 1);
        assert_null(cti_batch_open(writer));
    }
    assert_numbers(folder->file, 300);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void enough_of_them_do_not_wait(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 0, 100000);
    assert_in_range(writes, 588890 / CTI_BATCH_BYTES, 588890 / CTI_BATCH_BYTES + 1);
    assert_true(largest <= CTI_BATCH_BYTES);
    cti_batch_end(&batch);
    assert_numbers(folder->file, 100000);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void one_that_is_too_long_goes_at_once(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    char *line = calloc(1, 100002);
    memset(line, 'x', 100000);
    line[100000] = '\n';
    cti_batch_begin(&batch, LONG_NS);
    append(writer, "before\n");
    append(writer, line);
    assert_int_equal(writes, 2);
    assert_int_equal(largest, 100001);
    assert_true(batch.first->lines.capacity < 100000); /* nor is its memory kept */
    append(writer, "behind\n");
    cti_batch_end(&batch);
    char *found = read_file(folder->file);
    assert_int_equal(strlen(found), 7 + 100001 + 7);
    assert_memory_equal(found, "before\nxxx", 10);
    assert_string_equal(found + 100000 + 7, "\nbehind\n");
    free(found);
    free(line);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void writers_are_kept_apart(void **state) {
    const test_folder *folder = *state;
    const char *other = in_folder(folder, "other");
    ctrace_writer *writers[] = {ctrace_file_writer_new(folder->file, NULL),
                                ctrace_file_writer_new(other, NULL)};
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    for (unsigned i = 0; i < 10000; i++) {
        append_numbers(writers[0], i, i + 1);
        append_numbers(writers[1], i, i + 1);
    }
    cti_batch_end(&batch);
    assert_true(writes < 10);
    assert_numbers(folder->file, 10000);
    assert_numbers(other, 10000);
    cti_batch_release(&batch);
    ctrace_writer_unref(writers[0]);
    ctrace_writer_unref(writers[1]);
}

static void the_order_of_one_thread_stays(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 0, 3);
    assert_int_equal(write_text(writer, "3\n"), CTRACE_OK);
    append_numbers(writer, 4, 6);
    assert_int_equal(ctrace_writer_flush(writer, 0), CTRACE_OK);
    assert_numbers(folder->file, 6);
    append_numbers(writer, 6, 7);
    cti_batch_end(&batch);
    assert_numbers(folder->file, 7);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void what_has_waited_long_enough_is_written(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, 0);
    append_numbers(writer, 0, 1);
    for (unsigned i = 0; i < 100; i++) { /* events that another sink is for */
        cti_batch_next(&batch);
    }
    assert_numbers(folder->file, 1);
    cti_batch_end(&batch);
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 1, 2);
    for (unsigned i = 0; i < 100; i++) {
        cti_batch_next(&batch);
    }
    assert_numbers(folder->file, 1);
    cti_batch_end(&batch);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void a_writer_that_is_let_go_of_gets_its_lines(void **state) {
    const test_folder *folder = *state;
    const char *other = in_folder(folder, "other");
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    append_numbers(writer, 0, 10);
    ctrace_writer_unref(writer);
    writer = ctrace_file_writer_new(other, NULL);
    append_numbers(writer, 0, 20);
    cti_batch_end(&batch);
    ctrace_writer_unref(writer);
    assert_numbers(folder->file, 10);
    assert_numbers(other, 20);
    cti_batch_release(&batch);
}

static void a_forked_child_leaves_the_lines_to_its_parent(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 0, 5);
    const pid_t child = fork();
    if (child == 0) {
        cti_batch_end(&batch);
        _exit(0);
    }
    assert_child_ends(child);
    assert_file(folder->file, "");
    append_numbers(writer, 5, 10);
    cti_batch_end(&batch);
    assert_numbers(folder->file, 10);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static ctrace_status no_write(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    return CTRACE_OK;
}

static void other_writers_do_not_take_part(void **state) {
    (void)state;
    ctrace_writer *own = ctrace_callback_writer_new(no_write, NULL);
    ctrace_writer *memory = ctrace_memory_writer_new();
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    assert_false(append(own, "line\n"));
    assert_false(append(memory, "line\n"));
    assert_null(batch.first);
    cti_batch_end(&batch);
    ctrace_writer_unref(own);
    ctrace_writer_unref(memory);
}

static void what_found_no_memory_is_undone(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 0, 3);
    cti_batched *batched = cti_batch_open(writer);
    const size_t before = batched->lines.size;
    cti_buf_put(&batched->lines, "half", 4);
    assert_null(cti_buf_room(&batched->lines, SIZE_MAX));
    cti_batch_undo(batched, before);
    append_numbers(writer, 3, 6);
    cti_batch_end(&batch);
    assert_numbers(folder->file, 6);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void an_event_without_lines_leaves_no_trace(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    cti_batch batch = {0};
    cti_batch_begin(&batch, LONG_NS);
    append(writer, "");
    append_numbers(writer, 0, 2);
    append(writer, "");
    cti_batch_end(&batch);
    assert_numbers(folder->file, 2);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void a_full_device_is_counted_and_errno_stays(void **state) {
    (void)state;
    ctrace_writer *writer = ctrace_file_writer_new("/dev/full", NULL);
    if (writer == NULL) {
        skip();
    }
    const ctrace_stats before = stats_now();
    cti_batch batch = {0};
    errno = EDOM;
    cti_batch_begin(&batch, LONG_NS);
    append_numbers(writer, 0, 10);
    errno = EILSEQ; /* from what a sink does for an event */
    cti_batch_end(&batch);
    assert_int_equal(errno, EDOM);
    assert_int_equal(stats_now().bytes_lost - before.bytes_lost, 20);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

/* ---- Rolling ---- */

/* Writes lines of many lengths, in batches or one by one. */
static void roll(const char *path, bool batched) {
    ctrace_writer *writer =
        ctrace_rolling_writer_new(path, &(ctrace_rolling_writer_options){.max_file_bytes = 1000});
    cti_batch batch = {0};
    char line[2000];
    cti_batch_begin(&batch, LONG_NS);
    for (unsigned i = 0; i < 500; i++) {
        const int width = (int)(i % 97 == 0 ? 1500 : 5 + i * 37 % 200);
        snprintf(line, sizeof line, "%0*u\n", width, i);
        assert_true(batched ? append(writer, line) : write_text(writer, line) == CTRACE_OK);
    }
    cti_batch_end(&batch);
    cti_batch_release(&batch);
    ctrace_writer_unref(writer);
}

static void files_roll_where_they_do_without_a_batch(void **state) {
    const test_folder *folder = *state;
    roll(in_folder(folder, "plain"), false);
    roll(in_folder(folder, "batched"), true);
    char one[32], other[32];
    for (unsigned i = 1; i < 1000; i++) {
        snprintf(one, sizeof one, "plain.%u", i);
        snprintf(other, sizeof other, "batched.%u", i);
        char *plain = read_file(in_folder(folder, one));
        char *batched = read_file(in_folder(folder, other));
        if (plain == NULL) {
            assert_null(batched);
            assert_true(i > 50);
            return;
        }
        assert_string_equal(batched, plain);
        free(plain);
        free(batched);
    }
    fail();
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(lines_wait_for_the_end_and_are_one_write),
        IN_FOLDER(enough_of_them_do_not_wait),
        IN_FOLDER(one_that_is_too_long_goes_at_once),
        IN_FOLDER(writers_are_kept_apart),
        IN_FOLDER(the_order_of_one_thread_stays),
        IN_FOLDER(what_has_waited_long_enough_is_written),
        IN_FOLDER(a_writer_that_is_let_go_of_gets_its_lines),
        IN_FOLDER(a_forked_child_leaves_the_lines_to_its_parent),
        IN_FOLDER(other_writers_do_not_take_part),
        IN_FOLDER(what_found_no_memory_is_undone),
        IN_FOLDER(an_event_without_lines_leaves_no_trace),
        IN_FOLDER(a_full_device_is_counted_and_errno_stays),
        IN_FOLDER(files_roll_where_they_do_without_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
