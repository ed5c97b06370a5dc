#include <string.h>

#include "base/memory.h"
#include "filter/parse.h"

/* Reads a comparison, if there is one. */
static bool parse_comparison(cti_scan *scan, cti_comparison *ret_comparison) {
    static const struct {
        char first;
        cti_comparison alone, with_equals;
    } comparisons[] = {
        {'=', CTI_COMPARE_EQ, CTI_COMPARE_EQ},      {'!', CTI_COMPARE_NONE, CTI_COMPARE_NE},
        {'<', CTI_COMPARE_LT, CTI_COMPARE_LE},      {'>', CTI_COMPARE_GT, CTI_COMPARE_GE},
        {'~', CTI_COMPARE_REGEX, CTI_COMPARE_NONE},
    };
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        const char first = comparisons[i].first;
        if (!cti_scan_accept(scan, first)) {
            continue;
        }
        *ret_comparison = comparisons[i].alone;
        const bool equals = scan->at < scan->size && scan->text[scan->at] == '=';
        if (first == '!' && !equals) {
            return cti_scan_expected(scan, scan->at, "'=' after '!'");
        }
        if (equals && (first == '!' || first == '<' || first == '>')) {
            scan->at++;
            *ret_comparison = comparisons[i].with_equals;
        }
        return true;
    }
    return true;
}

static bool keep_string(cti_scan *scan, const char *bytes, size_t size, ctrace_value *ret_value) {
    char *copy = bytes == NULL || size >= UINT32_MAX ? NULL : cti_copy_text(bytes, size);
    if (copy == NULL) {
        return cti_scan_no_memory(scan);
    }
    *ret_value =
        (ctrace_value){.as = {.string = copy}, .size = (uint32_t)size, .kind = CTRACE_VALUE_STRING};
    return true;
}

static bool parse_quoted(cti_scan *scan, ctrace_value *ret_value, ctrace_buf *spare) {
    if (!cti_scan_quoted(scan, spare)) {
        return false;
    }
    size_t size;
    const char *bytes = ctrace_buf_bytes(spare, &size);
    return keep_string(scan, bytes, size, ret_value);
}

static bool parse_value(cti_scan *scan, ctrace_value *ret_value, ctrace_buf *spare) {
    if (cti_scan_peek(scan) == '"') {
        return parse_quoted(scan, ret_value, spare);
    }
    const size_t size = cti_scan_run(scan, cti_is_word);
    const char *bytes = scan->text + scan->at - size;
    if (size == 0) {
        return cti_scan_expected(scan, scan->at, "a value");
    }
    return cti_parse_literal(bytes, size, ret_value) || keep_string(scan, bytes, size, ret_value);
}

static bool parse_regex(cti_scan *scan, cti_field_test *test, ctrace_buf *spare) {
    const bool quoted = cti_scan_peek(scan) == '"';
    const size_t begin = scan->at;
    if (quoted) {
        if (!parse_quoted(scan, &test->value, spare)) {
            return false;
        }
    } else {
        const size_t size = cti_scan_run(scan, cti_is_bare_regex);
        if (size == 0) {
            return cti_scan_expected(scan, begin, "a regular expression");
        }
        if (!keep_string(scan, scan->text + begin, size, &test->value)) {
            return false;
        }
    }
    if (strlen(test->value.as.string) != test->value.size) {
        return cti_scan_expected(scan, begin, "a regular expression without NUL");
    }
    return cti_parse_regex(scan, begin, test->value.as.string, &test->regex);
}

static bool parse_field(cti_scan *scan, cti_field_test *test, ctrace_buf *spare) {
    if (!cti_parse_word(scan, "a field's name", &test->name, spare) ||
        !parse_comparison(scan, &test->comparison)) {
        return false;
    }
    switch (test->comparison) {
    case CTI_COMPARE_NONE:
        return true;
    case CTI_COMPARE_REGEX:
        return parse_regex(scan, test, spare);
    default:
        return parse_value(scan, &test->value, spare);
    }
}

/* Room for one more field, zeroed; it counts at once, so that it is released with the others. */
static cti_field_test *add_field(cti_directive *directive) {
    const size_t size = ((size_t)directive->field_count + 1) * sizeof(cti_field_test);
    cti_field_test *fields = cti_resize(directive->fields, size);
    if (fields == NULL) {
        return NULL;
    }
    directive->fields = fields;
    cti_field_test *field = &fields[directive->field_count++];
    memset(field, 0, sizeof *field);
    return field;
}

bool cti_parse_fields(cti_scan *scan, cti_directive *directive, ctrace_buf *spare) {
    cti_field_test *field;
    do {
        field = add_field(directive);
        if (field == NULL) {
            return cti_scan_no_memory(scan);
        }
        if (!parse_field(scan, field, spare)) {
            return false;
        }
    } while (cti_scan_accept(scan, ','));
    if (!cti_scan_accept(scan, '}')) {
        const bool compared = field->comparison != CTI_COMPARE_NONE;
        return cti_scan_expected(scan, scan->at,
                                 compared ? "',' or '}'" : "a comparison, ',' or '}'");
    }
    return true;
}
