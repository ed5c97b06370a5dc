#include "encode/text_parts.h"

#include "core/value.h"
#include "encode/escape.h"
#include "encode/field.h"
#include "encode/style.h"
#include "encode/value.h"

void cti_put_u64(ctrace_buf *buf, uint64_t number) {
    char text[CTI_INTEGER_TEXT_MAX];
    cti_buf_put(buf, text, cti_u64_text(text, number));
}

/* ---- What is prepared ---- */

static void put_level(const cti_text *text, ctrace_buf *buf, int level) {
    if (!text->options.no_level) {
        cti_put_styled(buf, text->color, cti_style_of_level(level), cti_level_text(level));
        cti_buf_char(buf, ' ');
    }
}

static void put_place(const cti_text *text, ctrace_buf *buf, const ctrace_callsite *site) {
    cti_put_style(buf, text->color, CTI_STYLE_DIM);
    if (!text->options.no_target) {
        cti_escape_bare(buf, site->target, strlen(site->target));
        cti_buf_literal(buf, ": ");
    }
    if (text->options.file) {
        cti_escape_bare(buf, site->file, strlen(site->file));
        cti_buf_put(buf, ": ", text->options.line ? 1 : 2);
    }
    if (text->options.line) {
        cti_put_u64(buf, site->line);
        cti_buf_literal(buf, ": ");
    }
    if (text->options.function) {
        cti_escape_bare(buf, site->function, strlen(site->function));
        cti_buf_literal(buf, ": ");
    }
    cti_put_style(buf, text->color, CTI_STYLE_NONE);
}

static void put_name(const cti_text *text, ctrace_buf *buf, const ctrace_callsite *site) {
    const bool bold = text->color && site->kind == CTRACE_KIND_SPAN;
    cti_put_styled(buf, bold, CTI_STYLE_BOLD, site->name);
}

/* " key=" */
static void put_key(bool color, ctrace_buf *buf, const char *key) {
    cti_buf_char(buf, ' ');
    cti_put_styled(buf, color, CTI_STYLE_ITALIC, key);
    cti_put_styled(buf, color, CTI_STYLE_DIM, "=");
}

void cti_text_build(cti_pieces *pieces, const cti_site *site, const void *how) {
    const cti_text *text = how;
    const ctrace_callsite *description = &site->description;
    put_level(text, &pieces->buf, description->level);
    cti_pieces_cut(pieces);
    put_place(text, &pieces->buf, description);
    cti_pieces_cut(pieces);
    put_name(text, &pieces->buf, description);
    cti_pieces_cut(pieces);
    for (uint32_t i = 0; i < description->field_count; i++) {
        put_key(text->color, &pieces->buf, description->field_names[i]);
        cti_pieces_cut(pieces);
    }
}

/* ---- Time and thread ---- */

/* Uptimes are aligned, so that lines begin alike in the first hours, and have a unit. */
static size_t finish_uptime(char *text, size_t size) {
    enum { WIDTH = 4 + 7 }; /* seconds, a point and six digits */
    if (size < WIDTH) {
        memmove(text + WIDTH - size, text, size);
        memset(text, ' ', WIDTH - size);
        size = WIDTH;
    }
    text[size] = 's';
    return size + 1;
}

void cti_text_put_time(const cti_text *text, ctrace_buf *buf, const ctrace_moment *moment) {
    char *room = cti_buf_room(buf, CTI_STAMP_MAX);
    if (room == NULL || text->options.time == CTRACE_TIME_NONE) {
        return;
    }
    if (text->color) {
        cti_put_style(buf, true, CTI_STYLE_DIM);
        room = cti_buf_room(buf, CTI_STAMP_MAX);
    }
    if (room == NULL) {
        return;
    }
    size_t size = cti_stamp_text(room, &text->stamp, moment);
    if (text->options.time == CTRACE_TIME_UPTIME) {
        size = finish_uptime(room, size);
    }
    room[size] = ' ';
    cti_buf_wrote(buf, size + 1);
    cti_put_style(buf, text->color, CTI_STYLE_NONE);
}

void cti_text_put_thread(const cti_text *text, ctrace_buf *buf, const ctrace_moment *moment) {
    if (!text->options.thread_name && !text->options.thread_id) {
        return;
    }
    const ctrace_thread *thread = ctrace_moment_thread(moment);
    const bool named = text->options.thread_name && thread->name[0] != '\0';
    if (named) {
        cti_escape_bare(buf, thread->name, strlen(thread->name));
    }
    if (text->options.thread_id || !named) {
        cti_buf_put(buf, " ", named);
        cti_buf_literal(buf, "ThreadId(");
        cti_put_u64(buf, thread->id);
        cti_buf_char(buf, ')');
    }
}

/* ---- Fields ---- */

static inline void put_value(ctrace_buf *buf, ctrace_value *value) {
    char *room = cti_buf_room(buf, CTI_SHORT_VALUE_MAX);
    if (room == NULL) {
        return;
    }
    cti_value_measure(value);
    const size_t size = cti_value_put_short(room, value);
    cti_buf_wrote(buf, size);
    if (size == 0) {
        cti_value_put_long(buf, value);
    }
}

static void put_unprepared(bool color, ctrace_buf *buf, const ctrace_fields *fields) {
    ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (!cti_value_is_absent(&values[i])) {
            put_key(color, buf, fields->keys[i]);
            put_value(buf, &values[i]);
        }
    }
}

void cti_text_put_fields(bool color, ctrace_buf *buf, const ctrace_fields *fields,
                         const cti_pieces *pieces) {
    if (pieces == NULL) {
        put_unprepared(color, buf, fields);
        return;
    }
    ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        const size_t piece = CTI_TEXT_KEYS + i;
        if (cti_is_string_field(&values[i])) {
            cti_put_string_field(buf, pieces, piece, &values[i]);
        } else if (!cti_value_is_absent(&values[i]) &&
                   !cti_put_number_field(buf, pieces, piece, &values[i], cti_value_put_short)) {
            cti_value_put_long(buf, &values[i]);
        }
    }
}

void cti_close_gap(ctrace_buf *buf, size_t at) {
    if (!buf->failed && buf->size > at) {
        buf->size -= 1;
        memmove(buf->bytes + at, buf->bytes + at + 1, buf->size - at);
    }
}

static void put_braced_in_color(ctrace_buf *buf, const ctrace_fields *fields,
                                const cti_pieces *pieces) {
    const size_t begin = buf->size;
    cti_put_styled(buf, true, CTI_STYLE_BOLD, "{");
    const size_t first = buf->size;
    cti_text_put_fields(true, buf, fields, pieces);
    if (buf->size == first) {
        buf->size = buf->failed ? buf->size : begin;
        return;
    }
    cti_close_gap(buf, first);
    cti_put_styled(buf, true, CTI_STYLE_BOLD, "}");
}

void cti_text_put_braced(bool color, ctrace_buf *buf, const ctrace_fields *fields,
                         const cti_pieces *pieces) {
    if (color) {
        put_braced_in_color(buf, fields, pieces);
        return;
    }
    const size_t begin = buf->size;
    cti_text_put_fields(false, buf, fields, pieces);
    if (!buf->failed && buf->size != begin) {
        buf->bytes[begin] = '{'; /* where the first field has its space */
        cti_buf_char(buf, '}');
    }
}

void cti_put_span(ctrace_buf *buf, const ctrace_span *span) {
    const char *name = ctrace_span_name(span);
    cti_escape_bare(buf, name, strlen(name));
    cti_text_put_braced(false, buf, ctrace_span_fields(span), NULL);
}
