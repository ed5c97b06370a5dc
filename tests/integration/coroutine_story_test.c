/* Coroutines that migrate tell the same story live, behind the queue, and from a recording: for
 * each task the same things in the same order, in the same spans, on the same threads. */
#include "support/test.h"

#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "ctrace/testing.h"
#include "integration/wander.h"
#include "support/probe.h"

#include <unistd.h>

enum { YIELDS = 200 };

static wandering all;
static char folder[] = "/tmp/ctrace-coroutine-XXXXXX";
static char path[64];

/* Whose story it is: a task's, or a thread's own. */
static uint64_t teller(const ctrace_captured *of) {
    return of->task_id != 0 ? of->task_id : ~of->thread_id;
}

typedef struct entry {
    const ctrace_captured *what;
    size_t place; /* among all */
} entry;

/* Story by story, each in the order in which it was told. */
static int by_story(const void *one, const void *other) {
    const entry *a = one, *b = other;
    const uint64_t whose = teller(a->what), others = teller(b->what);
    return whose != others ? (whose > others) - (whose < others)
                           : (a->place > b->place) - (a->place < b->place);
}

static entry *stories(ctrace_subscriber *capture, size_t count) {
    entry *entries = calloc(count, sizeof *entries);
    assert_non_null(entries);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (entry){ctrace_capture_at(capture, i), i};
    }
    qsort(entries, count, sizeof *entries, by_story);
    return entries;
}

static bool same(const ctrace_captured *one, const ctrace_captured *other) {
    return teller(one) == teller(other) && one->kind == other->kind &&
           strcmp(one->name, other->name) == 0 && strcmp(one->text, other->text) == 0 &&
           strcmp(one->path, other->path) == 0 && one->span_id == other->span_id &&
           one->parent_id == other->parent_id &&
           memcmp(one->trace_id, other->trace_id, sizeof one->trace_id) == 0 &&
           one->thread_id == other->thread_id;
}

static void print(const char *which, const ctrace_captured *at) {
    print_message("%s: kind %d %s %s in %s, task %llu\n", which, at->kind, at->name, at->text,
                  at->path, (unsigned long long)at->task_id);
}

static void compare(ctrace_subscriber *live, ctrace_subscriber *told) {
    const size_t count = ctrace_capture_count(live);
    size_t tellers = 1;
    assert_int_equal(ctrace_capture_count(told), count);
    entry *expected = stories(live, count), *found = stories(told, count);
    for (size_t i = 0; i < count; i++) {
        if (!same(expected[i].what, found[i].what)) {
            print("live", expected[i].what);
            print("told", found[i].what);
            fail();
        }
        tellers += i > 0 && teller(expected[i].what) != teller(expected[i - 1].what);
    }
    assert_int_equal(tellers, WANDERERS + WANDER_THREADS + 1); /* and this thread */
    free(expected);
    free(found);
}

static ctrace_subscriber *read_back(void) {
    ctrace_subscriber *told = ctrace_capture_new(NULL);
    ctrace_recording *recording = ctrace_recording_open(ctrace_subscriber_ref(told), path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    return told;
}

static void one_story_three_times(void **state) {
    (void)state;
    const ctrace_stats before = stats_now();
    const ctrace_deferred_options patient = {.policy = CTRACE_DEFERRED_BLOCK,
                                             .block_timeout_ns = CTRACE_FOREVER};
    /* in a new segment, what is open is told again: in the middle of switches, too */
    const ctrace_recorder_options small_segments = {.mode = CTRACE_RECORDER_GROW,
                                                    .thread_bytes = 65536};
    ctrace_subscriber *live = ctrace_capture_new(NULL);
    ctrace_subscriber *queued = ctrace_capture_new(NULL);
    ctrace_subscriber *const three[] = {
        ctrace_subscriber_ref(live),
        ctrace_deferred_new(ctrace_subscriber_ref(queued), &patient),
        ctrace_recorder_new(path, &small_segments),
    };
    assert_int_equal(ctrace_replace_global(ctrace_tee_new(three, 3)), CTRACE_OK);
    assert_true(wander(&all, YIELDS));
    assert_int_equal(all.wrong, 0);
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(ctrace_capture_count_of(live, CTRACE_CAPTURED_EVENT, "step"),
                     WANDERERS * YIELDS);
    compare(live, queued);
    ctrace_subscriber *recorded = read_back();
    compare(live, recorded);
    assert_int_equal(stats_now().events_lost, before.events_lost);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
    ctrace_subscriber_unref(recorded);
    ctrace_subscriber_unref(queued);
    ctrace_subscriber_unref(live);
}

static int make_folder(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/recording", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(one_story_three_times)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
