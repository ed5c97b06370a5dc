/* Others at the log files while they are written: moved away as logrotate does, with and without
 * telling us, and old ones deleted. No line may be lost, doubled or cut that was not deleted. */
#include "unit/write/folder.h"

#include <pthread.h>

#include "base/clock.h"
#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "write/rotation.h"

enum { AUTHORS = 4, LINES = 6000, MOVES_MAX = 100000 };

typedef struct author {
    ctrace_writer *writer;
    unsigned number;
    uint64_t pause_ns; /* after each hundred lines */
} author;

typedef struct mover {
    const test_folder *folder;
    bool tells; /* calls ctrace_reopen() as a postrotate script has it done */
    unsigned moved;
} mover;

static unsigned running;

static void *write_lines(void *argument) {
    const author *self = argument;
    for (unsigned i = 0; i < LINES; i++) {
        char line[64];
        const int size = snprintf(line, sizeof line, "%u %u.\n", self->number, i);
        assert_int_equal(ctrace_writer_write(self->writer, line, (size_t)size), CTRACE_OK);
        if (i % 100 == 0) {
            cti_sleep_ns(self->pause_ns);
        }
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void *move_away(void *argument) {
    mover *self = argument;
    char name[32], from[256], to[256];
    snprintf(from, sizeof from, "%s", self->folder->file);
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) != 0 && self->moved < MOVES_MAX) {
        snprintf(name, sizeof name, "moved.%u", self->moved);
        snprintf(to, sizeof to, "%s/%s", self->folder->path, name);
        if (rename(from, to) == 0) {
            self->moved++;
        }
        if (self->tells) {
            ctrace_reopen();
        }
        cti_sleep_ns(2000000);
    }
    return NULL;
}

static void mark_lines(const char *path, unsigned char *seen) {
    char *bytes = read_file(path);
    assert_non_null(bytes);
    for (char *line = bytes; *line != '\0';) {
        char *end = strchr(line, '\n');
        unsigned number = AUTHORS, i = LINES;
        assert_non_null(end);
        assert_int_equal(sscanf(line, "%u %u.", &number, &i), 2);
        assert_true(number < AUTHORS && i < LINES && end[-1] == '.');
        assert_int_equal(seen[number * LINES + i]++, 0);
        line = end + 1;
    }
    free(bytes);
}

/* In all files of the folder together: each line once. */
static void assert_all_lines(const test_folder *folder) {
    unsigned char *seen = calloc(AUTHORS, LINES);
    DIR *open = opendir(folder->path);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        if (entry->d_name[0] != '.') {
            mark_lines(in_folder(folder, entry->d_name), seen);
        }
    }
    closedir(open);
    for (unsigned i = 0; i < AUTHORS * LINES; i++) {
        assert_int_equal(seen[i], 1);
    }
    free(seen);
}

/* Takes over the writer. */
static void write_and_move(const test_folder *folder, ctrace_writer *writer, bool tells) {
    author authors[AUTHORS];
    pthread_t threads[AUTHORS], other;
    mover moves = {.folder = folder, .tells = tells};
    const uint64_t pause_ns = tells ? 4000000 : 25000000; /* who is not told looks each second */
    assert_non_null(writer);
    running = AUTHORS;
    for (unsigned i = 0; i < AUTHORS; i++) {
        authors[i] = (author){writer, i, pause_ns};
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &authors[i]), 0);
    }
    assert_int_equal(pthread_create(&other, NULL, move_away, &moves), 0);
    for (unsigned i = 0; i < AUTHORS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_join(other, NULL);
    ctrace_writer_unref(writer);
    assert_true(moves.moved > 1);
    assert_all_lines(folder);
}

static void a_file_is_moved_and_we_are_told(void **state) {
    const test_folder *folder = *state;
    write_and_move(folder, ctrace_file_writer_new(folder->file, NULL), true);
}

static void a_file_is_moved_and_nobody_tells_us(void **state) {
    const test_folder *folder = *state;
    write_and_move(folder, ctrace_file_writer_new(folder->file, NULL), false);
}

