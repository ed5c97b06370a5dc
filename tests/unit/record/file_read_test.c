#include "record/file_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/file_write.h"

enum { SEGMENT = 8192, SEGMENTS = 8, SIZE = CTI_FILE_HEADER + SEGMENTS * SEGMENT, OWNER = 3 };

static char path[] = "/tmp/ctrace-read-XXXXXX";

/* A file that is written and read in turns. */
typedef struct both {
    cti_record_file file;
    cti_lane lanes[CTI_FILE_LANES];
    unsigned char *segments[SEGMENTS];
    cti_view view;
    cti_cursor cursor;
    unsigned reports;
    uint64_t reported; /* the last one's offset */
} both;

static void on_damage(void *argument, uint64_t offset, const char *reason) {
    both *test = argument;
    assert_non_null(reason);
    test->reports += 1;
    test->reported = offset;
}

static int begin(void **state) {
    both *test = calloc(1, sizeof *test);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    close(mkstemp(path));
    assert_true(cti_record_file_create(&test->file, path, SIZE, SEGMENT, false));
    test->view.fd = open(path, O_RDONLY | O_CLOEXEC);
    test->view.on_damage = on_damage;
    test->view.argument = test;
    test->cursor.owner = OWNER;
    *state = test;
    return 0;
}

static int end(void **state) {
    both *test = *state;
    cti_cursor_release(&test->cursor);
    cti_view_release(&test->view);
    cti_record_file_end(&test->file);
    unlink(path);
    free(test);
    return 0;
}

static void next_segment(both *test, unsigned number) {
    if (test->segments[number] == NULL) {
        test->segments[number] = cti_record_file_take(&test->file, false);
    }
    cti_record_file_begin_segment(&test->file, test->segments[number], OWNER, test->lanes);
}

static void write_one(both *test, uint64_t number, uint64_t time) {
    cti_put put;
    cti_lane *lane = &test->lanes[CTI_FILE_OWN];
    if (!cti_lane_begin(lane, &put, CTI_RECORD_SPAN_SIZE, 0, time)) {
        fail();
        return;
    }
    cti_put_word(&put, number);
    cti_lane_commit(lane, &put, CTI_RECORD_SPAN_ENTER, time);
}

static bool read_next(both *test, uint64_t *ret_number, uint64_t *ret_time) {
    cti_record_head head;
    cti_get rest;
    uint64_t offset;
    if (!cti_view_peek(&test->view, &test->cursor, &head, &rest, &offset)) {
        return false;
    }
    assert_int_equal(head.kind, CTI_RECORD_SPAN_ENTER);
    assert_true(cti_get_word(&rest, ret_number));
    *ret_time = head.time;
    cti_cursor_pass(&test->cursor, &head);
    return true;
}

static void expect(both *test, uint64_t number, uint64_t time) {
    uint64_t read, at;
    assert_true(read_next(test, &read, &at));
    assert_int_equal(read, number);
    assert_int_equal(at, time);
}

static void expect_no_more(both *test) {
    uint64_t number, time;
    assert_false(read_next(test, &number, &time));
}

static void load(both *test) {
    assert_true(cti_view_load(&test->view));
}

/* ---- What is there ---- */

static void records_come_as_they_were_written(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    write_one(test, 2, (uint64_t)1 << 40); /* another TIME is needed */
    next_segment(test, 1);
    write_one(test, 3, ((uint64_t)1 << 40) + 1);
    load(test);
    expect(test, 1, 10);
    expect(test, 2, (uint64_t)1 << 40);
    expect(test, 3, ((uint64_t)1 << 40) + 1);
    expect_no_more(test);
    assert_int_equal(test->reports, 0);
}

static void what_is_new_is_read_later(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    load(test);
    expect(test, 1, 10);
    expect_no_more(test);
    write_one(test, 2, 20);
    expect_no_more(test); /* until it is looked at again */
    load(test);
    expect(test, 2, 20);
    expect_no_more(test);
}

/* What came between two looks into a segment, the second of which found the next one begun. */
static void nothing_is_left_behind(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    next_segment(test, 1);
    write_one(test, 3, 30);
    load(test);
    cti_segment *first = cti_view_find(&test->view, OWNER, 0);
    first->extents[CTI_FILE_OWN] = (uint64_t)UINT32_MAX << 32; /* as it was at the first look */
    expect(test, 1, 10);
    expect(test, 3, 30);
    expect_no_more(test);
}

static void what_was_overwritten_is_passed_over(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    next_segment(test, 1);
    write_one(test, 2, 20);
    load(test);
    next_segment(test, 0); /* between looking and reading */
    write_one(test, 3, 30);
    expect(test, 2, 20);
    expect_no_more(test);
    load(test);
    expect(test, 3, 30);
    assert_int_equal(test->reports, 0);
}

static void earlier_uses_leave_nothing(void **state) {
    both *test = *state;
    next_segment(test, 0);
    for (unsigned i = 0; i < 100; i++) {
        write_one(test, i, i);
    }
    next_segment(test, 0);
    write_one(test, 7, 200);
    load(test);
    expect(test, 7, 200);
    expect_no_more(test);
    assert_int_equal(test->reports, 0);
}

static void ticks_become_nanoseconds(void **state) {
    both *test = *state;
    uint64_t number, first, second;
    cti_ticks_prepare();
    cti_record_file_use_ticks(&test->file);
    next_segment(test, 0);
    const uint64_t before = cti_clock_monotonic_ns();
    write_one(test, 1, cti_ticks_now());
    write_one(test, 2, cti_ticks_now());
    const uint64_t after = cti_clock_monotonic_ns();
    load(test);
    assert_true(read_next(test, &number, &first));
    assert_true(read_next(test, &number, &second));
    assert_in_range(first, before - 2000, after + 2000); /* the clocks' samples, and rounding */
    assert_in_range(second, first, after + 2000);
}

