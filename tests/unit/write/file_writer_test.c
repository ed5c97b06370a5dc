#include "unit/write/folder.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "write/file.h"
#include "write/writer.h"

static void appends_to_what_is_there(void **state) {
    const test_folder *folder = *state;
    for (int i = 0; i < 2; i++) {
        ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
        assert_non_null(writer);
        write_text(writer, "line\n");
        ctrace_writer_unref(writer);
    }
    assert_file(folder->file, "line\nline\n");
}

/* As a process left it that was killed. */
static void goes_on_in_a_line_of_its_own(void **state) {
    const test_folder *folder = *state;
    FILE *file = fopen(folder->file, "w");
    fputs("whole\ncut", file);
    fclose(file);
    for (int i = 0; i < 2; i++) {
        ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
        write_text(writer, "line\n");
        write_text(writer, "line\n");
        ctrace_writer_unref(writer);
    }
    assert_file(folder->file, "whole\ncut\nline\nline\nline\nline\n");
    unlink(folder->file);
    for (int i = 0; i < 2; i++) { /* OTLP's protobuf, for which a byte more is wrong */
        ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
        write_text(writer, "\n\004what");
        ctrace_writer_unref(writer);
    }
    assert_file(folder->file, "\n\004what\n\004what");
}

static void truncates_once_when_asked(void **state) {
    const test_folder *folder = *state;
    const ctrace_file_writer_options options = {.truncate = true};
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    write_text(writer, "before\n");
    ctrace_writer_unref(writer);
    writer = ctrace_file_writer_new(folder->file, &options);
    write_text(writer, "after\n");
    assert_int_equal(ctrace_reopen(), CTRACE_OK);
    write_text(writer, "more\n");
    ctrace_writer_unref(writer);
    assert_file(folder->file, "after\nmore\n");
}

static mode_t mode_with(const test_folder *folder, unsigned mode) {
    unlink(folder->file);
    ctrace_writer *writer =
        ctrace_file_writer_new(folder->file, &(ctrace_file_writer_options){.mode = mode});
    ctrace_writer_unref(writer);
    struct stat about;
    assert_int_equal(stat(folder->file, &about), 0);
    return about.st_mode & 07777u;
}

static void mode_is_that_of_the_new_file(void **state) {
    const test_folder *folder = *state;
    const mode_t before = umask(022);
    assert_int_equal(mode_with(folder, 0), 0644);
    assert_int_equal(mode_with(folder, 0600), 0600);
    assert_int_equal(mode_with(folder, 0666), 0644);
    umask(before);
}

static void is_not_inherited_by_other_programs(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    assert_true(fcntl(cti_writer_fd(writer), F_GETFD) & FD_CLOEXEC);
    ctrace_writer_unref(writer);
}

/* Writes until `path` holds something, which the writer has promised within a second of writing. */
static void write_until_there(ctrace_writer *writer, const char *path) {
    const uint64_t deadline = cti_clock_monotonic_ns() + UINT64_C(60000000000);
    struct stat about = {0};
    while ((stat(path, &about) != 0 || about.st_size == 0) && cti_clock_monotonic_ns() < deadline) {
        write_text(writer, "x\n");
        cti_sleep_ns(5000000);
    }
    assert_true(about.st_size > 0);
}

static void notices_that_its_file_was_moved(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    write_text(writer, "x\n");
    assert_int_equal(rename(folder->file, in_folder(folder, "moved")), 0);
    write_until_there(writer, folder->file);
    ctrace_writer_unref(writer);
}

static void notices_that_its_file_was_deleted(void **state) {
    const test_folder *folder = *state;
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    write_text(writer, "x\n");
    assert_int_equal(unlink(folder->file), 0);
    write_until_there(writer, folder->file);
    ctrace_writer_unref(writer);
}

static void reopens_at_once_on_request_and_loses_nothing(void **state) {
    const test_folder *folder = *state;
    const ctrace_file_writer_options options = {.buffer_bytes = 100};
    ctrace_writer *plain = ctrace_file_writer_new(folder->file, NULL);
    ctrace_writer *buffered = ctrace_file_writer_new(in_folder(folder, "buffered"), &options);
    write_text(plain, "one\n");
    write_text(buffered, "one\n");
    rename(folder->file, in_folder(folder, "plain.old"));
    rename(in_folder(folder, "buffered"), in_folder(folder, "buffered.old"));
    assert_int_equal(ctrace_reopen(), CTRACE_OK);
    write_text(plain, "two\n");
    write_text(buffered, "two\n");
    ctrace_writer_unref(plain);
    ctrace_writer_unref(buffered);
    assert_file(in_folder(folder, "plain.old"), "one\n");
    assert_file(folder->file, "two\n");
    assert_file(in_folder(folder, "buffered.old"), "");
    assert_file(in_folder(folder, "buffered"), "one\ntwo\n");
}

