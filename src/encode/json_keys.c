#include "encode/json_keys.h"

#include <string.h>

#include "encode/escape.h"

static bool is_one_of(const char *name, const char *const *names) {
    while (*names != NULL && strcmp(name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

/* Whether or not an option asks for them: a field's key does not change with the options. */
static bool is_ours(cti_json_object object, const char *name) {
    static const char *const of_event[] = {"time",  "level",    "msg",     "target",     "span",
                                           "spans", "trace_id", "span_id", "parent_ids", "file",
                                           "line",  "function", "thread",  "thread_id",  NULL};
    return object == CTI_JSON_EVENT ? is_one_of(name, of_event)
                                    : object == CTI_JSON_SPAN && strcmp(name, "name") == 0;
}

cti_json_key cti_json_key_of(cti_json_object object, const char *name, const char *suffix) {
    return (cti_json_key){{is_ours(object, name) ? "field_" : "", name, suffix}};
}

/* The next character of a key, or NUL; `part` and `at` say where it is. */
static char next(const cti_json_key *key, size_t *part, size_t *at) {
    while (key->parts[*part][*at] == '\0') {
        if (*part == 2) {
            return '\0';
        }
        *part += 1;
        *at = 0;
    }
    *at += 1;
    return key->parts[*part][*at - 1];
}

bool cti_json_keys_are_same(const cti_json_key *one, const cti_json_key *other) {
    size_t part = 0, at = 0, other_part = 0, other_at = 0;
    for (;;) {
        const char c = next(one, &part, &at);
        if (c != next(other, &other_part, &other_at)) {
            return false;
        }
        if (c == '\0') {
            return true;
        }
    }
}

void cti_json_put_key(ctrace_buf *buf, const cti_json_key *key) {
    cti_buf_literal(buf, ",\"");
    for (size_t i = 0; i < 3; i++) {
        cti_escape(buf, key->parts[i], strlen(key->parts[i]));
    }
    cti_buf_literal(buf, "\":");
}

static bool may_be_same(cti_json_object object, const char *name, const char *other) {
    static const char *const suffixes[] = {"", "_ns", "_text"};
    for (size_t i = 0; i < 9; i++) {
        const cti_json_key one_key = cti_json_key_of(object, name, suffixes[i / 3]);
        const cti_json_key other_key = cti_json_key_of(object, other, suffixes[i % 3]);
        if (cti_json_keys_are_same(&one_key, &other_key)) {
            return true;
        }
    }
    return false;
}

bool cti_json_keys_may_clash(cti_json_object object, const ctrace_callsite *site) {
    const char *taken = object == CTI_JSON_NESTED_EVENT  ? "message"
                        : object == CTI_JSON_NESTED_SPAN ? "name"
                                                         : "";
    for (uint32_t i = 0; i < site->field_count; i++) {
        if (strcmp(site->field_names[i], taken) == 0) {
            return true;
        }
        for (uint32_t other = 0; other < i; other++) {
            if (may_be_same(object, site->field_names[i], site->field_names[other])) {
                return true;
            }
        }
    }
    return false;
}
