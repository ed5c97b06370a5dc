/* A recording in which one byte is wrong: whatever else it costs, no event that is read has another
 * time than it had, is another thread's, or comes in another place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ticks.h"
#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "record/file.h"
#include "record/get.h"
#include "support/sanitized.h"

enum { THREADS = 2, EVENTS = 400, ALL = THREADS * EVENTS, PAUSES = 100, SEGMENT = 8192 };

static char path[] = "/tmp/ctrace-times-XXXXXX";
static size_t size;
static unsigned char *sound; /* the file's bytes */

/* ---- What is read ---- */

typedef struct told {
    uint64_t number;
    uint64_t time_ns;
    uint64_t monotonic_ns;
    uint64_t thread;
    char name[16];
} told;

typedef struct reading {
    ctrace_subscriber base;
    unsigned count;
    told events[ALL];
} reading;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    reading *seen = (reading *)self;
    const ctrace_value *number = ctrace_fields_find(ctrace_event_fields(event), "number");
    const ctrace_thread *thread = ctrace_moment_thread(moment);
    if (number == NULL || seen->count == ALL) {
        fail();
        return;
    }
    told *at = &seen->events[seen->count++];
    memset(at, 0, sizeof *at);
    at->number = number->as.u64;
    at->time_ns = ctrace_moment_time_ns(moment);
    at->monotonic_ns = ctrace_moment_monotonic_ns(moment);
    at->thread = thread->id;
    strncpy(at->name, thread->name, sizeof at->name - 1);
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};

static reading as_it_was; /* what the sound file tells */
static reading now;

static ctrace_status read_into(reading *seen) {
    memset(seen, 0, sizeof *seen);
    ctrace_subscriber_init(&seen->base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&seen->base, path, NULL);
    assert_non_null(recording);
    const ctrace_status status = ctrace_recording_read(recording);
    ctrace_recording_close(recording);
    return status;
}

/* Times are kept in order, to which those that are missing added some nanoseconds. */
static bool is_near(uint64_t time, uint64_t before) {
    return time - before + 1000 <= 2000;
}

static bool is_as_it_was(const told *event, const told *before) {
    return event->thread == before->thread && strcmp(event->name, before->name) == 0 &&
           is_near(event->time_ns, before->time_ns) &&
           is_near(event->monotonic_ns, before->monotonic_ns);
}

/* How many of the events are missing; the others are as they were. */
static unsigned missing(void) {
    unsigned at = 0;
    for (unsigned i = 0; i < now.count; i++, at++) {
        while (at < as_it_was.count && as_it_was.events[at].number != now.events[i].number) {
            at += 1;
        }
        assert_true(at < as_it_was.count);
        assert_true(is_as_it_was(&now.events[i], &as_it_was.events[at]));
    }
    return as_it_was.count - now.count;
}

/* ---- The recording ---- */

/* Until the high bits of times change, and another TIME is due. */
static void await_another_base(void) {
    const uint64_t base = cti_record_time_base(cti_ticks_now());
    while (cti_record_time_base(cti_ticks_now()) == base) {
    }
}

static void emit(unsigned thread) {
    for (unsigned i = 0; i < EVENTS; i++) {
        TRACE_SPAN("inner");
        TRACE_INFO("tick", ("number", (uint64_t)thread * EVENTS + i), ("text", "some more bytes"));
        if (i % PAUSES == PAUSES / 2) {
            await_another_base();
        }
    }
}

static ctrace_subscriber *recorder;

static void *run(void *thread) {
    TRACE_WITH_SUBSCRIBER(recorder) {
        emit(*(const unsigned *)thread);
    }
    return NULL;
}

static void emit_in_threads(void) {
    unsigned numbers[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void load(void) {
    struct stat about;
    const int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &about), 0);
    size = (size_t)about.st_size;
    sound = malloc(size);
    assert_int_equal(read(fd, sound, size), (ssize_t)size);
    close(fd);
}

static int record(void **state) {
    const ctrace_recorder_options options = {.max_bytes = 384 << 10, .thread_bytes = 64 << 10};
    (void)state;
    close(mkstemp(path));
    recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    emit_in_threads();
    ctrace_subscriber_unref(recorder);
    load();
    return 0;
}

static int forget(void **state) {
    (void)state;
    free(sound);
    unlink(path);
    return 0;
}

