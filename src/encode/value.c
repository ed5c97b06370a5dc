#include "encode/value.h"

#include <limits.h>

#include "base/error_text.h"
#include "base/utf8.h"
#include "core/scratch.h"
#include "core/value.h"
#include "encode/escape.h"
#include "encode/notice.h"
#include "encode/put.h"

static size_t put_word(char *out, const char *word, size_t size) {
    memcpy(out, word, size);
    return size;
}

static size_t put_pointer(char *out, const void *pointer) {
    return pointer == NULL ? put_word(out, "null", 4) : cti_hex_text(out, (uintptr_t)pointer);
}

size_t cti_value_put_short(char out[CTI_SHORT_VALUE_MAX], const ctrace_value *value) {
    switch (value->kind) {
    case CTRACE_VALUE_BOOL:
        return value->as.boolean ? put_word(out, "true", 4) : put_word(out, "false", 5);
    case CTRACE_VALUE_I64:
        return cti_i64_text(out, value->as.i64);
    case CTRACE_VALUE_U64:
        return cti_u64_text(out, value->as.u64);
    case CTRACE_VALUE_F64:
        return cti_double_text(out, value->as.f64);
    case CTRACE_VALUE_HEX:
        return cti_hex_text(out, value->as.u64);
    case CTRACE_VALUE_NS:
        return cti_duration_text(out, value->as.i64);
    case CTRACE_VALUE_POINTER:
        return put_pointer(out, value->as.pointer);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_BYTES:
        return value->as.pointer == NULL ? put_word(out, "null", 4) : 0;
    default:
        return 0;
    }
}

/* "…(+N bytes)", when there are any. */
static void put_missing(ctrace_buf *buf, size_t missing) {
    char number[CTI_INTEGER_TEXT_MAX];
    if (missing != 0) {
        cti_buf_literal(buf, "\xe2\x80\xa6(+");
        cti_buf_put(buf, number, cti_u64_text(number, missing));
        cti_buf_literal(buf, " bytes)");
    }
}

void cti_put_quoted(ctrace_buf *buf, const char *bytes, size_t size) {
    cti_buf_char(buf, '"');
    if (CTRACE_I_UNLIKELY(size > CTI_VALUE_MOST)) {
        const size_t kept = cti_utf8_cut(bytes, size, CTI_VALUE_MOST);
        cti_escape(buf, bytes, kept);
        put_missing(buf, size - kept);
    } else {
        cti_escape(buf, bytes, size);
    }
    cti_buf_char(buf, '"');
}

void cti_put_bytes(ctrace_buf *buf, const void *bytes, size_t size) {
    const size_t kept = size > CTI_VALUE_MOST ? CTI_VALUE_MOST : size;
    cti_hex_bytes(buf, bytes, kept);
    put_missing(buf, size - kept);
}

/* The program's function gets a buffer of its own: what it writes is to be escaped. */
void cti_put_lazy(ctrace_buf *buf, const ctrace_lazy *lazy) {
    ctrace_buf *text = cti_scratch_take();
    if (text == NULL) {
        cti_buf_fail(buf);
        return;
    }
    if (lazy != NULL && lazy->function != NULL) {
        lazy->function(text, lazy->object);
    }
    if (text->failed) {
        cti_buf_fail(buf);
    } else {
        cti_put_quoted(buf, text->bytes, text->size);
    }
    ctrace_buf_free(text);
}

void cti_put_errno_text(ctrace_buf *buf, int64_t error) {
    char space[CTI_ERROR_TEXT_MAX];
    const bool known = error >= INT_MIN && error <= INT_MAX;
    const char *text = known ? cti_error_text((int)error, space) : "unknown error";
    cti_escape(buf, text, strlen(text));
}

static void put_errno(ctrace_buf *buf, int64_t error) {
    char number[CTI_INTEGER_TEXT_MAX];
    cti_buf_put(buf, number, cti_i64_text(number, error));
    cti_buf_literal(buf, " (");
    cti_put_errno_text(buf, error);
    cti_buf_char(buf, ')');
}

void cti_value_put_long(ctrace_buf *buf, const ctrace_value *value) {
    if (value->kind == CTRACE_VALUE_STRING) {
        cti_put_quoted(buf, value->as.string, value->size);
    } else if (value->kind == CTRACE_VALUE_BYTES) {
        cti_put_bytes(buf, value->as.pointer, value->size);
    } else if (value->kind == CTRACE_VALUE_ERRNO) {
        put_errno(buf, value->as.i64);
    } else if (value->kind == CTRACE_VALUE_LAZY) {
        cti_put_lazy(buf, value->as.lazy);
    }
}

void ctrace_value_put(ctrace_buf *buf, const ctrace_value *value) {
    if (buf == NULL || value == NULL) {
        return;
    }
    ctrace_value measured = *value;
    cti_value_measure(&measured);
    char text[CTI_SHORT_VALUE_MAX];
    const size_t size = cti_value_put_short(text, &measured);
    if (size != 0) {
        cti_buf_put(buf, text, size);
    } else {
        cti_value_put_long(buf, &measured);
    }
}

size_t cti_copy_out(const ctrace_buf *buf, char *out, size_t size) {
    size_t length = 0;
    const char *text = buf == NULL ? NULL : ctrace_buf_bytes(buf, &length);
    if (size != 0) {
        const size_t fits = length < size ? length : size - 1;
        if (fits != 0) {
            memcpy(out, text, fits);
        }
        out[fits] = '\0';
    }
    return length;
}

size_t ctrace_value_text(const ctrace_value *value, char *out, size_t size) {
    ctrace_buf *buf = cti_scratch_take();
    ctrace_value_put(buf, value);
    const size_t length = cti_copy_out(buf, out, size);
    cti_scratch_give(buf);
    return length;
}
