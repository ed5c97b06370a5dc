/* Two real programs on a pool:
 *
 *     pool [--workers N] DIR         how many words the files below DIR have, as wc -w counts them
 *     pool [--workers N] --sort N    sorts N random numbers, and says how many are in order
 *
 * The answer goes to standard output; what happens is told on standard error, as CTRACE_LOG wants
 * it: wordcount=debug or mergesort=debug for the work, pool=debug or pool=trace for who did it. */
#define TRACE_TARGET "main"
#include "ctrace/trace.h"

#include "pool.h"
#include "sort.h"
#include "tree.h"
#include "words.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    unsigned workers;
    size_t sort; /* so many; 0: count words */
    const char *path;
    int status; /* to exit with */
};

static void count_words(void *argument) {
    struct command *command = argument;
    TRACE_SPAN("count", ("path", command->path));
    struct tally total = tree_count(command->path);
    TRACE_INFO("total", ("words", total.words), ("files", total.files),
               ("unreadable", total.unreadable));
    printf("%" PRIu64 "\n", total.words);
    command->status = total.unreadable > 0;
}

/* ---- Sorting ---- */

/* Marsaglia's xorshift64. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t count_in_order(const uint64_t *numbers, size_t count) {
    size_t in_order = count > 0;
    while (in_order < count && numbers[in_order - 1] <= numbers[in_order]) {
        in_order++;
    }
    return in_order;
}

static void sort_randoms(void *argument) {
    struct command *command = argument;
    TRACE_SPAN("sort all", ("count", command->sort));
    uint64_t *numbers = calloc(command->sort, sizeof(*numbers));
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; numbers != NULL && i < command->sort; i++) {
        numbers[i] = next_random(&state);
    }
    if (numbers == NULL || !sort_numbers(numbers, command->sort)) {
        TRACE_ERROR("out of memory");
        command->status = 1;
    } else {
        printf("%zu\n", count_in_order(numbers, command->sort));
    }
    free(numbers);
}

/* ---- The command line ---- */

static bool read_number(const char *text, unsigned long most, unsigned long *ret_number) {
    char *end;
    unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);
    if (number == 0 || number > most || *end != '\0' || text[0] == '-') {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool read_command(char **arguments, struct command *ret_command) {
    enum { MOST_WORKERS = 256 };
    unsigned long number;
    if (*arguments != NULL && strcmp(*arguments, "--workers") == 0) {
        if (!read_number(arguments[1], MOST_WORKERS, &number)) {
            return false;
        }
        ret_command->workers = (unsigned)number;
        arguments += 2;
    }
    if (*arguments != NULL && strcmp(*arguments, "--sort") == 0) {
        if (!read_number(arguments[1], SIZE_MAX / sizeof(uint64_t), &number)) {
            return false;
        }
        ret_command->sort = number;
        return arguments[2] == NULL;
    }
    ret_command->path = *arguments;
    return *arguments != NULL && **arguments != '\0' && arguments[1] == NULL;
}

int main(int count, char **arguments) {
    struct command command = {0};
    if (count < 2 || !read_command(arguments + 1, &command)) {
        fprintf(stderr, "usage: pool [--workers N] DIR\n       pool [--workers N] --sort N\n");
        return 2;
    }
    setlocale(LC_CTYPE, "");
    words_prepare();
    ctrace_init();
    struct pool *pool = pool_new(command.workers);
    if (pool == NULL) {
        TRACE_ERROR("out of memory");
        return 1;
    }
    pool_run(pool, command.sort > 0 ? sort_randoms : count_words, &command);
    pool_free(pool);
    return fflush(stdout) == 0 ? command.status : 1;
}