/* ---- Changing bytes ---- */

static unsigned changed, damaged;

static unsigned change_byte(int fd, size_t offset, unsigned char byte) {
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    damaged += read_into(&now) == CTRACE_OK ? 0 : 1;
    changed += 1;
    const unsigned lost = missing();
    assert_int_equal(pwrite(fd, &sound[offset], 1, (off_t)offset), 1);
    return lost;
}

/* They may be anything, and nothing is missing, nor another to the nanosecond. */
static void change_bytes(int fd, size_t from, size_t to) {
    for (size_t offset = from; offset < to; offset += is_sanitized() ? 11 : 1) {
        assert_int_equal(change_byte(fd, offset, sound[offset] ^ 0x04), 0);
        assert_memory_equal(now.events, as_it_was.events, sizeof now.events);
        assert_int_equal(change_byte(fd, offset, (unsigned char)~sound[offset]), 0);
        assert_memory_equal(now.events, as_it_was.events, sizeof now.events);
    }
}

static bool is_depended_on(uint32_t kind) {
    return kind == CTI_RECORD_TIME || kind == CTI_RECORD_THREAD || kind == CTI_RECORD_CALIBRATION;
}

/* Of a lane, the records that others depend on. Returns how many those are. */
static unsigned change_lane(int fd, size_t at, size_t end) {
    unsigned records = 0;
    cti_record_head head;
    cti_get rest;
    while (at < end && cti_get_head(sound + at, end - at, 0, &head, &rest)) {
        if (is_depended_on(head.kind)) {
            change_bytes(fd, at, at + head.size);
            records += 1;
        }
        at += head.size;
    }
    return records;
}

static void records_that_others_depend_on_may_be_wrong(void **state) {
    const int fd = open(path, O_WRONLY);
    unsigned records = 0;
    (void)state;
    changed = damaged = 0;
    for (size_t at = CTI_FILE_HEADER; at < size; at += SEGMENT) {
        if (cti_word_get32(sound + at) != CTI_FILE_MARK || cti_word_get64(sound + at + 24) == 0) {
            continue;
        }
        const size_t begin = at + CTI_FILE_SEGMENT_HEADER;
        records += change_lane(fd, begin, begin + cti_word_get32(sound + at + 40));
    }
    close(fd);
    assert_true(records >= THREADS * (3 + EVENTS / PAUSES) * CTI_FILE_SAID);
    assert_int_equal(damaged, changed); /* and none goes unseen */
}

static void headers_may_be_wrong(void **state) {
    const int fd = open(path, O_WRONLY);
    (void)state;
    change_bytes(fd, 0, CTI_FILE_CLOCK_COPY_AT + (CTI_FILE_CLOCK_COPY_AT - CTI_FILE_CLOCK_AT));
    for (size_t at = CTI_FILE_HEADER; at < size; at += SEGMENT) {
        if (cti_word_get32(sound + at) == CTI_FILE_MARK) {
            change_bytes(fd, at, at + CTI_FILE_SEGMENT_HEADER);
        }
    }
    close(fd);
}

static void any_other_byte_costs_an_event_at_most(void **state) {
    const int fd = open(path, O_WRONLY);
    (void)state;
    for (size_t offset = CTI_FILE_HEADER; offset < size; offset += 61) {
        if (sound[offset] != 0) {
            assert_true(change_byte(fd, offset, sound[offset] ^ 0x04) <= 1);
        }
    }
    close(fd);
}

static void a_sound_one_is_read_whole(void **state) {
    (void)state;
    assert_int_equal(read_into(&as_it_was), CTRACE_OK);
    assert_int_equal(as_it_was.count, ALL);
    for (unsigned i = 0; i < ALL; i++) {
        const told *one = &as_it_was.events[i];
        const told *first = &as_it_was.events[0];
        assert_int_equal(one->thread == first->thread,
                         one->number / EVENTS == first->number / EVENTS);
        assert_true(one->time_ns >= first->time_ns);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_one_is_read_whole),
        cmocka_unit_test(records_that_others_depend_on_may_be_wrong),
        cmocka_unit_test(headers_may_be_wrong),
        cmocka_unit_test(any_other_byte_costs_an_event_at_most),
    };
    return cmocka_run_group_tests(tests, record, forget);
}
