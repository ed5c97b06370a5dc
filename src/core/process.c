#include "core/process.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/span.h"
#include "core/status.h"

enum { MOST_FIELDS = 32 };

typedef struct process_fields {
    ctrace_fields fields;
    const char *keys[MOST_FIELDS];
    ctrace_value values[MOST_FIELDS];
    char *text;                   /* keys and values lie in it */
    struct process_fields *older; /* kept: somebody may be reading them */
} process_fields;

static process_fields none;
static process_fields *current = &none;

const ctrace_fields *cti_process_fields(void) {
    /* acquire: pairs with the release in cti_process_fields_set() */
    return &cti_load_acquire(&current)->fields;
}

static ctrace_status refuse(const process_fields *made, const char *at, const char *expected) {
    return cti_fail(CTRACE_EPARSE, "process fields, at byte %zu: expected %s",
                    (size_t)(at - made->text), expected);
}

/* Reads one value and returns what follows it; NULL when a quote does not end. */
static char *read_value(char *at, ctrace_value *ret_value) {
    const bool quoted = *at == '"';
    char *begin = quoted ? at + 1 : at;
    char *end = quoted ? strchr(begin, '"') : begin + strcspn(begin, ",");
    if (end == NULL) {
        return NULL;
    }
    ret_value->as.string = begin;
    ret_value->size = (uint32_t)(end - begin);
    ret_value->kind = CTRACE_VALUE_STRING;
    return quoted ? end + 1 : end;
}

static ctrace_status parse(process_fields *made) {
    char *at = made->text;
    while (*at != '\0') {
        at += strspn(at, " ");
        char *equals = at + strcspn(at, "=,");
        const uint32_t i = made->fields.count;
        if (*equals != '=' || equals == at) {
            return refuse(made, equals, "KEY=VALUE");
        }
        if (i == MOST_FIELDS) {
            return refuse(made, at, "at most 32 fields");
        }
        made->keys[i] = at;
        char *end = read_value(equals + 1, &made->values[i]);
        if (end == NULL || (*end != ',' && *end != '\0')) {
            return refuse(made, end == NULL ? equals + 1 : end, end == NULL ? "\"" : "a comma");
        }
        *equals = '\0';
        made->fields.count += 1;
        at = *end == ',' ? end + 1 : end;
    }
    return CTRACE_OK;
}

ctrace_status cti_process_fields_set(const char *text) {
    process_fields *made = cti_alloc_zeroed(sizeof *made);
    char *copy = cti_copy_text(text, strlen(text));
    ctrace_status status = CTRACE_ENOMEM;
    if (made != NULL && copy != NULL) {
        made->fields.keys = made->keys;
        made->fields.values = made->values;
        made->text = copy;
        status = parse(made);
    } else {
        cti_fail_memory("the process's fields");
    }
    if (status != CTRACE_OK) {
        cti_free(copy);
        cti_free(made);
        return status;
    }
    made->older = cti_load_relaxed(&current);
    cti_store_release(&current, made);
    return CTRACE_OK;
}
