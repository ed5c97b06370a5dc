/* What filters decide: by hand, and a million times as the reference decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "core/span.h"
#include "filter/plan.h"
#include "support/filter_reference.h"

static ctrace_filter *parse(const char *directives) {
    ctrace_filter *filter = NULL;
    if (ctrace_filter_parse(directives, &filter, NULL) != CTRACE_OK) {
        fail_msg("%s: %s", directives, ctrace_last_error());
    }
    return filter;
}

static ctrace_callsite site_of(const reference_thing *thing) {
    ctrace_callsite site;
    memset(&site, 0, sizeof site);
    site.kind = (uint8_t)thing->kind;
    site.level = (uint8_t)thing->level;
    site.name = thing->name;
    site.target = thing->target;
    site.field_names = thing->keys;
    site.field_count = (uint32_t)thing->key_count;
    return site;
}

static ctrace_fields fields_of(const reference_thing *thing) {
    return (ctrace_fields){thing->keys, (ctrace_value *)(uintptr_t)thing->values,
                           (uint32_t)thing->key_count};
}

static void add_span(const ctrace_filter *filter, const reference_thing *span, cti_open *open) {
    const ctrace_callsite site = site_of(span);
    const ctrace_fields fields = fields_of(span);
    cti_plan *plan = cti_plan_new(filter, &site);
    assert_non_null(plan);
    const cti_open more = cti_plan_openness(plan, &fields);
    for (size_t i = 0; i < CTI_FILTER_LEAVES; i++) {
        open->leaves[i] = more.leaves[i] > open->leaves[i] ? more.leaves[i] : open->leaves[i];
    }
    cti_free(plan);
}

static bool lets_through(const ctrace_filter *filter, const reference_thing *thing,
                         const reference_thing *spans, size_t span_count) {
    const ctrace_callsite site = site_of(thing);
    const ctrace_fields fields = fields_of(thing);
    const bool event = thing->kind == CTRACE_KIND_EVENT;
    cti_open open = {{0}};
    for (size_t i = 0; i < span_count; i++) {
        add_span(filter, &spans[i], &open);
    }
    cti_plan *plan = cti_plan_new(filter, &site);
    assert_non_null(plan);
    const cti_verdict early = cti_plan_decide(plan, filter, &open, NULL);
    const cti_verdict late = cti_plan_decide(plan, filter, &open, event ? &fields : NULL);
    assert_int_not_equal(late, CTI_GATE);
    assert_true(early == CTI_MAYBE || early == late);
    assert_true(late == CTI_NO || plan->verdict != CTI_NO);
    assert_true(late == CTI_YES || plan->verdict != CTI_YES);
    cti_free(plan);
    return late == CTI_YES;
}

static reference_thing event_of(const char *target, ctrace_level level) {
    return (reference_thing){
        .kind = CTRACE_KIND_EVENT, .target = target, .name = "hello", .level = level};
}

/* The least level of which events of `target` are let through. */
static ctrace_level least(const char *directives, const char *target) {
    ctrace_filter *filter = parse(directives);
    ctrace_level level = CTRACE_LEVEL_TRACE;
    for (; level < CTRACE_LEVEL_OFF; level++) {
        const reference_thing event = event_of(target, level);
        if (lets_through(filter, &event, NULL, 0)) {
            break;
        }
    }
    ctrace_filter_unref(filter);
    return level;
}

