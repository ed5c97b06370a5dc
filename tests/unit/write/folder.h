/* A folder of a test's own, and what it says of the files in it. */
#ifndef TEST_WRITE_FOLDER_H
#define TEST_WRITE_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrace/trace.h"
#include "ctrace/writer.h"

typedef struct test_folder {
    char path[64];
    char file[128]; /* "<path>/log" */
} test_folder;

static inline int folder_begin(void **state) {
    test_folder *made = calloc(1, sizeof *made);
    snprintf(made->path, sizeof made->path, "/tmp/ctrace-test-XXXXXX");
    assert_non_null(mkdtemp(made->path));
    snprintf(made->file, sizeof made->file, "%s/log", made->path);
    *state = made;
    return 0;
}

static inline int folder_end(void **state) {
    test_folder *made = *state;
    DIR *open = opendir(made->path);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        unlinkat(dirfd(open), entry->d_name, 0);
    }
    closedir(open);
    rmdir(made->path);
    free(made);
    return 0;
}

/* "<path>/<name>", until the next call but three. */
static inline const char *in_folder(const test_folder *folder, const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

/* All of a file, NUL-terminated; NULL when it is not there. The caller frees it. */
static inline char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    size_t size = 0;
    size_t capacity = 4096;
    char *bytes = malloc(capacity);
    size_t got = fread(bytes, 1, capacity - 1, file);
    while (got != 0) {
        size += got;
        if (size == capacity - 1) {
            capacity *= 2;
            bytes = realloc(bytes, capacity);
        }
        got = fread(bytes + size, 1, capacity - 1 - size, file);
    }
    fclose(file);
    bytes[size] = '\0';
    return bytes;
}

static inline void assert_file(const char *path, const char *expected) {
    char *found = read_file(path);
    assert_non_null(found);
    assert_string_equal(found, expected);
    free(found);
}

static inline ctrace_status write_text(ctrace_writer *writer, const char *text) {
    return ctrace_writer_write(writer, text, strlen(text));
}

static inline ctrace_stats stats_now(void) {
    ctrace_stats stats;
    ctrace_stats_get(&stats, sizeof stats);
    return stats;
}

/* Waits for a forked child, which must end well. */
static inline void assert_child_ends(pid_t child) {
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
