#include "encode/logfmt_parts.h"

#include "base/number.h"
#include "base/utf8.h"
#include "core/value.h"
#include "encode/json_keys.h"
#include "encode/logfmt.h"
#include "encode/style.h"
#include "encode/value.h"

/* ---- Keys ---- */

static bool may_stand_in_key(uint32_t point) {
    const bool is_control = point <= ' ' || (point >= 0x7f && point < 0xa0);
    const bool is_separator = point == 0x2028 || point == 0x2029;
    return !is_control && !is_separator && point != '=' && point != '"' && point != UINT32_MAX;
}

static void put_key_part(ctrace_buf *buf, const char *part) {
    size_t left = strlen(part);
    while (left != 0) {
        uint32_t point;
        const size_t size = cti_utf8_decode(part, left, &point);
        const bool fits = may_stand_in_key(point);
        cti_buf_put(buf, fits ? part : "_", fits ? size : 1);
        part += size;
        left -= size;
    }
}

void cti_logfmt_put_key(ctrace_buf *buf, const char *span, const char *name, const char *suffix) {
    cti_buf_char(buf, ' ');
    if (*span != '\0') {
        put_key_part(buf, span);
        cti_buf_char(buf, '.');
    } else {
        put_key_part(buf, cti_json_key_of(CTI_JSON_EVENT, name, "").parts[0]);
    }
    put_key_part(buf, *name == '\0' ? "_" : name);
    put_key_part(buf, suffix);
    cti_buf_char(buf, '=');
}

/* ---- Values ---- */

/* An empty text, too: not all readers read on behind "". */
static bool may_stand_bare(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        if (c <= ' ' || c > '~' || c == '=' || c == '"' || c == '\\') {
            return false;
        }
    }
    return size <= CTI_VALUE_MOST;
}

void cti_logfmt_put_text(ctrace_buf *buf, const char *text, size_t size) {
    if (may_stand_bare(text, size)) {
        cti_buf_put(buf, text, size);
    } else {
        cti_put_quoted(buf, text, size);
    }
}

static void put_long(ctrace_buf *buf, const ctrace_value *value) {
    if (value->kind == CTRACE_VALUE_STRING) {
        cti_logfmt_put_text(buf, value->as.string, value->size);
    } else if (value->kind == CTRACE_VALUE_BYTES && value->size > CTI_VALUE_MOST) {
        cti_buf_char(buf, '"'); /* there are spaces in what tells how many are missing */
        cti_value_put_long(buf, value);
        cti_buf_char(buf, '"');
    } else {
        cti_value_put_long(buf, value);
    }
}

void cti_logfmt_put_value(ctrace_buf *buf, ctrace_value *value) {
    char *room = cti_buf_room(buf, CTI_SHORT_VALUE_MAX);
    if (room == NULL) {
        return;
    }
    cti_value_measure(value);
    const size_t size = value->kind == CTRACE_VALUE_ERRNO ? cti_i64_text(room, value->as.i64)
                                                          : cti_value_put_short(room, value);
    cti_buf_wrote(buf, size);
    if (size == 0) {
        put_long(buf, value);
    }
}

void cti_logfmt_put_errno_text(ctrace_buf *buf, const char *span, const char *name,
                               const ctrace_value *value) {
    cti_logfmt_put_key(buf, span, name, "_text");
    cti_buf_char(buf, '"');
    cti_put_errno_text(buf, value->as.i64);
    cti_buf_char(buf, '"');
}

/* ---- What is prepared ---- */

static void put_pair(ctrace_buf *buf, const char *key, const char *text) {
    cti_buf_put(buf, key, strlen(key));
    cti_logfmt_put_text(buf, text, strlen(text));
}

static void put_place(ctrace_buf *buf, const ctrace_logfmt_options *options,
                      const ctrace_callsite *site) {
    char number[CTI_INTEGER_TEXT_MAX];
    if (options->file) {
        put_pair(buf, " file=", site->file);
    }
    if (options->line) {
        cti_buf_literal(buf, " line=");
        cti_buf_put(buf, number, cti_u64_text(number, site->line));
    }
    if (options->function) {
        put_pair(buf, " function=", site->function);
    }
}

static void put_level(ctrace_buf *buf, const cti_logfmt *logfmt, int level) {
    const char *text = cti_level_text(level);
    if (logfmt->options.time != CTRACE_TIME_NONE) {
        cti_buf_char(buf, ' ');
    }
    put_pair(buf, "level=", text + (*text == ' '));
    cti_buf_literal(buf, " msg=");
}

void cti_logfmt_build(cti_pieces *pieces, const cti_site *site, const void *how) {
    const cti_logfmt *logfmt = how;
    const ctrace_callsite *description = &site->description;
    const char *span = description->kind == CTRACE_KIND_SPAN ? description->name : "";
    put_level(&pieces->buf, logfmt, description->level);
    cti_pieces_cut(pieces);
    cti_logfmt_put_text(&pieces->buf, description->name, strlen(description->name));
    cti_pieces_cut(pieces);
    put_pair(&pieces->buf, " target=", description->target);
    cti_pieces_cut(pieces);
    put_place(&pieces->buf, &logfmt->options, description);
    cti_pieces_cut(pieces);
    for (uint32_t i = 0; i < description->field_count; i++) {
        cti_logfmt_put_key(&pieces->buf, span, description->field_names[i], "");
        cti_pieces_cut(pieces);
    }
}
