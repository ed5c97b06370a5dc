/* Trees as text:
 *
 *     trace 4bf92f3577b34da6a3ce929d0e0e4736  2026-11-22T20:28:00.123456Z  12.3ms
 *          0ns ┌ request path="/x" 12.3ms [front]
 *        120µs │  INFO httpd: accepted peer="127.0.0.1"
 *        420µs │ ┌ request path="/x" 10ms [files]
 *
 * What is inside a span stands below it, in the order of time, right of its line. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/hex.h"
#include "base/number.h"
#include "cli/tree.h"
#include "encode/escape.h"
#include "encode/style.h"

#define INSIDE "\xe2\x94\x82 " /* a vertical line */
#define OPENED "\xe2\x94\x8c " /* a corner, down and right */
#define LEAST  "\xe2\x89\xa5"  /* greater or equal */

enum { TIME_WIDTH = 9, DEPTH_SHOWN = 40, FLUSH_BYTES = 64 << 10 };

typedef struct printer {
    const forest_trace *trace;
    ctrace_buf buf;
    bool color;
} printer;

static void put_style(printer *p, const char *style) {
    cti_put_style(&p->buf, p->color, style);
}

static void put_duration(printer *p, uint64_t ns) {
    char text[CTI_DURATION_TEXT_MAX];
    const int64_t duration = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
    cti_buf_put(&p->buf, text, cti_duration_text(text, duration));
}

/* ---- Lines ---- */

/* The time since the trace began, its last character in a column: "µ" has two bytes. */
static void put_time(printer *p, uint64_t time_ns) {
    char text[CTI_DURATION_TEXT_MAX];
    const uint64_t since = time_ns < p->trace->begin_ns ? 0 : time_ns - p->trace->begin_ns;
    const size_t size = cti_duration_text(text, since > INT64_MAX ? INT64_MAX : (int64_t)since);
    const size_t width = size - (memchr(text, '\xc2', size) != NULL);
    for (size_t i = width; i < TIME_WIDTH; i++) {
        cti_buf_char(&p->buf, ' ');
    }
    cti_buf_put(&p->buf, text, size);
    cti_buf_char(&p->buf, ' ');
}

static void put_begin(printer *p, const forest_item *item, size_t depth) {
    put_style(p, CTI_STYLE_DIM);
    put_time(p, item->time_ns);
    for (size_t i = 0; i < depth && i < DEPTH_SHOWN; i++) {
        cti_buf_literal(&p->buf, INSIDE);
    }
    if (depth > DEPTH_SHOWN) {
        ctrace_buf_printf(&p->buf, "+%zu ", depth - DEPTH_SHOWN);
    }
    if (item->span != NULL) {
        cti_buf_literal(&p->buf, OPENED);
    }
    put_style(p, CTI_STYLE_NONE);
}

/* Where it differs from that of the span around. */
static void put_process(printer *p, const forest_item *item) {
    const char *around = item->inside == NULL ? NULL : item->inside->item.process;
    const char *process = item->process;
    if (process == NULL || (around != NULL && strcmp(around, process) == 0)) {
        return;
    }
    put_style(p, CTI_STYLE_DIM);
    cti_buf_literal(&p->buf, " [");
    cti_escape_bare(&p->buf, process, strlen(process));
    cti_buf_char(&p->buf, ']');
    put_style(p, CTI_STYLE_NONE);
}

static void put_life(printer *p, const forest_span *span) {
    const uint64_t begin = span->item.time_ns;
    const uint64_t life = span->end_ns < begin ? 0 : span->end_ns - begin;
    cti_buf_char(&p->buf, ' ');
    put_style(p, CTI_STYLE_BOLD);
    if (!span->begin_known || !span->end_known) {
        cti_buf_literal(&p->buf, LEAST);
    }
    put_duration(p, life);
    put_style(p, CTI_STYLE_NONE);
    if (span->busy_known && span->busy_ns < life - life / 100) {
        cti_buf_literal(&p->buf, " (busy ");
        put_duration(p, span->busy_ns);
        cti_buf_char(&p->buf, ')');
    }
}

