#include "encode/logfmt.h"

#include "base/number.h"
#include "core/process.h"
#include "encode/chain.h"
#include "encode/escape.h"
#include "encode/ids.h"
#include "encode/logfmt_parts.h"

void cti_logfmt_init(cti_logfmt *logfmt, const ctrace_logfmt_options *options) {
    logfmt->options = *options;
    logfmt->stamp = cti_stamp_make(options->time);
    cti_pieces_cache_init(&logfmt->pieces, CTI_LOGFMT_KEYS, cti_logfmt_build, logfmt);
}

void cti_logfmt_release(cti_logfmt *logfmt) {
    cti_pieces_cache_release(&logfmt->pieces);
}

static void put_time(const cti_logfmt *logfmt, ctrace_buf *buf, const ctrace_moment *moment) {
    if (logfmt->options.time != CTRACE_TIME_NONE) {
        cti_buf_literal(buf, "time=");
        char *room = cti_buf_room(buf, CTI_STAMP_MAX);
        if (room != NULL) {
            cti_buf_wrote(buf, cti_stamp_text(room, &logfmt->stamp, moment));
        }
    }
}

static void put_message(ctrace_buf *buf, const cti_notice *notice, const cti_pieces *pieces) {
    if (cti_notice_is_fixed(notice)) {
        cti_put_pieces(buf, pieces, CTI_LOGFMT_HEAD, CTI_LOGFMT_NEXT);
    } else {
        cti_put_pieces(buf, pieces, CTI_LOGFMT_HEAD, CTI_LOGFMT_HEAD);
        cti_logfmt_put_text(buf, notice->message, notice->message_size);
        cti_put_pieces(buf, pieces, CTI_LOGFMT_NEXT, CTI_LOGFMT_NEXT);
    }
}

/* `span` is the name of the span whose fields they are, or empty. */
static void put_fields(ctrace_buf *buf, const ctrace_fields *fields, const cti_pieces *pieces,
                       const char *span) {
    ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        if (cti_value_is_absent(&values[i])) {
            continue;
        }
        if (pieces != NULL) {
            cti_put_pieces(buf, pieces, CTI_LOGFMT_KEYS + i, CTI_LOGFMT_KEYS + i);
        } else {
            cti_logfmt_put_key(buf, span, fields->keys[i], "");
        }
        cti_logfmt_put_value(buf, &values[i]);
        if (values[i].kind == CTRACE_VALUE_ERRNO) {
            cti_logfmt_put_errno_text(buf, span, fields->keys[i], &values[i]);
        }
    }
}

/* The fields of all spans, and " span=request:query". */
static void put_chain(cti_logfmt *logfmt, ctrace_buf *buf, const cti_chain *chain) {
    ctrace_buf path = CTI_BUF_INIT;
    for (size_t i = chain->count; i > 0; i--) {
        const ctrace_span *span = chain->spans[i - 1];
        const char *name = ctrace_span_name(span);
        put_fields(buf, &span->fields, cti_pieces_of(&logfmt->pieces, span->site), name);
        cti_buf_put(&path, ":", i != chain->count);
        cti_buf_put(&path, name, strlen(name));
    }
    cti_buf_literal(buf, " span=");
    if (path.failed) {
        cti_buf_fail(buf);
    } else {
        cti_logfmt_put_text(buf, path.bytes, path.size);
    }
    cti_buf_release(&path);
}

static void put_spans(cti_logfmt *logfmt, ctrace_buf *buf, const cti_notice *notice) {
    cti_chain chain;
    if (!cti_chain_collect(&chain, notice)) {
        cti_buf_fail(buf);
        return;
    }
    put_chain(logfmt, buf, &chain);
    cti_chain_release(&chain);
}

static void put_ids(ctrace_buf *buf, const ctrace_span *span) {
    char trace_id[CTI_TRACE_ID_TEXT], span_id[CTI_SPAN_ID_TEXT];
    cti_trace_id_text(trace_id, span);
    cti_span_id_text(span_id, span);
    cti_buf_literal(buf, " trace_id=");
    cti_buf_put(buf, trace_id, sizeof trace_id);
    cti_buf_literal(buf, " span_id=");
    cti_buf_put(buf, span_id, sizeof span_id);
}

static void put_thread(const cti_logfmt *logfmt, ctrace_buf *buf, const ctrace_moment *moment) {
    const ctrace_thread *thread = ctrace_moment_thread(moment);
    char id[CTI_INTEGER_TEXT_MAX];
    const size_t size = cti_u64_text(id, thread->id);
    const bool named = thread->name[0] != '\0';
    if (logfmt->options.thread_name) {
        cti_buf_literal(buf, " thread=");
        cti_logfmt_put_text(buf, named ? thread->name : id, named ? strlen(thread->name) : size);
    }
    if (logfmt->options.thread_id) {
        cti_buf_literal(buf, " thread_id=");
        cti_buf_put(buf, id, size);
    }
}

static void put_line(cti_logfmt *logfmt, ctrace_buf *buf, const cti_notice *notice,
                     const cti_pieces *pieces) {
    const bool prepared = cti_fields_are_of(notice->fields, notice->site) &&
                          notice->site->description.kind == CTRACE_KIND_EVENT;
    put_time(logfmt, buf, notice->moment);
    put_message(buf, notice, pieces);
    put_fields(buf, notice->fields, prepared ? pieces : NULL, "");
    put_fields(buf, cti_process_fields(), NULL, "");
    if (notice->span != NULL && !logfmt->options.no_spans) {
        put_spans(logfmt, buf, notice);
    }
    if (notice->span != NULL && !logfmt->options.no_ids) {
        put_ids(buf, notice->span);
    }
    cti_put_pieces(buf, pieces, CTI_LOGFMT_TAIL, CTI_LOGFMT_TAIL);
    if (logfmt->options.thread_name || logfmt->options.thread_id) {
        put_thread(logfmt, buf, notice->moment);
    }
    cti_buf_char(buf, '\n');
}

void cti_logfmt_put(cti_logfmt *logfmt, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = cti_pieces_of(&logfmt->pieces, notice->site);
    if (pieces == NULL) {
        cti_buf_fail(buf);
    } else {
        put_line(logfmt, buf, notice, pieces);
    }
}