static void a_file_with_a_buffer_is_moved(void **state) {
    const test_folder *folder = *state;
    const ctrace_file_writer_options options = {.buffer_bytes = 1000, .flush_after_ns = 1000000};
    write_and_move(folder, ctrace_file_writer_new(folder->file, &options), true);
}

static void rolling_files_are_moved_meanwhile(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 2000};
    write_and_move(folder, ctrace_rolling_writer_new(folder->file, &options), true);
}

static void also_where_names_cannot_be_exchanged(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 2000};
    cti_rotation_test.no_exchange = true;
    write_and_move(folder, ctrace_rolling_writer_new(folder->file, &options), true);
    cti_rotation_test.no_exchange = false;
}

/* ---- Behind a queue ---- */

static void *emit_lines(void *argument) {
    const author *self = argument;
    for (unsigned i = 0; i < LINES; i++) {
        TRACE_INFOF("%u %u.", self->number, i);
        if (i % 100 == 0) {
            cti_sleep_ns(self->pause_ns);
        }
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void rolling_files_behind_a_queue_are_moved(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options rolling = {.max_file_bytes = 2000};
    const ctrace_text_options bare = {
        .time = CTRACE_TIME_NONE, .no_level = true, .no_target = true};
    const ctrace_deferred_options growing = {.policy = CTRACE_DEFERRED_GROW};
    ctrace_subscriber *sink =
        ctrace_text_new(ctrace_rolling_writer_new(folder->file, &rolling), &bare);
    assert_int_equal(ctrace_replace_global(ctrace_deferred_new(sink, &growing)), CTRACE_OK);
    author authors[AUTHORS];
    pthread_t threads[AUTHORS], other;
    mover moves = {.folder = folder, .tells = true};
    running = AUTHORS;
    for (unsigned i = 0; i < AUTHORS; i++) {
        authors[i] = (author){NULL, i, 4000000};
        assert_int_equal(pthread_create(&threads[i], NULL, emit_lines, &authors[i]), 0);
    }
    assert_int_equal(pthread_create(&other, NULL, move_away, &moves), 0);
    for (unsigned i = 0; i < AUTHORS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_join(other, NULL);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_all_lines(folder);
}

/* ---- Deleted ---- */

/* What is deleted is gone; the rest stays in order, and the newest is all there. */
static void old_files_are_deleted_while_others_roll(void **state) {
    const test_folder *folder = *state;
    const ctrace_rolling_writer_options options = {.max_file_bytes = 200};
    ctrace_writer *writer = ctrace_rolling_writer_new(folder->file, &options);
    char line[32], name[32];
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(line, sizeof line, "0 %u.\n", i);
        assert_int_equal(write_text(writer, line), CTRACE_OK);
        if (i % 7 == 0) {
            snprintf(name, sizeof name, "log.%u", 2 + i % 5);
            unlink(in_folder(folder, name));
        }
    }
    ctrace_writer_unref(writer);
    unsigned next = 0;
    for (unsigned i = 200; i <= 200; i--) { /* down to 0, which is the one written to */
        snprintf(name, sizeof name, i == 0 ? "log" : "log.%u", i);
        char *bytes = read_file(in_folder(folder, name));
        for (char *at = bytes; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1) {
            unsigned number = 0;
            assert_int_equal(sscanf(at, "0 %u.", &number), 1);
            assert_true(number >= next);
            next = number + 1;
        }
        free(bytes);
    }
    assert_int_equal(next, 3000);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_is_moved_and_we_are_told),
        IN_FOLDER(a_file_is_moved_and_nobody_tells_us),
        IN_FOLDER(a_file_with_a_buffer_is_moved),
        IN_FOLDER(rolling_files_are_moved_meanwhile),
        IN_FOLDER(also_where_names_cannot_be_exchanged),
        IN_FOLDER(rolling_files_behind_a_queue_are_moved),
        IN_FOLDER(old_files_are_deleted_while_others_roll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
