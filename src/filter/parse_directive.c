#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "filter/parse.h"

int cti_parse_level(const char *bytes, size_t size) {
    static const char *const names[] = {"off", "error", "warn", "info", "debug", "trace"};
    if (size == 1 && bytes[0] >= '0' && bytes[0] <= '5') {
        return bytes[0] - '0';
    }
    for (int i = 0; i < 6; i++) {
        if (strlen(names[i]) == size && strncasecmp(bytes, names[i], size) == 0) {
            return i;
        }
    }
    return -1;
}

static bool parse_level(cti_scan *scan, cti_directive *directive) {
    const size_t size = cti_scan_run(scan, cti_is_word);
    const size_t begin = scan->at - size;
    const int verbosity = cti_parse_level(scan->text + begin, size);
    if (verbosity < 0) {
        return cti_scan_expected(scan, begin, "off, error, warn, info, debug, trace or 0 to 5");
    }
    directive->verbosity = (uint8_t)verbosity;
    return true;
}

/* A final '*' becomes the flag. */
static void note_tail(cti_pattern *pattern) {
    pattern->size = strlen(pattern->text);
    if (pattern->size != 0 && pattern->text[pattern->size - 1] == '*') {
        pattern->text[--pattern->size] = '\0';
        pattern->tail = true;
    }
}

static bool take_target(cti_scan *scan, size_t size, cti_pattern *target) {
    target->text = cti_copy_text(scan->text + scan->at - size, size);
    if (target->text == NULL) {
        return cti_scan_no_memory(scan);
    }
    note_tail(target);
    return true;
}

bool cti_parse_word(cti_scan *scan, const char *expected, char **ret_word, ctrace_buf *spare) {
    const bool quoted = cti_scan_peek(scan) == '"';
    const size_t begin = scan->at;
    if (quoted) {
        if (!cti_scan_quoted(scan, spare)) {
            return false;
        }
    } else {
        const size_t size = cti_scan_run(scan, cti_is_word);
        if (size == 0) {
            return cti_scan_expected(scan, begin, expected);
        }
        ctrace_buf_clear(spare);
        cti_buf_put(spare, scan->text + begin, size);
    }
    size_t size;
    const char *bytes = ctrace_buf_bytes(spare, &size);
    char *word = bytes == NULL ? NULL : cti_copy_text(bytes, size);
    if (word == NULL) {
        return cti_scan_no_memory(scan);
    }
    if (strlen(word) != size) { /* no name has a NUL in it */
        cti_free(word);
        return cti_scan_expected(scan, begin, expected);
    }
    *ret_word = word;
    return true;
}

/* What stands between "[" (already read) and "]". */
static bool parse_span(cti_scan *scan, cti_directive *directive, ctrace_buf *spare) {
    const char next = cti_scan_peek(scan);
    if (next != ']' && next != '{') {
        if (!cti_parse_word(scan, "a span's name, '{' or ']'", &directive->span.text, spare)) {
            return false;
        }
        note_tail(&directive->span);
    }
    const bool fields = cti_scan_accept(scan, '{');
    if (fields && !cti_parse_fields(scan, directive, spare)) {
        return false;
    }
    if (!cti_scan_accept(scan, ']')) {
        return cti_scan_expected(scan, scan->at, fields ? "']'" : "'{' or ']'");
    }
    return true;
}

/* Whether a run of target characters is a directive by itself. */
static bool is_bare_level(cti_scan *scan, size_t size, cti_directive *directive) {
    const int verbosity = cti_parse_level(scan->text + scan->at - size, size);
    const char next = verbosity < 0 ? '\0' : cti_scan_peek(scan);
    if (verbosity < 0 || next == '=' || next == '[') {
        return false;
    }
    directive->verbosity = (uint8_t)verbosity;
    return true;
}

static bool at_end(cti_scan *scan, const char *expected) {
    if (cti_scan_peek(scan) != ',' && scan->at < scan->size) {
        return cti_scan_expected(scan, scan->at, expected);
    }
    return true;
}

bool cti_parse_directive(cti_scan *scan, cti_directive *directive, ctrace_buf *spare) {
    const size_t size = cti_scan_run(scan, cti_is_target);
    if (size == 0 && cti_scan_peek(scan) != '[') {
        return cti_scan_expected(scan, scan->at, "a level, a target or '['");
    }
    directive->verbosity = CTI_VERBOSITY_TRACE;
    const size_t behind_target = scan->at;
    if (size != 0 && is_bare_level(scan, size, directive)) {
        return at_end(scan, "',' or the end");
    }
    scan->at = behind_target;
    if (size != 0 && !take_target(scan, size, &directive->target)) {
        return false;
    }
    const bool span = cti_scan_accept(scan, '[');
    if (span && !parse_span(scan, directive, spare)) {
        return false;
    }
    if (!cti_scan_accept(scan, '=')) {
        return at_end(scan, span ? "'=', ',' or the end" : "'[', '=', ',' or the end");
    }
    return parse_level(scan, directive) && at_end(scan, "',' or the end");
}