static void targets_match_at_boundaries(void **state) {
    (void)state;
    assert_int_equal(least("shop=info", "shop"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("shop=info", "shop::db"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("shop=info", "shop/db.c"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("shop=info", "shop.c"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("shop=info", "shopping"), CTRACE_LEVEL_OFF);
    assert_int_equal(least("shop=info", "sho"), CTRACE_LEVEL_OFF);
    assert_int_equal(least("shop*=info", "shopping"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("*=info", "shop"), CTRACE_LEVEL_INFO);
    assert_int_equal(least("", "shop"), CTRACE_LEVEL_OFF);
    assert_int_equal(least("db", "shop"), CTRACE_LEVEL_OFF);
}

static void the_longest_target_decides(void **state) {
    (void)state;
    assert_int_equal(least("warn,shop=debug", "shop::db"), CTRACE_LEVEL_DEBUG);
    assert_int_equal(least("shop::db=error,shop=debug,trace", "shop::db"), CTRACE_LEVEL_ERROR);
    assert_int_equal(least("shop::db=error,shop=debug,trace", "shop"), CTRACE_LEVEL_DEBUG);
    assert_int_equal(least("shop=off,info", "shop"), CTRACE_LEVEL_OFF);
    assert_int_equal(least("shop=error,shop=debug", "shop"), CTRACE_LEVEL_DEBUG);
    assert_int_equal(least("debug,error", "shop"), CTRACE_LEVEL_ERROR);
    assert_int_equal(least("*=debug,error", "shop"), CTRACE_LEVEL_DEBUG);
}

static cti_verdict verdict_of(const ctrace_filter *filter, const reference_thing *thing) {
    const ctrace_callsite site = site_of(thing);
    cti_plan *plan = cti_plan_new(filter, &site);
    assert_non_null(plan);
    const cti_verdict verdict = (cti_verdict)plan->verdict;
    cti_free(plan);
    return verdict;
}

static void callsites_ask_only_where_they_must(void **state) {
    (void)state;
    ctrace_filter *filter = parse("warn,[request{user=1}]=debug,[{job}]=info");
    reference_thing thing = event_of("shop", CTRACE_LEVEL_ERROR);
    assert_int_equal(verdict_of(filter, &thing), CTI_YES);
    thing.level = CTRACE_LEVEL_DEBUG;
    assert_int_equal(verdict_of(filter, &thing), CTI_GATE);
    thing.level = CTRACE_LEVEL_TRACE;
    assert_int_equal(verdict_of(filter, &thing), CTI_NO);
    thing.level = CTRACE_LEVEL_INFO;
    thing.keys[thing.key_count++] = "job";
    assert_int_equal(verdict_of(filter, &thing), CTI_MAYBE);
    thing.level = CTRACE_LEVEL_DEBUG;
    assert_int_equal(verdict_of(filter, &thing), CTI_GATE);
    thing.kind = CTRACE_KIND_SPAN;
    assert_int_equal(verdict_of(filter, &thing), CTI_YES);
    thing = (reference_thing){
        .kind = CTRACE_KIND_SPAN, .target = "", .name = "request", .level = CTRACE_LEVEL_TRACE};
    assert_int_equal(verdict_of(filter, &thing), CTI_NO);
    thing.keys[thing.key_count++] = "user";
    assert_int_equal(verdict_of(filter, &thing), CTI_YES);
    ctrace_filter_unref(filter);
}

/* ---- Combinations ---- */

static bool wants_shop(void *arg, const ctrace_callsite *site) {
    *(int *)arg += 1;
    return strcmp(site->target, "shop") == 0;
}

static void filters_combine(void **state) {
    (void)state;
    int asked = 0;
    const reference_thing shop = event_of("shop", CTRACE_LEVEL_INFO);
    const reference_thing quiet = event_of("shop", CTRACE_LEVEL_DEBUG);
    const reference_thing other = event_of("db", CTRACE_LEVEL_INFO);
    ctrace_filter *fn = ctrace_filter_fn_new(wants_shop, &asked);
    ctrace_filter *both = ctrace_filter_and(ctrace_filter_ref(fn), parse("info"));
    assert_true(lets_through(both, &shop, NULL, 0));
    assert_false(lets_through(both, &quiet, NULL, 0));
    assert_false(lets_through(both, &other, NULL, 0));
    assert_int_equal(asked, 3);
    ctrace_filter *either = ctrace_filter_or(ctrace_filter_ref(fn), parse("info"));
    assert_true(lets_through(either, &quiet, NULL, 0));
    assert_true(lets_through(either, &other, NULL, 0));
    ctrace_filter *neither = ctrace_filter_not(either);
    assert_false(lets_through(neither, &quiet, NULL, 0));
    const reference_thing last = event_of("db", CTRACE_LEVEL_DEBUG);
    assert_true(lets_through(neither, &last, NULL, 0));
    char text[128];
    ctrace_filter_text(neither, text, sizeof text);
    assert_string_equal(text, "not ((a function) or (info))");
    ctrace_filter_unref(neither);
    ctrace_filter_unref(both);
    ctrace_filter_unref(fn);
}

static void each_part_has_its_own_gates(void **state) {
    (void)state;
    ctrace_filter *filter = ctrace_filter_and(parse("[a]=debug"), parse("[b]=trace,off"));
    const reference_thing a = {.kind = CTRACE_KIND_SPAN, .target = "", .name = "a", .level = 3};
    const reference_thing b = {.kind = CTRACE_KIND_SPAN, .target = "", .name = "b", .level = 3};
    const reference_thing spans[] = {a, b};
    const reference_thing event = event_of("db", CTRACE_LEVEL_DEBUG);
    assert_int_equal(verdict_of(filter, &event), CTI_GATE);
    assert_false(lets_through(filter, &event, spans, 1));
    assert_false(lets_through(filter, &event, spans + 1, 1));
    assert_true(lets_through(filter, &event, spans, 2));
    ctrace_filter *opposite = ctrace_filter_not(filter);
    assert_int_equal(verdict_of(opposite, &event), CTI_MAYBE);
    assert_true(lets_through(opposite, &event, spans, 1));
    assert_false(lets_through(opposite, &event, spans, 2));
    ctrace_filter_unref(opposite);
}

static void too_many_parts_are_refused(void **state) {
    (void)state;
    ctrace_filter *filter = parse("info");
    for (int i = 1; i < CTI_FILTER_LEAVES; i++) {
        filter = ctrace_filter_or(filter, parse("info"));
        assert_non_null(filter);
    }
    assert_null(ctrace_filter_or(filter, parse("info")));
    assert_non_null(strstr(ctrace_last_error(), "16"));
    assert_null(ctrace_filter_and(NULL, parse("info")));
    assert_null(ctrace_filter_or(parse("info"), NULL));
    assert_null(ctrace_filter_not(NULL));
    assert_null(ctrace_filter_fn_new(NULL, NULL));
}

/* ---- As the reference decides ---- */

static uint64_t seed = 0x9E3779B97F4A7C15u;

static size_t pick(size_t count) {
    seed ^= seed << 13; /* xorshift64 */
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)((seed >> 33) % count);
}

#define PICK(array) (array)[pick(sizeof(array) / sizeof(array)[0])]

static const char *const targets[] = {"shop",     "shop::db", "shop/db.c", "shop.db",
                                      "shopping", "db",       "main"};
static const char *const patterns[] = {"",         "",          "",  "shop", "shop*",
                                       "shop::db", "shop::db*", "*", "db",   "sh"};
static const char *const names[] = {"request", "requests", "job", "map"};
static const char *const span_patterns[] = {"", "", "request", "req*", "job", "*", "map"};
static const char *const keys[] = {"user", "path", "ok"};
static const char *const comparisons[] = {"", "=", "=", "!=", "<", "<=", ">", ">=", "~"};
static const char *const strings[] = {"x", "yy", "ab", "a", "42", "true", ""};
static const int64_t integers[] = {0, 1, 42, -1, INT64_MAX, INT64_MIN, 9007199254740993};
static const double doubles[] = {
    0.5, 1.0, 42.0, -1.0, 42.5, 9007199254740992.0, 9223372036854775808.0};

static ctrace_value random_value(void) {
    const char *string = PICK(strings);
    switch (pick(6)) {
    case 0:
        return (ctrace_value){.as = {.boolean = pick(2) == 0}, .kind = CTRACE_VALUE_BOOL};
    case 1:
        return (ctrace_value){.as = {.i64 = PICK(integers)}, .kind = CTRACE_VALUE_I64};
    case 2:
        return (ctrace_value){.as = {.u64 = (uint64_t)PICK(integers)}, .kind = CTRACE_VALUE_U64};
    case 3:
        return (ctrace_value){.as = {.f64 = PICK(doubles)}, .kind = CTRACE_VALUE_F64};
    default:
        return (ctrace_value){.as = {.string = string},
                              .size = (uint32_t)strlen(string),
                              .kind = CTRACE_VALUE_STRING};
    }
}

static reference_directive random_directive(void) {
    reference_directive directive;
    memset(&directive, 0, sizeof directive);
    directive.target = PICK(patterns);
    directive.span = pick(2) == 0 ? "" : PICK(span_patterns);
    directive.test_count = pick(2) == 0 ? 0 : pick(REFERENCE_FIELDS + 1);
    directive.level = 1 + (ctrace_level)pick(6);
    for (size_t i = 0; i < directive.test_count; i++) {
        directive.tests[i].name = PICK(keys);
        directive.tests[i].comparison = PICK(comparisons);
        directive.tests[i].value = random_value();
        directive.tests[i].regex = &PICK(reference_regexes);
    }
    return directive;
}

static reference_thing random_thing(int kind) {
    reference_thing thing;
    memset(&thing, 0, sizeof thing);
    thing.kind = kind;
    thing.target = PICK(targets);
    thing.name = PICK(names);
    thing.level = 1 + (ctrace_level)pick(5);
    thing.key_count = pick(REFERENCE_KEYS + 1);
    for (size_t i = 0; i < thing.key_count; i++) {
        thing.keys[i] = PICK(keys);
        if (pick(8) != 0) { /* else it is empty */
            thing.values[i] = random_value();
        }
    }
    return thing;
}

static void put_value(ctrace_buf *out, const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        ctrace_buf_printf(out, value->as.boolean ? "true" : "false");
        break;
    case CTRACE_VALUE_I64:
        ctrace_buf_printf(out, "%lld", (long long)value->as.i64);
        break;
    case CTRACE_VALUE_U64:
        ctrace_buf_printf(out, "%llu", (unsigned long long)value->as.u64);
        break;
    case CTRACE_VALUE_F64:
        ctrace_buf_printf(out, "%.1f", value->as.f64);
        break;
    default:
        ctrace_buf_printf(out, "\"%s\"", value->as.string);
    }
}

static void put_test(ctrace_buf *out, const reference_test *test) {
    ctrace_buf_printf(out, "%s%s", test->name, test->comparison);
    if (strcmp(test->comparison, "~") == 0) {
        ctrace_buf_printf(out, "\"%s\"", test->regex->text);
    } else if (test->comparison[0] != '\0') {
        put_value(out, &test->value);
    }
}

static void put_directive(ctrace_buf *out, const reference_directive *directive) {
    ctrace_buf_printf(out, "%s", directive->target);
    if (directive->span[0] != '\0' || directive->test_count != 0) {
        ctrace_buf_printf(out, "[%s", directive->span);
        for (size_t i = 0; i < directive->test_count; i++) {
            ctrace_buf_printf(out, i == 0 ? "{" : ",");
            put_test(out, &directive->tests[i]);
        }
        ctrace_buf_printf(out, directive->test_count == 0 ? "]" : "}]");
    } else if (directive->target[0] == '\0') {
        ctrace_buf_printf(out, "%d", 6 - directive->level);
        return;
    }
    ctrace_buf_printf(out, "=%d", 6 - directive->level);
}

/* The filter, parsed from what it prints, so that printing is tried too. */
static ctrace_filter *filter_of(const reference_directive *directives, size_t count) {
    ctrace_buf *text = ctrace_buf_new();
    for (size_t i = 0; i < count; i++) {
        ctrace_buf_printf(text, i == 0 ? "" : ",");
        put_directive(text, &directives[i]);
    }
    ctrace_filter *filter = parse(ctrace_buf_bytes(text, NULL));
    char printed[1024];
    assert_true(ctrace_filter_text(filter, printed, sizeof printed) < sizeof printed);
    ctrace_filter_unref(filter);
    ctrace_buf_free(text);
    return parse(printed);
}

static void compare_once(const ctrace_filter *filter, const reference_directive *directives,
                         size_t count) {
    const reference_thing spans[] = {random_thing(CTRACE_KIND_SPAN),
                                     random_thing(CTRACE_KIND_SPAN)};
    const size_t span_count = pick(3);
    const reference_thing thing = random_thing(pick(3) == 0 ? CTRACE_KIND_SPAN : CTRACE_KIND_EVENT);
    const bool expected = reference_lets_through(directives, count, &thing, spans, span_count);
    if (lets_through(filter, &thing, spans, span_count) != expected) {
        char text[1024];
        ctrace_filter_text(filter, text, sizeof text);
        fail_msg("%s: %s %s of level %d in %zu spans should %sbe let through", text, thing.target,
                 thing.name, thing.level, span_count, expected ? "" : "not ");
    }
}

static void a_million_decisions_are_the_reference_s(void **state) {
    (void)state;
    for (int i = 0; i < 20000; i++) {
        reference_directive directives[4];
        const size_t count = pick(5);
        for (size_t j = 0; j < count; j++) {
            directives[j] = random_directive();
        }
        ctrace_filter *filter = filter_of(directives, count);
        for (int j = 0; j < 50; j++) {
            compare_once(filter, directives, count);
        }
        ctrace_filter_unref(filter);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_match_at_boundaries),
        cmocka_unit_test(the_longest_target_decides),
        cmocka_unit_test(callsites_ask_only_where_they_must),
        cmocka_unit_test(filters_combine),
        cmocka_unit_test(each_part_has_its_own_gates),
        cmocka_unit_test(too_many_parts_are_refused),
        cmocka_unit_test(a_million_decisions_are_the_reference_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
