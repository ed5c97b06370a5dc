/* Whatever headers come in, one a line, named by their first byte: what is passed on is of the
 * specification's form, within its limits, and comes through once more unchanged. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ctrace/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 16 };

typedef struct headers {
    size_t count;
    const char *name[MOST];
    char *value[MOST];
} headers;

static const char *get(void *all, const char *name, size_t i) {
    const headers *from = all;
    for (size_t at = 0; at < from->count; at++) {
        if (strcmp(from->name[at], name) == 0 && i-- == 0) {
            return from->value[at];
        }
    }
    return NULL;
}

static void set(void *all, const char *name, const char *value) {
    headers *to = all;
    assert(to->count < MOST && get(to, name, 0) == NULL);
    to->name[to->count] = name;
    to->value[to->count++] = strdup(value);
}

static void release(headers *all) {
    while (all->count > 0) {
        free(all->value[--all->count]);
    }
}

static const char *name_of(char first) {
    return first == 'p' ? "traceparent" : first == 's' ? "tracestate" : "baggage";
}

static void split(char *text, headers *ret_headers) {
    ret_headers->count = 0;
    for (char *line = strtok(text, "\n"); line != NULL && ret_headers->count < MOST;
         line = strtok(NULL, "\n")) {
        ret_headers->name[ret_headers->count] = name_of(*line);
        ret_headers->value[ret_headers->count++] = strdup(line + 1);
    }
}

/* Nobody listens: what is passed on is what came. */
static bool pass_on(headers *in, headers *ret_out) {
    ctrace_remote remote;
    ret_out->count = 0;
    const bool known = ctrace_extract(get, in, &remote);
    ctrace_span *span = TRACE_SPAN_REMOTE(known ? &remote : NULL, "request");
    assert((span != NULL) == known);
    TRACE_IN(span) {
        ctrace_inject(set, ret_out);
        const char *value = ctrace_baggage_get("a");
        assert(value == NULL || strlen(value) <= 8192);
    }
    ctrace_span_unref(span);
    return known;
}

static void assert_within_limits(headers *out, bool known) {
    const char *parent = get(out, "traceparent", 0);
    const char *state = get(out, "tracestate", 0);
    const char *baggage = get(out, "baggage", 0);
    assert((parent != NULL) == known && (parent == NULL || strlen(parent) == 55));
    assert(state == NULL || (known && *state != '\0' && strlen(state) <= 512));
    assert(baggage == NULL || (*baggage != '\0' && strlen(baggage) <= 8192));
}

static void assert_same(headers *one, headers *other) {
    assert(one->count == other->count);
    for (size_t i = 0; i < one->count; i++) {
        assert(strcmp(one->name[i], other->name[i]) == 0);
        assert(strcmp(one->value[i], other->value[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    headers in, out, again;
    char *text = malloc(size + 1);
    assert(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    split(text, &in);
    const bool known = pass_on(&in, &out);
    assert_within_limits(&out, known);
    assert(pass_on(&out, &again) == known);
    assert_same(&out, &again);
    release(&in);
    release(&out);
    release(&again);
    free(text);
    return 0;
}
