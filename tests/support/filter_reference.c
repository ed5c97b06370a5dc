#include "support/filter_reference.h"

#include <stdio.h>
#include <string.h>

/* ---- Names ---- */

static bool has_star(const char *pattern) {
    return pattern[0] != '\0' && pattern[strlen(pattern) - 1] == '*';
}

static bool begins(const char *text, const char *pattern, size_t size) {
    return strlen(text) >= size && memcmp(text, pattern, size) == 0;
}

static bool target_matches(const char *pattern, const char *target) {
    if (pattern[0] == '\0') {
        return true;
    }
    if (has_star(pattern)) {
        return begins(target, pattern, strlen(pattern) - 1);
    }
    if (!begins(target, pattern, strlen(pattern))) {
        return false;
    }
    const char *rest = target + strlen(pattern);
    return rest[0] == '\0' || rest[0] == ':' || rest[0] == '/' || rest[0] == '.';
}

static bool span_matches(const char *pattern, const char *name) {
    if (pattern[0] == '\0') {
        return true;
    }
    if (has_star(pattern)) {
        return begins(name, pattern, strlen(pattern) - 1);
    }
    return strcmp(pattern, name) == 0;
}

/* ---- Values ---- */

static bool begins_with_a(const char *text) {
    return text[0] == 'a';
}

static bool is_digits(const char *text) {
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool is_x_or_yy(const char *text) {
    return strcmp(text, "x") == 0 || strcmp(text, "yy") == 0;
}

const reference_regex reference_regexes[3] = {
    {"a.*", begins_with_a},
    {"[0-9]{1,}", is_digits},
    {"x|yy", is_x_or_yy},
};

static void text_of(const ctrace_value *value, char text[64]) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        snprintf(text, 64, "%s", value->as.boolean ? "true" : "false");
        break;
    case CTRACE_VALUE_I64:
        snprintf(text, 64, "%lld", (long long)value->as.i64);
        break;
    case CTRACE_VALUE_U64:
        snprintf(text, 64, "%llu", (unsigned long long)value->as.u64);
        break;
    case CTRACE_VALUE_F64: /* with a point, as values are shown */
        snprintf(text, 64, "%.1f", value->as.f64);
        break;
    default:
        snprintf(text, 64, "%.*s", (int)value->size, value->as.string);
    }
}

static bool is_number(const ctrace_value *value) {
    return value->kind == CTRACE_VALUE_I64 || value->kind == CTRACE_VALUE_U64 ||
           value->kind == CTRACE_VALUE_F64;
}

static long double number_of(const ctrace_value *value) {
    return value->kind == CTRACE_VALUE_I64   ? (long double)value->as.i64
           : value->kind == CTRACE_VALUE_U64 ? (long double)value->as.u64
                                             : (long double)value->as.f64;
}

/* -1, 0 or 1; 2 when they cannot be compared. */
static int order(const ctrace_value *one, const ctrace_value *other) {
    if (is_number(one) && is_number(other)) {
        const long double a = number_of(one), b = number_of(other);
        return a < b ? -1 : a > b ? 1 : 0;
    }
    if (one->kind == CTRACE_VALUE_BOOL && other->kind == CTRACE_VALUE_BOOL) {
        return one->as.boolean == other->as.boolean ? 0 : 2;
    }
    if (one->kind == CTRACE_VALUE_STRING && other->kind == CTRACE_VALUE_STRING) {
        const int difference = strcmp(one->as.string, other->as.string);
        return difference < 0 ? -1 : difference > 0 ? 1 : 0;
    }
    return 2;
}

static bool value_matches(const reference_test *test, const ctrace_value *value) {
    if (strcmp(test->comparison, "") == 0) {
        return true;
    }
    if (value->kind == CTRACE_VALUE_EMPTY) {
        return false;
    }
    if (strcmp(test->comparison, "~") == 0) {
        char text[64];
        text_of(value, text);
        return test->regex->matches(text);
    }
    const int is = order(value, &test->value);
    return (strcmp(test->comparison, "=") == 0 && is == 0) ||
           (strcmp(test->comparison, "!=") == 0 && is != 0) ||
           (strcmp(test->comparison, "<") == 0 && is == -1) ||
           (strcmp(test->comparison, "<=") == 0 && (is == -1 || is == 0)) ||
           (strcmp(test->comparison, ">") == 0 && is == 1) ||
           (strcmp(test->comparison, ">=") == 0 && (is == 1 || is == 0));
}

static const ctrace_value *find(const reference_thing *thing, const char *name) {
    for (size_t i = thing->key_count; i > 0; i--) {
        if (strcmp(thing->keys[i - 1], name) == 0) {
            return &thing->values[i - 1];
        }
    }
    return NULL;
}

static bool fields_match(const reference_directive *directive, const reference_thing *thing) {
    for (size_t i = 0; i < directive->test_count; i++) {
        const ctrace_value *value = find(thing, directive->tests[i].name);
        if (value == NULL || !value_matches(&directive->tests[i], value)) {
            return false;
        }
    }
    return true;
}

static bool names_match(const reference_directive *directive, const reference_thing *span) {
    for (size_t i = 0; i < directive->test_count; i++) {
        if (find(span, directive->tests[i].name) == NULL) {
            return false;
        }
    }
    return target_matches(directive->target, span->target) &&
           span_matches(directive->span, span->name);
}

/* ---- Decisions ---- */

static bool is_dynamic(const reference_directive *directive) {
    return directive->span[0] != '\0' || directive->test_count != 0;
}

static bool static_ones_let_through(const reference_directive *directives, size_t count,
                                    const reference_thing *thing) {
    const reference_directive *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_dynamic(&directives[i]) && target_matches(directives[i].target, thing->target) &&
            (best == NULL || strlen(directives[i].target) >= strlen(best->target))) {
            best = &directives[i];
        }
    }
    return best != NULL && thing->level >= best->level;
}

static bool dynamic_one_lets_through(const reference_directive *directive,
                                     const reference_thing *thing, const reference_thing *spans,
                                     size_t span_count) {
    if (thing->kind == CTRACE_KIND_SPAN && names_match(directive, thing)) {
        return true;
    }
    if (thing->level < directive->level) {
        return false;
    }
    if (thing->kind == CTRACE_KIND_EVENT && directive->span[0] == '\0' &&
        target_matches(directive->target, thing->target) && fields_match(directive, thing)) {
        return true;
    }
    for (size_t i = 0; i < span_count; i++) {
        if (names_match(directive, &spans[i]) && fields_match(directive, &spans[i])) {
            return true;
        }
    }
    return false;
}

bool reference_lets_through(const reference_directive *directives, size_t directive_count,
                            const reference_thing *thing, const reference_thing *spans,
                            size_t span_count) {
    if (static_ones_let_through(directives, directive_count, thing)) {
        return true;
    }
    for (size_t i = 0; i < directive_count; i++) {
        if (is_dynamic(&directives[i]) &&
            dynamic_one_lets_through(&directives[i], thing, spans, span_count)) {
            return true;
        }
    }
    return false;
}
