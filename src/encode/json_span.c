#include "encode/json_span.h"

#include "encode/chain.h"
#include "encode/json_fields.h"

static void put_fields(ctrace_buf *buf, const ctrace_span *span, const cti_pieces *pieces,
                       cti_json_object object) {
    if (pieces->keys_clash) {
        cti_json_put_checked(buf, &span->fields, NULL, object);
    } else {
        cti_json_put_prepared(buf, &span->fields, pieces, object);
    }
}

/* {"name":"…","key":…} */
static void put_flat(ctrace_buf *buf, const ctrace_span *span, const cti_pieces *pieces) {
    cti_buf_literal(buf, "{\"name\":\"");
    cti_put_pieces(buf, pieces, CTI_JSON_NAME, CTI_JSON_NAME);
    cti_buf_char(buf, '"');
    put_fields(buf, span, pieces, CTI_JSON_SPAN);
    cti_buf_char(buf, '}');
}

/* {"key":…,"name":"…"}: the first comma, of the first key or of the name, becomes the brace. */
static void put_nested(ctrace_buf *buf, const ctrace_span *span, const cti_pieces *pieces) {
    const size_t begin = buf->size;
    put_fields(buf, span, pieces, CTI_JSON_NESTED_SPAN);
    cti_buf_literal(buf, ",\"name\":\"");
    cti_put_pieces(buf, pieces, CTI_JSON_NAME, CTI_JSON_NAME);
    cti_buf_literal(buf, "\"}");
    if (!buf->failed) {
        buf->bytes[begin] = '{';
    }
}

static void put_span(cti_json *json, ctrace_buf *buf, const ctrace_span *span) {
    const cti_pieces *pieces = cti_pieces_of(&json->pieces, span->site);
    if (pieces == NULL) {
        cti_buf_fail(buf);
    } else if (json->options.nested) {
        put_nested(buf, span, pieces);
    } else {
        put_flat(buf, span, pieces);
    }
}

/* The innermost span stands twice: the second time it is copied from the first. */
static void put_chain(cti_json *json, ctrace_buf *buf, const cti_chain *chain) {
    cti_buf_literal(buf, ",\"span\":");
    const size_t begin = buf->size;
    put_span(json, buf, chain->spans[0]);
    const size_t size = buf->size - begin;
    cti_buf_literal(buf, ",\"spans\":[");
    for (size_t i = chain->count - 1; i > 0; i--) {
        put_span(json, buf, chain->spans[i]);
        cti_buf_char(buf, ',');
    }
    if (cti_buf_room(buf, size) != NULL) {
        cti_buf_put(buf, buf->bytes + begin, size); /* there is room: nothing moves */
    }
    cti_buf_char(buf, ']');
}

void cti_json_put_spans(cti_json *json, ctrace_buf *buf, const cti_notice *notice) {
    cti_chain chain;
    if (notice->span == NULL) {
        return;
    }
    if (!cti_chain_collect(&chain, notice)) {
        cti_buf_fail(buf);
        return;
    }
    put_chain(json, buf, &chain);
    cti_chain_release(&chain);
}
