/* Values out of JSON, as the text format shows them. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/tree.h"
#include "encode/escape.h"
#include "encode/style.h"
#include "encode/value.h"

/* OpenTelemetry's name for what has none says less than the file's. */
static bool is_unknown(const ctrace_buf *name) {
    static const char unknown[] = "unknown_service";
    return name->size < sizeof unknown - 1 ? name->size == 0
                                           : memcmp(name->bytes, unknown, sizeof unknown - 1) == 0;
}

const char *tree_process(tree_source *source, const json_node *service) {
    if (service == NULL || service->kind != JSON_STRING) {
        return source->process;
    }
    source->string.size = 0;
    json_put_string(&source->string, &source->json, service);
    const ctrace_buf *name = &source->string;
    if (is_unknown(name)) {
        return source->process;
    }
    if (source->service == NULL || strlen(source->service) != name->size ||
        memcmp(source->service, name->bytes, name->size) != 0) {
        source->service = arena_copy(&source->forest->arena, name->bytes, name->size);
    }
    return source->service == NULL ? source->process : source->service;
}

void tree_put_text(tree_source *source, const json_node *string, const char *style) {
    if (string == NULL || string->kind != JSON_STRING) {
        return;
    }
    const bool styled = style != NULL && source->forest->color;
    source->string.size = 0;
    json_put_string(&source->string, &source->json, string);
    cti_put_style(&source->text, styled, style);
    cti_escape_bare(&source->text, source->string.bytes, source->string.size);
    cti_put_style(&source->text, styled, CTI_STYLE_NONE);
}

void tree_put_key(ctrace_buf *buf, bool color, const char *key, size_t size) {
    cti_buf_char(buf, ' ');
    cti_put_style(buf, color, CTI_STYLE_ITALIC);
    cti_escape_bare(buf, key, size);
    cti_put_style(buf, color, CTI_STYLE_NONE);
    cti_put_style(buf, color, CTI_STYLE_DIM);
    cti_buf_char(buf, '=');
    cti_put_style(buf, color, CTI_STYLE_NONE);
}

void tree_put_value(tree_source *source, const json_node *value) {
    if (value->kind == JSON_STRING) {
        source->string.size = 0;
        json_put_string(&source->string, &source->json, value);
        cti_put_quoted(&source->text, source->string.bytes, source->string.size);
    } else {
        cti_escape_bare(&source->text, source->json.text + value->at, value->size);
    }
}

/* Whether the key ends as the JSON sink lets those of durations end. */
static bool is_duration(const ctrace_buf *key, const json_doc *json, const json_node *value,
                        uint64_t *ret_ns) {
    return value->kind == JSON_NUMBER && key->size > 3 &&
           memcmp(key->bytes + key->size - 3, "_ns", 3) == 0 && json_u64(json, value, ret_ns) &&
           *ret_ns <= INT64_MAX;
}

void tree_put_field(tree_source *source, const json_node *key, const json_node *value) {
    const bool color = source->forest->color;
    char duration[CTI_DURATION_TEXT_MAX];
    uint64_t ns;
    source->string.size = 0;
    json_put_string(&source->string, &source->json, key);
    const ctrace_buf *name = &source->string;
    if (is_duration(name, &source->json, value, &ns)) {
        tree_put_key(&source->text, color, name->bytes, name->size - 3);
        cti_buf_put(&source->text, duration, cti_duration_text(duration, (int64_t)ns));
    } else {
        tree_put_key(&source->text, color, name->bytes, name->size);
        tree_put_value(source, value);
    }
}
