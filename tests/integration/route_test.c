/* Wherever a thread goes, the short ways into the queue and into a recording lead there: a program
 * that walks at random through spans, tasks, contexts, listeners and signal handlers tells the same
 * story live, behind the queue, and from a recording. Each listens alone, or behind a filter that
 * is reloaded now and then, since the short ways are for who does. */
#include "support/test.h"

#include "core/remote.h"
#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/record.h"
#include "ctrace/testing.h"
#include "support/probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WALKS = 300, STEPS = 60, DEEPEST = 12, SLOTS = 3 };

static char folder[] = "/tmp/ctrace-route-XXXXXX";
static char path[64];

static const char elsewhere[] = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

/* ---- The walk ---- */

typedef struct walk {
    uint64_t state;
    int left;
    int number;
    ctrace_subscriber *listener; /* the process's */
    unsigned filters;            /* among which it chooses where it reloads; 0 without one */
    ctrace_subscriber *other;    /* a live one, for blocks */
    ctrace_span *spans[SLOTS];
    ctrace_task *tasks[SLOTS];
    bool resumed[SLOTS];
    int under; /* how many others listen instead */
} walk;

static unsigned dice(walk *self, unsigned sides) {
    self->state = self->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(self->state >> 33) % sides;
}

static const char *word(walk *self) {
    static const char *const words[] = {"",
                                        "a",
                                        "bravo",
                                        "charlie",
                                        "ten bytes!",
                                        "eleven byte",
                                        "something that takes the longer way because of its size"};
    return words[dice(self, 7)];
}

static void wander(walk *self, int depth);

static void on_signal(int number) {
    TRACE_WARN("signal", ("number", number));
}

/* The live listener of these walks allocates, in the handler too: the walk raises its signals
 * itself, and never inside an allocator. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "report_signal_unsafe=0";
}

static void in_span(walk *self, int depth) {
    switch (dice(self, 3)) {
    case 0: {
        TRACE_SPAN("narrow");
        wander(self, depth);
        break;
    }
    case 1: {
        TRACE_SPAN("span", ("number", self->number++), ("word", word(self)));
        wander(self, depth);
        TRACE_RECORD(ctrace_span_current(), ("word", word(self)));
        break;
    }
    default: {
        TRACE_SPAN("wide", ("number", self->number++), ("half", self->number * 0.5), ("yes", true),
                   ("one", word(self)), ("two", word(self)), ("three", word(self)));
        wander(self, depth);
        break;
    }
    }
}

static void with_detached(walk *self, int depth) {
    ctrace_span **slot = &self->spans[dice(self, SLOTS)];
    if (*slot == NULL) {
        /* never another listener's: of that, and of what follows it, only the live one is told */
        *slot = self->under > 0 ? NULL : TRACE_SPAN_NEW("detached", ("number", self->number++));
    } else if (dice(self, 4) == 0) {
        ctrace_span_unref(*slot);
        *slot = NULL;
    } else {
        ctrace_span *span = ctrace_span_ref(*slot);
        ctrace_span_enter(span);
        wander(self, depth);
        ctrace_span_exit(span);
        ctrace_span_unref(span);
    }
}

static void in_task(walk *self, int depth) {
    const unsigned i = dice(self, SLOTS);
    if (self->tasks[i] == NULL) {
        self->tasks[i] = self->under > 0 ? NULL : ctrace_task_new();
    } else if (!self->resumed[i]) {
        self->resumed[i] = true;
        ctrace_task_resume(self->tasks[i]);
        wander(self, depth);
        ctrace_task_suspend(self->tasks[i]);
        self->resumed[i] = false;
    }
}

static void in_context(walk *self, int depth) {
    ctrace_context *context = ctrace_context_capture();
    const bool inside = dice(self, 2) == 0;
    if (inside) {
        TRACE_SPAN("between");
        TRACE_ATTACHED(context) {
            wander(self, depth);
        }
    } else {
        ctrace_context_attach(context);
        wander(self, depth);
        ctrace_context_detach(context);
    }
    ctrace_context_release(context);
}

static void under_another(walk *self, int depth) {
    self->under += 1;
    TRACE_WITH_SUBSCRIBER(dice(self, 3) == 0 ? NULL : self->other) {
        wander(self, depth);
    }
    self->under -= 1;
}

static void unheard(walk *self, int depth) {
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    wander(self, depth);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(self->listener)), CTRACE_OK);
}

