#define TRACE_TARGET "mergesort"
#include "ctrace/trace.h"

#include "pool.h"
#include "sort.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 4096 }; /* so many are not worth a join */

struct run {
    uint64_t *numbers;
    size_t count;
};

static struct run part(struct run run, size_t from, size_t to) {
    return (struct run){run.numbers + from, to - from};
}

/* ---- Merging: the longer run is cut in the middle, the other one where that falls ---- */

struct merge {
    struct run longer, shorter;
    uint64_t *into;
};

/* How many of the run are less than the limit. */
static size_t count_less(struct run run, uint64_t limit) {
    size_t from = 0, to = run.count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (run.numbers[middle] < limit) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static void merge_small(struct run one, struct run other, uint64_t *into) {
    while (one.count > 0 && other.count > 0) {
        struct run *least = one.numbers[0] <= other.numbers[0] ? &one : &other;
        *into++ = least->numbers[0];
        *least = part(*least, 1, least->count);
    }
    memcpy(into, one.numbers, one.count * sizeof(*into));
    memcpy(into + one.count, other.numbers, other.count * sizeof(*into));
}

static struct merge merge_of(struct run one, struct run other, uint64_t *into) {
    return one.count >= other.count ? (struct merge){one, other, into}
                                    : (struct merge){other, one, into};
}

static void run_merge(void *argument) {
    const struct merge *merge = argument;
    struct run longer = merge->longer, shorter = merge->shorter;
    if (longer.count + shorter.count <= SMALL) {
        merge_small(longer, shorter, merge->into);
        return;
    }
    size_t middle = longer.count / 2;
    size_t cut = count_less(shorter, longer.numbers[middle]);
    struct merge low = merge_of(part(longer, 0, middle), part(shorter, 0, cut), merge->into);
    struct merge high = merge_of(part(longer, middle, longer.count),
                                 part(shorter, cut, shorter.count), merge->into + middle + cut);
    pool_join(run_merge, &low, run_merge, &high);
}

/* ---- Sorting ---- */

struct sort {
    struct run run;
    uint64_t *spare; /* room for as many */
    bool into_spare; /* where they are wanted in order */
};

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static void sort_small(const struct sort *sort) {
    qsort(sort->run.numbers, sort->run.count, sizeof(uint64_t), compare);
    if (sort->into_spare) {
        memcpy(sort->spare, sort->run.numbers, sort->run.count * sizeof(uint64_t));
    }
}

/* The halves are sorted to where they are not wanted, and merged from there. */
static void run_sort(void *argument) {
    const struct sort *sort = argument;
    size_t count = sort->run.count, half = count / 2;
    if (count <= SMALL) {
        sort_small(sort);
        return;
    }
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "sort", ("count", count));
    struct sort low = {part(sort->run, 0, half), sort->spare, !sort->into_spare};
    struct sort high = {part(sort->run, half, count), sort->spare + half, !sort->into_spare};
    pool_join(run_sort, &low, run_sort, &high);
    struct run halves = {sort->into_spare ? sort->run.numbers : sort->spare, count};
    struct merge merge = merge_of(part(halves, 0, half), part(halves, half, count),
                                  sort->into_spare ? sort->spare : sort->run.numbers);
    run_merge(&merge);
    TRACE_DEBUG("merged", ("count", count), ("worker", pool_worker()));
}

bool sort_numbers(uint64_t *numbers, size_t count) {
    uint64_t *spare =
        count < SIZE_MAX / sizeof(*spare) ? malloc((count + 1) * sizeof(*spare)) : NULL;
    struct sort all = {{numbers, count}, spare, false};
    if (spare != NULL) {
        run_sort(&all);
    }
    free(spare);
    return spare != NULL;
}
