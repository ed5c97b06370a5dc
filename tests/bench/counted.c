/* Does one kind of work a given number of times, for instructions.sh to count what that takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void nothing(uint64_t times) {
    BENCH_LOOP(times, )
}

static void event(uint64_t times) {
    BENCH_LOOP(times, TRACE_INFO("request done", ("count", bench_i32), ("ratio", bench_f64),
                                 ("what", bench_string));)
}

static void span(uint64_t times) {
    BENCH_LOOP(times, TRACE_SPAN("first", ("id", bench_u64), ("what", bench_string));)
}

typedef struct kind {
    const char *name;
    bench_work *work;
    bool heard;
} kind;

static const kind kinds[] = {
    {"nothing", nothing, false},    {"disabled-event", event, false},
    {"disabled-span", span, false}, {"event", event, true},
    {"span", span, true},
};

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: %s KIND TIMES\n", arguments[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(arguments[1], kinds[i].name) == 0) {
            if (kinds[i].heard && !bench_listen(bench_nobody_new())) {
                return 1;
            }
            kinds[i].work(strtoull(arguments[2], NULL, 10));
            return 0;
        }
    }
    return 2;
}
