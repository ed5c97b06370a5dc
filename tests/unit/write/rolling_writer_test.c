/* Lines are numbered, so that a test can say: all of them, each once, in order, oldest file first.
 */
#include "unit/write/folder.h"

#include <errno.h>
#include <pthread.h>
#include <sys/file.h>

#include "write/rotation.h"
#include "write/writer.h"

enum { FILES_MAX = 500 };

static const char *rotated(const test_folder *folder, unsigned number) {
    char name[32];
    snprintf(name, sizeof name, "log.%u", number);
    return in_folder(folder, name);
}

static long long size_of(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 ? (long long)about.st_size : -1;
}

static unsigned count_rotated(const test_folder *folder) {
    unsigned count = 0;
    for (unsigned i = 0; i < FILES_MAX; i++) {
        count += size_of(rotated(folder, i)) >= 0;
    }
    return count;
}

static ctrace_status write_line(ctrace_writer *writer, unsigned number, size_t size) {
    char line[4096];
    memset(line, '.', sizeof line);
    const int digits = snprintf(line, sizeof line, "%u ", number);
    line[digits] = '.';
    size = size < (size_t)digits + 2 ? (size_t)digits + 2 : size;
    line[size - 1] = '\n';
    return ctrace_writer_write(writer, line, size);
}

/* The numbers in `path` must continue after *next. */
static void read_on(const char *path, unsigned *next) {
    char *bytes = read_file(path);
    for (char *line = bytes; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(strtoul(line, NULL, 10), *next);
        ++*next;
        line = end + 1;
    }
    free(bytes);
}

/* From the oldest file on: lines first to last, each once. */
static void assert_lines(const test_folder *folder, unsigned first, unsigned last) {
    unsigned next = first;
    for (unsigned i = FILES_MAX; i-- > 0;) {
        read_on(rotated(folder, i), &next);
    }
    read_on(folder->file, &next);
    assert_int_equal(next, last + 1);
}

static size_t lines_in(const char *path) {
    char *bytes = read_file(path);
    size_t lines = 0;
    for (const char *at = bytes; at != NULL && *at != '\0'; at++) {
        lines += *at == '\n';
    }
    free(bytes);
    return lines;
}

static unsigned draw(unsigned *seed, unsigned below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static void assert_sizes(const test_folder *folder, long long max) {
    assert_true(size_of(folder->file) <= max || lines_in(folder->file) == 1);
    for (unsigned i = 1; size_of(rotated(folder, i)) >= 0; i++) {
        assert_true(size_of(rotated(folder, i)) <= max || lines_in(rotated(folder, i)) == 1);
        assert_true(size_of(rotated(folder, i)) > 0);
    }
}

static void write_random_lines(const test_folder *folder, size_t buffer_bytes, unsigned seed) {
    const ctrace_rolling_writer_options options = {.max_file_bytes = 1 + draw(&seed, 2000),
                                                   .buffer_bytes = buffer_bytes};
    unsigned number = 0;
    for (int run = 0; run < 3; run++) { /* a program that is started again goes on */
        ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
        assert_non_null(writer);
        for (int i = 0; i < 150; i++) {
            assert_int_equal(
                write_line(writer, number++, draw(&seed, draw(&seed, 20) == 0 ? 4000 : 200)),
                CTRACE_OK);
        }
        ctrace_writer_unref(writer);
    }
    assert_lines(folder, 0, number - 1);
    assert_sizes(folder, (long long)options.max_file_bytes);
}

static void random_lines_are_all_there_in_files_of_the_right_size(void **state) {
    for (unsigned seed = 1; seed <= 12; seed++) {
        void *own = NULL;
        folder_begin(&own);
        cti_rotation_test.no_exchange = seed % 3 == 0;
        write_random_lines(own, seed % 2 == 0 ? 0 : 100 * (size_t)seed, seed);
        cti_rotation_test.no_exchange = false;
        folder_end(&own);
    }
    (void)state;
}

static void newest_is_1_and_no_more_than_asked_are_kept(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10, .keep_files = 3};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    for (unsigned i = 0; i < 10; i++) {
        write_line(writer, i, 10);
        assert_int_equal(count_rotated(folder), i < 3 ? i : 3);
    }
    ctrace_writer_unref(writer);
    assert_lines(folder, 6, 9);
    assert_file(folder->file, "9 .......\n");
    assert_file(rotated(folder, 1), "8 .......\n");
    assert_file(rotated(folder, 3), "6 .......\n");
}