static void from_elsewhere(walk *self, int depth) {
    ctrace_remote remote;
    assert_true(ctrace_traceparent_parse(elsewhere, sizeof elsewhere - 1, &remote));
    ctrace_span *span = TRACE_SPAN_REMOTE(&remote, "served", ("number", self->number++));
    TRACE_ENTER(span);
    wander(self, depth);
    ctrace_span_unref(span);
}

/* That a span follows itself, only the live one is told. */
static void follow(const ctrace_span *cause) {
    if (ctrace_span_current() != cause) {
        ctrace_span_follows(ctrace_span_current(), cause);
    }
}

/* Those that go by callsites alone come first. */
static const char *const directives[] = {"trace",
                                         "trace,elsewhere=off",
                                         "warn",
                                         "warn,[wide]=trace",
                                         "info,[detached{number=3}]=trace,[span]=off",
                                         "warn,[{word=\"charlie\"}]=trace"};
enum { BY_CALLSITE = 3, ALL = sizeof directives / sizeof *directives };

static ctrace_filter *filter_for(const char *text) {
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(text, &filter, NULL), CTRACE_OK);
    return filter;
}

static void reload(walk *self) {
    const unsigned i = dice(self, self->filters);
    assert_int_equal(ctrace_filter_reload(self->listener, filter_for(directives[i])), CTRACE_OK);
}

static void step(walk *self, int depth) {
    switch (dice(self, self->filters > 0 ? 17 : 16)) {
    case 0:
    case 1:
        TRACE_INFO("event", ("number", self->number++), ("half", self->number * 0.5),
                   ("word", word(self)));
        break;
    case 2:
        TRACE_INFOF("printed %d", self->number++);
        break;
    case 3:
        raise(SIGUSR1);
        break;
    case 4:
        follow(self->spans[dice(self, SLOTS)]);
        break;
    case 5:
    case 6:
    case 7:
        in_span(self, depth);
        break;
    case 8:
    case 9:
        with_detached(self, depth);
        break;
    case 10:
    case 11:
        in_task(self, depth);
        break;
    case 12:
        in_context(self, depth);
        break;
    case 13:
        under_another(self, depth);
        break;
    case 14:
        unheard(self, depth);
        break;
    case 16:
        reload(self);
        break;
    default:
        from_elsewhere(self, depth);
        break;
    }
}

static void wander(walk *self, int depth) {
    for (unsigned steps = 1 + dice(self, 6); depth < DEEPEST && steps > 0 && self->left > 0;
         steps--) {
        self->left -= 1;
        step(self, depth + 1);
    }
}

/* The same steps for the same seed, whoever listens. Takes the listener over. */
static void take_walk(unsigned seed, unsigned filters, ctrace_subscriber *listener,
                      ctrace_subscriber *other) {
    walk self = {.state = seed, .left = STEPS, .other = other, .filters = filters};
    self.listener =
        filters > 0 ? ctrace_filtered_new(listener, filter_for(directives[0])) : listener;
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(self.listener)), CTRACE_OK);
    while (self.left > 0) {
        wander(&self, 0);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        ctrace_task_free(self.tasks[i]);
        ctrace_span_unref(self.spans[i]);
    }
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(self.listener);
}

/* ---- What was heard ---- */

static char *story_of(ctrace_subscriber *capture) {
    ctrace_buf *buf = ctrace_buf_new();
    size_t size;
    assert_non_null(buf);
    ctrace_capture_put(buf, capture);
    ctrace_buf_put(buf, "", 1);
    const char *bytes = ctrace_buf_bytes(buf, &size);
    assert_non_null(bytes);
    char *story = strdup(bytes);
    ctrace_buf_free(buf);
    return story;
}

/* What `heard` and `other` heard; both are given back. */
static char *end_story(ctrace_subscriber *heard, ctrace_subscriber *other) {
    char *one = story_of(heard), *two = story_of(other);
    char *both = malloc(strlen(one) + strlen(two) + 1);
    assert_non_null(both);
    strcpy(both, one);
    strcat(both, two);
    free(one);
    free(two);
    ctrace_subscriber_unref(heard);
    ctrace_subscriber_unref(other);
    return both;
}

static char *walk_live(unsigned seed, unsigned filters) {
    ctrace_subscriber *heard = ctrace_capture_new(NULL), *other = ctrace_capture_new(NULL);
    take_walk(seed, filters, ctrace_subscriber_ref(heard), other);
    return end_story(heard, other);
}

static ctrace_subscriber *queue_for(ctrace_subscriber *heard) {
    const ctrace_deferred_options options = {.manual = true};
    ctrace_subscriber *queue = ctrace_deferred_new(ctrace_subscriber_ref(heard), &options);
    assert_non_null(queue);
    return queue;
}

