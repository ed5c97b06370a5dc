#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ring.h"

/* Records in these tests begin with their size, and go on with bytes that follow from their number.
 */
typedef struct traffic {
    size_t written, read; /* records */
} traffic;

static size_t size_of(size_t number, size_t longest) {
    return 8 * (1 + number * 7 % (longest / 8));
}

static unsigned char byte_of(size_t number, size_t i) {
    return (unsigned char)(number * 31 + i * 7);
}

static bool put(cti_ring *ring, traffic *stream, size_t size) {
    size_t room;
    unsigned char *at = cti_ring_room(ring, size, &room);
    if (at == NULL) {
        cti_ring_look(ring);
        at = cti_ring_room(ring, size, &room);
    }
    if (at == NULL) {
        return false;
    }
    assert_true(room >= size);
    memcpy(at, &size, sizeof size);
    for (size_t i = sizeof size; i < size; i++) {
        at[i] = byte_of(stream->written, i);
    }
    cti_ring_publish(ring, size);
    stream->written += 1;
    return true;
}

static bool take(cti_ring *ring, traffic *stream) {
    if (cti_ring_readable(ring) == 0) {
        return false;
    }
    const unsigned char *at = cti_ring_at(ring);
    size_t size;
    memcpy(&size, at, sizeof size);
    assert_true(size <= cti_ring_readable(ring));
    for (size_t i = sizeof size; i < size; i++) {
        assert_int_equal(at[i], byte_of(stream->read, i));
    }
    cti_ring_consume(ring, size);
    stream->read += 1;
    return true;
}

static void capacities_are_powers_of_two(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(5000, 1 << 20);
    assert_int_equal(cti_ring_capacity(ring), 8192);
    assert_int_equal(ring->longest, 4096);
    assert_int_equal((uintptr_t)ring % CTI_CACHE_LINE, 0);
    cti_ring_free(ring);
    cti_ring_free(NULL);
    assert_null(cti_ring_new(SIZE_MAX, 64));
}

static void records_wrap_at_every_place(void **state) {
    (void)state;
    for (size_t begin = 0; begin < 256; begin += 8) {
        cti_ring *ring = cti_ring_new(256, 128);
        traffic stream = {0, 0};
        if (begin != 0) {
            for (size_t left = begin; left != 0; left -= left > 128 ? 128 : left) {
                assert_true(put(ring, &stream, left > 128 ? 128 : left));
                assert_true(take(ring, &stream));
            }
        }
        for (size_t i = 0; i < 300; i++) {
            assert_true(put(ring, &stream, size_of(i, 128)));
            assert_true(take(ring, &stream));
        }
        cti_ring_free(ring);
    }
}

static void it_fills_to_the_last_byte(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(256, 128);
    traffic stream = {0, 0};
    for (size_t i = 0; i < 32; i++) {
        assert_true(put(ring, &stream, 8));
    }
    assert_false(put(ring, &stream, 8));
    assert_true(take(ring, &stream));
    assert_true(put(ring, &stream, 8));
    assert_false(put(ring, &stream, 8));
    while (take(ring, &stream)) {
    }
    assert_int_equal(stream.read, 33);
    cti_ring_free(ring);
}

static void promised_room_stays_free(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(256, 128);
    traffic stream = {0, 0};
    cti_ring_promise(ring, 48);
    while (put(ring, &stream, 8)) {
    }
    assert_int_equal(stream.written, (256 - 48) / 8);
    cti_ring_redeem(ring, 24);
    assert_true(put(ring, &stream, 24));
    assert_false(put(ring, &stream, 8));
    cti_ring_redeem(ring, 24);
    assert_true(put(ring, &stream, 24));
    assert_false(put(ring, &stream, 8));
    cti_ring_free(ring);
}

/* So that who writes comes by while there is still time to wake a reader. */
static void a_look_notes_half_the_ring_at_most(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(256, 128);
    size_t room;
    assert_int_equal(cti_ring_look(ring), 0);
    assert_non_null(cti_ring_room(ring, 128, &room));
    assert_int_equal(room, 128);
    cti_ring_publish(ring, 128);
    assert_null(cti_ring_room(ring, 8, &room));
    assert_int_equal(cti_ring_look(ring), 128);
    assert_non_null(cti_ring_room(ring, 8, &room));
    cti_ring_free(ring);
}

/* Which part of the ring's first lines the consumer has written to. */
static void expect_taken_over(const cti_ring *ring, size_t lines) {
    for (size_t i = 0; i < 4; i++) {
        bool is_taken = false;
        for (size_t j = 0; j < CTI_CACHE_LINE; j++) {
            is_taken = is_taken || ring->bytes[i * CTI_CACHE_LINE + j] != 0xAA;
        }
        assert_int_equal(is_taken, i < lines);
    }
}

/* So that the producer, which has no copy of them any more, can fetch them ahead of time. Others
 * may be being written. */
static void lines_read_to_the_end_are_taken_over(void **state) {
    (void)state;
    static const size_t sizes[] = {8, 56, 8, 128, 48}; /* ends at 8, 64, 72, 200, 248 */
    static const size_t lines[] = {0, 1, 1, 3, 3};
    cti_ring *ring = cti_ring_new(256, 128);
    memset(ring->bytes, 0xAA, cti_ring_capacity(ring) + ring->longest);
    cti_ring_publish(ring, 248);
    assert_int_equal(cti_ring_readable(ring), 248);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cti_ring_consume(ring, sizes[i]);
        expect_taken_over(ring, lines[i]);
    }
    cti_ring_free(ring);
}

/* Positions are words that wrap around. */
static void positions_may_overflow(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(256, 128);
    traffic stream = {0, 0};
    ring->head = ring->tail = ring->seen = SIZE_MAX - 255;
    ring->limit = ring->end = ring->head + 256;
    for (size_t i = 0; i < 100; i++) {
        assert_true(put(ring, &stream, size_of(i, 128)));
        assert_true(take(ring, &stream));
    }
    assert_true(ring->head < 100000);
    cti_ring_free(ring);
}

enum { MANY = 200000 };

static void *produce(void *argument) {
    cti_ring *ring = argument;
    traffic stream = {0, 0};
    while (stream.written < MANY) {
        put(ring, &stream, size_of(stream.written, 128));
    }
    return NULL;
}

static void two_threads_lose_nothing(void **state) {
    (void)state;
    cti_ring *ring = cti_ring_new(1024, 128);
    traffic stream = {0, 0};
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    while (stream.read < MANY) {
        take(ring, &stream);
    }
    pthread_join(producer, NULL);
    assert_int_equal(cti_ring_readable(ring), 0);
    cti_ring_free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacities_are_powers_of_two),
        cmocka_unit_test(records_wrap_at_every_place),
        cmocka_unit_test(it_fills_to_the_last_byte),
        cmocka_unit_test(promised_room_stays_free),
        cmocka_unit_test(a_look_notes_half_the_ring_at_most),
        cmocka_unit_test(lines_read_to_the_end_are_taken_over),
        cmocka_unit_test(positions_may_overflow),
        cmocka_unit_test(two_threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