static void fewer_are_kept_when_fewer_are_asked_for(void **state) {
    const test_folder *folder = *state;
    ctrace_rolling_writer_options options = {.max_file_bytes = 10};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    for (unsigned i = 0; i < 10; i++) {
        write_line(writer, i, 10);
    }
    ctrace_writer_unref(writer);
    options.keep_files = 2;
    writer = ctrace_rolling_writer_new(folder->file, &options);
    write_line(writer, 10, 10);
    ctrace_writer_unref(writer);
    assert_int_equal(count_rotated(folder), 2);
    assert_lines(folder, 8, 10);
}

static void no_more_bytes_than_asked_are_kept(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10, .keep_bytes = 39};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    for (unsigned i = 0; i < 10; i++) {
        write_line(writer, i, 10);
    }
    ctrace_writer_unref(writer);
    assert_int_equal(count_rotated(folder), 3);
    assert_lines(folder, 6, 9);
}

static void files_that_only_look_alike_are_left_alone(void **state) {
    const test_folder *folder = *state;
    const char *names[] = {"log.1.gz", "log.01", "log.", "log.x", "logs.1", "log.99999999999"};
    for (size_t i = 0; i < 6; i++) {
        close(open(in_folder(folder, names[i]), O_CREAT | O_WRONLY, 0600));
    }
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10, .keep_files = 1};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    for (unsigned i = 0; i < 5; i++) {
        write_line(writer, i, 10);
    }
    ctrace_writer_unref(writer);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(size_of(in_folder(folder, names[i])), 0);
    }
    assert_int_equal(count_rotated(folder), 1);
}

/* The file's last change says which day its lines are from. */
static void set_age(const char *path, time_t seconds) {
    const struct timespec now = {.tv_sec = time(NULL) - seconds};
    const struct timespec times[2] = {now, now};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void new_day_is_a_new_file(void **state) {
    const test_folder *folder = *state;
    for (int interval = CTRACE_ROLL_NEVER; interval <= CTRACE_ROLL_DAILY; interval++) {
        const ctrace_rolling_writer_options options = {.interval = interval,
                                                       .local_time = interval % 2 == 0};
        ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
        write_line(writer, 0, 10);
        write_line(writer, 1, 10);
        ctrace_writer_unref(writer);
        set_age(folder->file, 2 * 86400);
        writer = ctrace_rolling_writer_new(folder->file, &options);
        write_line(writer, 2, 10);
        write_line(writer, 3, 10);
        ctrace_writer_unref(writer);
        assert_lines(folder, 0, 3);
        assert_int_equal(count_rotated(folder), interval == CTRACE_ROLL_NEVER ? 0 : 1);
        unlink(folder->file);
        unlink(rotated(folder, 1));
    }
}

static void link_leads_to_the_newest(void **state) {
    const test_folder *folder = *state;
    char link[256];
    snprintf(link, sizeof link, "%s", in_folder(folder, "latest"));
    assert_int_equal(symlink("elsewhere", link), 0);
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10, .link = link};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    assert_non_null(writer);
    for (unsigned i = 0; i < 3; i++) {
        unlink(i == 1 ? link : "");
        write_line(writer, i, 10);
    }
    assert_file(link, "2 .......\n");
    ctrace_writer_unref(writer);
    unlink(link);
    close(open(link, O_CREAT | O_WRONLY, 0600));
    assert_null(ctrace_rolling_writer_new(folder->file, &options));
    assert_non_null(strstr(ctrace_last_error(), "File exists"));
}

