#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/site.h"
#include "ctrace/trace.h"
#include "support/allocator.h"
#include "support/probe.h"

static const char *const keys[] = {"a", "b", NULL};

static ctrace_callsite make(const char *name, uint32_t line) {
    ctrace_callsite made;
    memset(&made, 0, sizeof made);
    made.state = CTRACE_I_STATE_UNSEEN;
    made.abi = CTRACE_I_ABI;
    made.level = CTRACE_LEVEL_INFO;
    made.kind = CTRACE_KIND_EVENT;
    made.line = line;
    made.name = name;
    made.file = "folder/file.c";
    made.function = "function";
    made.field_names = keys;
    made.field_count = 2;
    return made;
}

static void the_same_callsite_has_one_description(void **state) {
    (void)state;
    static ctrace_callsite one, two, other;
    one = make("name", 1), two = make("name", 1), other = make("name", 2);
    const ctrace_stats before = stats_now();
    cti_site *site = cti_site_register(&one);
    assert_ptr_equal(cti_site_register(&one), site);
    assert_ptr_equal(cti_site_register(&two), site);
    assert_ptr_not_equal(cti_site_register(&other), site);
    assert_ptr_equal(cti_site_known(&two), site);
    assert_int_equal(stats_now().callsites - before.callsites, 2);
    assert_string_equal(site->description.target, "file.c"); /* a file without one of its own */
    assert_int_equal(site->name_size, 4);
    assert_int_equal(one.state, CTRACE_I_STATE_OFF); /* nobody listens */
    static probe listener;
    assert_int_equal(ctrace_set_global(probe_init(&listener)), CTRACE_OK);
    assert_int_equal(one.state, CTRACE_I_STATE_ON);
    assert_int_equal(two.state, CTRACE_I_STATE_ON);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
    assert_int_equal(two.state, CTRACE_I_STATE_OFF);
}

/* What a description differs in makes it another. */
static void callsites_that_are_not_the_same(void **state) {
    (void)state;
    static const char *const other_keys[] = {"a", "c", NULL};
    static ctrace_callsite sites[7];
    for (int i = 0; i < 7; i++) {
        sites[i] = make("various", 9);
    }
    sites[1].level = CTRACE_LEVEL_WARN;
    sites[2].kind = CTRACE_KIND_SPAN;
    sites[3].target = "another";
    sites[4].function = "another";
    sites[5].field_names = other_keys;
    sites[6].field_count = 1;
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < i; k++) {
            assert_ptr_not_equal(cti_site_register(&sites[i]), cti_site_register(&sites[k]));
        }
    }
}

static void ids_have_no_gaps(void **state) {
    (void)state;
    uint32_t expected = 0;
    for (cti_site *site = cti_site_first(); site != NULL; site = cti_site_next(site)) {
        assert_int_equal(site->id, expected);
        expected += 1;
    }
    assert_int_equal(expected, cti_site_count());
}

/* A module's memory goes; its callsites' descriptions do not. */
static void modules_come_and_go(void **state) {
    (void)state;
    static probe listener;
    assert_int_equal(ctrace_set_global(probe_init(&listener)), CTRACE_OK);
    uint64_t known = 0;
    const cti_site *site = NULL;
    for (int round = 0; round < 3; round++) {
        char *name = strdup("in a module");
        ctrace_callsite *sites = calloc(3, sizeof *sites);
        ctrace_i_module *module = calloc(1, sizeof *module);
        for (uint32_t i = 0; i < 3; i++) {
            sites[i] = make(name, 100 + i);
            sites[i].module = module;
        }
        module->abi = CTRACE_I_ABI;
        module->begin = sites;
        module->end = sites + 2;
        ctrace_i_module_begin(module);
        ctrace_i_module_begin(module); /* its second file */
        cti_site_register(&sites[2]);  /* outside the section, reached later */
        assert_int_equal(sites[0].state, CTRACE_I_STATE_ON);
        site = cti_site_known(&sites[0]);
        ctrace_i_module_end(module);
        assert_int_equal(sites[2].state, CTRACE_I_STATE_ON);
        ctrace_i_module_end(module);
        assert_int_equal(sites[2].state, CTRACE_I_STATE_OFF);
        free(module);
        free(sites);
        free(name);
        ctrace_interest_changed(NULL); /* writes all state bytes: none of those */
        assert_string_equal(site->description.name, "in a module");
        known = round == 0 ? stats_now().callsites : known;
    }
    assert_int_equal(stats_now().callsites, known);
    assert_int_equal(ctrace_replace_global(NULL), CTRACE_OK);
}

static void of_another_abi(void **state) {
    (void)state;
    static ctrace_callsite site;
    site = make("of another header", 1);
    ctrace_i_module module = {CTRACE_I_ABI + 1, 0, &site, &site + 1, NULL, NULL, {0, 0}};
    ctrace_i_module_begin(&module);
    assert_null(cti_site_known(&site));
    ctrace_i_module_end(&module);
}

static void without_memory_it_is_tried_again(void **state) {
    (void)state;
    static ctrace_callsite site;
    site = make("lacks memory", 1);
    allocator_fail_at(1);
    assert_null(cti_site_register(&site));
    assert_int_equal(site.state, CTRACE_I_STATE_UNSEEN);
    assert_non_null(cti_site_register(&site));
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {
        TEST(the_same_callsite_has_one_description),
        TEST(callsites_that_are_not_the_same),
        TEST(ids_have_no_gaps),
        TEST(modules_come_and_go),
        TEST(of_another_abi),
        TEST(without_memory_it_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
