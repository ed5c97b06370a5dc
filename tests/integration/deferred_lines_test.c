/* What sinks behind a queue write: few system calls, whole and in order, and nothing late. */
#include "unit/write/folder.h"

#include "base/clock.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "write/descriptor.h"

enum { EVENTS = 1000 };

static unsigned writes;

static ssize_t count_and_write(int fd, const void *bytes, size_t size) {
    writes++;
    return write(fd, bytes, size);
}

static int begin(void **state) {
    writes = 0;
    cti_descriptor_write_call = count_and_write;
    return folder_begin(state);
}

static int end(void **state) {
    cti_descriptor_write_call = write;
    return folder_end(state);
}

static const ctrace_text_options timeless = {.time = CTRACE_TIME_NONE, .no_target = true};
static const ctrace_json_options timeless_json = {.time = CTRACE_TIME_NONE};

static ctrace_subscriber *text_to(const char *path) {
    return ctrace_text_new(ctrace_file_writer_new(path, NULL), &timeless);
}

static ctrace_subscriber *defer(ctrace_subscriber *inner, bool manual) {
    const ctrace_deferred_options options = {.manual = manual, .policy = CTRACE_DEFERRED_GROW};
    ctrace_subscriber *deferred = ctrace_deferred_new(inner, &options);
    assert_non_null(deferred);
    assert_int_equal(ctrace_replace_global(ctrace_subscriber_ref(deferred)), CTRACE_OK);
    return deferred;
}

static void stop(ctrace_subscriber *deferred) {
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    ctrace_subscriber_unref(deferred);
}

/* "`before`0`behind`\n" and so on. */
static void assert_counted(const char *path, const char *before, const char *behind, unsigned to) {
    char *found = read_file(path);
    assert_non_null(found);
    const char *at = found;
    for (unsigned i = 0; i < to; i++) {
        char line[200];
        const int size = snprintf(line, sizeof line, "%s%u%s\n", before, i, behind);
        assert_memory_equal(at, line, (size_t)size);
        at += size;
    }
    assert_int_equal(*at, '\0');
    free(found);
}

static void two_sinks_write_a_few_times(void **state) {
    const test_folder *folder = *state;
    const char *other = in_folder(folder, "json");
    ctrace_subscriber *both[] = {
        text_to(folder->file),
        ctrace_json_new(ctrace_file_writer_new(other, NULL), &timeless_json),
    };
    ctrace_subscriber *deferred = defer(ctrace_tee_new(both, 2), true);
    for (int i = 0; i < EVENTS; i++) {
        TRACE_INFO("done", ("i", i));
    }
    assert_int_equal(ctrace_deferred_poll(deferred), EVENTS);
    assert_in_range(writes, 2, EVENTS / 10); /* more than a few only where a pass takes long */
    assert_counted(folder->file, " INFO done i=", "", EVENTS);
    assert_counted(
        other,
        "{\"level\":\"INFO\",\"msg\":\"done\",\"target\":\"deferred_lines_test.c\",\"i\":", "}",
        EVENTS);
    stop(deferred);
}

/* ---- A subscriber that flushes what it passes on ---- */

typedef struct anxious {
    ctrace_subscriber base;
    ctrace_subscriber *inner;
    const char *path;
    unsigned checked;
} anxious;

static void pass_on_and_flush(ctrace_subscriber *self, const ctrace_event *event,
                              const ctrace_moment *moment) {
    anxious *own = (anxious *)self;
    ctrace_forward_event(own->inner, event, moment);
    if (ctrace_event_site(event)->level == CTRACE_LEVEL_ERROR) {
        assert_int_equal(ctrace_forward_flush(own->inner, 0), CTRACE_OK);
        own->checked++;
        assert_file(own->path, "ERROR bad i=0\n");
    }
}

static ctrace_subscriber *inner_of(ctrace_subscriber *self, size_t i) {
    return i == 0 ? ((anxious *)self)->inner : NULL;
}

static void free_anxious(ctrace_subscriber *self) {
    ctrace_subscriber_unref(((anxious *)self)->inner);
}

static void who_flushes_in_between_sees_the_lines(void **state) {
    const test_folder *folder = *state;
    static const ctrace_subscriber_ops ops = {
        .size = sizeof ops, .on_event = pass_on_and_flush, .inner = inner_of, .free = free_anxious};
    anxious own = {.inner = text_to(folder->file), .path = folder->file};
    ctrace_subscriber_init(&own.base, &ops);
    ctrace_subscriber *deferred = defer(&own.base, true);
    TRACE_ERROR("bad", ("i", 0));
    TRACE_INFO("good", ("i", 1));
    assert_int_equal(ctrace_deferred_poll(deferred), 2);
    assert_int_equal(own.checked, 1);
    assert_file(folder->file, "ERROR bad i=0\n INFO good i=1\n");
    stop(deferred);
}

static void nobody_need_flush_for_a_line_to_come(void **state) {
    const test_folder *folder = *state;
    ctrace_subscriber *deferred = defer(text_to(folder->file), false);
    TRACE_INFO("one");
    struct stat about = {0};
    for (int tries = 0; tries < 10000 && about.st_size == 0; tries++) {
        cti_sleep_ns(1000000);
        assert_int_equal(stat(folder->file, &about), 0);
    }
    assert_file(folder->file, " INFO one\n");
    stop(deferred);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(two_sinks_write_a_few_times),
        IN_FOLDER(who_flushes_in_between_sees_the_lines),
        IN_FOLDER(nobody_need_flush_for_a_line_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
