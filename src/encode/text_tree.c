#include "encode/text_tree.h"

#include "base/number.h"
#include "core/process.h"
#include "encode/escape.h"
#include "encode/style.h"
#include "encode/text_parts.h"

#define INSIDE   "\xe2\x94\x82 " /* a vertical line */
#define OPENED   "\xe2\x94\x8c " /* a corner, down and right */
#define CLOSED   "\xe2\x94\x94 " /* a corner, up and right */
#define RECORDED "\xe2\x80\xa2 " /* a bullet */

/* Appends what a line begins with, with a vertical line for each span from `around` outwards. */
static void put_begin(const cti_text *text, ctrace_buf *buf, const cti_notice *notice,
                      const cti_pieces *pieces, const ctrace_span *around) {
    cti_text_put_time(text, buf, notice->moment);
    cti_put_pieces(buf, pieces, CTI_TEXT_LEVEL, CTI_TEXT_LEVEL);
    const size_t before = buf->size;
    cti_text_put_thread(text, buf, notice->moment);
    if (buf->size != before) {
        cti_buf_char(buf, ' ');
    }
    cti_put_style(buf, text->color, CTI_STYLE_DIM);
    for (; around != NULL; around = ctrace_span_parent(around, notice->viewer)) {
        cti_buf_literal(buf, INSIDE);
    }
    cti_put_style(buf, text->color, CTI_STYLE_NONE);
}

static const ctrace_span *parent_of(const cti_notice *notice) {
    return ctrace_span_parent(notice->span, notice->viewer);
}

/* The pieces of the notice's callsite; NULL, and a failed buffer, when there is no memory. */
static const cti_pieces *pieces_of(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = cti_pieces_of(&text->pieces, notice->site);
    if (pieces == NULL) {
        cti_buf_fail(buf);
    }
    return pieces;
}

/* The fields, without the space of the first one where nothing is before it. */
static void put_fields(const cti_text *text, ctrace_buf *buf, const cti_notice *notice,
                       const cti_pieces *pieces, bool first) {
    const size_t begin = buf->size;
    const bool prepared = cti_fields_are_of(notice->fields, notice->site);
    cti_text_put_fields(text->color, buf, notice->fields, prepared ? pieces : NULL);
    if (first) {
        cti_close_gap(buf, begin);
    }
}

void cti_tree_put_event(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = pieces_of(text, buf, notice);
    if (pieces == NULL) {
        return;
    }
    put_begin(text, buf, notice, pieces, notice->span);
    cti_put_pieces(buf, pieces, CTI_TEXT_PLACE, CTI_TEXT_PLACE);
    cti_escape_bare(buf, notice->message, notice->message_size);
    put_fields(text, buf, notice, pieces, notice->message_size == 0);
    cti_text_put_fields(text->color, buf, cti_process_fields(), NULL);
    cti_buf_char(buf, '\n');
}

void cti_tree_put_open(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = pieces_of(text, buf, notice);
    if (pieces == NULL) {
        return;
    }
    put_begin(text, buf, notice, pieces, parent_of(notice));
    cti_buf_literal(buf, OPENED);
    cti_put_pieces(buf, pieces, CTI_TEXT_NAME, CTI_TEXT_NAME);
    put_fields(text, buf, notice, pieces, false);
    cti_buf_char(buf, '\n');
}

void cti_tree_put_record(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = pieces_of(text, buf, notice);
    if (pieces == NULL) {
        return;
    }
    put_begin(text, buf, notice, pieces, notice->span);
    cti_buf_literal(buf, RECORDED);
    put_fields(text, buf, notice, pieces, true);
    cti_buf_char(buf, '\n');
}

/* "11.2µs", and " (busy 5µs)" where that reads differently. */
static void put_durations(ctrace_buf *buf, int64_t busy_ns, int64_t idle_ns) {
    char life[CTI_DURATION_TEXT_MAX], busy[CTI_DURATION_TEXT_MAX];
    const size_t life_size = cti_duration_text(life, busy_ns + idle_ns);
    const size_t busy_size = cti_duration_text(busy, busy_ns);
    cti_buf_put(buf, life, life_size);
    if (life_size != busy_size || memcmp(life, busy, life_size) != 0) {
        cti_buf_literal(buf, " (busy ");
        cti_buf_put(buf, busy, busy_size);
        cti_buf_char(buf, ')');
    }
}

void cti_tree_put_close(cti_text *text, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = pieces_of(text, buf, notice);
    if (pieces == NULL) {
        return;
    }
    const ctrace_value *durations = cti_fields_values(notice->fields);
    put_begin(text, buf, notice, pieces, parent_of(notice));
    cti_buf_literal(buf, CLOSED);
    cti_put_pieces(buf, pieces, CTI_TEXT_NAME, CTI_TEXT_NAME);
    cti_buf_char(buf, ' ');
    put_durations(buf, durations[0].as.i64, durations[1].as.i64);
    cti_buf_char(buf, '\n');
}