/* A span without a text: lines without spans name its identity only; of a parent in a process whose
 * file is not here nothing is known. */
static void put_unknown(printer *p, const forest_span *span) {
    const bool told = span->item.process != NULL;
    put_style(p, CTI_STYLE_DIM);
    ctrace_buf_printf(&p->buf, "span %016" PRIx64 "%s", span->id.span,
                      told ? "" : ", of which no file tells");
    put_style(p, CTI_STYLE_NONE);
}

static void put_span(printer *p, const forest_span *span) {
    if (span->item.text == NULL) {
        put_unknown(p, span);
    } else {
        cti_buf_put(&p->buf, span->item.text, strlen(span->item.text));
    }
    if (span->item.process != NULL) {
        put_life(p, span);
        put_process(p, &span->item);
    }
}

static void put_event(printer *p, const forest_item *item) {
    if (item->level != 0) {
        put_style(p, cti_style_of_level(item->level));
        cti_buf_put(&p->buf, cti_level_text(item->level), 5);
        put_style(p, CTI_STYLE_NONE);
        cti_buf_char(&p->buf, ' ');
    }
    cti_buf_put(&p->buf, item->text, strlen(item->text));
    put_process(p, item);
}

/* ---- Trees ---- */

static const forest_item *behind(const forest_item *item, size_t *depth) {
    if (item->span != NULL && item->span->inside.first != NULL) {
        *depth += 1;
        return item->span->inside.first;
    }
    while (item->next == NULL && item->inside != NULL) {
        *depth -= 1;
        item = &item->inside->item;
    }
    return item->next;
}

static void flush(printer *p, ctrace_writer *writer, size_t least) {
    if (p->buf.size > least && !p->buf.failed) {
        ctrace_writer_write(writer, p->buf.bytes, p->buf.size);
        p->buf.size = 0;
    }
}

static void put_head(printer *p) {
    char text[2 * CTI_HEX_WORD];
    char time[CTI_TIME_TEXT_MAX];
    put_style(p, CTI_STYLE_BOLD);
    cti_buf_literal(&p->buf, "trace ");
    cti_hex_put_word(text, p->trace->id.trace[0]);
    cti_hex_put_word(text + CTI_HEX_WORD, p->trace->id.trace[1]);
    cti_buf_put(&p->buf, text, sizeof text);
    put_style(p, CTI_STYLE_NONE);
    cti_buf_literal(&p->buf, "  ");
    cti_buf_put(&p->buf, time, cti_time_text(time, p->trace->begin_ns, 0, 1));
    cti_buf_literal(&p->buf, "  ");
    put_duration(p, p->trace->end_ns - p->trace->begin_ns);
    cti_buf_char(&p->buf, '\n');
}

static void print_trace(printer *p, ctrace_writer *writer) {
    size_t depth = 0;
    put_head(p);
    for (const forest_item *item = p->trace->roots.first; item != NULL;
         item = behind(item, &depth)) {
        put_begin(p, item, depth);
        if (item->span != NULL) {
            put_span(p, item->span);
        } else {
            put_event(p, item);
        }
        cti_buf_char(&p->buf, '\n');
        flush(p, writer, FLUSH_BYTES);
    }
}

void tree_print(const tree_forest *forest, ctrace_writer *writer) {
    printer p = {.buf = CTI_BUF_INIT, .color = forest->color};
    for (p.trace = forest->traces; p.trace != NULL; p.trace = p.trace->next) {
        print_trace(&p, writer);
        if (p.trace->next != NULL) {
            cti_buf_char(&p.buf, '\n');
        }
        flush(&p, writer, FLUSH_BYTES);
    }
    flush(&p, writer, 0);
    cti_buf_release(&p.buf);
}
