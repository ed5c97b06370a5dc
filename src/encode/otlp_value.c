#include "encode/otlp_value.h"

#include <limits.h>

#include "base/error_text.h"
#include "base/utf8.h"
#include "core/scratch.h"
#include "core/value.h"
#include "encode/notice.h"
#include "encode/put.h"
#include "encode/value.h"

bool cti_otlp_is_meant(const char *key) {
    return strncmp(key, "otel.", 5) == 0 &&
           (strcmp(key + 5, "kind") == 0 || strcmp(key + 5, "status_code") == 0 ||
            strcmp(key + 5, "status_message") == 0);
}

size_t cti_otlp_cut(const char *text, size_t size, uint32_t most) {
    if (size > CTI_VALUE_MOST) {
        size = cti_utf8_cut(text, size, CTI_VALUE_MOST);
    }
    size_t at = 0;
    if (size <= most) {
        return size;
    }
    for (uint32_t i = 0; i < most && at < size; i++) {
        uint32_t point;
        at += cti_utf8_decode(text + at, size - at, &point);
    }
    return at;
}

/* ---- AnyValue ---- */

static void put_string(cti_otlp_pen *pen, const char *text, size_t size) {
    cti_otlp_text(pen, 1, "stringValue", text, size);
}

static void put_lazy(cti_otlp_pen *pen, const ctrace_lazy *lazy, uint32_t most) {
    ctrace_buf *text = cti_scratch_take();
    if (text == NULL) {
        cti_buf_fail(pen->buf);
        return;
    }
    if (lazy != NULL && lazy->function != NULL) {
        lazy->function(text, lazy->object);
    }
    if (text->failed) {
        cti_buf_fail(pen->buf);
    } else {
        put_string(pen, text->size == 0 ? "" : text->bytes,
                   cti_otlp_cut(text->bytes, text->size, most));
    }
    ctrace_buf_free(text);
}

/* The protocol's integers have a sign. */
static void put_unsigned(cti_otlp_pen *pen, uint64_t value) {
    char text[CTI_INTEGER_TEXT_MAX];
    if (value <= INT64_MAX) {
        cti_otlp_integer(pen, 3, "intValue", (int64_t)value);
    } else {
        put_string(pen, text, cti_u64_text(text, value));
    }
}

/* A NULL pointer is no value. */
static void put_bytes_or_string(cti_otlp_pen *pen, const ctrace_value *value, uint32_t most) {
    ctrace_value measured = *value;
    cti_value_measure(&measured);
    if (measured.as.pointer == NULL) {
        return;
    }
    if (value->kind == CTRACE_VALUE_STRING) {
        put_string(pen, measured.as.string, cti_otlp_cut(measured.as.string, measured.size, most));
    } else {
        const uint32_t limit = most < CTI_VALUE_MOST ? most : CTI_VALUE_MOST;
        const uint32_t size = measured.size < limit ? measured.size : limit;
        cti_otlp_bytes(pen, 7, "bytesValue", measured.as.pointer, size);
    }
}

static void put_as_text(cti_otlp_pen *pen, const ctrace_value *value) {
    char text[CTI_SHORT_VALUE_MAX];
    put_string(pen, text, cti_value_put_short(text, value));
}

static void put_any(cti_otlp_pen *pen, const ctrace_value *value, uint32_t most) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        cti_otlp_bool(pen, 2, "boolValue", value->as.boolean);
        break;
    case CTRACE_VALUE_I64:
    case CTRACE_VALUE_NS:
    case CTRACE_VALUE_ERRNO:
        cti_otlp_integer(pen, 3, "intValue", value->as.i64);
        break;
    case CTRACE_VALUE_U64:
        put_unsigned(pen, value->as.u64);
        break;
    case CTRACE_VALUE_F64:
        cti_otlp_double(pen, 4, "doubleValue", value->as.f64);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        put_bytes_or_string(pen, value, most);
        break;
    case CTRACE_VALUE_LAZY:
        put_lazy(pen, value->as.lazy, most);
        break;
    case CTRACE_VALUE_POINTER:
        if (value->as.pointer != NULL) {
            put_as_text(pen, value);
        }
        break;
    default:
        put_as_text(pen, value);
    }
}

