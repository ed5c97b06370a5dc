#include "filter/directive.h"

#include <string.h>

#include "base/memory.h"
#include "filter/compare.h"

void cti_field_test_release(cti_field_test *test) {
    if (test->regex != NULL) {
        regfree(test->regex);
        cti_free(test->regex);
    }
    if (test->value.kind == CTRACE_VALUE_STRING) {
        cti_free((void *)(uintptr_t)test->value.as.string);
    }
    cti_free(test->name);
}

void cti_directive_release(cti_directive *directive) {
    for (uint32_t i = 0; i < directive->field_count; i++) {
        cti_field_test_release(&directive->fields[i]);
    }
    cti_free(directive->fields);
    cti_free(directive->span.text);
    cti_free(directive->target.text);
}

/* What may follow a target in the names of its parts: "shop::db", "shop/db.c", "shop.db". */
static bool is_boundary(char c) {
    return c == '\0' || c == ':' || c == '/' || c == '.';
}

bool cti_pattern_matches_target(const cti_pattern *pattern, const char *target) {
    if (pattern->text == NULL) {
        return true;
    }
    return strncmp(target, pattern->text, pattern->size) == 0 &&
           (pattern->tail || is_boundary(target[pattern->size]));
}

bool cti_pattern_matches_name(const cti_pattern *pattern, const char *name) {
    if (pattern->text == NULL) {
        return true;
    }
    return strncmp(name, pattern->text, pattern->size) == 0 &&
           (pattern->tail || name[pattern->size] == '\0');
}

static bool declares(const ctrace_callsite *site, const char *name) {
    for (uint32_t i = 0; i < site->field_count; i++) {
        if (strcmp(site->field_names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool cti_directive_names_fields_of(const cti_directive *directive, const ctrace_callsite *site) {
    for (uint32_t i = 0; i < directive->field_count; i++) {
        if (!declares(site, directive->fields[i].name)) {
            return false;
        }
    }
    return true;
}

bool cti_directive_matches_fields(const cti_directive *directive, const ctrace_fields *fields) {
    for (uint32_t i = 0; i < directive->field_count; i++) {
        const cti_field_test *test = &directive->fields[i];
        const ctrace_value *value = ctrace_fields_find(fields, test->name);
        if (value == NULL || !cti_field_test_matches(test, value)) {
            return false;
        }
    }
    return true;
}
