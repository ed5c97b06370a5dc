/* The pretty format: an event on several lines, an empty one behind it.
 *
 *     2026-11-22T20:28:00.123456Z  INFO shop::db: slow query, took: 1.5ms, rows: 3
 *       at db.c:42 on main
 *       in shop::db::query with table: "users"
 *       in shop::request with method: "GET", path: "/x"
 *
 * Made to be read, not to be fast: nothing is prepared. */
#include "core/process.h"
#include "core/value.h"
#include "encode/escape.h"
#include "encode/style.h"
#include "encode/text_parts.h"

/* "key: value", with a comma before all but the first; returns whether there is one by now. */
static bool put_fields(const cti_text *text, ctrace_buf *buf, const ctrace_fields *fields,
                       bool follows) {
    ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (cti_value_is_absent(&values[i])) {
            continue;
        }
        if (follows) {
            cti_buf_literal(buf, ", ");
        }
        cti_put_styled(buf, text->color, CTI_STYLE_BOLD, fields->keys[i]);
        cti_buf_literal(buf, ": ");
        ctrace_value_put(buf, &values[i]);
        follows = true;
    }
    return follows;
}

static bool has_values(const ctrace_fields *fields) {
    const ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (!cti_value_is_absent(&values[i])) {
            return true;
        }
    }
    return false;
}

static void put_first_line(const cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const ctrace_callsite *site = &notice->site->description;
    const char *style = cti_style_of_level(site->level);
    cti_buf_literal(buf, "  ");
    cti_text_put_time(text, buf, notice->moment);
    if (!text->options.no_level) {
        cti_put_styled(buf, text->color, style, cti_level_text(site->level));
        cti_buf_char(buf, ' ');
    }
    cti_put_style(buf, text->color, text->options.no_level ? CTI_STYLE_NONE : style);
    if (!text->options.no_target) {
        cti_escape_bare(buf, site->target, strlen(site->target));
        cti_buf_literal(buf, ": ");
    }
    cti_escape_bare(buf, notice->message, notice->message_size);
    cti_put_style(buf, text->color, CTI_STYLE_NONE);
    const bool follows = put_fields(text, buf, notice->fields, notice->message_size != 0);
    put_fields(text, buf, cti_process_fields(), follows);
    cti_buf_char(buf, '\n');
}

/* A word that begins a line or parts it, between spaces that the caller sees to. */
static void put_word(const cti_text *text, ctrace_buf *buf, const char *word) {
    cti_put_styled(buf, text->color, CTI_STYLE_DIM, word);
    cti_buf_char(buf, ' ');
}

static void put_place(const cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const ctrace_callsite *site = &notice->site->description;
    cti_buf_literal(buf, "    ");
    put_word(text, buf, "at");
    cti_escape_bare(buf, site->file, strlen(site->file));
    cti_buf_char(buf, ':');
    cti_put_u64(buf, site->line);
    if (text->options.function) {
        cti_buf_literal(buf, " (");
        cti_escape_bare(buf, site->function, strlen(site->function));
        cti_buf_char(buf, ')');
    }
    if (text->options.thread_name || text->options.thread_id) {
        cti_buf_char(buf, ' ');
        put_word(text, buf, "on");
        cti_text_put_thread(text, buf, notice->moment);
    }
    cti_buf_char(buf, '\n');
}

static void put_span(const cti_text *text, ctrace_buf *buf, const ctrace_span *span) {
    const ctrace_callsite *site = ctrace_span_site(span);
    cti_buf_literal(buf, "    ");
    put_word(text, buf, "in");
    if (!text->options.no_target) {
        cti_escape_bare(buf, site->target, strlen(site->target));
        cti_buf_literal(buf, "::");
    }
    cti_put_styled(buf, text->color, CTI_STYLE_BOLD, site->name);
    if (has_values(&span->fields)) {
        cti_buf_char(buf, ' ');
        put_word(text, buf, "with");
        put_fields(text, buf, &span->fields, false);
    }
    cti_buf_char(buf, '\n');
}

void cti_text_put_pretty(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    put_first_line(text, buf, notice);
    put_place(text, buf, notice);
    for (const ctrace_span *span = notice->span; span != NULL;
         span = ctrace_span_parent(span, notice->viewer)) {
        put_span(text, buf, span);
    }
    cti_buf_char(buf, '\n');
}
