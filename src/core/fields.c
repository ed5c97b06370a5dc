/* Reading fields. */
#include <string.h>

#include "core/span.h"
#include "core/value.h"

size_t ctrace_fields_count(const ctrace_fields *fields) {
    return fields == NULL ? 0 : fields->count;
}

const char *ctrace_fields_key(const ctrace_fields *fields, size_t i) {
    return fields == NULL || i >= fields->count ? NULL : fields->keys[i];
}

const ctrace_value *ctrace_fields_value(const ctrace_fields *fields, size_t i) {
    if (fields == NULL || i >= fields->count) {
        return NULL;
    }
    /* acquire: pairs with the release in write_version(). An event's values are measured here, on
     * the thread that emits it; a span's were when they were copied. */
    ctrace_value *value = &cti_load_acquire(&((ctrace_fields *)(uintptr_t)fields)->values)[i];
    cti_value_measure(value);
    return value;
}

const ctrace_value *ctrace_fields_find(const ctrace_fields *fields, const char *key) {
    if (key == NULL) {
        return NULL;
    }
    for (size_t i = ctrace_fields_count(fields); i > 0; i--) {
        if (strcmp(fields->keys[i - 1], key) == 0) {
            return ctrace_fields_value(fields, i - 1);
        }
    }
    return NULL;
}

const ctrace_callsite *ctrace_span_site(const ctrace_span *span) {
    return span == NULL ? NULL : &span->site->description;
}

const char *ctrace_span_name(const ctrace_span *span) {
    return span == NULL ? "" : span->site->description.name;
}

const ctrace_fields *ctrace_span_fields(const ctrace_span *span) {
    static const ctrace_fields none = {NULL, NULL, 0};
    return span == NULL ? &none : &span->fields;
}

void *ctrace_span_data(ctrace_span *span, const ctrace_subscriber *subscriber) {
    if (span == NULL || subscriber == NULL || subscriber->ops->span_data_size == 0) {
        return NULL;
    }
    if (span->tree->root == subscriber) {
        return span->data;
    }
    const int node = cti_tree_find(span->tree, subscriber);
    if (node < 0 || !cti_span_seen(span, (uint32_t)node)) {
        return NULL;
    }
    return span->data + span->tree->nodes[node].data_offset;
}
