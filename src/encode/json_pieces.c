#include "encode/json_pieces.h"

#include "base/number.h"
#include "encode/escape.h"
#include "encode/json.h"
#include "encode/json_fields.h"
#include "encode/style.h"

/* `before`, which ends in a quote, the text and a quote. */
static void put_string(ctrace_buf *buf, const char *before, const char *text) {
    cti_buf_put(buf, before, strlen(before));
    cti_escape(buf, text, strlen(text));
    cti_buf_char(buf, '"');
}

static void put_number(ctrace_buf *buf, const char *before, uint64_t number) {
    char text[CTI_INTEGER_TEXT_MAX];
    cti_buf_put(buf, before, strlen(before));
    cti_buf_put(buf, text, cti_u64_text(text, number));
}

static void put_level(ctrace_buf *buf, const cti_json *json, int level) {
    const char *text = cti_level_text(level);
    cti_buf_char(buf, json->options.time == CTRACE_TIME_NONE ? '{' : ',');
    put_string(buf, "\"level\":\"", text + (*text == ' '));
}

static void put_name(cti_pieces *pieces, const ctrace_callsite *site) {
    cti_escape(&pieces->buf, site->name, strlen(site->name));
    cti_pieces_cut(pieces);
}

static void put_place(ctrace_buf *buf, const cti_json *json, const ctrace_callsite *site,
                      const char *file, const char *line) {
    if (json->options.file) {
        put_string(buf, file, site->file);
    }
    if (json->options.line) {
        put_number(buf, line, site->line);
    }
    if (json->options.function) {
        put_string(buf, ",\"function\":\"", site->function);
    }
}

static void put_keys(cti_pieces *pieces, const ctrace_callsite *site, cti_json_object object) {
    for (uint32_t i = 0; i < site->field_count; i++) {
        const cti_json_key key = cti_json_key_of(object, site->field_names[i], "");
        cti_json_put_key(&pieces->buf, &key);
        cti_pieces_cut(pieces);
    }
    pieces->keys_clash = cti_json_keys_may_clash(object, site);
}

void cti_json_build_flat(cti_pieces *pieces, const cti_site *site, const void *how) {
    const ctrace_callsite *description = &site->description;
    const bool is_span = description->kind == CTRACE_KIND_SPAN;
    put_level(&pieces->buf, how, description->level);
    cti_buf_literal(&pieces->buf, ",\"msg\":\"");
    cti_pieces_cut(pieces);
    put_name(pieces, description);
    put_string(&pieces->buf, "\",\"target\":\"", description->target);
    cti_pieces_cut(pieces);
    put_place(&pieces->buf, how, description, ",\"file\":\"", ",\"line\":");
    cti_pieces_cut(pieces);
    put_keys(pieces, description, is_span ? CTI_JSON_SPAN : CTI_JSON_EVENT);
}

void cti_json_build_nested(cti_pieces *pieces, const cti_site *site, const void *how) {
    const ctrace_callsite *description = &site->description;
    const bool is_span = description->kind == CTRACE_KIND_SPAN;
    put_level(&pieces->buf, how, description->level);
    cti_buf_literal(&pieces->buf, ",\"fields\":{\"message\":\"");
    cti_pieces_cut(pieces);
    put_name(pieces, description);
    cti_buf_char(&pieces->buf, '"');
    cti_pieces_cut(pieces);
    put_string(&pieces->buf, "},\"target\":\"", description->target);
    put_place(&pieces->buf, how, description, ",\"filename\":\"", ",\"line_number\":");
    cti_pieces_cut(pieces);
    put_keys(pieces, description, is_span ? CTI_JSON_NESTED_SPAN : CTI_JSON_NESTED_EVENT);
}
