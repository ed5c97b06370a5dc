#include "record/file_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrace/trace.h"

enum { SEGMENT = 8192, SEGMENTS = 20, SIZE = CTI_FILE_HEADER + SEGMENTS * SEGMENT };

static char path[] = "/tmp/ctrace-file-XXXXXX";

static int make_path(void **state) {
    (void)state;
    return close(mkstemp(path));
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

static off_t size_of_file(void) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
}

/* ---- The file ---- */

static void its_header_says_what_it_is(void **state) {
    cti_record_file file;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE + 100, SEGMENT, false));
    assert_memory_equal(file.map, CTI_FILE_MAGIC, 8);
    assert_int_equal(cti_word_get32(file.map + 8), CTI_FILE_VERSION);
    assert_int_equal(cti_word_get32(file.map + 12), cti_file_header_sum(file.map + 16, 32));
    assert_int_equal(cti_word_get64(file.map + 16), SEGMENT);
    assert_int_equal(cti_word_get64(file.map + 24), SEGMENTS);
    assert_int_equal(cti_word_get64(file.map + 32), getpid());
    assert_int_equal(cti_word_get32(file.map + CTI_FILE_ENDED_AT), 0);
    assert_int_equal(cti_word_get32(file.map + CTI_FILE_RESERVED_AT), SEGMENTS);
    assert_int_equal(size_of_file(), SIZE); /* reserved at once */
    cti_record_file_end(&file);
    FILE *read = fopen(path, "r");
    assert_int_equal(fseek(read, CTI_FILE_ENDED_AT, SEEK_SET), 0);
    assert_int_equal(fgetc(read), 1);
    fclose(read);
}

static void one_that_cannot_be_made_is_no_file(void **state) {
    cti_record_file file;
    (void)state;
    assert_false(cti_record_file_create(&file, "/nonexistent/file", SIZE, SEGMENT, false));
    assert_non_null(strstr(ctrace_last_error(), "/nonexistent/file: No such file"));
    cti_record_file_drop(&file);
}

static void what_was_there_stays_until_it_is_ready(void **state) {
    cti_record_file file;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, true));
    assert_int_equal(size_of_file(), CTI_FILE_HEADER);
    FILE *before = fopen(path, "r");
    cti_record_file_drop(&file);
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    assert_int_equal(fseek(before, 0, SEEK_END), 0);
    assert_int_equal(ftell(before), CTI_FILE_HEADER); /* another file */
    fclose(before);
    cti_record_file_drop(&file);
}

static void times_are_ticks_when_that_was_said(void **state) {
    cti_record_file file;
    (void)state;
    cti_ticks_prepare();
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    assert_int_equal(cti_word_get32(file.map + CTI_FILE_CLOCK_AT), 0);
    cti_record_file_use_ticks(&file);
    const unsigned char *samples = file.map + CTI_FILE_SAMPLES_AT;
    assert_int_equal(cti_word_get32(file.map + CTI_FILE_CLOCK_AT), 1);
    assert_int_equal(cti_word_get32(file.map + CTI_FILE_CLOCK_SUM_AT),
                     cti_file_header_sum(samples, 32));
    assert_true(cti_word_get64(samples) < cti_word_get64(samples + 16));
    assert_true(cti_word_get64(samples + 8) < cti_word_get64(samples + 24));
    cti_record_file_end(&file);
}

/* ---- Segments ---- */

static void some_are_kept_for_callsites(void **state) {
    cti_record_file file;
    unsigned taken = 0;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    while (cti_record_file_take(&file, false) != NULL) {
        taken += 1;
    }
    assert_int_equal(taken, SEGMENTS - file.kept_back);
    assert_true(file.kept_back > 0);
    while (cti_record_file_take(&file, true) != NULL) {
        taken += 1;
    }
    assert_int_equal(taken, SEGMENTS);
    cti_record_file_end(&file);
}

static void one_that_grows_reserves_what_it_takes(void **state) {
    cti_record_file file;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, true));
    for (unsigned i = 1; i <= 3; i++) {
        assert_ptr_equal(cti_record_file_take(&file, false),
                         file.map + CTI_FILE_HEADER + (size_t)(i - 1) * SEGMENT);
        assert_int_equal(size_of_file(), CTI_FILE_HEADER + (off_t)i * SEGMENT);
        assert_int_equal(cti_word_get32(file.map + CTI_FILE_RESERVED_AT), i);
    }
    cti_record_file_end(&file);
}