/* ---- What is damaged ---- */

static void a_wrong_byte_costs_its_record(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    unsigned char *second = test->lanes[CTI_FILE_OWN].at;
    write_one(test, 2, 20);
    write_one(test, 3, 30);
    second[8] ^= 0x40;
    load(test);
    expect(test, 1, 10);
    expect(test, 3, 30);
    expect_no_more(test);
    assert_int_equal(test->reports, 1);
    assert_int_equal(test->reported, second - test->file.map);
}

/* Times never fall: what the high bits were before is near enough, and where nothing was before,
 * what the file says of its beginning. */
static void without_both_times_the_last_one_counts(void **state) {
    const uint64_t step = (uint64_t)1 << CTI_RECORD_TIME_BITS;
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 7 * step + 20);
    next_segment(test, 1);
    write_one(test, 2, 7 * step + 30);
    next_segment(test, 2);
    write_one(test, 3, 8 * step + 10);
    for (unsigned i = 1; i <= 2; i++) {
        test->segments[i][CTI_FILE_SEGMENT_HEADER + 12] ^= 1;
        test->segments[i][CTI_FILE_SEGMENT_HEADER + CTI_FILE_TIME_SIZE + 12] ^= 1;
    }
    load(test);
    expect(test, 1, 7 * step + 20);
    expect(test, 2, 7 * step + 30);
    expect(test, 3, 8 * step + 10);
    assert_int_equal(test->reports, 2);
}

static void without_any_time_the_files_beginning_counts(void **state) {
    both *test = *state;
    uint64_t number, time;
    cti_ticks_prepare();
    cti_record_file_use_ticks(&test->file);
    next_segment(test, 0);
    const uint64_t before = cti_clock_monotonic_ns();
    write_one(test, 1, cti_ticks_now());
    test->segments[0][CTI_FILE_SEGMENT_HEADER + 12] ^= 1;
    test->segments[0][CTI_FILE_SEGMENT_HEADER + CTI_FILE_TIME_SIZE + 12] ^= 1;
    load(test);
    assert_true(read_next(test, &number, &time));
    assert_in_range(time, before - 1000000000, before + 1000000000);
}

static void either_copy_of_the_header_will_do(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    next_segment(test, 1);
    write_one(test, 2, 20);
    test->segments[0][17] ^= 1; /* the serial */
    test->segments[1][CTI_FILE_COPY_AT + 24] ^= 1;
    load(test);
    expect(test, 1, 10);
    expect(test, 2, 20);
    assert_int_equal(test->reports, 2);
}

static void without_its_header_a_segment_is_lost(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    next_segment(test, 1);
    write_one(test, 2, 20);
    test->segments[0][17] ^= 1;
    test->segments[0][CTI_FILE_COPY_AT + 17] ^= 1;
    load(test);
    expect(test, 2, 20);
    assert_int_equal(test->reports, 1);
    assert_int_equal(test->reported, CTI_FILE_HEADER);
}

static void an_unknown_extent_is_found(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    write_one(test, 2, 20);
    test->segments[0][CTI_FILE_EXTENTS_AT] ^= 8;
    test->segments[0][CTI_FILE_EXTENTS_AT + 4] ^= 16;
    load(test);
    expect(test, 1, 10);
    expect(test, 2, 20);
    expect_no_more(test);
    assert_int_equal(test->reports, 1);
}

/* Killed between the halves, where words have 32 bits. */
static void half_an_extent_is_no_damage(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    const uint32_t before = cti_word_get32(test->segments[0] + CTI_FILE_EXTENTS_AT + 4);
    write_one(test, 2, 20);
    cti_word_put32(test->segments[0] + CTI_FILE_EXTENTS_AT + 4, before);
    load(test);
    expect(test, 1, 10);
    expect(test, 2, 20);
    expect_no_more(test);
    assert_int_equal(test->reports, 0);
}

static void without_the_files_header_segments_are_found(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    test->file.map[16] ^= 1; /* how large they are */
    load(test);
    expect(test, 1, 10);
    assert_int_equal(test->reports, 1);
    assert_int_equal(test->reported, 0);
}

static void a_file_may_end_anywhere(void **state) {
    both *test = *state;
    next_segment(test, 0);
    write_one(test, 1, 10);
    write_one(test, 2, 20);
    const off_t last = test->lanes[CTI_FILE_OWN].at - test->file.map;
    assert_int_equal(truncate(path, last - 8), 0);
    load(test);
    expect(test, 1, 10);
    expect_no_more(test);
    assert_int_equal(test->reports, 2); /* that it ends too early, and where */
    assert_int_equal(test->reported, last - CTI_RECORD_SPAN_SIZE);
    assert_int_equal(truncate(path, SIZE), 0); /* for who still has it mapped */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(records_come_as_they_were_written),
        TEST(what_is_new_is_read_later),
        TEST(nothing_is_left_behind),
        TEST(what_was_overwritten_is_passed_over),
        TEST(earlier_uses_leave_nothing),
        TEST(ticks_become_nanoseconds),
        TEST(a_wrong_byte_costs_its_record),
        TEST(without_both_times_the_last_one_counts),
        TEST(without_any_time_the_files_beginning_counts),
        TEST(either_copy_of_the_header_will_do),
        TEST(without_its_header_a_segment_is_lost),
        TEST(an_unknown_extent_is_found),
        TEST(half_an_extent_is_no_damage),
        TEST(without_the_files_header_segments_are_found),
        TEST(a_file_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
