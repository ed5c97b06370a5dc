/* Records of kinds that a later version may add: who reads a stream passes over them by their size,
 * and what is around them is as it was. */
#include "support/test.h"

#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/deferred.h"
#include "ctrace/deferred.h"
#include "record/file.h"
#include "support/listener.h"
#include "support/probe.h"
#include "support/recorded.h"

enum { FIRST_UNKNOWN = CTI_RECORD_MOMENT + 1, LAST_UNKNOWN = (1 << CTI_RECORD_KIND_BITS) - 1 };

/* ---- In a ring ---- */

/* Bytes of no meaning; long ones have a header of the other form. */
static void put_unknown(cti_ring *ring, unsigned kind, size_t words) {
    size_t room;
    const size_t size = CTI_RECORD_HEADER + words * 8;
    unsigned char *at = cti_ring_room(ring, size, &room);
    cti_put put;
    assert_non_null(at);
    cti_put_begin(&put, at, room, size, 0);
    for (size_t i = 0; i < words; i++) {
        cti_put_word(&put, UINT64_MAX);
    }
    cti_ring_publish(ring, cti_put_end(&put, (cti_record_kind)kind, cti_ticks_now()));
}

static void a_queue_passes_over_them(void **state) {
    (void)state;
    static listener ear;
    ctrace_subscriber *deferred =
        ctrace_deferred_new(listener_init(&ear, false), &(ctrace_deferred_options){.manual = true});
    assert_int_equal(ctrace_set_global(deferred), CTRACE_OK);
    TRACE_INFO("before");
    cti_ring *ring = cti_source_find(cti_deferred_of(deferred), &cti_self)->rings[CTI_LANE_OWN];
    for (unsigned kind = FIRST_UNKNOWN; kind <= LAST_UNKNOWN; kind++) {
        TRACE_SPAN("around");
        put_unknown(ring, kind, 0);
        put_unknown(ring, kind, 3);
        put_unknown(ring, kind, 200);
        TRACE_INFO("between");
        assert_int_equal(ctrace_flush(CTRACE_FOREVER), CTRACE_OK);
    }
    TRACE_INFO("behind");
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
    const char *heard = listener_heard(&ear);
    assert_ptr_equal(
        strstr(heard, ":before +around >around around:between <around -around +around"), heard);
    unsigned between = 0;
    for (const char *at = heard; (at = strstr(at, "around:between <around -around ")) != NULL;
         at++) {
        between++;
    }
    assert_int_equal(between, LAST_UNKNOWN - FIRST_UNKNOWN + 1);
    assert_non_null(strstr(heard, "-around :behind "));
}

/* ---- In a recording ---- */

static char path[] = "/tmp/ctrace-unknown-XXXXXX";

enum { EVENTS = 64, SEGMENT = 65536 };

static void record_events(void) {
    const ctrace_recorder_options options = {.max_bytes = 8 * SEGMENT, .thread_bytes = SEGMENT};
    assert_int_equal(ctrace_set_global(ctrace_recorder_new(path, &options)), CTRACE_OK);
    for (int i = 0; i < EVENTS; i++) {
        TRACE_INFO("event", ("number", i), ("text", "some text"));
    }
    assert_int_equal(ctrace_shutdown(CTRACE_FOREVER), CTRACE_OK);
}

/* Says that every second event is something else, with a sum that is right. */
static unsigned change_lane(unsigned char *lane, size_t size, uint64_t serial) {
    const uint64_t kind_mask = (1u << CTI_RECORD_KIND_BITS) - 1;
    unsigned changed = 0;
    unsigned events = 0;
    cti_record_head head;
    cti_get rest;
    for (size_t at = 0; cti_get_head(lane + at, size - at, 0, &head, &rest) && head.kind != 0;
         at += head.size) {
        events += head.kind == CTI_RECORD_EVENT;
        if (head.kind == CTI_RECORD_EVENT && events % 2 == 0) {
            const uint64_t kind = FIRST_UNKNOWN + changed % (LAST_UNKNOWN - FIRST_UNKNOWN + 1);
            const uint64_t sum_mask = UINT64_MAX << CTI_RECORD_SUM_SHIFT;
            const uint64_t header = (cti_word_get64(lane + at) & ~kind_mask & ~sum_mask) | kind;
            cti_word_put64(lane + at,
                           header | cti_file_record_sum(header, lane + at, head.size, serial));
            changed += 1;
        }
    }
    return changed;
}

static unsigned change_file(void) {
    struct stat about;
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &about), 0);
    const size_t size = (size_t)about.st_size;
    unsigned char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    const size_t step = (size_t)cti_word_get64(map + 16);
    unsigned changed = 0;
    for (size_t at = CTI_FILE_HEADER; at + step <= size; at += step) {
        unsigned char *segment = map + at;
        if (cti_word_get32(segment) == CTI_FILE_MARK) {
            changed += change_lane(segment + CTI_FILE_SEGMENT_HEADER,
                                   cti_word_get32(segment + CTI_FILE_EXTENTS_AT),
                                   cti_word_get64(segment + 16));
        }
    }
    munmap(map, size);
    close(fd);
    return changed;
}

static void a_recording_passes_over_them(void **state) {
    (void)state;
    recorded seen;
    record_events();
    assert_int_equal(recorded_read(path, &seen), CTRACE_OK);
    assert_int_equal(seen.events, EVENTS);
    assert_int_equal(change_file(), EVENTS / 2);
    assert_int_equal(recorded_read(path, &seen), CTRACE_OK); /* and nothing is damaged */
    assert_int_equal(seen.events, EVENTS - EVENTS / 2);
    assert_int_equal(seen.lost, 0);
}

static int make_path(void **state) {
    (void)state;
    return close(mkstemp(path));
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_queue_passes_over_them),
        TEST(a_recording_passes_over_them),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