static void bad_options_are_refused_in_words(void **state) {
    const test_folder *folder = *state;
    assert_null(ctrace_rolling_writer_new(
        folder->file, &(ctrace_rolling_writer_options){.interval = CTRACE_ROLL_DAILY + 1}));
    assert_string_equal(ctrace_last_error(), "interval 3 is none of CTRACE_ROLL_*");
    assert_null(ctrace_rolling_writer_new(NULL, NULL));
    assert_null(ctrace_rolling_writer_new("", NULL));
    assert_null(ctrace_rolling_writer_new(in_folder(folder, "nowhere/log"), NULL));
    assert_null(ctrace_rolling_writer_new("/dev/null", NULL));
    assert_non_null(strstr(ctrace_last_error(), "not a regular file"));
    char path[600];
    snprintf(path, sizeof path, "%s.1", folder->file);
    assert_null(
        ctrace_rolling_writer_new(folder->file, &(ctrace_rolling_writer_options){.link = path}));
    assert_non_null(strstr(ctrace_last_error(), "a rotated file will have that name"));
    assert_null(
        ctrace_rolling_writer_new(folder->file, &(ctrace_rolling_writer_options){.link = ""}));
    assert_string_equal(ctrace_last_error(), "options.link is empty");
    unlink(folder->file);
    strcpy(path, "/tmp/");
    memset(path + 5, 'n', 250);
    path[255] = '\0';
    assert_null(ctrace_rolling_writer_new(path, NULL));
    assert_non_null(strstr(ctrace_last_error(), "no room for a number behind"));
}

/* ---- Crashes ---- */

static unsigned steps_left;

static void crash_in_time(void) {
    if (steps_left-- == 0) {
        _exit(0);
    }
}

enum { CRASH_LINES = 12 };

/* Writes lines until the crash. How far it came the files tell. */
static void write_and_crash(const char *path, const ctrace_rolling_writer_options *options,
                            unsigned steps) {
    const pid_t child = fork();
    if (child == 0) {
        steps_left = steps;
        cti_rotation_test.after_step = crash_in_time;
        ctrace_writer *writer = ctrace_rolling_writer_new(path, options);
        for (unsigned i = 0; i < CRASH_LINES; i++) {
            write_line(writer, i, 10);
        }
        _exit(0);
    }
    assert_child_ends(child);
}

/* The lines that were written before the crash are those up to the last one found. */
static unsigned assert_lines_from_0(const test_folder *folder) {
    unsigned next = 0;
    for (unsigned i = FILES_MAX; i-- > 0;) {
        read_on(rotated(folder, i), &next);
    }
    read_on(folder->file, &next);
    return next;
}

static void crash_after(unsigned steps, bool exchange) {
    void *own = NULL;
    folder_begin(&own);
    const test_folder *folder = own;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 20, .keep_files = 6};
    cti_rotation_test.no_exchange = !exchange;
    write_and_crash(folder->file, &options, steps);
    assert_true(!exchange || size_of(folder->file) >= 0);
    const unsigned next = assert_lines_from_0(folder);
    assert_true(next > 1);
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    assert_non_null(writer);
    for (unsigned i = next; i < CRASH_LINES; i++) {
        assert_int_equal(write_line(writer, i, 10), CTRACE_OK);
    }
    ctrace_writer_unref(writer);
    cti_rotation_test.no_exchange = false;
    assert_lines(folder, 0, CRASH_LINES - 1);
    assert_sizes(folder, 20);
    folder_end(&own);
}

static void crash_between_any_two_steps_loses_nothing(void **state) {
    (void)state;
    for (unsigned steps = 0; steps < 30; steps++) {
        crash_after(steps, true);
        crash_after(steps, false);
    }
}

/* ---- Others at the same files ---- */

enum { THREADS = 8, LINES = 2000 };

typedef struct author {
    ctrace_writer *writer;
    unsigned number;
} author;

static void *write_as(void *argument) {
    const author *self = argument;
    for (unsigned i = 0; i < LINES; i++) {
        char line[64];
        const int size = snprintf(line, sizeof line, "%u %u.\n", self->number, i);
        ctrace_writer_write(self->writer, line, (size_t)size);
    }
    return NULL;
}

