#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "compose/deferred_spans.h"

static void nothing_is_found_where_nothing_is(void **state) {
    (void)state;
    const cti_spans spans = {NULL, 0, 0};
    assert_null(cti_spans_find(&spans, 0));
    assert_null(cti_spans_find(&spans, 7));
}

/* Identities whose low bits agree, so that they crowd around the end of the table. */
static uint64_t crowded(uint64_t i) {
    return (i % 5 + 62) % 64 + 64 * (i + 1);
}

enum { CROWD = 24 };

static void what_is_behind_a_gap_is_found(void **state) {
    (void)state;
    for (uint64_t removed = 0; removed < CROWD; removed++) {
        cti_spans spans = {NULL, 0, 0};
        for (uint64_t i = 0; i < CROWD; i++) {
            cti_spans_add(&spans, crowded(i))->parent = i;
        }
        assert_int_equal(spans.capacity, 64);
        cti_spans_remove(&spans, cti_spans_find(&spans, crowded(removed)));
        for (uint64_t i = 0; i < CROWD; i++) {
            const cti_rebuilt *found = cti_spans_find(&spans, crowded(i));
            assert_true(i == removed ? found == NULL : found != NULL && found->parent == i);
        }
        cti_free(spans.places);
    }
}

enum { MANY = 500, ROUNDS = 20000 };

/* Against an array that knows which are there. */
static void it_agrees_with_a_list(void **state) {
    (void)state;
    cti_random random = {{1, 2}};
    cti_spans spans = {NULL, 0, 0};
    uint64_t ids[MANY];
    bool there[MANY] = {false};
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++) {
        ids[i] = cti_random_next(&random) | 1;
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        const size_t i = cti_random_next(&random) % MANY;
        cti_rebuilt *found = cti_spans_find(&spans, ids[i]);
        assert_int_equal(found != NULL, there[i]);
        if (there[i]) {
            assert_int_equal(found->parent, i);
            cti_spans_remove(&spans, found);
        } else {
            cti_spans_add(&spans, ids[i])->parent = i;
        }
        there[i] = !there[i];
        count += there[i] ? 1 : (size_t)-1;
        assert_int_equal(spans.count, count);
    }
    cti_free(spans.places);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(what_is_behind_a_gap_is_found),
        cmocka_unit_test(it_agrees_with_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