/* ---- KeyValue ---- */

void cti_otlp_attribute(cti_otlp_pen *pen, uint32_t field, const char *key,
                        const ctrace_value *value, uint32_t value_length) {
    const size_t item = cti_otlp_item_begin(pen, field);
    cti_otlp_text(pen, 1, "key", key, strlen(key));
    const size_t any = cti_otlp_begin(pen, 2, "value");
    put_any(pen, value, value_length);
    cti_otlp_end(pen, any);
    cti_otlp_end(pen, item);
}

void cti_otlp_text_attribute(cti_otlp_pen *pen, uint32_t field, const char *key, size_t key_size,
                             const char *text, size_t size) {
    const size_t item = cti_otlp_item_begin(pen, field);
    cti_otlp_text(pen, 1, "key", key, key_size);
    const size_t any = cti_otlp_begin(pen, 2, "value");
    put_string(pen, text, size);
    cti_otlp_end(pen, any);
    cti_otlp_end(pen, item);
}

/* ---- Lists ---- */

/* The fields of one span or event, with the values as they were at one time. */
typedef struct listing {
    cti_otlp_pen *pen;
    const ctrace_fields *fields;
    const ctrace_value *values;
    uint32_t field, most, value_length, written, dropped;
} listing;

static bool is_attribute(const listing *list, uint32_t i) {
    return !cti_value_is_absent(&list->values[i]) && !cti_otlp_is_meant(list->fields->keys[i]);
}

static bool comes_again(const listing *list, uint32_t i) {
    const char *key = list->fields->keys[i];
    for (uint32_t j = i + 1; j < list->fields->count; j++) {
        if (is_attribute(list, j) && strcmp(list->fields->keys[j], key) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_key(const listing *list, const char *key, const char *suffix) {
    const size_t size = strlen(key);
    for (uint32_t i = 0; i < list->fields->count; i++) {
        const char *other = list->fields->keys[i];
        if (is_attribute(list, i) && strncmp(other, key, size) == 0 &&
            strcmp(other + size, suffix) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether one more attribute fits; the list begins with the first one. */
static bool make_room(listing *list) {
    if (list->written == list->most) {
        list->dropped++;
        return false;
    }
    if (list->written++ == 0) {
        cti_otlp_list_begin(list->pen, "attributes");
    }
    return true;
}

static void put_error_text(listing *list, const char *key, int64_t error) {
    char space[CTI_ERROR_TEXT_MAX];
    ctrace_buf *name = cti_scratch_take();
    if (name == NULL) {
        cti_buf_fail(list->pen->buf);
        return;
    }
    const bool known = error >= INT_MIN && error <= INT_MAX;
    const char *text = known ? cti_error_text((int)error, space) : "unknown error";
    cti_buf_put(name, key, strlen(key));
    cti_buf_literal(name, "_text");
    if (!name->failed) {
        cti_otlp_text_attribute(list->pen, list->field, name->bytes, name->size, text,
                                cti_otlp_cut(text, strlen(text), list->value_length));
    }
    ctrace_buf_free(name);
}

static void put_field(listing *list, uint32_t i) {
    const char *key = list->fields->keys[i];
    const ctrace_value *value = &list->values[i];
    if (make_room(list)) {
        cti_otlp_attribute(list->pen, list->field, key, value, list->value_length);
    }
    if (value->kind == CTRACE_VALUE_ERRNO && !has_key(list, key, "_text") && make_room(list)) {
        put_error_text(list, key, value->as.i64);
    }
}

uint32_t cti_otlp_attributes(cti_otlp_pen *pen, uint32_t field, const ctrace_fields *fields,
                             uint32_t most, uint32_t value_length) {
    listing list = {.pen = pen,
                    .fields = fields,
                    .values = cti_fields_values(fields),
                    .field = field,
                    .most = most,
                    .value_length = value_length};
    for (uint32_t i = 0; i < fields->count; i++) {
        if (is_attribute(&list, i) && !comes_again(&list, i)) {
            put_field(&list, i);
        }
    }
    if (list.written != 0) {
        cti_otlp_list_end(pen);
    }
    return list.dropped;
}
