#include "encode/text.h"

#include "core/process.h"
#include "encode/chain.h"
#include "encode/escape.h"
#include "encode/style.h"
#include "encode/text_parts.h"

void cti_text_init(cti_text *text, const ctrace_text_options *options, bool color) {
    text->options = *options;
    text->color = color;
    text->stamp = cti_stamp_make(options->time);
    cti_pieces_cache_init(&text->pieces, CTI_TEXT_KEYS, cti_text_build, text);
}

void cti_text_release(cti_text *text) {
    cti_pieces_cache_release(&text->pieces);
}

/* ---- Spans ---- */

/* "name{key=value}:" for the full format, "name:" for the compact one. */
static void put_span(cti_text *text, ctrace_buf *buf, const ctrace_span *span) {
    const cti_pieces *pieces = cti_pieces_of(&text->pieces, span->site);
    if (pieces == NULL) {
        cti_buf_fail(buf);
        return;
    }
    cti_put_pieces(buf, pieces, CTI_TEXT_NAME, CTI_TEXT_NAME);
    if (text->options.format == CTRACE_TEXT_FULL) {
        cti_text_put_braced(text->color, buf, &span->fields, pieces);
    }
    if (text->color) {
        cti_put_styled(buf, true, CTI_STYLE_DIM, ":");
    } else {
        cti_buf_char(buf, ':');
    }
}

static void put_spans(cti_text *text, ctrace_buf *buf, const cti_chain *chain) {
    for (size_t i = chain->count; i > 0; i--) {
        put_span(text, buf, chain->spans[i - 1]);
    }
    if (chain->count != 0) {
        cti_buf_char(buf, ' ');
    }
}

/* " key=value" for the fields of all spans, at the end of a compact line. */
static void put_span_fields(cti_text *text, ctrace_buf *buf, const cti_chain *chain) {
    for (size_t i = chain->count; i > 0; i--) {
        const ctrace_span *span = chain->spans[i - 1];
        cti_text_put_fields(text->color, buf, &span->fields,
                            cti_pieces_of(&text->pieces, span->site));
    }
}

/* ---- The line ---- */

static void put_message(ctrace_buf *buf, const cti_notice *notice, const cti_pieces *pieces) {
    if (cti_notice_is_fixed(notice)) {
        cti_put_pieces(buf, pieces, CTI_TEXT_PLACE, CTI_TEXT_NAME);
    } else {
        cti_put_pieces(buf, pieces, CTI_TEXT_PLACE, CTI_TEXT_PLACE);
        cti_escape_bare(buf, notice->message, notice->message_size);
    }
}

/* The fields of the event and of the process, and with the compact format those of the spans. */
static void put_fields(cti_text *text, ctrace_buf *buf, const cti_notice *notice,
                       const cti_pieces *pieces, const cti_chain *chain) {
    const bool prepared = cti_fields_are_of(notice->fields, notice->site);
    cti_text_put_fields(text->color, buf, notice->fields, prepared ? pieces : NULL);
    const ctrace_fields *common = cti_process_fields();
    if (CTRACE_I_UNLIKELY(common->count != 0)) {
        cti_text_put_fields(text->color, buf, common, NULL);
    }
    if (text->options.format == CTRACE_TEXT_COMPACT) {
        put_span_fields(text, buf, chain);
    }
}

static void put_line(cti_text *text, ctrace_buf *buf, const cti_notice *notice,
                     const cti_pieces *pieces, const cti_chain *chain) {
    cti_text_put_time(text, buf, notice->moment);
    cti_put_pieces(buf, pieces, CTI_TEXT_LEVEL, CTI_TEXT_LEVEL);
    const size_t before = buf->size;
    cti_text_put_thread(text, buf, notice->moment);
    if (buf->size != before) {
        cti_buf_char(buf, ' ');
    }
    put_spans(text, buf, chain);
    put_message(buf, notice, pieces);
    const size_t begin = buf->size;
    put_fields(text, buf, notice, pieces, chain);
    if (notice->message_size == 0) {
        cti_close_gap(buf, begin); /* there is no message to part the first field from */
    }
    cti_buf_char(buf, '\n');
}

void cti_text_put(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    if (text->options.format == CTRACE_TEXT_PRETTY) {
        cti_text_put_pretty(text, buf, notice);
        return;
    }
    const cti_pieces *pieces = cti_pieces_of(&text->pieces, notice->site);
    cti_chain chain;
    if (pieces == NULL || !cti_chain_collect(&chain, notice)) {
        cti_buf_fail(buf);
        return;
    }
    put_line(text, buf, notice, pieces, &chain);
    cti_chain_release(&chain);
}