static void a_segment_is_marked_twice(void **state) {
    cti_record_file file;
    cti_lane lanes[CTI_FILE_LANES] = {{.limit = NULL}};
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    unsigned char *segment = cti_record_file_take(&file, false);
    cti_record_file_begin_segment(&file, segment, 7, lanes);
    assert_int_equal(cti_word_get32(segment), CTI_FILE_MARK);
    assert_int_equal(cti_word_get64(segment + 16), 1);
    assert_int_equal(cti_word_get64(segment + 24), 7);
    assert_memory_equal(segment, segment + CTI_FILE_COPY_AT, CTI_FILE_MARKED);
    cti_record_file_begin_segment(&file, segment, 7, lanes);
    assert_int_equal(cti_word_get64(segment + 16), 2); /* another use */
    assert_ptr_equal(lanes[CTI_FILE_OWN].at, segment + CTI_FILE_SEGMENT_HEADER);
    assert_ptr_equal(lanes[CTI_FILE_OWN].limit, lanes[CTI_FILE_SIDE].at);
    assert_ptr_equal(lanes[CTI_FILE_SIDE].limit, segment + SEGMENT);
    cti_record_file_end(&file);
}

/* ---- Records ---- */

static uint64_t extent_of(const unsigned char *segment, unsigned lane) {
    return cti_word_get64(segment + CTI_FILE_EXTENTS_AT + 8 * lane);
}

static bool put_word(cti_lane *lane, uint64_t word, uint64_t time) {
    cti_put put;
    if (!cti_lane_begin(lane, &put, CTI_RECORD_SPAN_SIZE, 0, time)) {
        return false;
    }
    cti_put_word(&put, word);
    cti_lane_commit(lane, &put, CTI_RECORD_SPAN_ENTER, time);
    return true;
}

/* Until it is committed, a record is nothing; the first one has a TIME before it, twice. */
static void a_commit_moves_the_extent(void **state) {
    cti_record_file file;
    cti_lane lanes[CTI_FILE_LANES] = {{.limit = NULL}};
    cti_put put;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    unsigned char *segment = cti_record_file_take(&file, false);
    cti_record_file_begin_segment(&file, segment, 1, lanes);
    assert_int_equal(extent_of(segment, 0), (uint64_t)UINT32_MAX << 32);
    if (!cti_lane_begin(&lanes[0], &put, CTI_RECORD_SPAN_SIZE, 0, 5)) {
        fail();
        return;
    }
    const uint32_t before = (uint32_t)extent_of(segment, 0);
    assert_int_equal(before, CTI_FILE_TIMES_SIZE);
    cti_put_word(&put, 1);
    assert_int_equal((uint32_t)extent_of(segment, 0), before);
    cti_lane_commit(&lanes[0], &put, CTI_RECORD_SPAN_ENTER, 5);
    const uint32_t after = before + CTI_RECORD_SPAN_SIZE;
    assert_int_equal(extent_of(segment, 0), (uint64_t)~after << 32 | after);
    assert_int_equal((uint32_t)extent_of(segment, 1), 0);
    cti_record_file_end(&file);
}

static void a_lane_takes_what_fits(void **state) {
    cti_record_file file;
    cti_lane lanes[CTI_FILE_LANES] = {{.limit = NULL}};
    unsigned records = 0;
    (void)state;
    assert_true(cti_record_file_create(&file, path, SIZE, SEGMENT, false));
    unsigned char *segment = cti_record_file_take(&file, false);
    assert_false(put_word(&lanes[0], 1, 1)); /* without a segment */
    cti_record_file_begin_segment(&file, segment, 1, lanes);
    while (put_word(&lanes[0], records, records)) {
        records += 1;
    }
    const size_t room = (size_t)(lanes[0].limit - lanes[0].begin) - CTI_FILE_TIMES_SIZE;
    assert_int_equal(records, room / CTI_RECORD_SPAN_SIZE);
    assert_true(put_word(&lanes[1], 1, 1)); /* has its own room */
    cti_record_file_end(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_header_says_what_it_is),
        cmocka_unit_test(one_that_cannot_be_made_is_no_file),
        cmocka_unit_test(what_was_there_stays_until_it_is_ready),
        cmocka_unit_test(times_are_ticks_when_that_was_said),
        cmocka_unit_test(some_are_kept_for_callsites),
        cmocka_unit_test(one_that_grows_reserves_what_it_takes),
        cmocka_unit_test(a_segment_is_marked_twice),
        cmocka_unit_test(a_commit_moves_the_extent),
        cmocka_unit_test(a_lane_takes_what_fits),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
