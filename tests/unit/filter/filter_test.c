/* Filters as objects: references, printing into small buffers, no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "ctrace/filter.h"
#include "ctrace/trace.h"
#include "filter/plan.h"

static const char directives[] = "warn,shop*=debug,a[b*{c=\"x y\",d~\"[0-9]+\",e<-1.5}]=info,[{f}]";

static ctrace_filter *parse(const char *text) {
    ctrace_filter *filter = NULL;
    assert_int_equal(ctrace_filter_parse(text, &filter, NULL), CTRACE_OK);
    return filter;
}

static void prints_as_snprintf_does(void **state) {
    (void)state;
    ctrace_filter *filter = parse("info,shop=debug");
    char text[16] = "";
    assert_int_equal(ctrace_filter_text(filter, NULL, 0), 15);
    assert_int_equal(ctrace_filter_text(filter, text, 1), 15);
    assert_string_equal(text, "");
    assert_int_equal(ctrace_filter_text(filter, text, 8), 15);
    assert_string_equal(text, "info,sh");
    assert_int_equal(ctrace_filter_text(filter, text, 16), 15);
    assert_string_equal(text, "info,shop=debug");
    assert_int_equal(ctrace_filter_text(NULL, text, 16), 0);
    assert_string_equal(text, "");
    ctrace_filter_unref(filter);
}

static void references_keep_it(void **state) {
    (void)state;
    ctrace_filter *filter = parse(directives);
    assert_ptr_equal(ctrace_filter_ref(filter), filter);
    ctrace_filter_unref(filter);
    char text[128];
    ctrace_filter_text(filter, text, sizeof text);
    assert_string_equal(text, "warn,shop*=debug,a[b*{c=\"x y\",d~[0-9]+,e<-1.5}]=info,[{f}]=trace");
    ctrace_filter_unref(filter);
    assert_null(ctrace_filter_ref(NULL));
    ctrace_filter_unref(NULL);
}

/* ---- Every allocation fails once ---- */

static long left; /* allocations until one fails */
static long in_use;

static void *alloc(void *state, size_t size) {
    (void)state;
    if (left-- == 0) {
        return NULL;
    }
    in_use++;
    return malloc(size);
}

static void *resize(void *state, void *block, size_t size) {
    if (block == NULL) {
        return alloc(state, size);
    }
    return left-- == 0 ? NULL : realloc(block, size);
}

static void give(void *state, void *block) {
    (void)state;
    in_use -= block != NULL ? 1 : 0;
    free(block);
}

/* True when nothing failed. */
static bool go_through_life(void) {
    ctrace_filter *filter = NULL;
    const ctrace_status status = ctrace_filter_parse(directives, &filter, NULL);
    if (status != CTRACE_OK) {
        assert_int_equal(status, CTRACE_ENOMEM);
        assert_null(filter);
        return false;
    }
    filter = ctrace_filter_not(ctrace_filter_or(filter, ctrace_filter_ref(filter)));
    const ctrace_callsite site = {.level = 3, .kind = CTRACE_KIND_SPAN, .name = "b", .target = "a"};
    cti_plan *plan = filter == NULL ? NULL : cti_plan_new(filter, &site);
    cti_free(plan);
    ctrace_filter_unref(filter);
    return plan != NULL;
}

static void no_memory_leaves_nothing_behind(void **state) {
    (void)state;
    const ctrace_allocator failing = {alloc, resize, give, NULL};
    left = -1;
    assert_true(cti_memory_use(&failing));
    long failures = 0;
    for (bool done = false; !done; failures++) {
        in_use = 0;
        left = failures;
        done = go_through_life();
        assert_int_equal(in_use, 0);
    }
    assert_true(failures > 10);
    left = -1;
    cti_memory_use(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_snprintf_does),
        cmocka_unit_test(references_keep_it),
        cmocka_unit_test(no_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
