/* The thread behind a queue sleeps while nothing comes: no wake-ups, counted by the system. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"
#include "support/test.h"

/* How often the thread of that name went to sleep; -1 when there is none, or the system does not
 * say. */
static long sleeps_of(const char *thread, const char *name) {
    char path[300], line[128], found[64] = "";
    long count = -1;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "Name: %63s", found);
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    }
    if (file != NULL) {
        fclose(file);
    }
    return strcmp(found, name) == 0 ? count : -1;
}

static long sleeps(const char *name) {
    long count = -1;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.' && count < 0) {
            count = sleeps_of(entry->d_name, name);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static ctrace_status drop(void *state, const char *bytes, size_t size) {
    (void)state;
    (void)bytes;
    (void)size;
    return CTRACE_OK;
}

static void it_sleeps_while_nothing_comes(void **state) {
    (void)state;
    static const char name[] = "idle-queue";
    const ctrace_deferred_options options = {.thread_name = name};
    ctrace_subscriber *sink = ctrace_text_new(ctrace_callback_writer_new(drop, NULL), NULL);
    assert_int_equal(ctrace_replace_global(ctrace_deferred_new(sink, &options)), CTRACE_OK);
    TRACE_INFO("something to do");
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    if (access("/proc/self/task", R_OK) != 0) {
        skip();
    }
    long before = sleeps(name);
    for (int tries = 0; tries < 1000 && before < 0; tries++) { /* it names itself */
        cti_sleep_ns(10000000);
        before = sleeps(name);
    }
    assert_true(before >= 0);
    /* until it sleeps for good: it looks once more after the latency */
    for (int tries = 0; tries < 1000; tries++) {
        cti_sleep_ns(20000000);
        const long now = sleeps(name);
        if (now == before) {
            break;
        }
        before = now;
    }
    cti_sleep_ns(300000000);
    assert_int_equal(sleeps(name), before);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

RUN(TEST(it_sleeps_while_nothing_comes))