static void write_with_threads(ctrace_writer *writer, unsigned first) {
    author authors[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        authors[i] = (author){writer, first + i};
        pthread_create(&threads[i], NULL, write_as, &authors[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Marks the lines of `path`; each must be whole and new. */
static void mark_lines(const char *path, unsigned char *seen, unsigned authors) {
    char *bytes = read_file(path);
    for (char *line = bytes; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        unsigned number = authors;
        unsigned i = LINES;
        char dot = 0;
        assert_non_null(end);
        assert_int_equal(sscanf(line, "%u %u%c", &number, &i, &dot), 3);
        assert_true(number < authors && i < LINES && dot == '.' && end[-1] == '.');
        assert_int_equal(seen[number * LINES + i]++, 0);
        line = end + 1;
    }
    free(bytes);
}

static void assert_all_of(const test_folder *folder, unsigned authors) {
    unsigned char *seen = calloc(authors, LINES);
    mark_lines(folder->file, seen, authors);
    for (unsigned i = 1; size_of(rotated(folder, i)) >= 0; i++) {
        mark_lines(rotated(folder, i), seen, authors);
    }
    for (unsigned i = 0; i < authors * LINES; i++) {
        assert_int_equal(seen[i], 1);
    }
    free(seen);
}

static void threads_share_a_writer(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10000};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    write_with_threads(writer, 0);
    ctrace_writer_unref(writer);
    assert_all_of(folder, THREADS);
    assert_sizes(folder, 10000);
}

static void parent_and_child_share_the_files(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10000};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    const pid_t child = fork();
    write_as(&(author){writer, child == 0 ? 1 : 0});
    if (child == 0) {
        ctrace_writer_unref(writer);
        _exit(0);
    }
    assert_child_ends(child);
    ctrace_writer_unref(writer);
    assert_all_of(folder, 2);
}

static void who_finds_the_file_rotated_follows(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 20};
    ctrace_writer *one = ctrace_rolling_writer_new(folder->file, &options);
    ctrace_writer *other = ctrace_rolling_writer_new(folder->file, &options);
    write_line(one, 0, 10);
    write_line(one, 1, 10);
    write_line(one, 2, 10); /* rotates */
    assert_int_equal(count_rotated(folder), 1);
    write_line(other, 3, 10); /* has not noticed */
    write_line(other, 4, 10);
    write_line(other, 5, 10); /* would rotate */
    assert_int_equal(count_rotated(folder), 1);
    assert_file(folder->file, "2 .......\n5 .......\n");
    ctrace_writer_unref(one);
    ctrace_writer_unref(other);
}

/* Somebody else rotates for ever: then the file grows, and nothing is lost. */
static void locked_folder_only_puts_rotation_off(void **state) {
    const test_folder *folder = *state;
    const int held = open(folder->path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(held, LOCK_EX), 0);
    const ctrace_rolling_writer_options options = {.max_file_bytes = 10};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    const ctrace_stats before = stats_now();
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(write_line(writer, i, 10), CTRACE_OK);
    }
    ctrace_writer_unref(writer);
    close(held);
    assert_int_equal(count_rotated(folder), 0);
    assert_lines(folder, 0, 4);
    assert_true(stats_now().write_errors > before.write_errors);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lines_are_all_there_in_files_of_the_right_size),
        IN_FOLDER(newest_is_1_and_no_more_than_asked_are_kept),
        IN_FOLDER(fewer_are_kept_when_fewer_are_asked_for),
        IN_FOLDER(no_more_bytes_than_asked_are_kept),
        IN_FOLDER(files_that_only_look_alike_are_left_alone),
        IN_FOLDER(new_day_is_a_new_file),
        IN_FOLDER(link_leads_to_the_newest),
        IN_FOLDER(bad_options_are_refused_in_words),
        cmocka_unit_test(crash_between_any_two_steps_loses_nothing),
        IN_FOLDER(threads_share_a_writer),
        IN_FOLDER(parent_and_child_share_the_files),
        IN_FOLDER(who_finds_the_file_rotated_follows),
        IN_FOLDER(locked_folder_only_puts_rotation_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
