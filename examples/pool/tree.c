#define TRACE_TARGET "wordcount"
#include "ctrace/trace.h"

#include "names.h"
#include "pool.h"
#include "tree.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536 };

/* Not on the stack, which grows with the depth of the tree. */
static _Thread_local char piece[PIECE];

static struct tally unreadable(const char *path, int error) {
    TRACE_WARN("cannot read", ("path", path), ("error", TRACE_ERRNO(error)));
    return (struct tally){.unreadable = 1};
}

static struct tally sum(struct tally one, struct tally other) {
    return (struct tally){one.words + other.words, one.files + other.files,
                          one.unreadable + other.unreadable};
}

/* ---- Files ---- */

static int feed_all(struct words *words, int file) {
    for (;;) {
        ssize_t size = read(file, piece, sizeof(piece));
        if (size > 0) {
            words_feed(words, piece, (size_t)size);
        } else if (size == 0) {
            return 0;
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

/* What was read before an error counts, as it does for wc. */
static struct tally count_file(const char *path) {
    struct words words = {0};
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return unreadable(path, errno);
    }
    int error = feed_all(&words, file);
    close(file);
    struct tally tally = {.words = words_end(&words), .files = 1};
    TRACE_DEBUG("counted", ("path", path), ("words", tally.words), ("worker", pool_worker()));
    return error == 0 ? tally : sum(tally, unreadable(path, error));
}

/* ---- Directories ---- */

struct directory {
    struct names names;
    struct tally *tallies; /* one for each name */
};

static void count_some(void *argument, size_t from, size_t to) {
    const struct directory *directory = argument;
    for (size_t i = from; i < to; i++) {
        directory->tallies[i] = tree_count(directory->names.paths[i]);
    }
}

static struct tally count_all(const struct names *names) {
    struct tally total = {0, 0, 0};
    struct directory directory = {*names, calloc(names->count, sizeof(struct tally))};
    for (size_t i = 0; directory.tallies == NULL && i < names->count; i++) {
        total = sum(total, tree_count(names->paths[i])); /* no memory: one after the other */
    }
    if (directory.tallies != NULL) {
        pool_for(0, names->count, 1, count_some, &directory);
        for (size_t i = 0; i < names->count; i++) {
            total = sum(total, directory.tallies[i]);
        }
    }
    free(directory.tallies);
    return total;
}

static struct tally count_directory(const char *path) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "directory", ("path", path));
    struct names names;
    int error = names_read(&names, path);
    struct tally total = count_all(&names);
    names_free(&names);
    return error == 0 ? total : sum(total, unreadable(path, error));
}

struct tally tree_count(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        return unreadable(path, errno);
    }
    return S_ISDIR(status.st_mode)   ? count_directory(path)
           : S_ISREG(status.st_mode) ? count_file(path)
                                     : (struct tally){0, 0, 0};
}
