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

/* What belongs to the same story: a task's, or a thread's own. */
static bool same_teller(const ctrace_captured *one, const ctrace_captured *other) {
    return one->task_id == other->task_id &&
           (one->task_id != 0 || one->thread_id == other->thread_id);
}

static bool same(const ctrace_captured *one, const ctrace_captured *other) {
    return one->kind == other->kind && strcmp(one->name, other->name) == 0 &&
           strcmp(one->text, other->text) == 0 && strcmp(one->path, other->path) == 0 &&
           one->span_id == other->span_id && one->parent_id == other->parent_id &&
           memcmp(one->trace_id, other->trace_id, sizeof one->trace_id) == 0 &&
           one->thread_id == other->thread_id;
}

/* The next one behind index `from` of whom `like` is, or NULL. */
static const ctrace_captured *next_of(ctrace_subscriber *capture, const ctrace_captured *like,
                                      size_t *from) {
    const ctrace_captured *at;
    while ((at = ctrace_capture_at(capture, *from)) != NULL) {
        *from += 1;
        if (same_teller(at, like)) {
            return at;
        }
    }
    return NULL;
}

static void print(const char *which, const ctrace_captured *at) {
    if (at == NULL) {
        print_message("%s: nothing\n", which);
    } else {
        print_message("%s: kind %d %s %s in %s, task %llu\n", which, at->kind, at->name, at->text,
                      at->path, (unsigned long long)at->task_id);
    }
}

static void compare_one_story(ctrace_subscriber *live, ctrace_subscriber *told, size_t begin) {
    const ctrace_captured *first = ctrace_capture_at(live, begin);
    size_t in_live = begin, in_told = 0;
    for (;;) {
        const ctrace_captured *expected = next_of(live, first, &in_live);
        const ctrace_captured *found = next_of(told, first, &in_told);
        if (expected == NULL && found == NULL) {
            return;
        }
        if (expected == NULL || found == NULL || !same(expected, found)) {
            print("live", expected);
            print("told", found);
            fail();
        }
    }
}

static bool is_first_of_its_teller(ctrace_subscriber *capture, size_t i) {
    size_t from = 0;
    const ctrace_captured *at = ctrace_capture_at(capture, i);
    return next_of(capture, at, &from) == at;
}

static void compare(ctrace_subscriber *live, ctrace_subscriber *told) {
    unsigned stories = 0;
    assert_int_equal(ctrace_capture_count(live), ctrace_capture_count(told));
    for (size_t i = 0; i < ctrace_capture_count(live); i++) {
        if (is_first_of_its_teller(live, i)) {
            compare_one_story(live, told, i);
            stories += 1;
        }
    }
    assert_true(stories >= WANDERERS + WANDER_THREADS); /* and the main thread's */
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
