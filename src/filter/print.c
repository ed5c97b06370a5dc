#include <math.h>
#include <string.h>

#include "base/number.h"
#include "filter/filter.h"
#include "filter/parse.h"

/* Printing ends in a caller's buffer of any size, as snprintf's does. */
typedef struct printer {
    char *buf;
    size_t room; /* in buf */
    size_t size; /* of the whole text */
} printer;

static void put(printer *out, const char *bytes, size_t size) {
    if (out->size + 1 < out->room) {
        const size_t room = out->room - out->size - 1;
        memcpy(out->buf + out->size, bytes, size < room ? size : room);
    }
    out->size += size;
}

static void put_text(printer *out, const char *text) {
    put(out, text, strlen(text));
}

static bool all(const char *bytes, size_t size, bool (*belongs)(char c)) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\0' || !belongs(bytes[i])) {
            return false;
        }
    }
    return size != 0;
}

static void put_escaped(printer *out, unsigned char c) {
    static const char digits[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        put(out, "\\", 1);
    }
    if (c >= 0x20) {
        put(out, (const char *)&c, 1);
        return;
    }
    const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    put(out, escape, sizeof escape);
}

static void put_quoted(printer *out, const char *bytes, size_t size) {
    put(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        put_escaped(out, (unsigned char)bytes[i]);
    }
    put(out, "\"", 1);
}

static void put_word(printer *out, const char *bytes, size_t size) {
    if (all(bytes, size, cti_is_word)) {
        put(out, bytes, size);
    } else {
        put_quoted(out, bytes, size);
    }
}

/* ---- Values ---- */

static void put_string(printer *out, const ctrace_value *value) {
    ctrace_value other;
    if (cti_parse_literal(value->as.string, value->size, &other)) {
        put_quoted(out, value->as.string, value->size); /* it would read back as something else */
    } else {
        put_word(out, value->as.string, value->size);
    }
}

static void put_double(printer *out, double value) {
    char text[CTI_DOUBLE_TEXT_MAX];
    if (isinf(value)) {
        put_text(out, value < 0 ? "-1e999" : "1e999"); /* as it came in */
    } else {
        put(out, text, cti_double_text(text, value));
    }
}

static void put_value(printer *out, const ctrace_value *value) {
    char text[CTI_INTEGER_TEXT_MAX];
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        put_text(out, value->as.boolean ? "true" : "false");
        break;
    case CTRACE_VALUE_I64:
        put(out, text, cti_i64_text(text, value->as.i64));
        break;
    case CTRACE_VALUE_U64:
        put(out, text, cti_u64_text(text, value->as.u64));
        break;
    case CTRACE_VALUE_F64:
        put_double(out, value->as.f64);
        break;
    default:
        put_string(out, value);
    }
}

/* ---- Directives ---- */

static void put_field(printer *out, const cti_field_test *test) {
    static const char *const comparisons[] = {"", "=", "!=", "<", "<=", ">", ">=", "~"};
    put_word(out, test->name, strlen(test->name));
    put_text(out, comparisons[test->comparison]);
    if (test->comparison == CTI_COMPARE_NONE) {
        return;
    }
    if (test->comparison != CTI_COMPARE_REGEX) {
        put_value(out, &test->value);
    } else if (all(test->value.as.string, test->value.size, cti_is_bare_regex)) {
        put(out, test->value.as.string, test->value.size);
    } else {
        put_quoted(out, test->value.as.string, test->value.size);
    }
}

static void put_span_name(printer *out, const cti_pattern *span) {
    if (span->size != 0 && !all(span->text, span->size, cti_is_word)) {
        put(out, "\"", 1);
        for (size_t i = 0; i < span->size; i++) {
            put_escaped(out, (unsigned char)span->text[i]);
        }
        put_text(out, span->tail ? "*\"" : "\"");
    } else if (span->size == 0 && !span->tail) {
        put_text(out, "\"\"");
    } else {
        put(out, span->text, span->size);
        put_text(out, span->tail ? "*" : "");
    }
}

static void put_span(printer *out, const cti_directive *directive) {
    put(out, "[", 1);
    if (directive->span.text != NULL) {
        put_span_name(out, &directive->span);
    }
    for (uint32_t i = 0; i < directive->field_count; i++) {
        put(out, i == 0 ? "{" : ",", 1);
        put_field(out, &directive->fields[i]);
    }
    put_text(out, directive->field_count == 0 ? "]" : "}]");
}

static void put_directive(printer *out, const cti_directive *directive) {
    static const char *const levels[] = {"off", "error", "warn", "info", "debug", "trace"};
    const bool dynamic = cti_directive_is_dynamic(directive);
    if (directive->target.text != NULL) {
        put(out, directive->target.text, directive->target.size);
        put_text(out, directive->target.tail ? "*" : "");
    }
    if (dynamic) {
        put_span(out, directive);
    }
    if (directive->target.text != NULL || dynamic) {
        put(out, "=", 1);
    }
    put_text(out, levels[directive->verbosity]);
}

/* ---- Filters ---- */

static void put_filter(printer *out, const ctrace_filter *filter);

static void put_part(printer *out, const char *before, const ctrace_filter *filter) {
    put_text(out, before);
    put_filter(out, filter);
    put(out, ")", 1);
}

static void put_directives(printer *out, const cti_directives *directives) {
    for (uint32_t i = 0; i < directives->count; i++) {
        put(out, ",", i == 0 ? 0 : 1);
        put_directive(out, &directives->at[i]);
    }
}

static void put_filter(printer *out, const ctrace_filter *filter) {
    switch (filter->kind) {
    case CTI_FILTER_DIRECTIVES:
        put_directives(out, &filter->directives);
        break;
    case CTI_FILTER_FUNCTION:
        put_text(out, "a function");
        break;
    case CTI_FILTER_AND:
    case CTI_FILTER_OR:
        put_part(out, "(", filter->one);
        put_part(out, filter->kind == CTI_FILTER_AND ? " and (" : " or (", filter->other);
        break;
    case CTI_FILTER_NOT:
        put_part(out, "not (", filter->one);
        break;
    }
}

size_t ctrace_filter_text(const ctrace_filter *filter, char *buf, size_t size) {
    printer out = {buf, buf == NULL ? 0 : size, 0};
    if (filter != NULL) {
        put_filter(&out, filter);
    }
    if (out.room != 0) {
        out.buf[out.size < out.room ? out.size : out.room - 1] = '\0';
    }
    return out.size;
}
