#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "encode/pieces.h"
#include "support/allocator.h"

static size_t built;

static void build(cti_pieces *pieces, const cti_site *site, const void *how) {
    built++;
    ctrace_buf_printf(&pieces->buf, "%s%u", (const char *)how, (unsigned)site->id);
    cti_pieces_cut(pieces);
    for (uint32_t i = 0; i < site->description.field_count; i++) {
        ctrace_buf_printf(&pieces->buf, "<%s>", site->description.field_names[i]);
        cti_pieces_cut(pieces);
    }
}

static const char *const keys[] = {"one", "two", NULL};

static cti_site site_of(uint32_t id) {
    return (cti_site){.id = id, .description = {.field_names = keys, .field_count = 2}};
}

static void built_once_and_kept(void **state) {
    (void)state;
    cti_pieces_cache cache;
    cti_pieces_cache_init(&cache, 1, build, "site ");
    built = 0;
    const cti_site sites[] = {site_of(5), site_of(0), site_of(64), site_of(1000)};
    const cti_pieces *first[4];
    for (size_t i = 0; i < 4; i++) {
        first[i] = cti_pieces_of(&cache, &sites[i]);
        assert_non_null(first[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_ptr_equal(cti_pieces_of(&cache, &sites[i]), first[i]);
    }
    assert_int_equal(built, 4);
    cti_pieces_cache_release(&cache);
}

static void neighbours_are_copied_together(void **state) {
    (void)state;
    cti_pieces_cache cache;
    cti_pieces_cache_init(&cache, 1, build, "a piece of more than sixteen bytes, ");
    const cti_site site = site_of(3);
    const cti_pieces *pieces = cti_pieces_of(&cache, &site);
    ctrace_buf buf = CTI_BUF_INIT;
    cti_put_pieces(&buf, pieces, 0, 2);
    cti_put_pieces(&buf, pieces, 1, 1);
    assert_string_equal(ctrace_buf_bytes(&buf, NULL),
                        "a piece of more than sixteen bytes, 3<one><two><one>");
    cti_buf_release(&buf);
    cti_pieces_cache_release(&cache);
}

static void without_memory_there_is_none(void **state) {
    (void)state;
    cti_pieces_cache cache;
    const cti_site site = site_of(7);
    cti_pieces_cache_init(&cache, 1, build, "x");
    const size_t alive = allocator_alive();
    for (size_t nth = 1; nth < 100; nth++) {
        allocator_fail_at(nth);
        const cti_pieces *pieces = cti_pieces_of(&cache, &site);
        const bool failed = allocator_has_failed();
        allocator_fail_at(0);
        assert_true(failed == (pieces == NULL));
        assert_non_null(cti_pieces_of(&cache, &site));
        cti_pieces_cache_release(&cache);
        assert_int_equal(allocator_alive(), alive);
        if (!failed) {
            break;
        }
        cti_pieces_cache_init(&cache, 1, build, "x");
    }
}

enum { THREADS = 4, SITES = 300 };

static void *ask_for_all(void *argument) {
    cti_pieces_cache *cache = argument;
    for (uint32_t id = 0; id < SITES; id++) {
        char expected[16];
        const cti_site site = site_of(id);
        const cti_pieces *pieces = cti_pieces_of(cache, &site);
        snprintf(expected, sizeof expected, "x%u", (unsigned)id);
        if (pieces == NULL || cti_piece_size(pieces, 0) != strlen(expected) ||
            memcmp(cti_piece(pieces, 0), expected, strlen(expected)) != 0) {
            return "wrong";
        }
    }
    return NULL;
}

static void threads_share_them(void **state) {
    (void)state;
    cti_pieces_cache cache;
    pthread_t threads[THREADS];
    cti_pieces_cache_init(&cache, 1, build, "x");
    built = 0;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_all, &cache), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_int_equal(built, SITES); /* counted under the cache's lock */
    cti_pieces_cache_release(&cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_once_and_kept),
        cmocka_unit_test(neighbours_are_copied_together),
        cmocka_unit_test(without_memory_there_is_none),
        cmocka_unit_test(threads_share_them),
    };
    allocator_use();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
