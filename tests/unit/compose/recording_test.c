/* A recording of a later version: what it tells besides is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrace/deferred.h"
#include "ctrace/record.h"
#include "ctrace/trace.h"
#include "record/file.h"
#include "record/get.h"

enum { EVENTS = 99, SEGMENT = 8192, LAST_KIND = (1 << CTI_RECORD_KIND_BITS) - 1 };

static char path[] = "/tmp/ctrace-recording-XXXXXX";

/* ---- What is read ---- */

typedef struct reading {
    ctrace_subscriber base;
    unsigned count;
    uint64_t numbers[EVENTS];
    unsigned reports;
} reading;

static void on_event(ctrace_subscriber *self, const ctrace_event *event,
                     const ctrace_moment *moment) {
    reading *seen = (reading *)self;
    const ctrace_value *number = ctrace_fields_find(ctrace_event_fields(event), "number");
    (void)moment;
    if (number == NULL || seen->count == EVENTS) {
        fail();
        return;
    }
    seen->numbers[seen->count++] = number->as.u64;
}

static void on_damage(void *argument, uint64_t offset, const char *reason) {
    reading *seen = argument;
    (void)offset, (void)reason;
    seen->reports += 1;
}

static const ctrace_subscriber_ops ops = {.size = sizeof ops, .on_event = on_event};

static reading read_back(void) {
    reading seen = {.count = 0};
    const ctrace_recording_options options = {.on_damage = on_damage, .argument = &seen};
    ctrace_subscriber_init(&seen.base, &ops);
    ctrace_recording *recording = ctrace_recording_open(&seen.base, path, &options);
    assert_non_null(recording);
    assert_int_equal(ctrace_recording_read(recording), CTRACE_OK);
    ctrace_recording_close(recording);
    assert_int_equal(seen.reports, 0);
    return seen;
}

/* ---- The recording ---- */

/* Of three events one is told in a record of the long form. */
static void emit(void) {
    static char text[2 * CTI_RECORD_SHORT];
    memset(text, 'x', sizeof text - 1);
    for (uint64_t i = 0; i < EVENTS; i++) {
        TRACE_INFO("tick", ("number", i), ("text", i % 3 == 2 ? text : "short"));
    }
}

static int record(void **state) {
    const ctrace_recorder_options options = {.max_bytes = 512 << 10, .thread_bytes = 64 << 10};
    (void)state;
    close(mkstemp(path));
    ctrace_subscriber *recorder = ctrace_recorder_new(path, &options);
    assert_non_null(recorder);
    TRACE_WITH_SUBSCRIBER(recorder) {
        emit();
    }
    ctrace_subscriber_unref(recorder);
    return 0;
}

static int forget(void **state) {
    (void)state;
    return unlink(path);
}

/* ---- What a later version would have written ---- */

typedef struct change {
    unsigned next;       /* number of the next event */
    unsigned by_form[2]; /* how many were changed: of the short form, and of the long one */
    uint32_t kind;       /* to be given to the next one */
} change;

static bool goes(unsigned number) {
    return number / 3 % 2 == 0; /* short ones and long ones */
}

static void give_kind(unsigned char *record, size_t record_size, uint64_t serial, uint32_t kind) {
    const uint64_t bits = ((uint64_t)1 << CTI_RECORD_KIND_BITS) - 1;
    const uint64_t known = ((uint64_t)1 << CTI_RECORD_SUM_SHIFT) - 1;
    const uint64_t header = (cti_word_get64(record) & known & ~bits) | kind;
    cti_word_put64(record, header | cti_file_record_sum(header, record, record_size, serial));
}

static void change_record(change *made, unsigned char *at, const cti_record_head *head,
                          uint64_t serial) {
    const bool is_long = (cti_word_get64(at) >> CTI_RECORD_SIZE_SHIFT & 0x3f) == 0;
    if (head->kind != CTI_RECORD_EVENT) {
        return;
    }
    if (goes(made->next++)) {
        give_kind(at, head->size, serial, made->kind);
        made->by_form[is_long] += 1;
        made->kind = made->kind == LAST_KIND ? CTI_RECORD_MOMENT + 1 : made->kind + 1;
    }
}

static void change_segment(change *made, unsigned char *segment) {
    const uint64_t serial = cti_word_get64(segment + 16);
    unsigned char *at = segment + CTI_FILE_SEGMENT_HEADER;
    const unsigned char *end = at + cti_word_get32(segment + CTI_FILE_EXTENTS_AT);
    cti_record_head head;
    cti_get rest;
    while (cti_get_head(at, (size_t)(end - at), 0, &head, &rest)) {
        change_record(made, at, &head, serial);
        at += head.size;
    }
}

/* Segments are in the order of their use: the ring has not gone round. */
static change change_file(void) {
    change made = {.kind = CTI_RECORD_MOMENT + 1};
    struct stat about;
    const int fd = open(path, O_RDWR);
    assert_int_equal(fstat(fd, &about), 0);
    const size_t size = (size_t)about.st_size;
    unsigned char *file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(file != MAP_FAILED);
    close(fd);
    for (size_t at = CTI_FILE_HEADER; at < size; at += SEGMENT) {
        if (cti_word_get32(file + at) == CTI_FILE_MARK) {
            change_segment(&made, file + at);
        }
    }
    munmap(file, size);
    return made;
}

static void kinds_that_are_not_known_are_passed_over(void **state) {
    unsigned expected = 0;
    (void)state;
    assert_int_equal(read_back().count, EVENTS);
    const change made = change_file();
    assert_int_equal(made.next, EVENTS);
    assert_true(made.by_form[false] > LAST_KIND - CTI_RECORD_MOMENT); /* each kind, also long */
    assert_true(made.by_form[true] > LAST_KIND - CTI_RECORD_MOMENT);
    const reading seen = read_back();
    for (unsigned i = 0; i < EVENTS; i++) {
        if (!goes(i)) {
            assert_int_equal(seen.numbers[expected++], i);
        }
    }
    assert_int_equal(seen.count, expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_that_are_not_known_are_passed_over),
    };
    return cmocka_run_group_tests(tests, record, forget);
}