static char *walk_queued(unsigned seed, unsigned filters) {
    ctrace_subscriber *heard = ctrace_capture_new(NULL), *other = ctrace_capture_new(NULL);
    take_walk(seed, filters, queue_for(heard), other);
    return end_story(heard, other);
}

static ctrace_subscriber *recorder(void) {
    const ctrace_recorder_options options = {.mode = CTRACE_RECORDER_GROW, .thread_bytes = 65536};
    ctrace_subscriber *made = ctrace_recorder_new(path, &options);
    assert_non_null(made);
    return made;
}

/* Plays the recording to `heard`, and removes it. */
static void read_back(ctrace_subscriber *heard) {
    ctrace_recording *recording = ctrace_recording_open(ctrace_subscriber_ref(heard), path, NULL);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    unlink(path);
}

static char *walk_recorded(unsigned seed, unsigned filters) {
    ctrace_subscriber *heard = ctrace_capture_new(NULL), *other = ctrace_capture_new(NULL);
    take_walk(seed, filters, recorder(), other);
    read_back(heard);
    return end_story(heard, other);
}

/* Shows the line in which they differ, and what is around it. */
static void compare(unsigned seed, const char *live, char *told, const char *by) {
    enum { BEFORE = 1000 };
    size_t at = 0;
    while (live[at] == told[at] && live[at] != '\0') {
        at += 1;
    }
    if (live[at] != told[at]) {
        const size_t from = at > BEFORE ? at - BEFORE : 0;
        print_message("walk %u, live:\n%.1400s\n\n", seed, live + from);
        print_message("%s:\n%.1400s\n", by, told + from);
        fail();
    }
    free(told);
}

static void tell_the_same(unsigned filters) {
    const ctrace_stats before = stats_now();
    for (unsigned seed = 1; seed <= WALKS; seed++) {
        char *live = walk_live(seed, filters);
        compare(seed, live, walk_queued(seed, filters), "queued");
        compare(seed, live, walk_recorded(seed, filters), "recorded");
        free(live);
    }
    assert_int_equal(stats_now().events_lost, before.events_lost);
    assert_int_equal(stats_now().spans_lost, before.spans_lost);
    assert_int_equal(stats_now().spans_repaired, before.spans_repaired);
}

static void all_tell_the_same(void **state) {
    (void)state;
    tell_the_same(0);
}

static void all_tell_the_same_behind_a_filter(void **state) {
    (void)state;
    tell_the_same(BY_CALLSITE);
    tell_the_same(ALL);
}

/* What this process continues is the parent of what begins here, however that is told. */
static void the_trace_goes_on(ctrace_subscriber *listener, ctrace_subscriber *heard) {
    const ctrace_captured *opened = NULL;
    assert_int_equal(ctrace_replace_global(listener), CTRACE_OK);
    for (int i = 0; i < 3; i++) {
        TRACE_INFO("event");
        TRACE_SPAN("span");
    }
    assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    if (access(path, F_OK) == 0) {
        read_back(heard);
    }
    assert_int_equal(ctrace_capture_count_of(heard, CTRACE_CAPTURED_NEW, "span"), 3);
    while ((opened = ctrace_capture_find(heard, CTRACE_CAPTURED_NEW, "span", opened)) != NULL) {
        assert_memory_equal(opened->trace_id, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    }
    ctrace_subscriber_unref(heard);
}

static void a_trace_from_elsewhere_goes_on(void **state) {
    (void)state;
    ctrace_remote remote;
    assert_true(ctrace_traceparent_parse(elsewhere, sizeof elsewhere - 1, &remote));
    assert_true(cti_origin_set(&remote));
    ctrace_subscriber *heard = ctrace_capture_new(NULL);
    the_trace_goes_on(ctrace_subscriber_ref(heard), heard);
    heard = ctrace_capture_new(NULL);
    the_trace_goes_on(queue_for(heard), heard);
    heard = ctrace_capture_new(NULL);
    the_trace_goes_on(recorder(), heard);
    assert_true(cti_origin_set(NULL));
}

static int begin(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL || signal(SIGUSR1, on_signal) == SIG_ERR) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/recording", folder);
    return 0;
}

static int end(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(all_tell_the_same),
                                       TEST(all_tell_the_same_behind_a_filter),
                                       TEST(a_trace_from_elsewhere_goes_on)};
    return cmocka_run_group_tests(tests, begin, end);
}
