#include "encode/json.h"

#include "base/number.h"
#include "core/process.h"
#include "encode/escape.h"
#include "encode/json_fields.h"
#include "encode/json_ids.h"
#include "encode/json_pieces.h"
#include "encode/json_span.h"

void cti_json_init(cti_json *json, const ctrace_json_options *options) {
    json->options = *options;
    json->stamp = cti_stamp_make(options->time);
    cti_pieces_cache_init(&json->pieces, CTI_JSON_KEYS,
                          options->nested ? cti_json_build_nested : cti_json_build_flat, json);
}

void cti_json_release(cti_json *json) {
    cti_pieces_cache_release(&json->pieces);
}

/* {"time":"…", or a number for uptimes; nothing without a time. */
static void put_time(const cti_json *json, ctrace_buf *buf, const ctrace_moment *moment) {
    if (json->options.time == CTRACE_TIME_NONE) {
        return;
    }
    const size_t quote = json->options.time != CTRACE_TIME_UPTIME;
    if (json->options.nested) {
        cti_buf_literal(buf, "{\"timestamp\":");
    } else {
        cti_buf_literal(buf, "{\"time\":");
    }
    char *room = cti_buf_room(buf, 1 + CTI_STAMP_MAX);
    if (room == NULL) {
        return;
    }
    room[0] = '"';
    size_t size = quote + cti_stamp_text(room + quote, &json->stamp, moment);
    room[size] = '"';
    cti_buf_wrote(buf, size + quote);
}

static void put_message(ctrace_buf *buf, const cti_notice *notice, const cti_pieces *pieces) {
    if (cti_notice_is_fixed(notice)) {
        cti_put_pieces(buf, pieces, CTI_JSON_HEAD, CTI_JSON_NEXT);
    } else {
        cti_put_pieces(buf, pieces, CTI_JSON_HEAD, CTI_JSON_HEAD);
        cti_escape(buf, notice->message, notice->message_size);
        cti_put_pieces(buf, pieces, CTI_JSON_NEXT, CTI_JSON_NEXT);
    }
}

static void put_fields(ctrace_buf *buf, const cti_notice *notice, const cti_pieces *pieces,
                       cti_json_object object) {
    const ctrace_fields *common = cti_process_fields();
    if (common->count == 0 && !pieces->keys_clash &&
        cti_fields_are_of(notice->fields, notice->site)) {
        cti_json_put_prepared(buf, notice->fields, pieces, object);
    } else {
        cti_json_put_checked(buf, notice->fields, common, object);
    }
}

static void put_thread(ctrace_buf *buf, const char *before, const ctrace_thread *thread) {
    char id[CTI_INTEGER_TEXT_MAX];
    cti_buf_put(buf, before, strlen(before));
    if (thread->name[0] != '\0') {
        cti_escape(buf, thread->name, strlen(thread->name));
    } else {
        cti_buf_put(buf, id, cti_u64_text(id, thread->id));
    }
    cti_buf_char(buf, '"');
}

static void put_thread_id(ctrace_buf *buf, const char *before, const ctrace_thread *thread) {
    char id[CTI_INTEGER_TEXT_MAX];
    cti_buf_put(buf, before, strlen(before));
    cti_buf_put(buf, id, cti_u64_text(id, thread->id));
}

/* ---- Flat ---- */

static void put_flat(cti_json *json, ctrace_buf *buf, const cti_notice *notice,
                     const cti_pieces *pieces) {
    put_message(buf, notice, pieces);
    put_fields(buf, notice, pieces, CTI_JSON_EVENT);
    if (!json->options.no_spans) {
        cti_json_put_spans(json, buf, notice);
    }
    if (!json->options.no_ids && notice->span != NULL) {
        cti_json_put_ids(buf, notice);
    }
    cti_put_pieces(buf, pieces, CTI_JSON_TAIL, CTI_JSON_TAIL);
    if (json->options.thread_name) {
        put_thread(buf, ",\"thread\":\"", ctrace_moment_thread(notice->moment));
    }
    if (json->options.thread_id) {
        put_thread_id(buf, ",\"thread_id\":", ctrace_moment_thread(notice->moment));
    }
    cti_buf_literal(buf, "}\n");
}

/* ---- Nested ---- */

/* Whether a field called "message" takes the place of the message. */
static bool message_is_beaten(const ctrace_fields *fields) {
    const ctrace_value *message = ctrace_fields_find(fields, "message");
    return message != NULL && !cti_value_is_absent(message);
}

/* "fields":{"message":"…","key":…, without the brace that closes it. */
static void put_nested_fields(ctrace_buf *buf, const cti_notice *notice, const cti_pieces *pieces) {
    if (!pieces->keys_clash || !message_is_beaten(notice->fields)) {
        put_message(buf, notice, pieces);
        put_fields(buf, notice, pieces, CTI_JSON_NESTED_EVENT);
        return;
    }
    cti_put_pieces(buf, pieces, CTI_JSON_HEAD, CTI_JSON_HEAD);
    if (!buf->failed) {
        buf->size -= sizeof "{\"message\":\"" - 1;
    }
    const size_t begin = buf->size;
    put_fields(buf, notice, pieces, CTI_JSON_NESTED_EVENT);
    if (!buf->failed) {
        buf->bytes[begin] = '{'; /* where the first key has its comma */
    }
}

static void put_nested(cti_json *json, ctrace_buf *buf, const cti_notice *notice,
                       const cti_pieces *pieces) {
    put_nested_fields(buf, notice, pieces);
    cti_put_pieces(buf, pieces, CTI_JSON_TAIL, CTI_JSON_TAIL);
    if (!json->options.no_spans) {
        cti_json_put_spans(json, buf, notice);
    }
    if (json->options.thread_name) {
        put_thread(buf, ",\"threadName\":\"", ctrace_moment_thread(notice->moment));
    }
    if (json->options.thread_id) {
        put_thread_id(buf, ",\"threadId\":\"ThreadId(", ctrace_moment_thread(notice->moment));
        cti_buf_literal(buf, ")\"");
    }
    cti_buf_literal(buf, "}\n");
}

void cti_json_put(cti_json *json, ctrace_buf *buf, const cti_notice *notice) {
    const cti_pieces *pieces = cti_pieces_of(&json->pieces, notice->site);
    if (pieces == NULL) {
        cti_buf_fail(buf);
        return;
    }
    put_time(json, buf, notice->moment);
    if (json->options.nested) {
        put_nested(json, buf, notice, pieces);
    } else {
        put_flat(json, buf, notice, pieces);
    }
}
