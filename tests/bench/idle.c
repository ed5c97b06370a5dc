/* A queue to which nothing comes: prints what its thread takes in ten seconds, of processor time
 * and of wake-ups, after it had something to do. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "harness.h"

enum { EVENTS = 1000 };

static double process_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long switches_of(long thread) {
    char path[64], line[128];
    long count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%ld/status", thread);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL &&
           sscanf(line, "voluntary_ctxt_switches: %ld", &count) != 1) {
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

/* How often other threads than this one have gone to sleep. */
static long switches(void) {
    long sum = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        const long thread = strtol(entry->d_name, NULL, 10);
        sum += thread != 0 && thread != (long)getpid() ? switches_of(thread) : 0;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return sum;
}

int main(void) {
    if (!bench_listen(ctrace_deferred_new(ctrace_text_new(bench_nowhere_new(), NULL), NULL))) {
        return 1;
    }
    bench_event(EVENTS);
    ctrace_flush(CTRACE_FOREVER); /* its work is done */
    const long first = switches();
    const double begun = process_ms();
    sleep(10);
    printf("idle, 10 s: %.3f ms of processor time, %ld wake-ups\n", process_ms() - begun,
           switches() - first);
    return 0;
}