static void stays_with_its_file_where_it_cannot_reopen(void **state) {
    const test_folder *folder = *state;
    const char *below = in_folder(folder, "below");
    mkdir(below, 0700);
    char path[300];
    snprintf(path, sizeof path, "%s/log", below);
    ctrace_writer *writer = ctrace_file_writer_new(path, NULL);
    rename(path, in_folder(folder, "moved"));
    rmdir(below);
    const ctrace_stats before = stats_now();
    assert_int_equal(ctrace_reopen(), CTRACE_EIO);
    assert_non_null(strstr(ctrace_last_error(), path));
    assert_int_equal(stats_now().write_errors - before.write_errors, 1);
    assert_int_equal(stats_now().bytes_lost, before.bytes_lost);
    assert_int_equal(write_text(writer, "still\n"), CTRACE_OK);
    assert_file(in_folder(folder, "moved"), "still\n");
    ctrace_writer_unref(writer);
}

static void relative_path_stays_what_it_was(void **state) {
    const test_folder *folder = *state;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder->path), 0);
    ctrace_writer *writer = ctrace_file_writer_new("log", NULL);
    assert_int_equal(chdir(before), 0);
    unlink(folder->file);
    assert_int_equal(ctrace_reopen(), CTRACE_OK);
    write_text(writer, "x\n");
    ctrace_writer_unref(writer);
    assert_file(folder->file, "x\n");
}

static void free_standard_stream_is_not_taken(void **state) {
    const test_folder *folder = *state;
    const int input = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    ctrace_writer *writer = ctrace_file_writer_new(folder->file, NULL);
    const int fd = cti_writer_fd(writer);
    const bool is_free = fcntl(STDIN_FILENO, F_GETFD) < 0;
    if (input >= 0) {
        dup2(input, STDIN_FILENO);
        close(input);
    }
    assert_true(fd > STDERR_FILENO);
    assert_true(is_free);
    ctrace_writer_unref(writer);
}

static void fifo_without_a_reader_does_not_hang(void **state) {
    const test_folder *folder = *state;
    assert_int_equal(mkfifo(folder->file, 0600), 0);
    assert_null(ctrace_file_writer_new(folder->file, NULL));
    assert_non_null(strstr(ctrace_last_error(), folder->file));
}

static void what_cannot_be_opened_is_said_in_words(void **state) {
    const test_folder *folder = *state;
    char expected[300];
    const char *path = in_folder(folder, "nowhere/log");
    assert_null(ctrace_file_writer_new(path, NULL));
    snprintf(expected, sizeof expected, "cannot open %s: No such file or directory", path);
    assert_string_equal(ctrace_last_error(), expected);
    assert_null(ctrace_file_writer_new(folder->path, NULL));
    assert_non_null(strstr(ctrace_last_error(), "Is a directory"));
    assert_null(ctrace_file_writer_new(NULL, NULL));
    assert_null(ctrace_file_writer_new("", NULL));
    assert_string_equal(ctrace_last_error(), "a file writer needs a path");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(appends_to_what_is_there),
        IN_FOLDER(goes_on_in_a_line_of_its_own),
        IN_FOLDER(truncates_once_when_asked),
        IN_FOLDER(mode_is_that_of_the_new_file),
        IN_FOLDER(is_not_inherited_by_other_programs),
        IN_FOLDER(notices_that_its_file_was_moved),
        IN_FOLDER(notices_that_its_file_was_deleted),
        IN_FOLDER(reopens_at_once_on_request_and_loses_nothing),
        IN_FOLDER(stays_with_its_file_where_it_cannot_reopen),
        IN_FOLDER(relative_path_stays_what_it_was),
        IN_FOLDER(free_standard_stream_is_not_taken),
        IN_FOLDER(fifo_without_a_reader_does_not_hang),
        IN_FOLDER(what_cannot_be_opened_is_said_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
